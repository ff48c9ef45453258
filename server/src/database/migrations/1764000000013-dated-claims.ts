import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A claim of a lot is a fact of the day on which its certificate was asked for: those written without a day have it now. */
export class DatedClaims1764000000013 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      update party p set on_day = s.on_day
      from import_certificate_line l
        join import_certificate_status s on s.import_certificate = l.import_certificate and s.retracted_by is null
          and s.sequence = (select min(f.sequence) from import_certificate_status f where f.import_certificate = l.import_certificate and f.retracted_by is null)
      where p.noun = 'lot' and p.fact = l.id and p.subject = l.lot and p.on_day is null and s.on_day is not null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
