import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What systems outside are asked to do: written with the command that it follows from, sent afterwards. */
export class OutsideEffects1764000000025 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table outside_effect (
        id uuid primary key,
        system text collate "C" not null constraint outside_system_known check (system in ('ORGANIC_INTEGRITY_DATABASE', 'AUTOMATED_COMMERCIAL_ENVIRONMENT')),
        what text collate "C" not null constraint outside_act_known check (what in ('ISSUE', 'REVISE', 'VOID', 'FILE', 'AMEND', 'CANCEL')),
        noun text collate "C" not null,
        subject uuid not null,
        sequence integer not null,
        body jsonb not null,
        reason text collate "C",
        since timestamptz(6) not null,
        state text collate "C" not null
          constraint outside_effect_state_known check (state in ('WAITING', 'RETRYING', 'FAILED', 'DONE', 'NOT_NEEDED')),
        attempts integer not null,
        last_tried_at timestamptz(6),
        message text collate "C",
        settled_at timestamptz(6),
        answer jsonb,
        recorded_by uuid not null,
        constraint outside_effect_settled_once_done check ((settled_at is not null) = (state in ('DONE', 'NOT_NEEDED')))
      );
      create unique index one_outside_effect_per_subject_and_sequence on outside_effect (subject, system, sequence);

      -- A repetition under the same key says the same; and what is done is done, in order.
      create function outside_effect_keeps_its_order() returns trigger language plpgsql as $$
      begin
        if (new.system, new.what, new.noun, new.subject, new.sequence, new.body) is distinct from (old.system, old.what, old.noun, old.subject, old.sequence, old.body)
          or old.settled_at is not null
          or (new.attempts > old.attempts and exists (
            select from outside_effect e where e.subject = new.subject and e.system = new.system and e.sequence < new.sequence and e.settled_at is null))
        then
          raise exception 'what a system outside is told is sent as it was written, in its order, until it is done'
            using errcode = '23514', constraint = tg_name, table = 'outside_effect';
        end if;
        return new;
      end $$;
      create trigger outside_effect_keeps_its_order before update on outside_effect for each row execute function outside_effect_keeps_its_order();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
