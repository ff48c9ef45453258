import { type AdjustmentKind, byteOrder, type Day, type Grams, type LotKind } from '@lotline/schema';
import { Parties, record, type Work } from '../commands';
import type { Columns } from '../database';
import { type Move, post } from './ledger';

// The four facts that move grams, as rows of any number: a birth into its producer's holding, a use out of a holding, a transfer from
// one to another, a loss. Each is written with its parties and its place in the ledger, in one transaction.

/** Kept as they came: columns of a spreadsheet that the product does not know. */
export type Attributes = Record<string, string> | null;

export interface NewLot {
  id: string;
  code: string;
  producerId: string;
  productId: string;
  kind: LotKind;
  grams: Grams;
  value: string;
  unit: string;
  producedOn: Day | null;
  producedAt: Date | null;
  country: string;
  latitude: number | null;
  longitude: number | null;
  attributes: Attributes;
}

/** What the facts about a lot after its birth have in common. */
interface NewFact {
  id: string;
  grams: Grams;
  /** As given. */
  on: Day | null;
  at: Date | null;
  /** Tells equal facts apart. */
  reference: string | null;
  attributes: Attributes;
}

export interface NewInput extends NewFact {
  outputId: string;
  inputId: string;
  holderId: string;
  value: string;
  unit: string;
  /** The day of use: as given, else the output's birth day. */
  usedOn: Day | null;
}

export interface NewTransfer extends NewFact {
  /** The offer that it accepts, where it was offered first. */
  offerId: string | null;
  lotId: string;
  senderId: string;
  receiverId: string;
  /** As entered; null where the whole lot was given. */
  value: string | null;
  unit: string | null;
  on: Day;
  documentId: string | null;
  /** Its paper as it was named, where that is not on record. */
  documentNamed: string | null;
}

export interface NewLoss extends NewFact {
  lotId: string;
  holderId: string;
  kind: AdjustmentKind;
  value: string;
  unit: string;
  on: Day;
  documentId: string | null;
  /** Its paper as it was named, where that is not on record. */
  documentNamed: string | null;
}

/** What a receiver says to have received, less what was offered: not zero, and moves nothing. */
export interface NewDifference {
  id: string;
  /** The transfer by which the rest passed, of the lot and by the offer. */
  transferId: string;
  lotId: string;
  offerId: string;
  grams: Grams;
  /** The quantity received, as entered. */
  value: string;
  unit: string;
  reason: string;
}

/** A set of inputs that replaces an earlier one, which is retracted for the reason given. */
export interface Correction {
  outputId: string;
  retracted: RetractedInput[];
  reason: string;
}

export interface RetractedInput {
  id: string;
  inputId: string;
  holderId: string;
  grams: Grams;
}

export interface LotFacts {
  /** Inputs before the lots made of them. */
  lots?: readonly NewLot[];
  inputs?: readonly NewInput[];
  transfers?: readonly NewTransfer[];
  losses?: readonly NewLoss[];
  differences?: readonly NewDifference[];
  corrections?: readonly Correction[];
}

const QUANTITY = {
  grams: ['bigint', (row: { grams: Grams }) => row.grams],
  value: ['text', (row: { value: string | null }) => row.value],
  unit: ['text', (row: { unit: string | null }) => row.unit],
} as const;

/** Columns that facts about lots share. */
const FACT = {
  ...QUANTITY,
  id: ['uuid', (row: NewFact) => row.id],
  on_day: ['date', (row: NewFact) => row.on],
  at: ['timestamptz', (row: NewFact) => row.at],
  reference: ['text', (row: NewFact) => row.reference],
  attributes: ['jsonb', (row: NewFact) => row.attributes],
} as const;

const LOT: Columns<NewLot> = {
  ...QUANTITY,
  id: ['uuid', (lot) => lot.id],
  code: ['text', (lot) => lot.code],
  producer: ['uuid', (lot) => lot.producerId],
  product: ['uuid', (lot) => lot.productId],
  kind: ['text', (lot) => lot.kind],
  produced_on: ['date', (lot) => lot.producedOn],
  produced_at: ['timestamptz', (lot) => lot.producedAt],
  country: ['text', (lot) => lot.country],
  latitude: ['double precision', (lot) => lot.latitude],
  longitude: ['double precision', (lot) => lot.longitude],
  attributes: ['jsonb', (lot) => lot.attributes],
};

const LOT_INPUT: Columns<NewInput> = {
  ...FACT,
  output: ['uuid', (use) => use.outputId],
  input: ['uuid', (use) => use.inputId],
  holder: ['uuid', (use) => use.holderId],
};

const TRANSFER: Columns<NewTransfer> = {
  ...FACT,
  offer: ['uuid', (each) => each.offerId],
  lot: ['uuid', (each) => each.lotId],
  sender: ['uuid', (each) => each.senderId],
  receiver: ['uuid', (each) => each.receiverId],
  document: ['uuid', (each) => each.documentId],
  document_named: ['text', (each) => each.documentNamed],
};

const LOT_ADJUSTMENT: Columns<NewLoss> = {
  ...FACT,
  lot: ['uuid', (loss) => loss.lotId],
  holder: ['uuid', (loss) => loss.holderId],
  kind: ['text', (loss) => loss.kind],
  document: ['uuid', (loss) => loss.documentId],
  document_named: ['text', (loss) => loss.documentNamed],
};

const TRANSFER_DIFFERENCE: Columns<NewDifference> = {
  ...QUANTITY,
  id: ['uuid', (each) => each.id],
  transfer: ['uuid', (each) => each.transferId],
  reason: ['text', (each) => each.reason],
};

/** Records facts about lots: rows, holdings, parties, events. Laws of the database refuse what can never be. */
export async function recordLotFacts(work: Work, facts: LotFacts): Promise<void> {
  const { lots = [], inputs = [], transfers = [], losses = [], differences = [], corrections = [] } = facts;
  await record(work, 'lot', LOT, lots);
  await retractInputs(work, corrections);
  await post(work.tx, movesOf(facts), { born: new Set(lots.map((lot) => lot.id)), reported: work.reported });
  // One statement for all inputs, after all lots and holdings: the law against circles looks at them together, and takes its gate last.
  await record(work, 'lot_input', LOT_INPUT, inputs);
  await record(work, 'transfer', TRANSFER, transfers);
  await record(work, 'transfer_difference', TRANSFER_DIFFERENCE, differences);
  await record(work, 'lot_adjustment', LOT_ADJUSTMENT, losses);
  await partiesOf(facts).record(work);
  tell(work, facts);
}

function movesOf({ lots = [], inputs = [], transfers = [], losses = [], corrections = [] }: LotFacts): Move[] {
  const moves: Move[] = lots.map((lot) => ({ lotId: lot.id, ownerId: lot.producerId, grams: lot.grams }));
  for (const use of inputs) moves.push({ lotId: use.inputId, ownerId: use.holderId, grams: -use.grams });
  for (const { retracted } of corrections)
    for (const use of retracted) moves.push({ lotId: use.inputId, ownerId: use.holderId, grams: use.grams });
  for (const each of transfers) {
    moves.push(
      { lotId: each.lotId, ownerId: each.senderId, grams: -each.grams },
      { lotId: each.lotId, ownerId: each.receiverId, grams: each.grams },
    );
  }
  for (const loss of losses) moves.push({ lotId: loss.lotId, ownerId: loss.holderId, grams: -loss.grams });
  return moves;
}

/** Producer, holder, sender, receiver: whoever is named by the fact itself. */
function partiesOf({ lots = [], inputs = [], transfers = [], losses = [] }: LotFacts): Parties {
  const parties = new Parties();
  for (const lot of lots) parties.add([lot.producerId], 'lot', lot.id, lot.id, lot.producedOn);
  for (const use of inputs) parties.add([use.holderId], 'lot', use.inputId, use.id, use.usedOn);
  for (const each of transfers) {
    const both = [each.senderId, each.receiverId];
    parties.add(both, 'lot', each.lotId, each.id, each.on);
    if (each.documentId !== null) parties.add(both, 'document', each.documentId, each.id, each.on);
  }
  for (const loss of losses) {
    parties.add([loss.holderId], 'lot', loss.lotId, loss.id, loss.on);
    if (loss.documentId !== null) parties.add([loss.holderId], 'document', loss.documentId, loss.id, loss.on);
  }
  return parties;
}

async function retractInputs(work: Work, corrections: readonly Correction[]): Promise<void> {
  const ids = corrections.flatMap((correction) => correction.retracted.map((use) => use.id));
  if (ids.length === 0) return;
  await work.tx.query('update lot_input set retracted_by = $2 where id = any($1)', [ids, work.command]);
  await work.tx.query(
    'update party p set retracted_by = $2 from lot_input i where i.id = any($1) and p.operation = i.holder and p.subject = i.input and p.fact = i.id',
    [ids, work.command],
  );
}

function tell(work: Work, { lots = [], inputs = [], transfers = [], losses = [], differences = [], corrections = [] }: LotFacts): void {
  const usesOf = new Map<string, NewInput[]>();
  for (const use of inputs) {
    const uses = usesOf.get(use.outputId);
    if (uses) uses.push(use);
    else usesOf.set(use.outputId, [use]);
  }
  const shown = (use: NewInput) => ({ input: use.inputId, grams: String(use.grams), on: use.usedOn });
  // In the order of their ids, which is that of a folder's rows: the order of births says what was made of what, and not to everybody.
  for (const lot of [...lots].sort((a, b) => byteOrder(a.id, b.id))) {
    work.emit({
      type: 'lot.born',
      subject: lot.id,
      payload: {
        producer: lot.producerId,
        product: lot.productId,
        kind: lot.kind,
        grams: String(lot.grams),
        on: lot.producedOn,
        inputs: (usesOf.get(lot.id) ?? []).map(shown),
      },
    });
    usesOf.delete(lot.id);
  }
  const corrected = new Map(corrections.map((correction) => [correction.outputId, correction]));
  for (const output of new Set([...usesOf.keys(), ...corrected.keys()])) {
    const uses = usesOf.get(output) ?? [];
    const correction = corrected.get(output);
    work.emit({
      type: 'lot.inputs-declared',
      subject: output,
      payload: { inputs: uses.map(shown), retracted: correction?.retracted.map((use) => use.id) ?? [], reason: correction?.reason ?? null },
    });
  }
  for (const each of transfers) {
    work.emit({
      type: 'lot.transferred',
      subject: each.lotId,
      payload: { transfer: each.id, sender: each.senderId, receiver: each.receiverId, grams: String(each.grams), on: each.on },
    });
  }
  for (const { transferId: transfer, lotId, offerId: offer, grams, reason } of differences)
    work.emit({ type: 'lot.transfer-disputed', subject: lotId, payload: { transfer, offer, grams: String(grams), reason } });
  for (const loss of losses) {
    work.emit({
      type: 'lot.lost',
      subject: loss.lotId,
      payload: { adjustment: loss.id, holder: loss.holderId, kind: loss.kind, grams: String(loss.grams), on: loss.on },
    });
  }
}
