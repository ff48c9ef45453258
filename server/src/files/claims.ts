import type { Viewer } from '../access';
import type { Transaction } from '../database';
import { uploaderOf } from './uploads';

/** Claims bytes for documents. @returns those that this viewer uploaded, which stay until the transaction ends */
export async function claim(tx: Transaction, viewer: Viewer, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ sha256: string }>(
    'update upload set claimed = true where uploader = $1 and sha256 = any($2) returning sha256',
    [uploaderOf(viewer), hashes],
  );
  return new Set(rows.map(({ sha256 }) => sha256));
}
