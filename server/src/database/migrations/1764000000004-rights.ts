import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rights: asked of a lot as well as of an operation, for the state of the log that a page belongs to, and by certifiers. */
export class Rights1764000000004 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table party add column recorded_by uuid, add column retracted_by uuid;
      update party p set recorded_by = f.recorded_by from (
        select id, recorded_by from lot union all select id, recorded_by from lot_input
        union all select id, recorded_by from transfer union all select id, recorded_by from lot_adjustment
      ) f where f.id = p.fact;
      alter table party alter column recorded_by set not null;
      create index party_subject on party (subject);

      -- A certifier oversees an operation while its certificate stands or is suspended: until it is revoked, surrendered or has expired.
      create view oversight as
        select c.certifier, c.operation, s.effective_from as since, e.until,
          s.effective_from <= current_date and (e.until is null or e.until > current_date) as now
        from operation_certificate c
          join operation_certificate_status s on s.operation_certificate = c.id and s.retracted_by is null and s.status in ('CERTIFIED', 'SUSPENDED')
          cross join lateral (
            select least(
              (select min(n.effective_from) from operation_certificate_status n
                where n.operation_certificate = s.operation_certificate and n.retracted_by is null and n.effective_from > s.effective_from),
              case when c.standard <> 'NOP' then s.expires_on + 1 end
            ) as until
          ) e
        where e.until is null or s.effective_from < e.until;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
