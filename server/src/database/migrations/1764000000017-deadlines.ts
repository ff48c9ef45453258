import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How the goods of a request are to travel, and how long certifying agents take to decide, from a day on. */
export class Deadlines1764000000017 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table import_certificate
        add column mode text collate "C" constraint import_certificate_mode_known
          check (mode in ('MARITIME', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'FIXED', 'INLAND_WATER')),
        add column port_of_lading text collate "C",
        add column port_of_entry text collate "C",
        add column departs_on date,
        add column departs_at timestamptz(6),
        add column arrives_on date,
        add column arrives_at timestamptz(6),
        add constraint import_certificate_transport_whole check (
          num_nonnulls(mode, port_of_lading, departs_on) = 3 or num_nonnulls(mode, port_of_lading, port_of_entry, departs_on, departs_at, arrives_on, arrives_at) = 0);

      create table certifier_lead_time (
        id uuid primary key,
        certifier uuid not null references certifier,
        from_day date not null,
        business_days integer not null constraint certifier_lead_time_within_60_days check (business_days between 0 and 60),
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_lead_time_per_certifier_and_day on certifier_lead_time (certifier, from_day) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on certifier_lead_time for each row execute function fact_is_never_edited();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
