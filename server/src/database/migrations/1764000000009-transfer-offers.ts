import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Transfers that are offered first: an offer moves no grams, the transfer that accepts it does. */
export class TransferOffers1764000000009 implements MigrationInterface {
  async up(run: QueryRunner): Promise<void> {
    await run.query(`
      create table transfer_offer (
        id uuid primary key,
        lot uuid not null references lot,
        sender uuid not null references operation,
        receiver uuid not null references operation,
        grams bigint not null constraint transfer_offer_mass_above_zero check (grams > 0 and grams <= 1000000000000000),
        value text collate "C" not null,
        unit text collate "C" not null,
        on_day date not null,
        document uuid references document,
        recorded_by uuid not null,
        constraint transfer_offer_between_two_operations check (sender <> receiver)
      );
      create index transfer_offer_lot on transfer_offer (lot);
      create index transfer_offer_sender on transfer_offer (sender);
      create index transfer_offer_receiver on transfer_offer (receiver);
      create trigger row_is_never_edited before update or delete on transfer_offer for each row execute function row_is_never_edited();

      alter table transfer add column offer uuid references transfer_offer;
      create unique index one_transfer_per_offer on transfer (offer) where retracted_by is null;
    `);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
