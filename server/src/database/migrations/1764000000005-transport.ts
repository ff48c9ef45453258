import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Shipments with their legs and lots, and treatments of either. */
export class Transport1764000000005 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table shipment (
        id uuid primary key,
        reference text collate "C" not null,
        shipper uuid not null references operation,
        consignee uuid not null references operation,
        booked_on date,
        attributes jsonb,
        recorded_by uuid not null,
        constraint shipment_reference_unique_within_shipper unique (shipper, reference)
      );
      create index shipment_reference on shipment (reference);
      create index shipment_consignee on shipment (consignee);

      create table shipment_leg (
        id uuid primary key,
        shipment uuid not null references shipment,
        sequence integer not null constraint shipment_leg_sequence_from_one check (sequence between 1 and 1000),
        mode text collate "C" not null constraint shipment_leg_mode_known
          check (mode in ('MARITIME', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'FIXED', 'INLAND_WATER')),
        from_name text collate "C" not null,
        from_un_locode text collate "C",
        from_country text collate "C",
        to_name text collate "C" not null,
        to_un_locode text collate "C",
        to_country text collate "C",
        departed_on date,
        departed_at timestamptz(6),
        arrived_on date,
        arrived_at timestamptz(6),
        carrier text collate "C",
        conveyance text collate "C",
        container text collate "C" constraint shipment_leg_container_checked check (container ~ '^[A-Z]{3}[UJZ][0-9]{7}$'),
        seal text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_leg_per_shipment_and_sequence on shipment_leg (shipment, sequence) where retracted_by is null;
      create index shipment_leg_container on shipment_leg (container) where retracted_by is null;

      create table shipped_lot (
        id uuid primary key,
        shipment uuid not null references shipment,
        lot uuid not null references lot,
        grams bigint not null constraint shipped_lot_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        value text collate "C" not null,
        unit text collate "C" not null,
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index shipped_lot_shipment on shipped_lot (shipment) where retracted_by is null;
      create index shipped_lot_lot on shipped_lot (lot) where retracted_by is null;

      create table treatment (
        id uuid primary key,
        kind text collate "C" not null constraint treatment_kind_known check (kind in ('FUMIGATION', 'IRRADIATION', 'HEAT', 'COLD', 'CONTACT', 'OTHER')),
        on_day date not null,
        at timestamptz(6),
        substance text collate "C",
        lot uuid references lot,
        shipment uuid references shipment,
        prohibited boolean not null,
        document text collate "C",
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid,
        constraint treatment_of_a_lot_or_a_shipment check ((lot is null) <> (shipment is null))
      );
      create index treatment_lot on treatment (lot) where retracted_by is null;
      create index treatment_shipment on treatment (shipment) where retracted_by is null;
    `);
    for (const table of ['shipment_leg', 'shipped_lot', 'treatment']) {
      await run.query(
        `create trigger fact_is_never_edited before update or delete on ${table} for each row execute function fact_is_never_edited()`,
      );
    }
    await run.query(
      'create trigger row_is_never_edited before update or delete on shipment for each row execute function row_is_never_edited()',
    );
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
