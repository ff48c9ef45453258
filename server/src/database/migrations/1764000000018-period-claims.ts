import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A certificate for a period claims lots as shipments of them depart: a line of it that names what was shipped, and when. Where a line names
 * the lot itself, that claims it already, and what departs is within.
 */
export class PeriodClaims1764000000018 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table import_certificate_line
        add column shipped_lot uuid references shipped_lot,
        add column on_day date,
        add constraint import_certificate_claim_of_a_shipped_lot check ((shipped_lot is null) = (on_day is null) and (shipped_lot is null or lot is not null));
      create index import_certificate_line_shipped on import_certificate_line (shipped_lot) where retracted_by is null and shipped_lot is not null;

      create function claiming(line import_certificate_line) returns boolean language sql stable as $$
        select line.shipped_lot is null or not exists (select from import_certificate_line n
          where n.import_certificate = line.import_certificate and n.lot = line.lot and n.shipped_lot is null and n.retracted_by is null)
      $$;
      create or replace function claims_within_birth_mass() returns trigger language plpgsql as $$
      begin
        perform from lot where id in (select lot from added where lot is not null) order by id for no key update;
        if exists (
          select from import_certificate_line c join lot l on l.id = c.lot
          where c.lot in (select lot from added where lot is not null) and c.retracted_by is null and claims(c.import_certificate) and claiming(c)
          group by l.id having sum(c.grams) > l.grams
        ) then
          raise exception 'a gram may back one import certificate only' using errcode = '23514', constraint = 'claims_within_birth_mass', table = 'import_certificate_line';
        end if;
        return null;
      end $$;
      create or replace function issued_claims_within_birth_mass() returns trigger language plpgsql as $$
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
          ) and c.retracted_by is null and claims(c.import_certificate) and claiming(c)
          group by l.id having sum(c.grams) > l.grams
        ) then
          raise exception 'a gram may back one import certificate only' using errcode = '23514', constraint = 'claims_within_birth_mass', table = 'import_certificate_line';
        end if;
        return null;
      end $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
