import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Certifiers, operations, products, lots and the facts that move grams. Text compares in byte order on every server. */
export class Nouns1764000000002 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table certifier (
        id uuid primary key,
        code text collate "C" not null constraint certifier_code_unique unique,
        name text collate "C" not null,
        country text collate "C",
        schemes text[] not null,
        attributes jsonb,
        recorded_by uuid not null
      );
      create table operation (
        id uuid primary key,
        identifier text collate "C" not null constraint operation_identifier_unique unique,
        name text collate "C" not null,
        country text collate "C" not null,
        roles text[] not null,
        address text collate "C",
        latitude double precision,
        longitude double precision,
        attributes jsonb,
        recorded_by uuid not null
      );
      create table product (
        id uuid primary key,
        name text collate "C" not null constraint product_name_unique unique,
        hts text collate "C" not null,
        organic boolean not null,
        kg_per_bushel numeric,
        attributes jsonb,
        recorded_by uuid not null
      );
      create table operation_certificate (
        id uuid primary key,
        operation uuid not null references operation,
        certifier uuid not null references certifier,
        standard text collate "C" not null,
        recorded_by uuid not null,
        constraint operation_certificate_unique unique (operation, certifier, standard)
      );
      create index operation_certificate_certifier on operation_certificate (certifier);
      create table operation_certificate_status (
        id uuid primary key,
        operation_certificate uuid not null references operation_certificate,
        status text collate "C" not null,
        effective_from date not null,
        scope text[],
        hectares numeric,
        expires_on date,
        reason text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_status_per_certificate_and_day on operation_certificate_status (operation_certificate, effective_from) where retracted_by is null;
      create table verified_product (
        status uuid not null references operation_certificate_status,
        product uuid not null references product,
        labelled_as text collate "C",
        primary key (status, product)
      );
      create index verified_product_product on verified_product (product);
      create table lot (
        id uuid primary key,
        code text collate "C" not null,
        producer uuid not null references operation,
        product uuid not null references product,
        kind text collate "C" not null,
        grams bigint not null,
        value text collate "C" not null,
        unit text collate "C" not null,
        produced_on date,
        produced_at timestamptz(6),
        country text collate "C" not null,
        latitude double precision,
        longitude double precision,
        birth_order bigint generated always as identity,
        attributes jsonb,
        recorded_by uuid not null,
        constraint lot_code_unique_within_producer unique (producer, code)
      );
      create index lot_code on lot (code);
      create index lot_product on lot (product);
      create table lot_input (
        id uuid primary key,
        output uuid not null references lot,
        input uuid not null references lot,
        holder uuid not null references operation,
        grams bigint not null,
        value text collate "C" not null,
        unit text collate "C" not null,
        on_day date,
        at timestamptz(6),
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index lot_input_output on lot_input (output) where retracted_by is null;
      create index lot_input_input on lot_input (input) where retracted_by is null;
      create index lot_input_holder on lot_input (holder) where retracted_by is null;
      create table transfer (
        id uuid primary key,
        lot uuid not null references lot,
        sender uuid not null references operation,
        receiver uuid not null references operation,
        grams bigint not null,
        value text collate "C",
        unit text collate "C",
        on_day date not null,
        at timestamptz(6),
        document text collate "C",
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index transfer_lot on transfer (lot) where retracted_by is null;
      create index transfer_sender on transfer (sender) where retracted_by is null;
      create index transfer_receiver on transfer (receiver) where retracted_by is null;
      create table lot_adjustment (
        id uuid primary key,
        lot uuid not null references lot,
        holder uuid not null references operation,
        kind text collate "C" not null,
        grams bigint not null,
        value text collate "C" not null,
        unit text collate "C" not null,
        on_day date not null,
        at timestamptz(6),
        document text collate "C",
        reference text collate "C",
        attributes jsonb,
        recorded_by uuid not null,
        retracted_by uuid
      );
      create index lot_adjustment_lot on lot_adjustment (lot) where retracted_by is null;
      create index lot_adjustment_holder on lot_adjustment (holder) where retracted_by is null;
      create table holding (
        lot uuid not null references lot,
        owner uuid not null references operation,
        grams bigint not null,
        floor bigint not null default 0,
        primary key (lot, owner)
      );
      create index holding_owner on holding (owner, lot);
      -- No foreign keys here: each row repeats parties and subject of a fact whose own references hold.
      create table party (
        operation uuid not null,
        subject uuid not null,
        fact uuid not null,
        on_day date,
        primary key (operation, subject, fact)
      );
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
