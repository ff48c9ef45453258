import { type Day, grams, quote } from '@lotline/schema';
import { cuts } from '../lots';
import { type Book, type KnownLot, type KnownShipment, NOUNS, unknown } from './book';
import type { FileFormat } from './columns';

/** What spreadsheets name by a code that is unique within its owner only. */
interface Coded {
  code: string;
  /** Identifier of the operation in whose namespace the code is. */
  owner: string;
}

/** Nouns by the ways in which a spreadsheet names them: the bare code, or `OPERATION/code` where it is not unique. */
export class CodeReferences<Known extends Coded> {
  private readonly byCode = new Map<string, Known[]>();

  constructor(private readonly noun: 'lot' | 'shipment') {}

  add(known: Known): void {
    const all = this.byCode.get(known.code);
    if (all) all.push(known);
    else this.byCode.set(known.code, [known]);
  }

  of(owner: string, code: string): Known | null {
    return this.byCode.get(code)?.find((known) => known.owner === owner) ?? null;
  }

  /** Those that a name may mean: it is tried whole first, then as `OPERATION/code`. */
  find(name: string): readonly Known[] {
    const whole = this.byCode.get(name);
    return whole ?? [...cuts(name)].flatMap(({ producer, code }) => this.of(producer, code) ?? []);
  }

  /** The one that a name means; notes what is wrong where there is none, or several. */
  resolve(book: Book, format: FileFormat, line: number, column: string, name: string): Known | null {
    const found = this.find(name);
    if (found.length === 1) return found[0]!;
    const { among, what, cell } = NOUNS[this.noun];
    if (found.length === 0) {
      const doubted = [...cuts(name)].some(({ code }) => book.folder.doubts.has(among, code));
      if (!doubted) unknown(book, format, line, column, this.noun, name);
      return null;
    }
    const ways = found.slice(0, 5).map(({ owner, code }) => `${owner}/${code}`);
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
}

/** Every code that these names may hold. */
function codesIn(names: Iterable<string>): string[] {
  const codes = new Set<string>();
  for (const name of names) {
    codes.add(name);
    for (const { code } of cuts(name)) codes.add(code);
  }
  return [...codes];
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

/** The lots that the database knows under any of these names. */
export async function storedLots(book: Book, names: Iterable<string>): Promise<KnownLot[]> {
  const rows = await book.work.tx.query<StoredLot>(
    `select l.id, l.code, l.producer as producer_id, o.identifier as producer, p.id as product_id, p.name as product, p.kg_per_bushel, l.grams, l.produced_on
     from lot l join operation o on o.id = l.producer join product p on p.id = l.product where l.code = any($1)`,
    [codesIn(names)],
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

/** The shipments that the database knows under any of these names. */
export async function storedShipments(book: Book, names: Iterable<string>): Promise<KnownShipment[]> {
  const rows = await book.work.tx.query<Omit<KnownShipment, 'stored'>>(
    `select s.id, s.reference as code, o.identifier as owner, s.shipper as "shipperId", s.consignee as "consigneeId", s.booked_on as "bookedOn",
       (select min(g.departed_on) from shipment_leg g where g.shipment = s.id and g.retracted_by is null) as "departedOn"
     from shipment s join operation o on o.id = s.shipper where s.reference = any($1)`,
    [codesIn(names)],
  );
  return rows.map((row) => ({ ...row, stored: true }));
}
