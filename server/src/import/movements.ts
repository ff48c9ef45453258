import { v7 as uuidv7 } from 'uuid';
import type { LatePaper } from '../documents';
import type { NewLoss, NewTransfer } from '../lots';
import { type Book, compare, equalRow, type KnownDocument, type KnownLot, keyOf, operationOf, wrong } from './book';
import { type CodeReferences, paperName } from './code-references';
import { DOCUMENTS, type FileFormat, LOT_ADJUSTMENTS, type Row, TRANSFERS } from './columns';
import { weigh } from './weigh';

/** Transfers that are not known yet. */
export async function newTransfers(
  book: Book,
  references: CodeReferences<KnownLot>,
  documents: CodeReferences<KnownDocument>,
): Promise<NewTransfer[]> {
  const found: (Found<NewTransfer> & { lot: KnownLot })[] = [];
  const repeats = new Map<string, number>();
  for (const row of book.folder.rows(TRANSFERS)) {
    const { line, values, attributes } = row;
    const lot = references.resolve(book, TRANSFERS, line, 'lot', values.lot);
    const sender = operationOf(book, TRANSFERS, line, 'from', values.from);
    const receiver = operationOf(book, TRANSFERS, line, 'to', values.to);
    const paper = paperOf(book, documents, TRANSFERS, line, values, [values.from, values.to]);
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
    if (!lot || !sender || !receiver || !paper) continue;
    const grams = quantity && unit ? weigh(book, TRANSFERS, line, quantity, unit, lot.product) : lot.grams;
    if (grams === null) continue;
    const fact: NewTransfer = {
      id: uuidv7(),
      offerId: null,
      lotId: lot.id,
      senderId: sender.id,
      receiverId: receiver.id,
      grams,
      value: quantity?.text ?? null,
      unit,
      on: values.on.on,
      at: values.on.at,
      ...paper,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(
      lot.id,
      sender.id,
      receiver.id,
      fact.on,
      fact.at,
      fact.value,
      fact.unit,
      paper.documentId ?? paper.documentNamed,
      fact.reference,
    );
    const earlier = repeats.get(key);
    if (earlier !== undefined) equalRow(book, TRANSFERS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, lot, key, row });
  }
  const known = await storedFacts(
    book,
    `select id, lot, sender, receiver, on_day, at, value, unit, document, document_named, reference, attributes from transfer where lot = any($1) and retracted_by is null`,
    storedLots(found),
    (row) =>
      papersKnown(documents, row).map((paper) =>
        keyOf(row.lot, row.sender, row.receiver, row.on_day, row.at, row.value, row.unit, paper, row.reference),
      ),
  );
  bindLate(book, 'transfer', TRANSFERS, documents, found, known);
  return withoutKnown(book, TRANSFERS, found, known);
}

/** Adjustments that are not known yet. */
export async function newLosses(
  book: Book,
  references: CodeReferences<KnownLot>,
  documents: CodeReferences<KnownDocument>,
): Promise<NewLoss[]> {
  const found: (Found<NewLoss> & { lot: KnownLot })[] = [];
  const repeats = new Map<string, number>();
  for (const row of book.folder.rows(LOT_ADJUSTMENTS)) {
    const { line, values, attributes } = row;
    const lot = references.resolve(book, LOT_ADJUSTMENTS, line, 'lot', values.lot);
    const holder = operationOf(book, LOT_ADJUSTMENTS, line, 'holder', values.holder);
    const grams = lot && weigh(book, LOT_ADJUSTMENTS, line, values.quantity, values.unit, lot.product);
    const paper = paperOf(book, documents, LOT_ADJUSTMENTS, line, values, [values.holder]);
    if (!lot || !holder || grams === null || !paper) continue;
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
      ...paper,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(
      lot.id,
      holder.id,
      fact.kind,
      fact.on,
      fact.at,
      fact.value,
      fact.unit,
      paper.documentId ?? paper.documentNamed,
      fact.reference,
    );
    const earlier = repeats.get(key);
    if (earlier !== undefined) equalRow(book, LOT_ADJUSTMENTS, line, earlier);
    repeats.set(key, line);
    found.push({ fact, lot, key, row });
  }
  const known = await storedFacts(
    book,
    `select id, lot, holder, kind, on_day, at, value, unit, document, document_named, reference, attributes from lot_adjustment where lot = any($1) and retracted_by is null`,
    storedLots(found),
    (row) =>
      papersKnown(documents, row).map((paper) =>
        keyOf(row.lot, row.holder, row.kind, row.on_day, row.at, row.value, row.unit, paper, row.reference),
      ),
  );
  bindLate(book, 'lot_adjustment', LOT_ADJUSTMENTS, documents, found, known);
  return withoutKnown(book, LOT_ADJUSTMENTS, found, known);
}

const storedLots = (found: readonly { lot: KnownLot }[]): string[] => found.flatMap(({ lot }) => (lot.stored ? [lot.id] : []));

/** The paper of a fact: on record, or only named, where nothing at all is named neither. */
export interface PaperOfFact {
  documentId: string | null;
  documentNamed: string | null;
}

/** How a row names its paper. */
interface NamedPaper {
  document?: string | null | undefined;
  document_awaited?: string | null | undefined;
}

/**
 * The paper that a row names; null where the name is a mistake, which is noted. Papers arrive late: one that is awaited, or that is not on
 * record in a folder without documents.csv, is kept by its name, and bound when it arrives. A name that has come to mean several papers may
 * be that of a known fact: `withoutKnown` looks.
 * @param parties to the fact: one that is awaited comes from them; from anybody where none are given
 */
export function paperOf(
  book: Book,
  documents: CodeReferences<KnownDocument>,
  format: FileFormat,
  line: number,
  { document: on, document_awaited: awaited }: NamedPaper,
  parties: readonly string[] = [],
): PaperOfFact | null {
  if (on != null && awaited != null) {
    wrong(book, format, line, 'document_awaited', 'a fact has one paper: on record, or awaited', 'name it in one of the two columns');
    return null;
  }
  const name = on ?? awaited;
  if (name == null) return { documentId: null, documentNamed: null };
  const meant = documents.find(name);
  if (awaited != null) {
    const [paper] = meant.length === 1 && (parties.length === 0 || parties.includes(meant[0]!.owner)) ? meant : [];
    return { documentId: paper?.id ?? null, documentNamed: paper ? null : paperName(name) };
  }
  if (!book.folder.has(DOCUMENTS) && meant.length !== 1) {
    if (meant.length === 0) book.papersNamed.set(format.name, (book.papersNamed.get(format.name) ?? 0) + 1);
    return { documentId: null, documentNamed: paperName(name) };
  }
  const document = documents.resolve(book, format, line, 'document', name);
  return document && { documentId: document.id, documentNamed: null };
}

/** The paper of a stored fact as a row may give it: the document it has, or its name and every document that this means by now. */
export const papersKnown = (documents: CodeReferences<KnownDocument>, { document, document_named: named }: StoredFact): unknown[] => {
  if (document !== null || typeof named !== 'string') return [document];
  return [named, ...documents.find(named).map(({ id }) => id)];
};

export interface Found<Fact> {
  fact: Fact;
  key: string;
  row: Row<FileFormat>;
}

export type StoredFact = Record<string, unknown> & { attributes: object | null };

/** Facts that the database has about nouns, by every key that a row of theirs may have. */
export async function storedFacts(
  book: Book,
  sql: string,
  subjects: readonly string[],
  keysOf: (row: StoredFact) => string[],
): Promise<Map<string, StoredFact>> {
  if (subjects.length === 0) return new Map();
  const rows = await book.work.tx.query<StoredFact>(sql, [[...new Set(subjects)]]);
  return new Map(rows.flatMap((row) => keysOf(row).map((key) => [key, row] as const)));
}

/**
 * Known facts that only named their paper have it, once a row names it again and it is on record. A new fact whose paper's name means
 * several is a mistake.
 */
export function bindLate(
  book: Book,
  table: LatePaper['table'],
  format: FileFormat,
  documents: CodeReferences<KnownDocument>,
  found: readonly Found<PaperOfFact>[],
  known: ReadonlyMap<string, StoredFact>,
): void {
  for (const { fact, key, row } of found) {
    const before = known.get(key);
    if (before && before.document === null && fact.documentId !== null)
      book.latePapers.push({ table, fact: before.id as string, documentId: fact.documentId });
    const { document } = row.values as NamedPaper;
    if (!before && document != null && fact.documentNamed !== null && documents.find(fact.documentNamed).length > 1)
      documents.resolve(book, format, row.line, 'document', document);
  }
}

/** Facts that are not known yet; a known one must have the same further columns. */
export function withoutKnown<Fact>(
  book: Book,
  format: FileFormat,
  found: readonly Found<Fact>[],
  known: ReadonlyMap<string, StoredFact>,
): Fact[] {
  const fresh: Fact[] = [];
  const met = new Set<StoredFact>();
  for (const { fact, key, row } of found) {
    const before = known.get(key);
    // One that only named its paper answers to several papers, and is one fact all the same.
    if (before && !met.has(before)) {
      met.add(before);
      compare(book, format, row, 'the same row', before, {});
    } else fresh.push(fact);
  }
  book.counts[format.name] = { recorded: fresh.length, unchanged: found.length - fresh.length };
  return fresh;
}
