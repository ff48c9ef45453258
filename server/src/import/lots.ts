import { type Day, type Grams, type LotKind, quote, toGrams, type Unit } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewInput, type NewLoss, type NewLot, type NewTransfer, recordLotFacts } from '../lots';
import { type Book, compare, conflict, type KnownLot, Repeats, wrong } from './book';
import { type Edge, inBirthOrder } from './circles';
import { type FileFormat, LOT_ADJUSTMENTS, LOT_INPUTS, LOTS, type Row, TRANSFERS, type Values } from './columns';
import { LotReferences } from './lot-references';

type WrittenMass = NonNullable<Values<typeof LOTS>['quantity']>;

/** Lots and the facts about them. Facts without a natural key are known by all their columns; equal rows need a reference. */
export async function importLots(book: Book): Promise<void> {
  const references = new LotReferences();
  const names = new Set<string>(book.folder.rows(LOTS).map((row) => row.values.code));
  for (const row of book.folder.rows(LOT_INPUTS)) names.add(row.values.output).add(row.values.input);
  for (const row of book.folder.rows(TRANSFERS)) names.add(row.values.lot);
  for (const row of book.folder.rows(LOT_ADJUSTMENTS)) names.add(row.values.lot);
  const stored = await references.load(book, names);

  book.progress.step('checking lots');
  const lots = await newLots(book, references, new Map(stored.map((lot) => [lot.id, lot])));
  const inputs = await newInputs(book, references);
  const transfers = await newTransfers(book, references);
  const losses = await newLosses(book, references);
  const ordered = await inOrder(book, lots, inputs);
  book.mistakes.check();

  book.progress.step(`storing ${lots.length} lots, ${inputs.length} inputs, ${transfers.length} transfers, ${losses.length} adjustments`);
  await recordLotFacts(book.work, {
    lots: ordered,
    inputs: inputs.map(({ fact }) => fact),
    transfers: transfers,
    losses,
  });
}

/** A written mass in grams; notes what is wrong with it. */
function weigh(book: Book, format: FileFormat, line: number, quantity: WrittenMass, unit: Unit, kgPerBushel: string | null): Grams | null {
  const weighed = toGrams(quantity.decimal, unit, kgPerBushel);
  if (weighed.ok) return weighed.value;
  wrong(book, format, line, 'quantity', weighed.wrong, weighed.remedy);
  return null;
}

function operationOf(
  book: Book,
  format: FileFormat,
  line: number,
  column: string,
  identifier: string,
): { id: string; country: string } | null {
  const operation = book.operations.get(identifier);
  if (!operation)
    wrong(book, format, line, column, `there is no operation ${quote(identifier)}`, 'add it to operations.csv, or correct the identifier');
  return operation ?? null;
}

interface StoredBirth {
  id: string;
  product: string;
  quantity: string;
  unit: string;
  kind: LotKind;
  on: Day | null;
  at: Date | null;
  country: string;
  latitude: number | null;
  longitude: number | null;
  attributes: object | null;
}

async function newLots(book: Book, references: LotReferences, stored: ReadonlyMap<string, unknown>): Promise<NewLot[]> {
  const rows = book.folder.rows(LOTS);
  const known = new Map(
    (rows.length === 0
      ? []
      : await book.work.tx.query<StoredBirth>(
          `select l.id, p.name as product, l.value as quantity, l.unit, l.kind, l.produced_on as "on", l.produced_at as at, l.country, l.latitude, l.longitude, l.attributes
           from lot l join product p on p.id = l.product where l.id = any($1)`,
          [[...stored.keys()]],
        )
    ).map(({ on, at, ...lot }) => [lot.id, { ...lot, produced_on: on && { on, at } }]),
  );
  const repeats = new Repeats<Row<typeof LOTS>>();
  const lots: NewLot[] = [];
  let unchanged = 0;
  const stated = ({ values, attributes }: Row<typeof LOTS>) => ({
    product: values.product,
    quantity: values.quantity.text,
    unit: values.unit,
    kind: values.kind,
    produced_on: values.produced_on,
    // A blank country is the producer's, which is what was stored for it.
    country: values.country ?? undefined,
    latitude: values.latitude,
    longitude: values.longitude,
    attributes,
  });
  for (const row of rows) {
    const { line, values } = row;
    const producer = operationOf(book, LOTS, line, 'producer', values.producer);
    const product = book.products.get(values.product);
    if (!product)
      wrong(book, LOTS, line, 'product', `there is no product ${quote(values.product)}`, 'add it to products.csv, or correct the name');
    if (!producer || !product) continue;
    const grams = weigh(book, LOTS, line, values.quantity, values.unit, product.kgPerBushel);
    const what = `lot ${quote(values.code)} of ${values.producer}`;
    const earlier = repeats.earlier([values.producer, values.code], line, row);
    const before = references.of(values.producer, values.code);
    if (earlier) {
      compare(book, LOTS, line, `${what}, line ${earlier.line},`, stated(earlier.row), stated(row));
      unchanged++;
      continue;
    }
    if (before) {
      compare(book, LOTS, line, what, known.get(before.id)!, stated(row));
      unchanged++;
      continue;
    }
    if (grams === null) continue;
    const lot: NewLot = {
      id: uuidv7(),
      code: values.code,
      producerId: producer.id,
      productId: product.id,
      kind: values.kind,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      producedOn: values.produced_on?.on ?? null,
      producedAt: values.produced_on?.at ?? null,
      country: values.country ?? producer.country,
      latitude: values.latitude ?? null,
      longitude: values.longitude ?? null,
      attributes: row.attributes,
    };
    lots.push(lot);
    references.add({
      id: lot.id,
      code: lot.code,
      producerId: producer.id,
      producer: values.producer,
      product,
      grams,
      producedOn: lot.producedOn,
      stored: false,
    });
  }
  book.counts[LOTS.name] = { recorded: lots.length, unchanged };
  return lots;
}

/** How facts without a natural key are told apart: by all their columns. */
const keyOf = (...columns: unknown[]): string =>
  JSON.stringify(columns.map((each) => (each instanceof Date ? each.toISOString() : (each ?? null))));

function twice(book: Book, format: FileFormat, line: number, earlier: number): void {
  wrong(
    book,
    format,
    line,
    null,
    `the row equals line ${earlier}`,
    'if both happened, tell them apart by a column "reference"; otherwise remove one',
  );
}

interface DeclaredInput {
  fact: NewInput;
  line: number;
  output: KnownLot;
  input: KnownLot;
  key: string;
}

async function newInputs(book: Book, references: LotReferences): Promise<DeclaredInput[]> {
  const declared: DeclaredInput[] = [];
  const repeats = new Map<string, number>();
  const rows = book.folder.rows(LOT_INPUTS);
  let broken = false;
  for (const { line, values, attributes } of rows) {
    const output = references.resolve(book, LOT_INPUTS, line, 'output', values.output);
    const input = references.resolve(book, LOT_INPUTS, line, 'input', values.input);
    const grams = input && weigh(book, LOT_INPUTS, line, values.quantity, values.unit, input.product.kgPerBushel);
    if (!output || !input || !grams) {
      broken = true;
      continue;
    }
    const key = keyOf(input.id, values.quantity.text, values.unit, values.on?.on, values.on?.at, values.reference);
    const earlier = repeats.get(output.id + key);
    if (earlier !== undefined) {
      twice(book, LOT_INPUTS, line, earlier);
      continue;
    }
    repeats.set(output.id + key, line);
    const fact: NewInput = {
      id: uuidv7(),
      outputId: output.id,
      inputId: input.id,
      holderId: output.producerId,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      on: values.on?.on ?? null,
      at: values.on?.at ?? null,
      usedOn: values.on?.on ?? output.producedOn,
      reference: values.reference ?? null,
      attributes,
    };
    declared.push({ fact, line, output, input, key });
  }
  const fresh = broken ? declared : await withoutKnownSets(book, declared);
  book.counts[LOT_INPUTS.name] = { recorded: fresh.length, unchanged: declared.length - fresh.length };
  return fresh;
}

/** A lot's inputs are declared once, as a set: the same set is no change, another one a conflict. */
async function withoutKnownSets(book: Book, declared: readonly DeclaredInput[]): Promise<DeclaredInput[]> {
  const ids = [...new Set(declared.filter((each) => each.output.stored).map((each) => each.output.id))];
  if (ids.length === 0) return [...declared];
  type Stored = {
    output: string;
    input: string;
    code: string;
    value: string;
    unit: string;
    on_day: Day | null;
    at: Date | null;
    reference: string | null;
  };
  const stored = await book.work.tx.query<Stored>(
    `select i.output, i.input, l.code, i.value, i.unit, i.on_day, i.at, i.reference from lot_input i join lot l on l.id = i.input
     where i.output = any($1) and i.retracted_by is null`,
    [ids],
  );
  const known = new Map<string, Map<string, string>>();
  for (const use of stored) {
    const set = known.get(use.output) ?? new Map<string, string>();
    known.set(
      use.output,
      set.set(keyOf(use.input, use.value, use.unit, use.on_day, use.at, use.reference), `${use.value} ${use.unit} of ${use.code}`),
    );
  }
  const given = new Map<string, DeclaredInput[]>();
  for (const each of declared) {
    const set = given.get(each.output.id);
    if (set) set.push(each);
    else given.set(each.output.id, [each]);
  }
  const fresh: DeclaredInput[] = [];
  for (const [output, uses] of given) {
    const before = known.get(output);
    if (!before) fresh.push(...uses);
    else if (uses.length !== before.size || uses.some((use) => !before.has(use.key))) {
      const list = (texts: string[]) => `${texts.slice(0, 3).join(', ')}${texts.length > 3 ? ` and ${texts.length - 3} more` : ''}`;
      const says = uses.map((use) => `${use.fact.value} ${use.fact.unit} of ${use.input.code}`);
      conflict(
        book,
        LOT_INPUTS,
        uses[0]!.line,
        'output',
        `lot ${quote(uses[0]!.output.code)} is known with the inputs ${list([...before.values()])}; this folder gives ${list(says)}`,
      );
    }
  }
  return fresh;
}

async function newTransfers(book: Book, references: LotReferences): Promise<NewTransfer[]> {
  const found: { fact: NewTransfer; lot: KnownLot; key: string; line: number }[] = [];
  const repeats = new Map<string, number>();
  for (const { line, values, attributes } of book.folder.rows(TRANSFERS)) {
    const lot = references.resolve(book, TRANSFERS, line, 'lot', values.lot);
    const sender = operationOf(book, TRANSFERS, line, 'from', values.from);
    const receiver = operationOf(book, TRANSFERS, line, 'to', values.to);
    if (values.from === values.to)
      wrong(book, TRANSFERS, line, 'to', 'sender and receiver are the same operation', 'name another receiver, or remove the row');
    const quantity = values.quantity ?? null;
    const unit = values.unit ?? null;
    if ((quantity === null) !== (unit === null)) {
      wrong(
        book,
        TRANSFERS,
        line,
        quantity === null ? 'quantity' : 'unit',
        'quantity and unit go together',
        'give both, or neither for the whole lot',
      );
      continue;
    }
    if (!lot || !sender || !receiver) continue;
    const grams = quantity && unit ? weigh(book, TRANSFERS, line, quantity, unit, lot.product.kgPerBushel) : lot.grams;
    if (grams === null) continue;
    const fact: NewTransfer = {
      id: uuidv7(),
      lotId: lot.id,
      senderId: sender.id,
      receiverId: receiver.id,
      grams,
      value: quantity?.text ?? null,
      unit,
      on: values.on.on,
      at: values.on.at,
      document: values.document ?? null,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(lot.id, sender.id, receiver.id, fact.on, fact.at, fact.value, fact.unit, fact.document, fact.reference);
    const earlier = repeats.get(key);
    if (earlier !== undefined) twice(book, TRANSFERS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, lot, key, line });
  }
  const known = await knownFacts(
    book,
    `select lot, sender, receiver, on_day, at, value, unit, document, reference, attributes from transfer where lot = any($1) and retracted_by is null`,
    found,
    (row) => keyOf(row.lot, row.sender, row.receiver, row.on_day, row.at, row.value, row.unit, row.document, row.reference),
  );
  return withoutKnown(book, TRANSFERS, found, known);
}

async function newLosses(book: Book, references: LotReferences): Promise<NewLoss[]> {
  const found: { fact: NewLoss; lot: KnownLot; key: string; line: number }[] = [];
  const repeats = new Map<string, number>();
  for (const { line, values, attributes } of book.folder.rows(LOT_ADJUSTMENTS)) {
    const lot = references.resolve(book, LOT_ADJUSTMENTS, line, 'lot', values.lot);
    const holder = operationOf(book, LOT_ADJUSTMENTS, line, 'holder', values.holder);
    const grams = lot && weigh(book, LOT_ADJUSTMENTS, line, values.quantity, values.unit, lot.product.kgPerBushel);
    if (!lot || !holder || grams === null) continue;
    const fact: NewLoss = {
      id: uuidv7(),
      lotId: lot.id,
      holderId: holder.id,
      kind: values.kind,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      on: values.on.on,
      at: values.on.at,
      document: values.document ?? null,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(lot.id, holder.id, fact.kind, fact.on, fact.at, fact.value, fact.unit, fact.document, fact.reference);
    const earlier = repeats.get(key);
    if (earlier !== undefined) twice(book, LOT_ADJUSTMENTS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, lot, key, line });
  }
  const known = await knownFacts(
    book,
    `select lot, holder, kind, on_day, at, value, unit, document, reference, attributes from lot_adjustment where lot = any($1) and retracted_by is null`,
    found,
    (row) => keyOf(row.lot, row.holder, row.kind, row.on_day, row.at, row.value, row.unit, row.document, row.reference),
  );
  return withoutKnown(book, LOT_ADJUSTMENTS, found, known);
}

type StoredFact = Record<string, unknown> & { attributes: object | null };

async function knownFacts(
  book: Book,
  sql: string,
  found: readonly { lot: KnownLot }[],
  keyOfRow: (row: StoredFact) => string,
): Promise<Map<string, StoredFact>> {
  const ids = [...new Set(found.filter(({ lot }) => lot.stored).map(({ lot }) => lot.id))];
  if (ids.length === 0) return new Map();
  return new Map((await book.work.tx.query<StoredFact>(sql, [ids])).map((row) => [keyOfRow(row), row]));
}

/** Facts that are not known yet; a known one must have the same further columns. */
function withoutKnown<Fact extends { attributes: object | null }>(
  book: Book,
  format: FileFormat,
  found: readonly { fact: Fact; key: string; line: number }[],
  known: ReadonlyMap<string, StoredFact>,
): Fact[] {
  const fresh: Fact[] = [];
  for (const { fact, key, line } of found) {
    const before = known.get(key);
    if (before) compare(book, format, line, 'the same row', { attributes: before.attributes }, { attributes: fact.attributes });
    else fresh.push(fact);
  }
  book.counts[format.name] = { recorded: fresh.length, unchanged: found.length - fresh.length };
  return fresh;
}

/** New lots with every input before its outputs; a circle is noted by its lots. */
async function inOrder(book: Book, lots: readonly NewLot[], declared: readonly DeclaredInput[]): Promise<NewLot[]> {
  const names = new Map<string, string>();
  const lineOf = new Map<string, number>();
  const edges: Edge[] = declared.map(({ fact, output, input, line }) => {
    names.set(output.id, `${output.producer}/${output.code}`).set(input.id, `${input.producer}/${input.code}`);
    lineOf.set(fact.outputId + fact.inputId, line);
    return { output: fact.outputId, input: fact.inputId };
  });
  if (declared.some(({ output }) => output.stored)) {
    // Inputs for lots that were there before: what stands behind the stored lots belongs to the picture.
    const start = [...new Set(declared.filter(({ input }) => input.stored).map(({ input }) => input.id))];
    const behind = await book.work.tx.query<{ output: string; input: string; names: [string, string] }>(
      `with recursive behind(lot) as (
         select unnest($1::uuid[]) union select i.input from behind b join lot_input i on i.output = b.lot and i.retracted_by is null
       )
       select i.output, i.input, array[(select op.identifier || '/' || l.code from lot l join operation op on op.id = l.producer where l.id = i.output),
         (select op.identifier || '/' || l.code from lot l join operation op on op.id = l.producer where l.id = i.input)] as names
       from behind b join lot_input i on i.output = b.lot and i.retracted_by is null`,
      [start],
    );
    for (const edge of behind) {
      names.set(edge.output, edge.names[0]).set(edge.input, edge.names[1]);
      edges.push(edge);
    }
  }
  const { order, circles } = inBirthOrder(
    lots.map((lot) => lot.id),
    edges,
  );
  for (const circle of circles) {
    const line = circle.map((lot, index) => lineOf.get(lot + circle[(index + 1) % circle.length]!)).find((each) => each !== undefined);
    const path = circle.length > 12 ? [...circle.slice(0, 12).map((lot) => names.get(lot)!), '...'] : circle.map((lot) => names.get(lot)!);
    book.mistakes.add({
      file: LOT_INPUTS.name,
      line: line ?? null,
      column: 'input',
      code: 'REFUSED',
      wrong: `a lot cannot be made of itself: ${[...path, names.get(circle[0]!)].join(' <- ')}`,
      remedy: 'remove the input that closes the circle',
    });
  }
  const byId = new Map(lots.map((lot) => [lot.id, lot]));
  return order.flatMap((id) => byId.get(id) ?? []);
}
