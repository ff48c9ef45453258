import { DateScalar, type Day, grams, parseDay } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor, subjectVisible } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, read, type Work } from '../commands';
import { type NewTransfer, recordLotFacts } from './facts';
import { leastFrom } from './holdings';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';

@InputType({ description: 'What was offered has been received, all of it.' })
export class AcceptTransferInput extends CommandInput {
  @Field(() => ID, { description: 'The offer.' })
  transferOffer: string;

  @Field(() => DateScalar, { description: 'Local day on which it passed to the receiver.' })
  on: string;
}

const acceptance = z.object({ idempotencyKey, transferOffer: idOf('TransferOffer'), on: read(parseDay) });

interface Standing {
  id: string;
  lotId: string;
  senderId: string;
  receiverId: string;
  grams: string;
  value: string;
  unit: string;
  offeredOn: Day;
  documentId: string | null;
  acceptedOn: Day | null;
}

/** Offers of these ids that the viewer sees, locked: two acceptances of one come one after the other. */
async function lockOffers(work: Work, ids: readonly string[]): Promise<Map<string, Standing>> {
  const locked = await work.tx.query<{ id: string }>(
    `select o.id from transfer_offer o where o.id = any($1) and ${subjectVisible(work.viewer, 'o.id')} order by o.id for no key update of o`,
    [ids],
  );
  const rows = await work.tx.query<Standing>(
    `select o.id, o.lot as "lotId", o.sender as "senderId", o.receiver as "receiverId", o.grams, o.value, o.unit, o.on_day as "offeredOn",
       o.document as "documentId", t.on_day as "acceptedOn"
     from transfer_offer o left join transfer t on t.offer = o.id and t.retracted_by is null where o.id = any($1)`,
    [locked.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * A receiver accepts an offer: the grams pass from the sender's holding into its own (7 CFR 205.103(b)(2)). They pass on a day on which the
 * sender had them, and from which on it had them to spare. The receiver is told that it was not so, never what the sender had or when.
 */
export const acceptTransfer: Command<z.infer<typeof acceptance>, { transferOffer: string }> = {
  name: 'acceptTransfer',
  input: acceptance,
  may: (viewer) => mayActFor(viewer, null),
  async run(work, rows) {
    const offers = await lockOffers(
      work,
      rows.map(({ transferOffer }) => transferOffer),
    );
    const held = await lockHoldings(
      work.tx,
      [...offers.values()].flatMap(({ lotId, senderId, receiverId }) => [senderId, receiverId].map((ownerId) => ({ lotId, ownerId }))),
    );
    const judged = await judgedLots(
      work.tx,
      [...offers.values()].map(({ lotId }) => lotId),
    );
    const transfers: NewTransfer[] = [];
    for (const [index, { transferOffer, on }] of rows.entries()) {
      const offer = offers.get(transferOffer);
      const forbidden = offer && mayActFor(work.viewer, offer.receiverId, 'LOTS');
      if (!offer || forbidden) {
        work.refuse(index, forbidden ?? noSuch('transfer offer', 'transferOffer'));
        continue;
      }
      if (offer.acceptedOn !== null) {
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the offer was accepted on ${offer.acceptedOn}`,
          path: ['transferOffer'],
          remedy: 'ask the sender for another offer if there is more',
        });
        continue;
      }
      const { birth, movements } = judged.get(offer.lotId)!;
      const offered = grams(offer.grams);
      const isHeld = offered <= held.of(offer.lotId, offer.senderId);
      const early = notYet(on, work.now, 'on');
      if (early) work.refuse(index, early);
      if (on < offer.offeredOn)
        work.refuse(index, {
          code: 'REFUSED',
          message: `it was offered on ${offer.offeredOn}`,
          path: ['on'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day on which it was received, which is not before that',
        });
      else if (isHeld && offered > leastFrom(birth, movements, offer.senderId, on))
        work.refuse(index, {
          code: 'REFUSED',
          message: 'the sender did not have that much to give on that day',
          path: ['on'],
          rule: '7 CFR 205.103(b)(2)',
          remedy: 'give the day on which it was received; if this is that day, let the sender record first how it came to the lot',
        });
      if (!isHeld)
        work.refuse(index, {
          code: 'REFUSED',
          message: 'the sender no longer holds as much as it offered',
          path: ['transferOffer'],
          rule: '7 CFR 205.403(d)(4)',
          remedy: 'ask the sender for an offer of what it holds',
        });
      held.add(offer.lotId, offer.senderId, -offered);
      const id = uuidv7();
      movements.push({
        lot: offer.lotId,
        kind: 'TRANSFER',
        fact: id,
        from: offer.senderId,
        to: offer.receiverId,
        output: null,
        outputCountry: null,
        grams: offered,
        on,
        at: null,
        document: offer.documentId,
      });
      transfers.push({
        id,
        offerId: offer.id,
        lotId: offer.lotId,
        senderId: offer.senderId,
        receiverId: offer.receiverId,
        grams: offered,
        value: offer.value,
        unit: offer.unit,
        on,
        at: null,
        documentId: offer.documentId,
        documentNamed: null,
        reference: null,
        attributes: null,
      });
    }
    work.check();
    await recordLotFacts(work, { transfers });
    return rows.map(({ transferOffer }) => ({ transferOffer }));
  },
};
