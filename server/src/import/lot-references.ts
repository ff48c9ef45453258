import { type Day, grams, quote } from '@lotline/schema';
import type { Book, KnownLot } from './book';
import { wrong } from './book';
import type { FileFormat } from './columns';

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

/** Every place where `OPERATION/code` may be cut: both parts may hold slashes of their own. */
function* cuts(text: string): Generator<[string, string]> {
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) yield [text.slice(0, at), text.slice(at + 1)];
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
      for (const [, code] of cuts(name)) codes.add(code);
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

  /** The one lot of a name; notes what is wrong where there is none, or several. */
  resolve(book: Book, format: FileFormat, line: number, column: string, name: string): KnownLot | null {
    let lots = this.byCode.get(name) ?? [];
    if (lots.length === 0)
      lots = [...cuts(name)].flatMap(([producer, code]) => this.of(producer.trim().replace(/^NOP:/i, ''), code.trim()) ?? []);
    if (lots.length === 1) return lots[0]!;
    if (lots.length === 0) wrong(book, format, line, column, `there is no lot ${quote(name)}`, 'add it to lots.csv, or correct the code');
    else {
      const ways = lots.slice(0, 5).map((lot) => `${lot.producer}/${lot.code}`);
      book.mistakes.add({
        file: format.name,
        line,
        column,
        code: 'AMBIGUOUS',
        wrong: `${lots.length} lots have the code ${quote(name)}`,
        remedy: `write one of ${ways.join(', ')}${lots.length > 5 ? ', ...' : ''}`,
      });
    }
    return null;
  }
}
