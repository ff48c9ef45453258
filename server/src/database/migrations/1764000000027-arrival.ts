import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What an importer verifies of what arrived; emergency actions by command, with how much is held, who told of it, and the certificates that are
 * held with it; policies on when a certifier is to be told; and no more disposed of than is held.
 */
export class Arrival1764000000027 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table arrival (
        id uuid primary key,
        import_certificate uuid references import_certificate,
        shipment uuid references shipment,
        made_by uuid not null references operation,
        on_day date not null,
        at timestamptz(6) not null,
        answers jsonb not null,
        recorded_by uuid not null,
        retracted_by uuid,
        constraint arrival_of_a_certificate_or_a_shipment check (num_nonnulls(import_certificate, shipment) > 0)
      );
      create index arrival_certificate on arrival (import_certificate) where retracted_by is null;
      create index arrival_shipment on arrival (shipment) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on arrival for each row execute function fact_is_never_edited();

      create table notice_policy (
        id uuid primary key,
        operation uuid not null references operation,
        from_day date not null,
        hours integer not null constraint notice_policy_within_30_days check (hours between 0 and 720),
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_notice_policy_per_operation_and_day on notice_policy (operation, from_day) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on notice_policy for each row execute function fact_is_never_edited();

      alter table emergency_action
        add column treatment text collate "C" constraint emergency_action_treatment_known
          check (treatment in ('FUMIGATION', 'IRRADIATION', 'HEAT', 'COLD', 'CONTACT', 'OTHER')),
        add column grams bigint constraint emergency_action_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        add column value text collate "C",
        add column unit text collate "C",
        add column made_by uuid references operation,
        add column notice_hours integer;
      create table emergency_action_certificate (
        emergency_action uuid not null references emergency_action,
        import_certificate uuid not null references import_certificate,
        primary key (emergency_action, import_certificate)
      );
      create index emergency_action_certificate_certificate on emergency_action_certificate (import_certificate);
      create trigger row_is_never_edited before update or delete on emergency_action_certificate for each row execute function row_is_never_edited();
      alter table certifier_notice
        add column at timestamptz(6),
        add column certifier uuid references certifier,
        add column made_by uuid references operation;
      alter table disposition
        add column value text collate "C",
        add column unit text collate "C",
        add column made_by uuid references operation;
    `);

    // What was reported from outside is stored as it was. Whoever disposes of held goods waits for others who do.
    await run.query(`
      create function held_grams(action emergency_action) returns bigint language sql stable as $$
        select coalesce(action.grams,
          (select sum(x.grams)::bigint from shipped_lot x where x.shipment = action.shipment and x.retracted_by is null),
          (select l.grams from lot l where l.id = action.lot), 0)
      $$;
      create function disposed_within_what_is_held() returns trigger language plpgsql as $$
      begin
        perform from emergency_action where id in (select emergency_action from added where made_by is not null) order by id for no key update;
        if exists (
          select from emergency_action a join disposition d on d.emergency_action = a.id and d.retracted_by is null
          where a.id in (select emergency_action from added where made_by is not null)
          group by a.id having sum(coalesce(d.grams, held_grams(a))) > held_grams(a)
        ) then
          raise exception 'no more is disposed of than is held' using errcode = '23514', constraint = 'disposed_within_what_is_held', table = 'disposition';
        end if;
        return null;
      end $$;
      create trigger disposed_within_what_is_held after insert on disposition referencing new table as added
        for each statement execute function disposed_within_what_is_held();
    `);

    // As in server/src/certificates/road.ts, which a test compares.
    await run.query(`
      insert into import_certificate_move (state, next, reported) values
        ('HANDED_OVER', 'VERIFIED', false), ('ENTERED', 'VERIFIED', false), ('EXHAUSTED', 'VERIFIED', false), ('EXPIRED', 'VERIFIED', false),
        ('ISSUED', 'HELD', false), ('HANDED_OVER', 'HELD', false), ('ENTERED', 'HELD', false), ('EXHAUSTED', 'HELD', false), ('VERIFIED', 'HELD', false), ('EXPIRED', 'HELD', false),
        ('HELD', 'ISSUED', false), ('HELD', 'HANDED_OVER', false), ('HELD', 'ENTERED', false), ('HELD', 'EXHAUSTED', false), ('HELD', 'VERIFIED', false), ('HELD', 'EXPIRED', false);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
