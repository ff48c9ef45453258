import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { from, to } from 'pg-copy-streams';

/** All rows of a table, as COPY writes them. */
export interface CopiedTable {
  name: string;
  columns: readonly string[];
  bytes: Buffer;
  rows: number;
}

/** What a migrated database has before anybody writes to it. */
const MIGRATED = ['migration', 'installation', 'log_counter', 'lineage_gate'];
const CHUNK = 64 * 1024;

/** Tables with what they refer to before them. */
async function tablesInOrder(client: Client): Promise<string[]> {
  const { rows: tables } = await client.query<{ name: string; refers: string[] }>(
    `select c.relname as name,
       array(select distinct r.relname::text from pg_constraint k join pg_class r on r.oid = k.confrelid
             where k.conrelid = c.oid and k.contype = 'f' and r.oid <> c.oid) as refers
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' and c.relname <> all($1) order by c.relname`,
    [MIGRATED],
  );
  const ordered: string[] = [];
  for (let left = tables; left.length > 0; ) {
    const ready = left.filter(({ refers }) => refers.every((name) => ordered.includes(name) || MIGRATED.includes(name)));
    if (ready.length === 0) throw new Error(`tables refer to each other in a circle: ${left.map(({ name }) => name).join(' ')}`);
    ordered.push(...ready.map(({ name }) => name));
    left = left.filter((table) => !ready.includes(table));
  }
  return ordered;
}

/** Reads every row that was written to a database since it was migrated. */
export async function copyOut(client: Client): Promise<CopiedTable[]> {
  const copied: CopiedTable[] = [];
  for (const name of await tablesInOrder(client)) {
    const { rows } = await client.query<{ column: string }>(
      `select attname as column from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
      [name],
    );
    const columns = rows.map(({ column }) => column);
    const chunks: Buffer[] = [];
    const stream = client.query(to(`copy ${name} (${columns.join(', ')}) to stdout`));
    await pipeline(stream, async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) chunks.push(chunk);
    });
    if (chunks.length > 0) copied.push({ name, columns, bytes: Buffer.concat(chunks), rows: stream.rowCount });
  }
  return copied;
}

/** Writes such rows to another database in one transaction, by nothing but COPY. */
export async function copyIn(client: Client, tables: readonly CopiedTable[]): Promise<void> {
  await client.query('begin');
  for (const { name, columns, bytes } of tables) {
    const stream: Writable = client.query(from(`copy ${name} (${columns.join(', ')}) from stdin`));
    await pipeline(Readable.from(chunksOf(bytes)), stream);
  }
  await client.query('commit');
}

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK) yield bytes.subarray(start, start + CHUNK);
}
