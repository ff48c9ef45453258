import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Work sheets of reviews as they were at the decisions, one for the certifier and one for the exporter. */
export class Reviews1764000000020 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table import_certificate_review (
        id uuid primary key,
        import_certificate uuid not null references import_certificate,
        status uuid not null references import_certificate_status,
        reader text collate "C" not null,
        at timestamptz(6) not null,
        findings jsonb not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_review_per_decision_and_reader on import_certificate_review (status, reader) where retracted_by is null;
      create index import_certificate_review_certificate on import_certificate_review (import_certificate) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on import_certificate_review for each row execute function fact_is_never_edited();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
