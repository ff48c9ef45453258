import {
  DateScalar,
  type Day,
  type Grams,
  grams,
  KilogramsScalar,
  type Page,
  Quantity,
  TransferOffer,
  TransferOfferConnection,
  TransferOfferStatus,
  toFactId,
} from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Query, Resolver, Root } from 'type-graphql';
import { factVisible, type Viewer } from '../access';
import { Parties, record, type Work } from '../commands';
import { type Columns, knownFact, nounById, type Position } from '../database';
import { idsOf, PageArguments, pageOfNouns, type Question, seen, seenFacts, visibleNoun } from '../questions';

// Offers of lots: as rows, as a list, and how far each is.

export interface NewOffer {
  id: string;
  lotId: string;
  senderId: string;
  receiverId: string;
  grams: Grams;
  /** As entered. */
  value: string;
  unit: string;
  on: Day;
  documentId: string | null;
}

const TRANSFER_OFFER: Columns<NewOffer> = {
  id: ['uuid', (offer) => offer.id],
  lot: ['uuid', (offer) => offer.lotId],
  sender: ['uuid', (offer) => offer.senderId],
  receiver: ['uuid', (offer) => offer.receiverId],
  grams: ['bigint', (offer) => offer.grams],
  value: ['text', (offer) => offer.value],
  unit: ['text', (offer) => offer.unit],
  on_day: ['date', (offer) => offer.on],
  document: ['uuid', (offer) => offer.documentId],
};

/** Records offers: rows, parties, events. Both sides are parties to the offer, to the lot by it, and to its paper. */
export async function recordOffers(work: Work, offers: readonly NewOffer[]): Promise<void> {
  await record(work, 'transfer_offer', TRANSFER_OFFER, offers);
  const parties = new Parties();
  for (const { id, lotId, senderId, receiverId, grams, on, documentId } of offers) {
    const both = [senderId, receiverId];
    parties.add(both, 'transfer_offer', id, id, on);
    parties.add(both, 'lot', lotId, id, on);
    if (documentId !== null) parties.add(both, 'document', documentId, id, on);
    work.emit({
      type: 'lot.transfer-offered',
      subject: lotId,
      payload: { offer: id, sender: senderId, receiver: receiverId, grams: String(grams), on },
    });
  }
  await parties.record(work);
}

export const transferOfferById = nounById(TransferOffer);

/** An offer by id; null where there is none, or the viewer may not see it. */
export const visibleTransferOffer = (question: Question, id: string): Promise<TransferOffer | null> =>
  visibleNoun(question, 'transfer_offer', transferOfferById, id);

/** What came of an offer. */
interface Acceptance {
  transfer: string;
  on: Day;
  /** Received, as its receiver says; what passes is no more than was offered. */
  quantity: Quantity;
  /** Received less offered, where that is disputed. */
  difference: Grams | null;
  reason: string | null;
}

/** Acceptances of offers: one, or none. */
const acceptances = seenFacts<
  Omit<Acceptance, 'quantity' | 'difference'> & { of: string; grams: string; value: string; unit: string; difference: string | null },
  Acceptance
>(
  `select t.offer as of, t.lot as subject, t.id as fact, t.id as place, t.id as transfer, t.on_day as "on", f.reason, f.grams as difference,
     o.grams + coalesce(f.grams, 0) as grams, coalesce(f.value, o.value) as value, coalesce(f.unit, o.unit) as unit
   from transfer t join transfer_offer o on o.id = t.offer left join transfer_difference f on f.transfer = t.id and f.retracted_by is null
   where t.offer = any($1) and t.retracted_by is null`,
  ({ transfer, on, reason, grams: kilograms, value, unit, difference }) => ({
    transfer,
    on,
    reason,
    quantity: { kilograms: grams(kilograms), value, unit },
    difference: difference === null ? null : grams(difference),
  }),
);

/** How an offer ended that nobody accepted. */
interface End {
  kind: 'DECLINED' | 'WITHDRAWN';
  on: Day;
  reason: string | null;
}

/** Ends of offers: one, or none. */
const ends = seenFacts<End & { of: string }, End>(
  `select e.offer as of, e.offer as subject, e.id as fact, e.id as place, e.kind, e.on_day as "on", e.reason
   from transfer_offer_end e where e.offer = any($1) and e.retracted_by is null`,
  ({ kind, on, reason }) => ({ kind, on, reason }),
);

const endOf = async (question: Question, id: string): Promise<End | null> => (await seen(question, ends, id))[0] ?? null;

const acceptanceOf = async (question: Question, id: string): Promise<Acceptance | null> =>
  (await seen(question, acceptances, id))[0] ?? null;

/** How far an offer `fo` is, as SQL over the facts that the viewer sees. */
const statusOf = (viewer: Viewer, known: Position | null): string =>
  `coalesce((select case when f.id is null then 'ACCEPTED' else 'DISPUTED' end
     from transfer t left join transfer_difference f on f.transfer = t.id and ${knownFact('f', known)}
     where t.offer = fo.id and ${knownFact('t', known)} and ${factVisible(viewer, 't.lot', 't.id', known)} limit 1),
   (select e.kind from transfer_offer_end e where e.offer = fo.id and ${knownFact('e', known)} and ${factVisible(viewer, 'e.offer', 'e.id', known)} limit 1), 'OPEN')`;

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class TransferOfferFilter {
  @Field(() => [TransferOfferStatus], { nullable: true, description: 'How far it is.' })
  statuses?: TransferOfferStatus[];

  @Field(() => [ID], { nullable: true, description: 'Of which lots.' })
  lots?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who offers.' })
  senders?: string[];

  @Field(() => [ID], { nullable: true, description: 'To whom.' })
  receivers?: string[];
}

@Resolver(() => TransferOffer)
export class TransferOfferResolver {
  @Query(() => TransferOfferConnection, { description: 'Offers of lots, oldest first; open ones wait for their receiver.' })
  transferOffers(
    @Arg('filter', () => TransferOfferFilter, { nullable: true, description: 'Only those that fit it.' })
    filter: TransferOfferFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TransferOffer>> {
    return pageOfNouns(question, {
      list: 'transfer offers',
      noun: 'transfer_offer',
      page,
      byId: transferOfferById,
      conditions: (where, known) => {
        where.anyOf(statusOf(question.viewer, known), filter?.statuses, 'text');
        where.anyOf('fo.lot', idsOf(filter?.lots, 'Lot', 'filter.lots'), 'uuid');
        where.anyOf('fo.sender', idsOf(filter?.senders, 'Operation', 'filter.senders'), 'uuid');
        where.anyOf('fo.receiver', idsOf(filter?.receivers, 'Operation', 'filter.receivers'), 'uuid');
      },
    });
  }

  @FieldResolver(() => TransferOfferStatus, { description: 'How far it is.' })
  async status(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<TransferOfferStatus> {
    const acceptance = await acceptanceOf(question, id);
    if (acceptance === null) return (await endOf(question, id))?.kind ?? 'OPEN';
    return acceptance.difference === null ? 'ACCEPTED' : 'DISPUTED';
  }

  @FieldResolver(() => DateScalar, { nullable: true, description: 'Local day on which it passed to the receiver.' })
  async acceptedOn(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<Day | null> {
    return (await acceptanceOf(question, id))?.on ?? null;
  }

  @FieldResolver(() => Quantity, { nullable: true, description: 'Mass received, as the receiver says; null while it is open.' })
  async received(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<Quantity | null> {
    return (await acceptanceOf(question, id))?.quantity ?? null;
  }

  @FieldResolver(() => KilogramsScalar, {
    nullable: true,
    description:
      'Received less offered, where the receiver disputes it; it moves nothing: of more than was offered, what was offered passes.',
  })
  async difference(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<Grams | null> {
    return (await acceptanceOf(question, id))?.difference ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: 'How the difference shows.' })
  async disputeReason(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<string | null> {
    return (await acceptanceOf(question, id))?.reason ?? null;
  }

  @FieldResolver(() => DateScalar, { nullable: true, description: 'Local day on which it was declined or withdrawn.' })
  async endedOn(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<Day | null> {
    return (await endOf(question, id))?.on ?? null;
  }

  @FieldResolver(() => String, { nullable: true, description: 'Why it was declined or withdrawn.' })
  async endReason(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<string | null> {
    return (await endOf(question, id))?.reason ?? null;
  }

  @FieldResolver(() => ID, { nullable: true, description: 'Names the transfer by which it passed to retractFact.' })
  async fact(@Root() { id }: TransferOffer, @Ctx() question: Question): Promise<string | null> {
    const acceptance = await acceptanceOf(question, id);
    return acceptance && toFactId('Transfer', acceptance.transfer);
  }
}
