import type { Day, LotKind } from '@lotline/schema';
import { quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewLot, recordLotFacts } from '../lots';
import { inBirthOrderOf } from './birth-order';
import { type Book, compare, type KnownDocument, type KnownLot, operationOf, Repeats, unknown } from './book';
import { CodeReferences, LOT_NAMES, storedLots } from './code-references';
import { LOT_ADJUSTMENTS, LOT_INPUTS, LOTS, type Row, TRANSFERS } from './columns';
import { newLosses, newTransfers } from './movements';
import { namesOf } from './references';
import { newInputs } from './uses';
import { weigh } from './weigh';

/** Lots and the facts about them, checked; to be stored when nothing of the folder is wrong. Facts without a natural key are known by all their columns; equal rows need a reference. */
export async function checkLots(
  book: Book,
  documents: CodeReferences<KnownDocument>,
): Promise<{ references: CodeReferences<KnownLot>; store(): Promise<void> }> {
  const references = new CodeReferences(LOT_NAMES);
  const changed = new Set<string>();
  for (const row of book.folder.rows(LOT_INPUTS)) changed.add(row.values.output);
  for (const row of book.folder.rows(TRANSFERS)) changed.add(row.values.lot);
  for (const row of book.folder.rows(LOT_ADJUSTMENTS)) changed.add(row.values.lot);
  const names = new Set(namesOf(book, 'lot'));
  for (const row of book.folder.rows(LOTS)) names.add(row.values.code);
  const stored = await storedLots(book, references.codesIn(names));
  for (const lot of stored) references.add(lot);

  book.progress.step('checking lots');
  await lockLots(book, references, changed);
  const lots = await newLots(book, references, new Map(stored.map((lot) => [lot.id, lot])));
  const inputs = await newInputs(book, references);
  const transfers = await newTransfers(book, references, documents);
  const losses = await newLosses(book, references, documents);
  const ordered = await inBirthOrderOf(book, lots, inputs);
  return {
    references,
    store: async () => {
      const { length } = lots;
      book.progress.step(`storing ${length} lots, ${inputs.length} inputs, ${transfers.length} transfers, ${losses.length} adjustments`);
      await recordLotFacts(book.work, { lots: ordered, inputs: inputs.map(({ fact }) => fact), transfers, losses });
    },
  };
}

/**
 * Facts have no key that the database could keep unique: whoever adds some to a stored lot looks at those it has and writes the missing
 * ones while nobody else does the same. The rows are locked in one order, as by the command that declares inputs.
 */
async function lockLots(book: Book, references: CodeReferences<KnownLot>, names: Iterable<string>): Promise<void> {
  const ids = new Set<string>();
  for (const name of names) for (const lot of references.find(name)) ids.add(lot.id);
  if (ids.size > 0) await book.work.tx.query('select from lot where id = any($1) order by id for no key update', [[...ids]]);
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

async function newLots(book: Book, references: CodeReferences<KnownLot>, stored: ReadonlyMap<string, unknown>): Promise<NewLot[]> {
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
  const stated = ({ values }: Row<typeof LOTS>) => ({
    product: values.product,
    quantity: values.quantity.text,
    unit: values.unit,
    kind: values.kind,
    produced_on: values.produced_on,
    // A blank country is the producer's, which is what was stored for it.
    country: values.country ?? undefined,
    latitude: values.latitude,
    longitude: values.longitude,
  });
  for (const row of rows) {
    const { line, values } = row;
    const producer = operationOf(book, LOTS, line, 'producer', values.producer);
    const product = book.products.get(values.product);
    if (!product) unknown(book, LOTS, line, 'product', 'product', values.product);
    const grams = weigh(book, LOTS, line, values.quantity, values.unit, product ?? null);
    if (!producer || !product) {
      book.folder.doubts.add(LOTS, values.code);
      continue;
    }
    const what = `lot ${quote(values.code)} of ${values.producer}`;
    const earlier = repeats.earlier([values.producer, values.code], line, row);
    const before = references.of(values.producer, values.code);
    if (earlier) {
      const first = { ...stated(earlier.row), attributes: earlier.row.attributes };
      compare(book, LOTS, row, `${what}, line ${earlier.line},`, first, stated(row));
      unchanged++;
      continue;
    }
    if (before) {
      compare(book, LOTS, row, what, known.get(before.id)!, stated(row));
      unchanged++;
      continue;
    }
    if (grams === null) {
      book.folder.doubts.add(LOTS, values.code);
      continue;
    }
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
      owner: values.producer,
      product,
      grams,
      producedOn: lot.producedOn,
      stored: false,
    });
  }
  book.counts[LOTS.name] = { recorded: lots.length, unchanged };
  return lots;
}
