import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Customs entries by command: on whose behalf, what was changed since, and never more on a certificate than it covers. What came from
 * outside is made by nobody, and stored as it was reported.
 */
export class CustomsEntries1764000000021 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table customs_entry add column made_by uuid references operation;
      alter table customs_entry_line add column made_by uuid references operation;
      create index customs_entry_line_entry on customs_entry_line (entry);

      create table customs_entry_change (
        id uuid primary key,
        entry uuid not null references customs_entry,
        sequence integer not null,
        act text collate "C" not null constraint customs_entry_act_known check (act in ('AMENDED', 'CANCELLED')),
        on_day date not null,
        at timestamptz(6) not null,
        made_by uuid not null references operation,
        reason text collate "C" not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_change_per_customs_entry_and_sequence on customs_entry_change (entry, sequence) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on customs_entry_change for each row execute function fact_is_never_edited();

      -- Whoever adds to an entry has locked it.
      create function cancelled_entry_stays_so() returns trigger language plpgsql as $$
      begin
        if exists (
          select from added a join customs_entry_change c on c.entry = a.entry and c.act = 'CANCELLED' and c.retracted_by is null and c.id <> a.id
        ) then
          raise exception 'an entry that was cancelled stays so' using errcode = '23514', constraint = 'cancelled_entry_stays_so', table = tg_table_name;
        end if;
        return null;
      end $$;
      create trigger cancelled_entry_stays_so after insert on customs_entry_line referencing new table as added
        for each statement execute function cancelled_entry_stays_so();
      create trigger cancelled_entry_stays_so after insert on customs_entry_change referencing new table as added
        for each statement execute function cancelled_entry_stays_so();
    `);

    // Whoever draws on a certificate waits for others who do.
    await run.query(`
      create function import_certificate_mass(certificate import_certificate) returns bigint language sql stable as $$
        select coalesce(certificate.grams, (select sum(l.grams)::bigint from import_certificate_line l
          where l.import_certificate = certificate.id and l.shipped_lot is null and l.retracted_by is null), 0)
      $$;
      create function draws_within_import_certificate() returns trigger language plpgsql as $$
      begin
        if not exists (select from added where made_by is not null) then
          return null;
        end if;
        perform from import_certificate where id in (select import_certificate from added where made_by is not null) order by id for no key update;
        if exists (
          select from import_certificate c join customs_entry_line x on x.import_certificate = c.id and x.retracted_by is null
          where c.id in (select import_certificate from added where made_by is not null)
          group by c.id having sum(x.grams) > import_certificate_mass(c)
        ) then
          raise exception 'nothing is drawn beyond what a certificate covers' using errcode = '23514', constraint = 'draws_within_import_certificate', table = 'customs_entry_line';
        end if;
        return null;
      end $$;
      create trigger draws_within_import_certificate after insert on customs_entry_line referencing new table as added
        for each statement execute function draws_within_import_certificate();
    `);

    // As in server/src/certificates/road.ts, which a test compares.
    await run.query(`
      insert into import_certificate_move (state, next, reported) values
        ('HANDED_OVER', 'ENTERED', false), ('HANDED_OVER', 'EXHAUSTED', false),
        ('ENTERED', 'EXHAUSTED', false), ('ENTERED', 'HANDED_OVER', false),
        ('EXHAUSTED', 'ENTERED', false), ('EXHAUSTED', 'HANDED_OVER', false);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
