import { type Day, grams, quote } from '@lotline/schema';
import { cuts } from '../lots';
import { type Book, type KnownLot, unknown } from './book';
import { type FileFormat, LOTS } from './columns';

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

/** Lots by the ways in which a spreadsheet names them: the bare code, or `OPERATION/code` where it is not unique. */
export class LotReferences {
  private readonly byCode = new Map<string, KnownLot[]>();

  add(lot: KnownLot): void {
    const lots = this.byCode.get(lot.code);
    if (lots) lots.push(lot);
    else this.byCode.set(lot.code, [lot]);
  }

  /** Reads what the database knows under any of these names. */
  async load(book: Book, names: Iterable<string>): Promise<StoredLot[]> {
    const codes = new Set<string>();
    for (const name of names) {
      codes.add(name);
      for (const { code } of cuts(name)) codes.add(code);
    }
    const rows = await book.work.tx.query<StoredLot>(
      `select l.id, l.code, l.producer as producer_id, o.identifier as producer, p.id as product_id, p.name as product, p.kg_per_bushel, l.grams, l.produced_on
       from lot l join operation o on o.id = l.producer join product p on p.id = l.product where l.code = any($1)`,
      [[...codes]],
    );
    for (const row of rows) {
      this.add({
        id: row.id,
        code: row.code,
        producerId: row.producer_id,
        producer: row.producer,
        product: { id: row.product_id, name: row.product, kgPerBushel: row.kg_per_bushel },
        grams: grams(row.grams),
        producedOn: row.produced_on,
        stored: true,
      });
    }
    return rows;
  }

  of(producer: string, code: string): KnownLot | null {
    return this.byCode.get(code)?.find((lot) => lot.producer === producer) ?? null;
  }

  /** The lots that a name may mean: it is tried whole first, then as `OPERATION/code`. */
  find(name: string): readonly KnownLot[] {
    const whole = this.byCode.get(name);
    return whole ?? [...cuts(name)].flatMap(({ producer, code }) => this.of(producer, code) ?? []);
  }

  /** The one lot of a name; notes what is wrong where there is none, or several. */
  resolve(book: Book, format: FileFormat, line: number, column: string, name: string): KnownLot | null {
    const lots = this.find(name);
    if (lots.length === 1) return lots[0]!;
    if (lots.length === 0) {
      const doubted = [...cuts(name)].some(({ code }) => book.folder.doubts.has(LOTS, code));
      if (!doubted) unknown(book, format, line, column, 'lot', name);
      return null;
    }
    const ways = lots.slice(0, 5).map((lot) => `${lot.producer}/${lot.code}`);
    book.mistakes.add({
      file: format.name,
      line,
      column,
      code: 'AMBIGUOUS',
      wrong: `${lots.length} lots have the code ${quote(name)}`,
      remedy: `write one of ${ways.join(', ')}${lots.length > 5 ? ', ...' : ''}`,
    });
    return null;
  }
}
