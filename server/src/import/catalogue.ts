import { type OperationRole, quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewCertifier, type NewOperation, recordCertifiers, recordOperations } from '../operations';
import { type NewProduct, recordProducts } from '../products';
import { type Book, compare, Repeats } from './book';
import { CERTIFIERS, type FileFormat, OPERATIONS, PRODUCTS, type Row } from './columns';
import { namesOf } from './references';

// Certifiers, operations and products: rows with a key of their own. A known key with the same values is no change, with other values a
// conflict.

type Stated = Record<string, unknown>;

/**
 * Splits rows into those whose key is new, and the rest, which must say what is known.
 * @param known what the database has, by key
 * @param stated what a row says, `undefined` where it says nothing
 */
function reconcile<F extends FileFormat>(
  book: Book,
  format: F,
  rows: readonly Row<F>[],
  keyOf: (row: Row<F>) => string,
  known: ReadonlyMap<string, Stated & { attributes: object | null }>,
  stated: (row: Row<F>) => Stated,
): Row<F>[] {
  const repeats = new Repeats<Row<F>>();
  const fresh: Row<F>[] = [];
  let unchanged = 0;
  for (const row of rows) {
    const key = keyOf(row);
    const before = known.get(key);
    const earlier = repeats.earlier([key], row.line, row);
    if (before) {
      compare(book, format, row, quote(key), before, stated(row));
      unchanged++;
    } else if (earlier) {
      compare(
        book,
        format,
        row,
        `${quote(key)} of line ${earlier.line}`,
        { ...stated(earlier.row), attributes: earlier.row.attributes },
        stated(row),
      );
      unchanged++;
    } else fresh.push(row);
  }
  book.counts[format.name] = { recorded: fresh.length, unchanged };
  return fresh;
}

export async function importCertifiers(book: Book): Promise<void> {
  const rows = book.folder.rows(CERTIFIERS);
  const codes = new Set(namesOf(book, 'certifier'));
  for (const row of rows) codes.add(row.values.certifier);
  type Known = { id: string; code: string; name: string; country: string | null; schemes: string[]; attributes: object | null };
  const known = await book.work.tx.query<Known>('select id, code, name, country, schemes, attributes from certifier where code = any($1)', [
    [...codes],
  ]);
  const stored = new Map(
    known.map(({ code, name, country, schemes, attributes }) => [code, { name, country, scheme: schemes, attributes }]),
  );
  const fresh = reconcile(
    book,
    CERTIFIERS,
    rows,
    (row) => row.values.certifier,
    stored,
    ({ values }) => ({
      name: values.name,
      country: values.country,
      scheme: values.scheme === undefined ? undefined : (values.scheme ?? []),
    }),
  );
  const recorded: NewCertifier[] = fresh.map(({ values, attributes }) => ({
    id: uuidv7(),
    code: values.certifier,
    name: values.name,
    country: values.country ?? null,
    schemes: values.scheme ?? [],
    attributes,
  }));
  for (const each of [...known, ...recorded]) book.certifiers.set(each.code, each);
  if (book.mistakes.count === 0) await recordCertifiers(book.work, recorded);
}

export async function importOperations(book: Book): Promise<void> {
  const rows = book.folder.rows(OPERATIONS);
  const identifiers = new Set(namesOf(book, 'operation'));
  for (const row of rows) identifiers.add(row.values.operation);
  type Known = {
    id: string;
    identifier: string;
    name: string;
    country: string;
    roles: OperationRole[];
    address: string | null;
    latitude: number | null;
    longitude: number | null;
    attributes: object | null;
  };
  const known = await book.work.tx.query<Known>(
    'select id, identifier, name, country, roles, address, latitude, longitude, attributes from operation where identifier = any($1)',
    [[...identifiers]],
  );
  const stored = new Map(known.map((each) => [each.identifier, { ...each }]));
  const fresh = reconcile(
    book,
    OPERATIONS,
    rows,
    (row) => row.values.operation,
    stored,
    ({ values: { operation, ...stated } }) => stated,
  );
  const recorded: NewOperation[] = fresh.map(({ values, attributes }) => ({
    id: uuidv7(),
    identifier: values.operation,
    name: values.name,
    country: values.country,
    roles: values.roles,
    address: values.address ?? null,
    latitude: values.latitude ?? null,
    longitude: values.longitude ?? null,
    attributes,
  }));
  for (const each of [...known, ...recorded]) book.operations.set(each.identifier, each);
  if (book.mistakes.count === 0) await recordOperations(book.work, recorded);
}

export async function importProducts(book: Book): Promise<void> {
  const rows = book.folder.rows(PRODUCTS);
  const names = new Set(namesOf(book, 'product'));
  for (const row of rows) names.add(row.values.product);
  type Known = { id: string; name: string; hts: string; organic: boolean; kgPerBushel: string | null; attributes: object | null };
  const known = await book.work.tx.query<Known>(
    'select id, name, hts, organic, trim_scale(kg_per_bushel)::text as "kgPerBushel", attributes from product where name = any($1)',
    [[...names]],
  );
  const stored = new Map(
    known.map(({ name, hts, organic, kgPerBushel, attributes }) => [name, { hts, organic, kg_per_bushel: kgPerBushel, attributes }]),
  );
  const fresh = reconcile(
    book,
    PRODUCTS,
    rows,
    (row) => row.values.product,
    stored,
    ({ values }) => ({
      hts: values.hts,
      organic: values.organic === undefined ? undefined : (values.organic ?? false),
      kg_per_bushel: values.kg_per_bushel === undefined ? undefined : (values.kg_per_bushel?.text ?? null),
    }),
  );
  const recorded: NewProduct[] = fresh.map(({ values, attributes }) => ({
    id: uuidv7(),
    name: values.product,
    hts: values.hts,
    organic: values.organic ?? false,
    kgPerBushel: values.kg_per_bushel?.text ?? null,
    attributes,
  }));
  for (const each of [...known, ...recorded]) book.products.set(each.name, each);
  if (book.mistakes.count === 0) await recordProducts(book.work, recorded);
}
