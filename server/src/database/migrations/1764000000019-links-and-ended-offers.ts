import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Papers about any noun, and about what happened to goods; offers of lots that are declined or withdrawn. */
export class LinksAndEndedOffers1764000000019 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      alter table document_link
        add column operation_certificate uuid references operation_certificate,
        add column customs_entry uuid references customs_entry,
        add column emergency_action uuid references emergency_action,
        add column transfer uuid references transfer,
        add column lot_adjustment uuid references lot_adjustment,
        add column treatment uuid references treatment,
        drop constraint document_link_to_one_noun,
        add constraint document_link_to_one_noun check (num_nonnulls(lot, shipment, import_certificate, operation, operation_certificate, customs_entry,
          emergency_action, transfer, lot_adjustment, treatment) = 1);
      drop index one_link_per_document_and_noun;
      create unique index one_link_per_document_and_noun on document_link (document, (coalesce(lot, shipment, import_certificate, operation,
        operation_certificate, customs_entry, emergency_action, transfer, lot_adjustment, treatment))) where retracted_by is null;
    `);
    for (const noun of ['operation_certificate', 'customs_entry', 'emergency_action', 'transfer', 'lot_adjustment', 'treatment']) {
      await run.query(`create index document_link_${noun} on document_link (${noun}) where retracted_by is null and ${noun} is not null`);
    }

    await run.query(`
      create table transfer_offer_end (
        id uuid primary key,
        offer uuid not null references transfer_offer,
        kind text collate "C" not null constraint transfer_offer_end_kind_known check (kind in ('DECLINED', 'WITHDRAWN')),
        on_day date not null,
        reason text collate "C",
        recorded_by uuid not null,
        retracted_by uuid
      );
      create unique index one_end_per_offer on transfer_offer_end (offer) where retracted_by is null;
      create trigger fact_is_never_edited before update or delete on transfer_offer_end for each row execute function fact_is_never_edited();

      -- Whoever answers an offer waits for whoever else does.
      create function offer_is_answered_once() returns trigger language plpgsql as $$
      begin
        perform from transfer_offer where id = new.offer for no key update;
        if (case tg_table_name
          when 'transfer' then exists (select from transfer_offer_end where offer = new.offer and retracted_by is null)
          else exists (select from transfer where offer = new.offer and retracted_by is null) end)
        then
          raise exception 'an offer is accepted, declined or withdrawn once' using errcode = '23514', constraint = 'offer_is_answered_once', table = tg_table_name;
        end if;
        return new;
      end $$;
      create trigger offer_is_answered_once before insert on transfer for each row when (new.offer is not null) execute function offer_is_answered_once();
      create trigger offer_is_answered_once before insert on transfer_offer_end for each row execute function offer_is_answered_once();
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
