import { type Day, type DocumentType, grams, parseDocumentType, quote } from '@lotline/schema';
import { cuts } from '../lots';
import { type Book, type CodedNoun, type KnownDocument, type KnownLot, type KnownShipment, NOUNS, unknown } from './book';
import type { FileFormat } from './columns';

/** What spreadsheets name by a code that is unique within its owner only. */
interface Coded {
  code: string;
  /** Identifier of the operation in whose namespace the code is. */
  owner: string;
}

/** One way to read a name: the code in it, and which of those that have it are meant. */
interface Reading<Known> {
  code: string;
  fits: (known: Known) => boolean;
}

/** How a kind of noun is named where its bare code is not unique. */
export interface Naming<Known extends Coded> {
  noun: CodedNoun;
  /** Ways to read a name that is no bare code. */
  readings(name: string): Iterable<Reading<Known>>;
  /** How to write one of several that share a code. */
  written(known: Known, among: readonly Known[]): string;
}

/** `OPERATION/code`. */
const byOwner = <Known extends Coded>(noun: CodedNoun): Naming<Known> => ({
  noun,
  *readings(name) {
    for (const { producer, code } of cuts(name)) yield { code, fits: ({ owner }) => owner === producer };
  },
  written: ({ owner, code }) => `${owner}/${code}`,
});

export const LOT_NAMES = byOwner<KnownLot>('lot');
export const SHIPMENT_NAMES = byOwner<KnownShipment>('shipment');

/** A paper's name as it is kept until the paper is on record: its type in capitals. */
export function paperName(name: string): string {
  const whole = typeAndNumber(name);
  if (whole) return `${whole.type}/${whole.number}`;
  for (const { producer, code } of cuts(name)) {
    const of = typeAndNumber(code);
    if (of) return `${producer}/${of.type}/${of.number}`;
  }
  return name;
}

/** `TYPE/number`, and `OPERATION/TYPE/number` where several issuers use the same. */
export const DOCUMENT_NAMES: Naming<KnownDocument> = {
  noun: 'document',
  *readings(name) {
    const whole = typeAndNumber(name);
    if (whole) yield { code: whole.number, fits: ({ type }) => type === whole.type };
    for (const { producer, code } of cuts(name)) {
      const of = typeAndNumber(code);
      if (of) yield { code: of.number, fits: ({ owner, type }) => owner === producer && type === of.type };
    }
  },
  written: ({ owner, type, code }, among) =>
    among.filter((each) => each.type === type).length === 1 ? `${type}/${code}` : `${owner}/${type}/${code}`,
};

function typeAndNumber(text: string): { type: DocumentType; number: string } | null {
  const slash = text.indexOf('/');
  const type = slash < 0 ? null : parseDocumentType(text.slice(0, slash));
  return type?.ok ? { type: type.value, number: text.slice(slash + 1).trim() } : null;
}

/** Nouns by the ways in which a spreadsheet names them: the bare code, or more where it is not unique. */
export class CodeReferences<Known extends Coded> {
  private readonly byCode = new Map<string, Known[]>();

  constructor(private readonly naming: Naming<Known>) {}

  add(known: Known): void {
    const all = this.byCode.get(known.code);
    if (all) all.push(known);
    else this.byCode.set(known.code, [known]);
  }

  of(owner: string, code: string): Known | null {
    return this.byCode.get(code)?.find((known) => known.owner === owner) ?? null;
  }

  /** Those that a name may mean: it is tried whole first, then in the other ways. */
  find(name: string): readonly Known[] {
    const whole = this.byCode.get(name);
    if (whole) return whole;
    const found = new Set<Known>();
    for (const { code, fits } of this.naming.readings(name))
      for (const known of this.byCode.get(code) ?? []) if (fits(known)) found.add(known);
    return [...found];
  }

  /** Every code that these names may hold. */
  codesIn(names: Iterable<string>): string[] {
    const codes = new Set<string>();
    for (const name of names) {
      codes.add(name);
      for (const { code } of this.naming.readings(name)) codes.add(code);
    }
    return [...codes];
  }

  /** The one that a name means; notes what is wrong where there is none, or several. */
  resolve(book: Book, format: FileFormat, line: number, column: string, name: string): Known | null {
    const found = this.find(name);
    if (found.length === 1) return found[0]!;
    const { noun } = this.naming;
    const { among, what, cell } = NOUNS[noun];
    if (found.length === 0) {
      const doubted = [...this.naming.readings(name)].some(({ code }) => book.folder.doubts.has(among, code));
      if (!doubted) unknown(book, format, line, column, noun, name);
      return null;
    }
    const ways = found.slice(0, 5).map((known) => this.naming.written(known, found));
    book.mistakes.add({
      file: format.name,
      line,
      column,
      code: 'AMBIGUOUS',
      wrong: `${found.length} ${what}s have the ${cell} ${quote(name)}`,
      remedy: `write one of ${ways.join(', ')}${found.length > 5 ? ', ...' : ''}`,
    });
    return null;
  }

  /** Those that a list of names means, each once; null where one of them means none or several. */
  resolveAll(book: Book, format: FileFormat, line: number, column: string, names: readonly string[] | null | undefined): Known[] | null {
    const all = (names ?? []).map((name) => this.resolve(book, format, line, column, name));
    return all.every((each) => each !== null) ? [...new Set(all as Known[])] : null;
  }
}

interface StoredLot {
  id: string;
  code: string;
  producer_id: string;
  producer: string;
  product_id: string;
  product: string;
  kg_per_bushel: string | null;
  grams: string;
  produced_on: Day | null;
}

/** The lots that the database knows by any of these codes. */
export async function storedLots(book: Book, codes: readonly string[]): Promise<KnownLot[]> {
  const rows = await book.work.tx.query<StoredLot>(
    `select l.id, l.code, l.producer as producer_id, o.identifier as producer, p.id as product_id, p.name as product, p.kg_per_bushel, l.grams, l.produced_on
     from lot l join operation o on o.id = l.producer join product p on p.id = l.product where l.code = any($1)`,
    [codes],
  );
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    producerId: row.producer_id,
    owner: row.producer,
    product: { id: row.product_id, name: row.product, kgPerBushel: row.kg_per_bushel },
    grams: grams(row.grams),
    producedOn: row.produced_on,
    stored: true,
  }));
}

/** The shipments that the database knows by any of these references. */
export async function storedShipments(book: Book, codes: readonly string[]): Promise<KnownShipment[]> {
  const rows = await book.work.tx.query<Omit<KnownShipment, 'stored'>>(
    `select s.id, s.reference as code, o.identifier as owner, s.shipper as "shipperId", s.consignee as "consigneeId", s.booked_on as "bookedOn",
       (select min(g.departed_on) from shipment_leg g where g.shipment = s.id and g.retracted_by is null) as "departedOn"
     from shipment s join operation o on o.id = s.shipper where s.reference = any($1)`,
    [codes],
  );
  return rows.map((row) => ({ ...row, stored: true }));
}

/** The documents that the database knows by any of these numbers: a folder names an issuer's own, not the copies that others keep. */
export async function storedDocuments(book: Book, codes: readonly string[]): Promise<KnownDocument[]> {
  const rows = await book.work.tx.query<Omit<KnownDocument, 'stored'>>(
    `select d.id, d.number as code, d.type, o.identifier as owner, d.issued_on as "issuedOn" from document d join operation o on o.id = d.issuer where d.number = any($1) and d.keeper = d.issuer`,
    [codes],
  );
  return rows.map((row) => ({ ...row, stored: true }));
}
