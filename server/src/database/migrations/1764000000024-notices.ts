import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices of what falls due; and certificates for a period that expire by themselves. */
export class Notices1764000000024 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table notice (
        id uuid primary key,
        kind text collate "C" not null,
        noun text collate "C" not null,
        subject uuid not null,
        to_parties boolean not null,
        due timestamptz(6) not null,
        at timestamptz(6) not null,
        message text collate "C" not null,
        rule text collate "C" not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_notice_per_subject_kind_and_due on notice (subject, kind, due) where retracted_by is null;
      create index event_that_a_volume_was_reached on event (subject) where type = 'import-certificate.volume-reached';
      create trigger fact_is_never_edited before update or delete on notice for each row execute function fact_is_never_edited();
      insert into import_certificate_move (state, next, reported) values
        ('ISSUED', 'EXPIRED', false), ('HANDED_OVER', 'EXPIRED', false), ('ENTERED', 'EXPIRED', false);
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
