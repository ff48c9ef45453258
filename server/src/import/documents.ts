import { createHash } from 'node:crypto';
import { createReadStream, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { askingParties, handOver } from '../certificates';
import { type NewDocument, type NewDocumentLink, recordDocumentLinks, recordDocuments } from '../documents';
import { type Book, compare, importCertificateOf, type KnownDocument, operationOf, Repeats, wrong } from './book';
import { CodeReferences, DOCUMENT_NAMES, storedDocuments } from './code-references';
import { DOCUMENTS, type Row } from './columns';
import type { Coded } from './references';
import { namesOf } from './references';

type DocumentRow = Row<typeof DOCUMENTS>;

/** A row whose document is known by now, new or stored. */
interface ReadDocument {
  row: DocumentRow;
  document: KnownDocument;
  sha256: string | null;
}

export interface CheckedDocuments {
  references: CodeReferences<KnownDocument>;
  /** Once lots, shipments and certificates are known: what each document is about, compared with what is known of it. */
  checkLinks(coded: Coded): Promise<{ store(): Promise<void> }>;
  store(): Promise<void>;
}

/** Largest file whose bytes are read for their hash. */
const MOST_BYTES = 100 * 2 ** 20;

/** Documents by issuer, type and number, checked; to be stored when nothing of the folder is wrong, before whatever names them. */
export async function checkDocuments(book: Book): Promise<CheckedDocuments> {
  const references = new CodeReferences(DOCUMENT_NAMES);
  const rows = book.folder.rows(DOCUMENTS);
  const names = new Set(namesOf(book, 'document'));
  for (const row of rows) names.add(row.values.number);
  if (names.size > 0) {
    book.progress.step('checking documents');
    for (const document of await storedDocuments(book, references.codesIn(names))) references.add(document);
  }
  const keyOf = ({ values: { issuer, type, number } }: DocumentRow) => JSON.stringify([issuer, type, number]);
  const known = new Map<string, KnownDocument>();
  for (const { values } of rows)
    for (const each of references.find(values.number))
      if (each.code === values.number) known.set(JSON.stringify([each.owner, each.type, each.code]), each);
  const fresh: NewDocument[] = [];
  const read: ReadDocument[] = [];
  for (const row of rows) {
    const { line, values, attributes } = row;
    const issuer = operationOf(book, DOCUMENTS, line, 'issuer', values.issuer);
    if (!issuer) {
      book.folder.doubts.add(DOCUMENTS, values.number);
      continue;
    }
    const sha256 = values.file ? await hashOf(book, line, values.file) : null;
    const before = known.get(keyOf(row));
    if (before) {
      read.push({ row, document: before, sha256 });
      continue;
    }
    const { type, number, issued_on: issuedOn, marked_organic: markedOrganic } = values;
    const document: KnownDocument = { id: uuidv7(), code: number, type, owner: values.issuer, issuedOn, stored: false };
    known.set(keyOf(row), document);
    references.add(document);
    read.push({ row, document, sha256 });
    fresh.push({
      id: document.id,
      type,
      number,
      issuerId: issuer.id,
      keeperId: issuer.id,
      issuedOn,
      markedOrganic,
      file: values.file ?? null,
      sha256,
      stored: false,
      attributes,
    });
  }
  book.counts[DOCUMENTS.name] = { recorded: fresh.length, unchanged: read.length - fresh.length };
  return {
    references,
    checkLinks: (coded) => checkLinks(book, coded, read),
    store: async () => {
      if (fresh.length === 0) return;
      book.progress.step(`storing ${fresh.length} documents`);
      await recordDocuments(book.work, fresh);
    },
  };
}

/** What lies at a path; undefined where nothing does, or can. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** SHA-256 of a file of the folder; null, and said, where it is not there. */
async function hashOf(book: Book, line: number, file: string): Promise<string | null> {
  const path = join(book.folder.directory, file);
  const found = statOf(path);
  if (!found?.isFile()) {
    book.progress.note(`${DOCUMENTS.name}:${line} file: ${quote(file)} is not in the folder; the document is recorded without a hash`);
    return null;
  }
  if (found.size > MOST_BYTES) {
    wrong(book, DOCUMENTS, line, 'file', `${quote(file)} has ${found.size} bytes`, `keep a file under ${MOST_BYTES} bytes`);
    return null;
  }
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

interface StoredDocument {
  issued_on: string;
  marked_organic: string;
  file: string | null;
  sha256: string | null;
  attributes: object | null;
  lots: string[];
  shipments: string[];
  certificates: string[];
  operations: string[];
}

async function stored(book: Book, documents: readonly KnownDocument[]): Promise<Map<string, StoredDocument>> {
  if (documents.length === 0) return new Map();
  const list = (what: string, from: string) =>
    `array(select ${what} from document_link k ${from} where k.document = d.id and k.retracted_by is null)`;
  const rows = await book.work.tx.query<StoredDocument & { id: string }>(
    `select d.id, d.issued_on, d.marked_organic, d.file, d.sha256, d.attributes,
       ${list("o.identifier || '/' || l.code", 'join lot l on l.id = k.lot join operation o on o.id = l.producer')} as lots,
       ${list("o.identifier || '/' || s.reference", 'join shipment s on s.id = k.shipment join operation o on o.id = s.shipper')} as shipments,
       ${list('c.number', 'join import_certificate c on c.id = k.import_certificate')} as certificates,
       ${list('o.identifier', 'join operation o on o.id = k.operation')} as operations
     from document d where d.id = any($1)`,
    [documents.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** What rows say of their documents: that of a known one must be what is known, lists of nouns included. */
async function checkLinks(book: Book, coded: Coded, read: readonly ReadDocument[]): Promise<{ store(): Promise<void> }> {
  const before = await stored(
    book,
    read.flatMap(({ document }) => (document.stored ? [document] : [])),
  );
  const links: NewDocumentLink[] = [];
  const repeats = new Repeats<{ stated: Stated; attributes: DocumentRow['attributes'] }>();
  for (const { row, document, sha256 } of read) {
    const { line, values } = row;
    const lots = coded.lot.resolveAll(book, DOCUMENTS, line, 'lots', values.lots);
    const shipments = coded.shipment.resolveAll(book, DOCUMENTS, line, 'shipments', values.shipments);
    const certificates = (values.certificates ?? []).flatMap(
      (number) => importCertificateOf(book, DOCUMENTS, line, 'certificates', number) ?? [],
    );
    const operations = (values.operations ?? []).flatMap((identifier) => {
      const operation = operationOf(book, DOCUMENTS, line, 'operations', identifier);
      return operation ? [{ ...operation, identifier }] : [];
    });
    const whole = certificates.length === (values.certificates?.length ?? 0) && operations.length === (values.operations?.length ?? 0);
    if (!lots || !shipments || !whole) continue;

    const written = ({ owner, code }: { owner: string; code: string }) => `${owner}/${code}`;
    const list = (given: unknown, names: string[]) => (given === undefined ? undefined : names);
    const stated: Stated = {
      issued_on: values.issued_on,
      marked_organic: values.marked_organic,
      file: values.file,
      // Bytes that nobody gave before, or gives now, are no other bytes.
      sha256: sha256 === null || before.get(document.id)?.sha256 === null ? undefined : sha256,
      lots: list(values.lots, lots.map(written)),
      shipments: list(values.shipments, shipments.map(written)),
      certificates: list(
        values.certificates,
        certificates.map(({ number }) => number),
      ),
      operations: list(
        values.operations,
        operations.map(({ identifier }) => identifier),
      ),
    };
    const known = before.get(document.id);
    const earlier = repeats.earlier([document.id], line, { stated, attributes: row.attributes });
    const what = `${values.type} ${quote(values.number)} of ${values.issuer}`;
    if (known) compare(book, DOCUMENTS, row, what, { ...known }, stated);
    else if (earlier)
      compare(
        book,
        DOCUMENTS,
        row,
        `${what}, line ${earlier.line},`,
        { ...earlier.row.stated, attributes: earlier.row.attributes },
        stated,
      );
    if (known || earlier) continue;

    const link = (noun: NewDocumentLink['noun'], nounId: string, parties: NewDocumentLink['parties']) =>
      links.push({ id: uuidv7(), documentId: document.id, issuedOn: document.issuedOn, noun, nounId, parties });
    for (const { id } of lots) link('lot', id, []);
    for (const { id, shipperId, consigneeId } of shipments) link('shipment', id, [shipperId, consigneeId]);
    for (const each of certificates) link('import_certificate', each.id, askingParties(each));
    for (const { id } of operations) link('operation', id, [id]);
  }
  return {
    store: async () => {
      if (links.length === 0) return;
      await recordDocumentLinks(book.work, links);
      await handOver(
        book.work,
        links.flatMap(({ noun, nounId }) => (noun === 'import_certificate' ? [nounId] : [])),
      );
    },
  };
}

type Stated = Record<string, unknown>;
