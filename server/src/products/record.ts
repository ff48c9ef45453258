import type { Work } from '../commands';

export interface NewProduct {
  id: string;
  name: string;
  hts: string;
  organic: boolean;
  kgPerBushel: string | null;
  attributes: Record<string, string> | null;
}

/** Rows of the product catalogue, of any number. */
export async function recordProducts(work: Work, rows: readonly NewProduct[]): Promise<void> {
  await work.tx.insert(
    'product',
    { id: 'uuid', name: 'text', hts: 'text', organic: 'boolean', kg_per_bushel: 'numeric', attributes: 'jsonb', recorded_by: 'uuid' },
    rows.map((row) => [row.id, row.name, row.hts, row.organic, row.kgPerBushel, row.attributes, work.command]),
  );
  for (const { id, name, hts, organic } of rows) work.emit({ type: 'product.recorded', subject: id, payload: { name, hts, organic } });
}
