import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Brokers that importers assign, and audits that open the chain of a lot to a certifier; and of each row of `party` what its subject is. */
export class Grants1764000000011 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table party add column noun text collate "C";
      update party p set noun = n.noun from (
        select id, 'lot' as noun from lot union all select id, 'shipment' from shipment union all select id, 'document' from document
        union all select id, 'import_certificate' from import_certificate union all select id, 'customs_entry' from customs_entry
        union all select id, 'emergency_action' from emergency_action union all select id, 'transfer_offer' from transfer_offer
      ) n where n.id = p.subject;
      alter table party alter column noun set not null, add constraint party_noun_known check (
        noun in ('lot', 'shipment', 'document', 'import_certificate', 'customs_entry', 'emergency_action', 'transfer_offer'));

      create table broker_assignment (
        id uuid primary key,
        importer uuid not null references operation,
        broker uuid not null references operation,
        scopes text[] not null constraint broker_assignment_scopes_known check (
          cardinality(scopes) > 0 and scopes <@ array['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES', 'COMMANDS']),
        valid_from timestamptz(6) not null,
        valid_until timestamptz(6) not null,
        ended_at timestamptz(6),
        reason text collate "C",
        recorded_by uuid not null,
        constraint broker_assignment_between_two_operations check (importer <> broker),
        constraint broker_assignment_begins_before_it_ends check (valid_from < valid_until)
      );
      create index broker_assignment_importer on broker_assignment (importer);
      create index broker_assignment_broker on broker_assignment (broker);
      create view assignment_in_force as
        select importer, broker, scopes from broker_assignment where ended_at is null and valid_from <= now() and valid_until > now();

      create table audit_grant (
        id uuid primary key,
        certifier uuid not null references certifier,
        lot uuid not null references lot,
        directions text[] not null constraint audit_grant_directions_known check (
          cardinality(directions) > 0 and directions <@ array['BACK', 'FORWARD']),
        reason text collate "C" not null,
        granted_at timestamptz(6) not null,
        valid_until timestamptz(6) not null,
        revoked_at timestamptz(6),
        recorded_by uuid not null,
        constraint audit_grant_ends_within_90_days check (valid_until > granted_at and valid_until <= granted_at + interval '90 days')
      );
      create index audit_grant_certifier on audit_grant (certifier);
      create view audit_in_force as
        select certifier, lot, directions from audit_grant where revoked_at is null and valid_until > now();

      -- Everything that audits open to a certifier now: lots of the chains, and what is about them.
      create function opened_to(auditor uuid) returns setof uuid language sql stable as $$
        with recursive back(lot) as (
          select lot from audit_in_force where certifier = auditor and 'BACK' = any(directions)
          union select i.input from back b join lot_input i on i.output = b.lot and i.retracted_by is null
        ), forward(lot) as (
          select lot from audit_in_force where certifier = auditor and 'FORWARD' = any(directions)
          union select i.output from forward f join lot_input i on i.input = f.lot and i.retracted_by is null
        ), lots as materialized (
          select lot from back union select lot from forward
        ), shipments as materialized (
          select distinct x.shipment from lots join shipped_lot x on x.lot = lots.lot and x.retracted_by is null
        ), drawn as materialized (
          select x.entry, x.import_certificate from lots join customs_entry_line_lot j on j.lot = lots.lot
            join customs_entry_line x on x.id = j.line and x.retracted_by is null
        ), certificates as materialized (
          select l.import_certificate from lots join import_certificate_line l on l.lot = lots.lot and l.retracted_by is null
          union select import_certificate from drawn where import_certificate is not null
        ), actions as (
          select a.id from lots join emergency_action a on a.lot = lots.lot
          union all select a.id from shipments join emergency_action a on a.shipment = shipments.shipment
        ), documents as (
          select k.document from lots join document_link k on k.lot = lots.lot and k.retracted_by is null
          union all select k.document from shipments join document_link k on k.shipment = shipments.shipment and k.retracted_by is null
          union all select k.document from certificates c join document_link k on k.import_certificate = c.import_certificate and k.retracted_by is null
          union all select t.document from lots join transfer t on t.lot = lots.lot and t.retracted_by is null
          union all select o.document from lots join transfer_offer o on o.lot = lots.lot
          union all select a.document from lots join lot_adjustment a on a.lot = lots.lot and a.retracted_by is null
          union all select t.document from lots join treatment t on t.lot = lots.lot and t.retracted_by is null
          union all select t.document from shipments join treatment t on t.shipment = shipments.shipment and t.retracted_by is null
        )
        select lot from lots
        union select shipment from shipments
        union select import_certificate from certificates
        union select entry from drawn
        -- A line that names no lots draws for all that its certificate covers.
        union select x.entry from certificates c join customs_entry_line x on x.import_certificate = c.import_certificate and x.retracted_by is null
          where not exists (select from customs_entry_line_lot j where j.line = x.id)
        union select id from actions
        union select o.id from lots join transfer_offer o on o.lot = lots.lot
        union select document from documents where document is not null
      $$;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
