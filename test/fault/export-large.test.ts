import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '@lotline/server/database';
import { createDatabase } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// However many rows an export has, the server holds a few of them. With LONG_TESTS=1 they are more than a sheet of a workbook holds.

const LONG = process.env.LONG_TESTS === '1';
const ROWS = LONG ? 1_060_000 : 100_000;
/** Most that the server's heap may have, MB: it has some 60 when it starts, and all of these rows would be more than the rest. */
const HEAP_MB = 84;
/** Most that an export may add to all of its memory, kB: buffers, a few pages of rows, and what waits to be collected. */
const MOST_ADDED_KB = 256 * 1024;

const onLinux = process.platform === 'linux' ? test : test.skip;

/** Most memory that a process has had so far, kB. */
const highWater = (pid: number): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);

/** Lots straight into the table, ids in order: the import of so many takes minutes. */
const fill = (database: Database): Promise<unknown> =>
  database.query(
    `insert into lot (id, code, producer, product, kind, grams, value, unit, country, recorded_by)
     select ('01900000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'LOT-' || n, o.id, p.id, 'HARVEST', 1000 + n, (1 + n / 1000.0)::text, 'KGM', 'TR', o.recorded_by
     from generate_series(1, $1::int) n, operation o, product p`,
    [ROWS],
  );

onLinux.each(['csv', 'jsonl', 'xlsx'])(
  'rows stream as .%s in memory that does not grow with them',
  async (format) => {
    const { url, drop } = await createDatabase();
    const database = await Database.open(url, { poolSize: 2 });
    const server = new ServerProcess(url, { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` });
    try {
      await database.query(
        `insert into operation (id, identifier, name, country, roles, recorded_by)
         values (gen_random_uuid(), 'BIG:1', 'Example Estate (invented)', 'TR', '{PRODUCER}', gen_random_uuid())`,
      );
      await database.query(
        "insert into product (id, name, hts, organic, recorded_by) values (gen_random_uuid(), 'Wheat', '1001990000', true, gen_random_uuid())",
      );
      await fill(database);
      await server.start();
      const { analyst } = JSON.parse(readFileSync(join(server.directory, 'demo-tokens.json'), 'utf8')) as { analyst: string };
      const before = highWater(server.pid);
      const response = await fetch(`http://127.0.0.1:${server.port}/export/lots.${format}`, {
        headers: { authorization: `Bearer ${analyst}` },
      });
      let [bytes, tail] = [0, ''];
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        bytes += chunk.length;
        tail = (tail + Buffer.from(chunk).toString('latin1')).slice(-3000);
      }
      const added = highWater(server.pid) - before;
      if (LONG)
        process.stderr.write(`${format}: ${ROWS} rows, ${bytes} bytes; the server had ${before} kB, and at most ${added} kB more\n`);
      if (format === 'csv') expect(tail).toContain(`\r\ncomplete,true,${ROWS},`);
      if (format === 'jsonl') expect(tail).toContain(`{"row":"complete","complete":true,"why":[],"rows":${ROWS}}`);
      if (format === 'xlsx') expect(tail.includes('xl/worksheets/sheet2.xml')).toBe(LONG);
      expect(bytes).toBeGreaterThan(ROWS * 10);
      expect(added).toBeLessThan(MOST_ADDED_KB);
      expect(server.crashes).toEqual([]);
    } finally {
      await server.close();
      await database.close();
      await drop();
    }
  },
  LONG ? 900_000 : 60_000,
);
