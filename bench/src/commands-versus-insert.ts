import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { importFolder } from '@lotline/server/dist/import';
import { Client } from 'pg';
import { answerOf, askGraph } from './ask';
import { inChild } from './child';
import type { ServerPlace, ServerTask } from './children/trace-server';
import { against, type Figure } from './figures';
import { writeRows } from './folder';
import { rate } from './rate';

const CALLERS = 16;
const [EXPORTER, IMPORTER, CERTIFIER, PRODUCT] = ['9990000001', '9990000002', 'BCH', 'Organic soybeans'];

/** Rows that one command left behind, by table. */
type Left = ReadonlyMap<string, readonly Record<string, unknown>[]>;

/** Commands over HTTP by 16 callers, beside transactions of 16 clients that insert the same rows into tables with the same indexes and nothing else. */
export async function commandsVersusInsert(
  url: string,
  directory: string,
  seconds: number,
  say: (line: string) => void,
): Promise<Figure[]> {
  const ids = await prepare(url, directory);
  const server = await inChild<ServerTask, ServerPlace>('trace-server', { url, roles: [`operation:${EXPORTER}`] });
  const clients = await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  try {
    const [token] = server.answer.tokens as [string];
    const commands: Record<string, (of: string) => object> = {
      recordHarvest: (code) => ({
        producer: ids.exporter,
        product: ids.product,
        code,
        quantity: { value: '1000', unit: 'KGM' },
        producedOn: '2026-01-10',
      }),
      requestImportCertificate: () => ({
        exporter: ids.exporter,
        importer: ids.importer,
        certifier: ids.certifier,
        kind: 'SHIPMENT',
        origin: 'TR',
        destination: 'US',
        hts: '1201900010',
        standard: 'NOP',
        lines: [{ product: ids.product, quantity: { value: '1000', unit: 'KGM' } }],
      }),
    };
    const figures: Figure[] = [];
    for (const [command, inputOf] of Object.entries(commands)) {
      const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
      const query = `mutation ($input: ${type}) { ${command}(input: $input) { cursor } }`;
      const give = async (caller: number, count: number) => {
        const name = `${command}-${caller}-${count}`;
        const answer = await answerOf(server.answer.url, askGraph(token, query, { input: { ...inputOf(name), idempotencyKey: name } }));
        const { errors } = answer as { errors?: unknown };
        if (errors) throw new Error(`${command} was refused: ${JSON.stringify(errors).slice(0, 500)}`);
      };
      const ours = await rate(CALLERS, seconds, give);
      const left = await leftBy(clients[0]!, command);
      const bare = await rate(CALLERS, seconds, (caller) => insertAgain(clients[caller]!, left));
      const rows = [...left.values()].reduce((sum, each) => sum + each.length, 0);
      say(`${command} by ${CALLERS} callers: ${Math.round(ours)} a second, its ${rows} rows bare ${Math.round(bare)} a second`);
      figures.push(against(`${command} by ${CALLERS} callers over HTTP`, 'commands/s', ours, `its ${rows} rows by bare inserts`, bare));
    }
    return figures;
  } finally {
    for (const client of clients) await client.end();
    await server.stop();
  }
}

async function prepare(url: string, directory: string): Promise<Record<'exporter' | 'importer' | 'certifier' | 'product', string>> {
  const database = await Database.open(url);
  try {
    const operation = (id: string, name: string, roles: string) => ({ operation: id, name, country: 'TR', roles });
    const folder = writeRows(directory, [
      ['certifiers.csv', [{ certifier: CERTIFIER, name: 'Benchmark Certification (invented)' }]],
      [
        'operations.csv',
        [
          operation(EXPORTER, 'Benchmark Exports (invented)', 'producer;exporter'),
          operation(IMPORTER, 'Benchmark Imports (invented)', 'importer'),
        ],
      ],
      ['products.csv', [{ product: PRODUCT, hts: '1201900010', organic: 'yes' }]],
      ['operation_certificates.csv', [{ operation: EXPORTER, certifier: CERTIFIER, status: 'certified', effective_from: '2020-01-01' }]],
    ]);
    await importFolder(new Runner(database), ADMINISTRATOR, folder);
    const [row] = await database.query<Record<'exporter' | 'importer' | 'certifier' | 'product', string>>(
      `select (select id from operation where identifier = '${EXPORTER}') as exporter, (select id from operation where identifier = '${IMPORTER}') as importer,
        (select id from certifier) as certifier, (select id from product) as product`,
    );
    const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
    return {
      exporter: global('Operation', row!.exporter),
      importer: global('Operation', row!.importer),
      certifier: global('Certifier', row!.certifier),
      product: global('Product', row!.product),
    };
  } finally {
    await database.close();
  }
}

/** What the last command of a type left, read from every table that says which command recorded a row; and bare tables for the like of it. */
async function leftBy(client: Client, type: string): Promise<Left> {
  const [{ id, key }] = (await client.query('select id, key from command where type = $1 order by position desc limit 1', [type])).rows as [
    { id: string; key: string },
  ];
  const { rows: tables } = await client.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.column_name = 'recorded_by' order by 1`,
  );
  const conditions: [string, string, string][] = [
    ['command', 'id = $1', id],
    ['event', 'command = $1', id],
    ['idempotency_key', 'key = $1', key],
    ...tables.map(({ name }): [string, string, string] => [name, 'recorded_by = $1', id]),
  ];
  const left = new Map<string, Record<string, unknown>[]>();
  await client.query('create schema if not exists bare');
  for (const [table, condition, value] of conditions) {
    const { rows } = await client.query(`select to_jsonb(t) as row from ${table} t where ${condition}`, [value]);
    if (rows.length === 0) continue;
    left.set(
      table,
      rows.map(({ row }) => row),
    );
    await client.query(`create table if not exists bare.${table} (like public.${table} including defaults including indexes)`);
  }
  return left;
}

let inserted = 0;

/** The same rows once more, under new ids, keys, codes and positions. */
async function insertAgain(client: Client, left: Left): Promise<void> {
  const serial = ++inserted;
  const ids = new Set([...left.values()].flat().flatMap((row) => (typeof row.id === 'string' ? [row.id] : [])));
  const suffix = serial.toString(16).padStart(12, '0');
  let text = JSON.stringify([...left]);
  for (const [index, id] of [...ids].entries())
    text = text.replaceAll(id, `01920000-${index.toString(16).padStart(4, '0')}-7000-8000-${suffix}`);
  const again = JSON.parse(text) as [string, Record<string, unknown>[]][];
  await client.query('begin');
  for (const [table, rows] of again) {
    for (const row of rows) {
      if ('key' in row) row.key = `bare ${serial}`;
      if ('code' in row) row.code = `bare ${serial}`;
      if ('position' in row) row.position = serial;
    }
    await client.query(`insert into bare.${table} select * from jsonb_populate_recordset(null::bare.${table}, $1)`, [JSON.stringify(rows)]);
  }
  await client.query('commit');
}
