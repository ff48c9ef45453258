import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents, import certificates, customs entries and emergency actions; check digits; trigrams of names. */
export class PapersAndCertificates1764000000006 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    // ISO 6346, annex A: letters count from 10, multiples of eleven left out. ACE CATAIR, appendix E: letters count 1-9, 1-9, 2-9.
    await run.query(`
      create function container_check_digit(ten text) returns integer language sql immutable strict as $$
        select (sum((case when c < 65 then c - 48 else c - 55 + (c - 56) / 10 end) * (1 << place)) % 11 % 10)::integer
        from (select place, ascii(substr(ten, place + 1, 1)) as c from generate_series(0, 9) as place) x
      $$;
      create function entry_check_digit(ten text) returns integer language sql immutable strict as $$
        select ((10 - sum(case when place % 2 = 0 then v when v * 2 > 9 then (v * 2 + 1) % 10 else v * 2 end) % 10) % 10)::integer
        from (
          select place, case when c < 65 then c - 48 when c < 83 then (c - 65) % 9 + 1 else c - 81 end as v
          from (select place, ascii(substr(ten, place + 1, 1)) as c from generate_series(0, 9) as place) x
        ) y
      $$;
      alter table shipment_leg drop constraint shipment_leg_container_checked;
      alter table shipment_leg add constraint shipment_leg_container_checked check (
        case when container ~ '^[A-Z]{3}[UJZ][0-9]{7}$' then container_check_digit(left(container, 10)) = right(container, 1)::integer else container is null end);
    `);

    await run.query(`
      create table document (
        id uuid primary key,
        type text collate "C" not null constraint document_type_known check (type in ('CONTRACT', 'PURCHASE_ORDER', 'INVOICE', 'PACKING_LIST', 'BILL_OF_LADING',
          'MASTER_BILL_OF_LADING', 'HOUSE_BILL_OF_LADING', 'SALES_DOCUMENT', 'WEIGHT_CERTIFICATE', 'PHYTOSANITARY_CERTIFICATE', 'ORGANIC_CERTIFICATE',
          'EMERGENCY_ACTION_NOTIFICATION', 'AFFIDAVIT', 'OTHER')),
        number text collate "C" not null,
        issuer uuid not null references operation,
        issued_on date not null,
        marked_organic text collate "C" not null constraint document_mark_known check (marked_organic in ('YES', 'NO', 'NOT_APPLICABLE', 'UNKNOWN')),
        file text collate "C",
        sha256 text collate "C" constraint document_hash_well_formed check (sha256 ~ '^[0-9a-f]{64}$'),
        attributes jsonb,
        recorded_by uuid not null,
        constraint document_number_unique_within_issuer_and_type unique (issuer, type, number)
      );
      create index document_number on document (number);

      create table import_certificate (
        id uuid primary key,
        number text collate "C" constraint import_certificate_number_unique unique
          constraint import_certificate_number_well_formed check (number ~ '^[0-9]{3}-[0-9]{10}-[0-9]{6}$'),
        kind text collate "C" not null constraint import_certificate_kind_known check (kind in ('SHIPMENT', 'PERIOD')),
        exporter uuid not null references operation,
        final_handler uuid references operation,
        importer uuid not null references operation,
        importer_of_record uuid references operation,
        consignee uuid references operation,
        certifier uuid not null references certifier,
        hts text collate "C" not null constraint import_certificate_hts_of_ten_digits check (hts ~ '^[0-9]{10}$'),
        origin text collate "C",
        destination text collate "C",
        standard text collate "C",
        valid_from date,
        valid_to date,
        grams bigint constraint import_certificate_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        value text collate "C",
        unit text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        constraint import_certificate_period_in_order check (valid_from <= valid_to)
      );
      create index import_certificate_exporter on import_certificate (exporter);
      create index import_certificate_importer on import_certificate (importer);
      create index import_certificate_final_handler on import_certificate (final_handler);
      create index import_certificate_importer_of_record on import_certificate (importer_of_record);
      create index import_certificate_consignee on import_certificate (consignee);
      create index import_certificate_certifier on import_certificate (certifier);

      create table import_certificate_status (
        id uuid primary key,
        import_certificate uuid not null references import_certificate,
        sequence integer not null,
        status text collate "C" not null constraint import_certificate_status_known check (status in ('REQUESTED', 'INFORMATION_ASKED', 'REJECTED', 'WITHDRAWN',
          'APPROVED', 'ISSUED', 'HANDED_OVER', 'ENTERED', 'VERIFIED', 'HELD', 'SUSPENDED', 'EXHAUSTED', 'EXPIRED', 'VOIDED')),
        on_day date,
        at timestamptz(6),
        reason text collate "C",
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_status_per_import_certificate_and_sequence on import_certificate_status (import_certificate, sequence) where retracted_by is null;

      create table import_certificate_line (
        id uuid primary key,
        import_certificate uuid not null references import_certificate,
        product uuid not null references product,
        lot uuid references lot,
        grams bigint not null constraint import_certificate_line_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        value text collate "C" not null,
        unit text collate "C" not null,
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index import_certificate_line_certificate on import_certificate_line (import_certificate) where retracted_by is null;
      create index import_certificate_line_lot on import_certificate_line (lot) where retracted_by is null;
      create index import_certificate_line_product on import_certificate_line (product) where retracted_by is null and lot is null;

      create table customs_entry (
        id uuid primary key,
        number text collate "C" not null constraint customs_entry_number_unique unique
          constraint customs_entry_number_checked check (
            case when number ~ '^[A-Z0-9]{3}-[0-9]{7}-[0-9]$' then entry_check_digit(left(number, 3) || substr(number, 5, 7)) = right(number, 1)::integer else false end),
        filed_on date not null,
        filed_at timestamptz(6),
        filer uuid references operation,
        recorded_by uuid not null
      );
      create index customs_entry_filer on customs_entry (filer);

      create table customs_entry_line (
        id uuid primary key,
        entry uuid not null references customs_entry,
        line integer not null constraint customs_entry_line_from_one check (line between 1 and 9999),
        import_certificate uuid references import_certificate,
        hts text collate "C" not null constraint customs_entry_line_hts_of_ten_digits check (hts ~ '^[0-9]{10}$'),
        grams bigint not null constraint customs_entry_line_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        value text collate "C" not null,
        unit text collate "C" not null,
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_line_per_entry_and_number on customs_entry_line (entry, line) where retracted_by is null;
      create index customs_entry_line_certificate on customs_entry_line (import_certificate) where retracted_by is null;

      create table customs_entry_line_lot (
        line uuid not null references customs_entry_line,
        lot uuid not null references lot,
        primary key (line, lot)
      );
      create index customs_entry_line_lot_lot on customs_entry_line_lot (lot);

      create table emergency_action (
        id uuid primary key,
        number text collate "C" not null constraint emergency_action_number_unique unique,
        on_day date not null,
        at timestamptz(6),
        ordered text collate "C" not null,
        lot uuid references lot,
        shipment uuid references shipment,
        attributes jsonb,
        recorded_by uuid not null,
        constraint emergency_action_on_a_lot_or_a_shipment check ((lot is null) <> (shipment is null))
      );
      create index emergency_action_lot on emergency_action (lot);
      create index emergency_action_shipment on emergency_action (shipment);

      create table certifier_notice (
        id uuid primary key,
        emergency_action uuid not null references emergency_action,
        on_day date not null,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index certifier_notice_action on certifier_notice (emergency_action) where retracted_by is null;

      create table disposition (
        id uuid primary key,
        emergency_action uuid not null references emergency_action,
        kind text collate "C" not null constraint disposition_kind_known
          check (kind in ('RELEASED_ORGANIC', 'RELEASED_CONVENTIONAL', 'REEXPORTED', 'DONATED', 'DESTROYED')),
        grams bigint constraint disposition_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        on_day date,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index disposition_action on disposition (emergency_action) where retracted_by is null;

      create table document_link (
        id uuid primary key,
        document uuid not null references document,
        lot uuid references lot,
        shipment uuid references shipment,
        import_certificate uuid references import_certificate,
        operation uuid references operation,
        recorded_by uuid not null,
        retracted_by uuid,
        constraint document_link_to_one_noun check (num_nonnulls(lot, shipment, import_certificate, operation) = 1)
      );
      create unique index one_link_per_document_and_noun on document_link (document, (coalesce(lot, shipment, import_certificate, operation))) where retracted_by is null;
      create index document_link_lot on document_link (lot) where retracted_by is null;
      create index document_link_shipment on document_link (shipment) where retracted_by is null;
      create index document_link_certificate on document_link (import_certificate) where retracted_by is null;
      create index document_link_operation on document_link (operation) where retracted_by is null;
    `);

    // A paper is a reference now. What is only named keeps its name, until the paper arrives: that is the one thing a fact may learn.
    for (const table of ['transfer', 'lot_adjustment', 'treatment']) {
      await run.query(`alter table ${table} rename column document to document_named`);
      await run.query(`alter table ${table} add column document uuid references document`);
      await run.query(`create index ${table}_document on ${table} (document) where retracted_by is null and document is not null`);
      await run.query(
        `create index ${table}_document_named on ${table} (document_named) where document is null and document_named is not null`,
      );
    }

    await run.query(`
      create or replace function fact_is_never_edited() returns trigger language plpgsql as $$
      begin
        if tg_op = 'UPDATE' and old.retracted_by is null and new.retracted_by is not null
          and to_jsonb(old) - 'retracted_by' = to_jsonb(new) - 'retracted_by' then
          return new;
        end if;
        if tg_op = 'UPDATE' and tg_table_name in ('transfer', 'lot_adjustment', 'treatment') and to_jsonb(old) ->> 'document' is null
          and to_jsonb(old) ->> 'document_named' is not null and to_jsonb(old) - 'document' = to_jsonb(new) - 'document' then
          return new;
        end if;
        raise exception 'a fact is never edited: retract it and record another' using errcode = '23514', constraint = 'fact_is_never_edited', table = tg_table_name;
      end $$;
    `);

    // A gram may back one import certificate only. Whoever claims some of a lot waits for others who do.
    await run.query(`
      create function claims_within_birth_mass() returns trigger language plpgsql as $$
      begin
        perform from lot where id in (select lot from added where lot is not null) order by id for no key update;
        if exists (
          select from import_certificate_line c join lot l on l.id = c.lot
          where c.lot in (select lot from added where lot is not null) and c.retracted_by is null and not exists (
            select from import_certificate_status s
            where s.import_certificate = c.import_certificate and s.retracted_by is null and s.status in ('VOIDED', 'REJECTED', 'WITHDRAWN')
          )
          group by l.id having sum(c.grams) > l.grams
        ) then
          raise exception 'a gram may back one import certificate only' using errcode = '23514', constraint = 'claims_within_birth_mass', table = 'import_certificate_line';
        end if;
        return null;
      end $$;
      create trigger claims_within_birth_mass after insert on import_certificate_line referencing new table as added
        for each statement execute function claims_within_birth_mass();
    `);
    for (const table of [
      'document_link',
      'import_certificate_status',
      'import_certificate_line',
      'customs_entry_line',
      'certifier_notice',
      'disposition',
    ]) {
      await run.query(
        `create trigger fact_is_never_edited before update or delete on ${table} for each row execute function fact_is_never_edited()`,
      );
    }
    for (const table of ['customs_entry', 'customs_entry_line_lot', 'emergency_action']) {
      await run.query(
        `create trigger row_is_never_edited before update or delete on ${table} for each row execute function row_is_never_edited()`,
      );
    }

    await run.query('create extension if not exists pg_trgm');
    await run.query('create index operation_name_trigrams on operation using gin (name gin_trgm_ops)');
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
