import { type Grams, grams, sumGrams, toKilograms } from '@lotline/schema';
import type { Transaction } from '../database';

// What systems outside are told of nouns, as docs/outside.md has it.

type Asked = Pick<Transaction, 'query'>;

const kilograms = (mass: string | Grams): string => toKilograms(grams(String(mass)));

/** An operation as a system outside is told of it. @param id SQL of its id */
const operation = (id: string): string =>
  `(select jsonb_build_object('identifier', o.identifier, 'name', o.name, 'country', o.country) from operation o where o.id = ${id})`;

/** An import certificate as it stands now. */
export async function certificateTold(tx: Asked, id: string): Promise<object> {
  const [row] = await tx.query<{ told: Record<string, unknown>; grams: string | null }>(
    `select c.grams, jsonb_build_object('certifier', z.code, 'kind', c.kind, 'hts', c.hts, 'origin', c.origin, 'destination', c.destination,
       'standard', c.standard, 'validFrom', c.valid_from, 'validTo', c.valid_to, 'exporter', ${operation('c.exporter')},
       'finalHandler', ${operation('c.final_handler')}, 'importer', ${operation('c.importer')}, 'consignee', ${operation('c.consignee')}) as told
     from import_certificate c join certifier z on z.id = c.certifier where c.id = $1`,
    [id],
  );
  const lines = await tx.query<{ product: string; lot: string | null; grams: string }>(
    `select p.name as product, l.code as lot, x.grams from import_certificate_line x join product p on p.id = x.product left join lot l on l.id = x.lot
     where x.import_certificate = $1 and x.shipped_lot is null and x.retracted_by is null order by p.name, l.code nulls last, x.id`,
    [id],
  );
  const { told, grams: mass } = row!;
  return {
    ...told,
    kilograms: kilograms(mass ?? sumGrams(lines.map((line) => grams(line.grams)))),
    lines: lines.map(({ product, lot, grams: some }) => ({ product, lot, kilograms: kilograms(some) })),
  };
}

/** A customs entry as it stands now. */
export async function filingTold(tx: Asked, id: string): Promise<object> {
  const [row] = await tx.query<{ told: object }>(
    `select jsonb_build_object('entry', e.number, 'filedOn', e.filed_on, 'filer', ${operation('e.filer')}) as told from customs_entry e where e.id = $1`,
    [id],
  );
  const lines = await tx.query<{ line: number; certificate: string | null; hts: string; grams: string; lots: string[] }>(
    `select x.line, c.number as certificate, x.hts, x.grams,
       array(select l.code from customs_entry_line_lot j join lot l on l.id = j.lot where j.line = x.id order by l.code) as lots
     from customs_entry_line x left join import_certificate c on c.id = x.import_certificate where x.entry = $1 and x.retracted_by is null order by x.line`,
    [id],
  );
  return { ...row!.told, lines: lines.map(({ grams: some, ...line }) => ({ ...line, kilograms: kilograms(some) })) };
}
