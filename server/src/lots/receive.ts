import { type Day, type Grams, grams } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { mayActFor } from '../access';
import { type EnteredMass, isReason, noSuch, notYet, type Work, weigh } from '../commands';
import { answered, lockOffers, type Standing } from './answer';
import { heldAtTheBorder, heldBack, holding } from './at-the-border';
import { type NewDifference, type NewTransfer, recordLotFacts } from './facts';
import { leastFrom } from './holdings';
import { judgedLots } from './judged';
import { lockHoldings } from './ledger';

// What a receiver says of an offer, whether it accepts or disputes it.

/** An offer has been received on a day: all of it, or another quantity. */
export interface Receipt {
  transferOffer: string;
  on: Day;
  /** What came, where that is not what was offered, and how that shows. */
  other: { quantity: EnteredMass; reason: string } | null;
}

/** What passes, and what is said to have come. */
interface Received {
  passes: Grams;
  value: string;
  unit: string;
  /** What came less what was offered. */
  difference: Grams;
}

/**
 * The quantity that passes by a receipt; null where that is refused. Nobody gives what it did not offer: of what came beyond that no more
 * passes, and a receiver learns nothing of what its sender has.
 */
function received(work: Work, row: number, offer: Standing, other: Receipt['other']): Received | null {
  const offered = grams(offer.grams);
  const whole = { passes: offered, value: offer.value, unit: offer.unit, difference: grams(0) };
  if (other === null) return whole;
  const came = weigh(other.quantity, offer.kgPerBushel);
  if (isReason(came)) {
    work.refuse(row, { ...came, path: ['quantity'] });
    return null;
  }
  const difference = grams(came - offered);
  if (difference === 0n)
    work.refuse(row, { code: 'REFUSED', message: 'this is the quantity that was offered', path: ['quantity'], remedy: 'accept the offer' });
  return difference > 0n ? { ...whole, difference } : { passes: came, value: other.quantity.value, unit: other.quantity.unit, difference };
}

/**
 * Offers are received: the grams pass from the sender's holding into the receiver's (7 CFR 205.103(b)(2)), on a day on which the sender had
 * them, and from which on it had them to spare; not while they are held at the border. The receiver is told that it was not so, never what the sender had or when.
 */
export async function receive(work: Work, rows: readonly Receipt[]): Promise<{ transferOffer: string }[]> {
  const offers = await lockOffers(
    work,
    rows.map(({ transferOffer }) => transferOffer),
  );
  const held = await lockHoldings(
    work.tx,
    [...offers.values()].flatMap(({ lotId, senderId, receiverId }) => [senderId, receiverId].map((ownerId) => ({ lotId, ownerId }))),
  );
  const border = await heldAtTheBorder(
    work,
    [...offers.values()].map(({ lotId, senderId, receiverId }) => ({ lotId, ownerId: senderId, to: receiverId })),
  );
  const judged = await judgedLots(
    work.tx,
    [...offers.values()].map(({ lotId }) => lotId),
  );
  const transfers: NewTransfer[] = [];
  const differences: NewDifference[] = [];
  for (const [index, { transferOffer, on, other }] of rows.entries()) {
    const offer = offers.get(transferOffer);
    const forbidden = offer && mayActFor(work.viewer, offer.receiverId, 'LOTS');
    if (!offer || forbidden) {
      work.refuse(index, forbidden ?? noSuch('transfer offer', 'transferOffer'));
      continue;
    }
    const closed = answered(offer);
    if (closed) {
      work.refuse(index, closed);
      continue;
    }
    const early = notYet(on, work.now, 'on');
    if (early) work.refuse(index, early);
    const isBefore = on < offer.offeredOn;
    if (isBefore)
      work.refuse(index, {
        code: 'REFUSED',
        message: `it was offered on ${offer.offeredOn}`,
        path: ['on'],
        rule: '7 CFR 205.103(b)(2)',
        remedy: 'give the day on which it was received, which is not before that',
      });
    const what = received(work, index, offer, other);
    if (what === null) continue;
    const { birth, movements } = judged.get(offer.lotId)!;
    const back = border.of({ lotId: offer.lotId, ownerId: offer.senderId, to: offer.receiverId });
    const isHeld = what.passes <= held.of(offer.lotId, offer.senderId);
    if (!isHeld)
      work.refuse(index, {
        code: 'REFUSED',
        message: `the sender no longer holds as much as it ${other === null ? 'offered' : 'gave'}`,
        path: ['transferOffer'],
        rule: '7 CFR 205.403(d)(4)',
        remedy: 'ask the sender for an offer of what it holds',
      });
    else if (what.passes > held.of(offer.lotId, offer.senderId) - back.grams)
      work.refuse(index, heldBack(`the sender cannot give it now: ${holding(back)}`, ['transferOffer']));
    else if (!isBefore && what.passes > leastFrom(birth, movements, offer.senderId, on))
      work.refuse(index, {
        code: 'REFUSED',
        message: 'the sender did not have that much to give on that day',
        path: ['on'],
        rule: '7 CFR 205.103(b)(2)',
        remedy: 'give the day on which it was received; if this is that day, let the sender record first how it came to the lot',
      });
    held.add(offer.lotId, offer.senderId, -what.passes);
    const id = uuidv7();
    movements.push({
      lot: offer.lotId,
      kind: 'TRANSFER',
      fact: id,
      from: offer.senderId,
      to: offer.receiverId,
      output: null,
      outputCountry: null,
      grams: what.passes,
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
      grams: what.passes,
      value: what.value,
      unit: what.unit,
      on,
      at: null,
      documentId: offer.documentId,
      documentNamed: null,
      reference: null,
      attributes: null,
    });
    if (other !== null)
      differences.push({
        id: uuidv7(),
        transferId: id,
        lotId: offer.lotId,
        offerId: offer.id,
        grams: what.difference,
        value: other.quantity.value,
        unit: other.quantity.unit,
        reason: other.reason,
      });
  }
  work.check();
  await recordLotFacts(work, { transfers, differences });
  return rows.map(({ transferOffer }) => ({ transferOffer }));
}
