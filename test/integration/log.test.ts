import { ADMINISTRATOR } from '@lotline/server/access';
import type { Command } from '@lotline/server/commands';
import type { Position } from '@lotline/server/database';
import { readLog } from '@lotline/server/log';
import { Pool } from 'pg';
import { z } from 'zod';
import { type Lotline, startLotline } from '../support/lotline';

// What the log promises its readers: every committed command once, in commit order, at dense positions.

const WRITERS = 16;
const COMMANDS_EACH = 25;
const READERS = 3;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ poolSize: WRITERS + READERS + 2 });
});
afterAll(() => lotline.close());

/** A command of uneven length, which may be refused after it has written. */
const uneven: Command<{ subject: string; events: number; sleep: number; refused: boolean }, string> = {
  name: 'uneven',
  input: z.object({ subject: z.string(), events: z.number(), sleep: z.number(), refused: z.boolean() }),
  may: () => null,
  async run(work, [row]) {
    const { subject, events, sleep, refused } = row!;
    for (let index = 0; index < events; index++)
      work.emit({ type: 'certifier.recorded', subject, payload: { code: String(index), name: subject } });
    await work.tx.query('select pg_sleep($1)', [sleep]);
    if (refused) work.refuse(0, { code: 'REFUSED', message: 'on purpose' });
    return [work.command];
  },
};

/** Reads until it has seen everything up to `end()`; every row as it came. */
async function follow(
  read: (after: bigint) => Promise<{ position: bigint; row: string }[]>,
  done: () => boolean,
): Promise<{ position: bigint; row: string }[]> {
  const seen: { position: bigint; row: string }[] = [];
  let last = 0n;
  for (;;) {
    const finished = done();
    const rows = await read(last);
    seen.push(...rows);
    last = rows.at(-1)?.position ?? last;
    if (finished && rows.length === 0) return seen;
    if (rows.length === 0) await new Promise((wake) => setTimeout(wake, 2));
  }
}

test('16 writers of uneven length, 3 readers: every committed command read once, dense and in commit order; a refused one leaves no hole', async () => {
  let writing = WRITERS;
  const committed = new Map<string, bigint>();
  const read = async (after: bigint) =>
    (await readLog((sql, parameters) => lotline.database.query(sql, parameters), after as Position, 7)).map((row) => ({
      position: row.position,
      row: `${row.command}/${row.ordinal}`,
    }));
  const readers = Array.from({ length: READERS }, () => follow(read, () => writing === 0));
  await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let before = 0n;
      for (let index = 0; index < COMMANDS_EACH; index++) {
        const refused = (writer + index) % 5 === 0;
        const input = {
          subject: '01920000-0000-7000-8000-000000000000',
          events: 1 + ((writer * index) % 4),
          sleep: ((writer * 7 + index * 3) % 11) / 1000,
          refused,
        };
        const outcome = lotline.runner.execute(uneven, ADMINISTRATOR, [input], `w${writer}-${index}`);
        if (refused) await expect(outcome).rejects.toThrow('on purpose');
        else {
          const {
            place: { position },
            outcomes,
          } = await outcome;
          // What one caller commits after another command of its own stands after it.
          expect(position > before).toBe(true);
          before = position;
          committed.set(outcomes[0]!, position);
        }
      }
      writing--;
    }),
  );

  const expected = await lotline.database.query<{ row: string }>(
    `select c.id || '/' || e.ordinal as row from command c join event e on e.command = c.id order by c.position, e.ordinal`,
  );
  for (const seen of await Promise.all(readers)) expect(seen.map((each) => each.row)).toEqual(expected.map((each) => each.row));
  const positions = [...committed.values()].sort((a, b) => (a < b ? -1 : 1));
  expect(positions).toEqual(positions.map((_, index) => BigInt(index + 1)));
});

test('the same reader loses rows of a plain bigserial: the test above can fail', async () => {
  const pool = new Pool({ connectionString: lotline.databaseUrl, max: WRITERS + 1 });
  try {
    await pool.query('create table naive (id bigserial primary key, row text)');
    let writing = WRITERS;
    const read = async (after: bigint) =>
      (await pool.query('select id, row from naive where id > $1 order by id limit 7', [after])).rows.map((row) => ({
        position: BigInt(row.id),
        row: row.row as string,
      }));
    const reader = follow(read, () => writing === 0);
    await Promise.all(
      Array.from({ length: WRITERS }, async (_, writer) => {
        for (let index = 0; index < COMMANDS_EACH; index++) {
          const client = await pool.connect();
          await client.query('begin');
          await client.query('insert into naive (row) values ($1)', [`${writer}-${index}`]);
          await client.query('select pg_sleep($1)', [((writer * 7 + index * 3) % 11) / 1000]);
          await client.query('commit');
          client.release();
        }
        writing--;
      }),
    );
    expect((await reader).length).toBeLessThan(WRITERS * COMMANDS_EACH);
  } finally {
    await pool.end();
  }
});
