import type { AdjustmentKind, Day, Grams, LotKind } from '@lotline/schema';
import type { Work } from '../commands';
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

export interface NewInput {
  id: string;
  outputId: string;
  inputId: string;
  holderId: string;
  grams: Grams;
  value: string;
  unit: string;
  /** As given. */
  on: Day | null;
  at: Date | null;
  /** The day of use: as given, else the output's birth day. */
  usedOn: Day | null;
  reference: string | null;
  attributes: Attributes;
}

export interface NewTransfer {
  id: string;
  lotId: string;
  senderId: string;
  receiverId: string;
  grams: Grams;
  value: string | null;
  unit: string | null;
  on: Day;
  at: Date | null;
  document: string | null;
  reference: string | null;
  attributes: Attributes;
}

export interface NewLoss {
  id: string;
  lotId: string;
  holderId: string;
  kind: AdjustmentKind;
  grams: Grams;
  value: string;
  unit: string;
  on: Day;
  at: Date | null;
  document: string | null;
  reference: string | null;
  attributes: Attributes;
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
  corrections?: readonly Correction[];
}

type PartyRow = [operation: string, subject: string, fact: string, on: Day | null];

/** Records facts about lots: rows, holdings, parties, events. Laws of the database refuse what can never be. */
export async function recordLotFacts(work: Work, facts: LotFacts): Promise<void> {
  const { lots = [], inputs = [], transfers = [], losses = [], corrections = [] } = facts;
  const { tx, command } = work;

  await tx.insert(
    'lot',
    {
      id: 'uuid',
      code: 'text',
      producer: 'uuid',
      product: 'uuid',
      kind: 'text',
      grams: 'bigint',
      value: 'text',
      unit: 'text',
      produced_on: 'date',
      produced_at: 'timestamptz',
      country: 'text',
      latitude: 'double precision',
      longitude: 'double precision',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    lots.map((lot) => [
      lot.id,
      lot.code,
      lot.producerId,
      lot.productId,
      lot.kind,
      lot.grams,
      lot.value,
      lot.unit,
      lot.producedOn,
      lot.producedAt,
      lot.country,
      lot.latitude,
      lot.longitude,
      lot.attributes,
      command,
    ]),
  );
  await retractInputs(work, corrections);
  await post(tx, movesOf(facts), { born: new Set(lots.map((lot) => lot.id)), reported: work.reported });

  // One statement for all inputs, after all lots and holdings: the law against circles looks at them together, and takes its gate last.
  await tx.insert(
    'lot_input',
    {
      id: 'uuid',
      output: 'uuid',
      input: 'uuid',
      holder: 'uuid',
      grams: 'bigint',
      value: 'text',
      unit: 'text',
      on_day: 'date',
      at: 'timestamptz',
      reference: 'text',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    inputs.map((use) => [
      use.id,
      use.outputId,
      use.inputId,
      use.holderId,
      use.grams,
      use.value,
      use.unit,
      use.on,
      use.at,
      use.reference,
      use.attributes,
      command,
    ]),
  );
  await tx.insert(
    'transfer',
    {
      id: 'uuid',
      lot: 'uuid',
      sender: 'uuid',
      receiver: 'uuid',
      grams: 'bigint',
      value: 'text',
      unit: 'text',
      on_day: 'date',
      at: 'timestamptz',
      document: 'text',
      reference: 'text',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    transfers.map((each) => [
      each.id,
      each.lotId,
      each.senderId,
      each.receiverId,
      each.grams,
      each.value,
      each.unit,
      each.on,
      each.at,
      each.document,
      each.reference,
      each.attributes,
      command,
    ]),
  );
  await tx.insert(
    'lot_adjustment',
    {
      id: 'uuid',
      lot: 'uuid',
      holder: 'uuid',
      kind: 'text',
      grams: 'bigint',
      value: 'text',
      unit: 'text',
      on_day: 'date',
      at: 'timestamptz',
      document: 'text',
      reference: 'text',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    losses.map((loss) => [
      loss.id,
      loss.lotId,
      loss.holderId,
      loss.kind,
      loss.grams,
      loss.value,
      loss.unit,
      loss.on,
      loss.at,
      loss.document,
      loss.reference,
      loss.attributes,
      command,
    ]),
  );
  await tx.insert('party', { operation: 'uuid', subject: 'uuid', fact: 'uuid', on_day: 'date' }, partiesOf(facts));
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
function partiesOf({ lots = [], inputs = [], transfers = [], losses = [] }: LotFacts): PartyRow[] {
  const rows: PartyRow[] = lots.map((lot) => [lot.producerId, lot.id, lot.id, lot.producedOn]);
  for (const use of inputs) rows.push([use.holderId, use.inputId, use.id, use.usedOn]);
  for (const each of transfers) rows.push([each.senderId, each.lotId, each.id, each.on], [each.receiverId, each.lotId, each.id, each.on]);
  for (const loss of losses) rows.push([loss.holderId, loss.lotId, loss.id, loss.on]);
  return rows;
}

async function retractInputs(work: Work, corrections: readonly Correction[]): Promise<void> {
  const ids = corrections.flatMap((correction) => correction.retracted.map((use) => use.id));
  if (ids.length === 0) return;
  await work.tx.query('update lot_input set retracted_by = $2 where id = any($1)', [ids, work.command]);
  await work.tx.query(
    'delete from party p using lot_input i where i.id = any($1) and p.operation = i.holder and p.subject = i.input and p.fact = i.id',
    [ids],
  );
}

function tell(work: Work, { lots = [], inputs = [], transfers = [], losses = [], corrections = [] }: LotFacts): void {
  const usesOf = new Map<string, NewInput[]>();
  for (const use of inputs) {
    const uses = usesOf.get(use.outputId);
    if (uses) uses.push(use);
    else usesOf.set(use.outputId, [use]);
  }
  const shown = (use: NewInput) => ({ input: use.inputId, grams: String(use.grams), on: use.usedOn });
  for (const lot of lots) {
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
  for (const loss of losses) {
    work.emit({
      type: 'lot.lost',
      subject: loss.lotId,
      payload: { adjustment: loss.id, holder: loss.holderId, kind: loss.kind, grams: String(loss.grams), on: loss.on },
    });
  }
}
