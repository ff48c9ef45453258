import { record, type Work } from '../commands';
import type { Columns } from '../database';

export interface NewProduct {
  id: string;
  name: string;
  hts: string;
  organic: boolean;
  kgPerBushel: string | null;
  attributes: Record<string, string> | null;
}

const PRODUCT: Columns<NewProduct> = {
  id: ['uuid', (row) => row.id],
  name: ['text', (row) => row.name],
  hts: ['text', (row) => row.hts],
  organic: ['boolean', (row) => row.organic],
  kg_per_bushel: ['numeric', (row) => row.kgPerBushel],
  attributes: ['jsonb', (row) => row.attributes],
};

/** Rows of the product catalogue, of any number. */
export async function recordProducts(work: Work, rows: readonly NewProduct[]): Promise<void> {
  await record(work, 'product', PRODUCT, rows);
  for (const { id, name, hts, organic } of rows) work.emit({ type: 'product.recorded', subject: id, payload: { name, hts, organic } });
}
