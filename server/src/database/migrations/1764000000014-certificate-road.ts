import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The road of an import certificate: which standing may follow which, who made a step, to whom it was handed over, and what was changed
 * after its issue. A request claims nothing; the grams of its lots are claimed at its issue.
 */
export class CertificateRoad1764000000014 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table import_certificate add column needed_by date;
      alter table import_certificate_status add column made_by uuid, add column recipient uuid references operation;

      -- Until now one command made a step: the others were reported.
      alter table import_certificate_status disable trigger fact_is_never_edited;
      update import_certificate_status s set made_by = c.certifier from import_certificate c, command k
        where c.id = s.import_certificate and k.id = s.recorded_by and k.type = 'voidImportCertificate';
      alter table import_certificate_status enable trigger fact_is_never_edited;

      create table import_certificate_revision (
        id uuid primary key,
        import_certificate uuid not null references import_certificate,
        sequence integer not null,
        on_day date not null,
        at timestamptz(6) not null,
        made_by uuid not null,
        reason text collate "C" not null,
        changes jsonb not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_revision_per_import_certificate_and_sequence on import_certificate_revision (import_certificate, sequence) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on import_certificate_revision for each row execute function fact_is_never_edited();
    `);

    // As in server/src/certificates/road.ts, which a test compares. A reported move is made by nobody.
    await run.query(`
      create table import_certificate_move (state text collate "C", next text collate "C" not null, reported boolean not null);
      insert into import_certificate_move (state, next, reported) values
        (null, 'REQUESTED', false),
        ('REQUESTED', 'INFORMATION_ASKED', false),
        ('INFORMATION_ASKED', 'REQUESTED', false),
        ('REQUESTED', 'WITHDRAWN', false), ('INFORMATION_ASKED', 'WITHDRAWN', false), ('APPROVED', 'WITHDRAWN', false),
        ('REQUESTED', 'APPROVED', false),
        ('REQUESTED', 'REJECTED', false), ('INFORMATION_ASKED', 'REJECTED', false), ('APPROVED', 'REJECTED', false),
        ('APPROVED', 'ISSUED', false),
        ('ISSUED', 'HANDED_OVER', false),
        ('ISSUED', 'VOIDED', false), ('HANDED_OVER', 'VOIDED', false),
        (null, 'ISSUED', true), ('REQUESTED', 'ISSUED', true),
        ('ISSUED', 'HANDED_OVER', true), ('ISSUED', 'ENTERED', true), ('ISSUED', 'VERIFIED', true), ('ISSUED', 'HELD', true),
        ('ISSUED', 'SUSPENDED', true), ('ISSUED', 'EXHAUSTED', true), ('ISSUED', 'EXPIRED', true), ('ISSUED', 'VOIDED', true);

      create function import_certificate_keeps_to_its_road() returns trigger language plpgsql as $$
      begin
        if exists (
          select from (
            select s.status, s.made_by, lag(s.status) over (partition by s.import_certificate order by s.sequence) as before
            from import_certificate_status s where s.import_certificate in (select import_certificate from stepped) and s.retracted_by is null
          ) h where not exists (
            select from import_certificate_move m
            where m.state is not distinct from h.before and m.next = h.status and (h.made_by is null or not m.reported)
          )
        ) then
          raise exception 'an import certificate does not go from there to here' using errcode = '23514', constraint = tg_name, table = 'import_certificate_status';
        end if;
        return null;
      end $$;
      create trigger import_certificate_keeps_to_its_road after insert on import_certificate_status referencing new table as stepped
        for each statement execute function import_certificate_keeps_to_its_road();
      create trigger import_certificate_history_unbroken after update on import_certificate_status referencing new table as stepped
        for each statement execute function import_certificate_keeps_to_its_road();
    `);

    // A gram may back one import certificate only, from its issue on. Whoever claims some of a lot waits for others who do.
    await run.query(`
      create function claims(certificate uuid) returns boolean language sql stable as $$
        select exists (select from import_certificate_status s where s.import_certificate = certificate and s.retracted_by is null and s.status = 'ISSUED')
          and not exists (select from import_certificate_status s where s.import_certificate = certificate and s.retracted_by is null and s.status = 'VOIDED')
      $$;
      create or replace function claims_within_birth_mass() returns trigger language plpgsql as $$
      begin
        perform from lot where id in (select lot from added where lot is not null) order by id for no key update;
        if exists (
          select from import_certificate_line c join lot l on l.id = c.lot
          where c.lot in (select lot from added where lot is not null) and c.retracted_by is null and claims(c.import_certificate)
          group by l.id having sum(c.grams) > l.grams
        ) then
          raise exception 'a gram may back one import certificate only' using errcode = '23514', constraint = 'claims_within_birth_mass', table = 'import_certificate_line';
        end if;
        return null;
      end $$;
      create function issued_claims_within_birth_mass() returns trigger language plpgsql as $$
      begin
        perform from lot where id in (
          select c.lot from added a join import_certificate_line c on c.import_certificate = a.import_certificate and c.retracted_by is null
          where a.status = 'ISSUED' and c.lot is not null
        ) order by id for no key update;
        if exists (
          select from import_certificate_line c join lot l on l.id = c.lot
          where c.lot in (
            select i.lot from added a join import_certificate_line i on i.import_certificate = a.import_certificate and i.retracted_by is null
            where a.status = 'ISSUED' and i.lot is not null
          ) and c.retracted_by is null and claims(c.import_certificate)
          group by l.id having sum(c.grams) > l.grams
        ) then
          raise exception 'a gram may back one import certificate only' using errcode = '23514', constraint = 'claims_within_birth_mass', table = 'import_certificate_line';
        end if;
        return null;
      end $$;
      create trigger claims_within_birth_mass after insert on import_certificate_status referencing new table as added
        for each statement execute function issued_claims_within_birth_mass();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
