import { ADMINISTRATOR } from '@lotline/server/dist/access';
import { type Command, Runner } from '@lotline/server/dist/commands';
import { Database } from '@lotline/server/dist/database';
import { Client } from 'pg';
import { z } from 'zod';
import { against, type Figure } from './figures';
import { rate } from './rate';

const WRITERS = 16;

/** A command that says one thing and does nothing else. */
const saying: Command<{ subject: string }, null> = {
  name: 'bench.saying',
  input: z.object({ subject: z.string() }),
  may: () => null,
  async run(work, rows) {
    for (const { subject } of rows)
      work.emit({ type: 'product.recorded', subject, payload: { name: 'Wheat', hts: '1001990000', organic: true } });
    return rows.map(() => null);
  },
};

/** Commands of 16 writers into the log beside transactions of 16 writers that insert the same two rows and keep no order. */
export async function appendVersusInsert(url: string, seconds: number, say: (line: string) => void): Promise<Figure[]> {
  const database = await Database.open(url, { poolSize: WRITERS });
  const clients = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  try {
    const runner = new Runner(database);
    const subject = '01920000-0000-7000-8000-000000000000';
    const ours = await rate(WRITERS, seconds, (writer, count) =>
      runner.execute(saying, ADMINISTRATOR, [{ subject }], `w${writer}-${count}`),
    );
    await clients[0]!.query(
      'create table bare_command (id bigserial primary key, at timestamptz default now(), name text); create table bare_event (command bigint, type text, subject uuid, payload jsonb)',
    );
    const bare = await rate(WRITERS, seconds, async (writer) => {
      const client = clients[writer]!;
      await client.query('begin');
      const { rows } = await client.query("insert into bare_command (name) values ('saying') returning id");
      await client.query('insert into bare_event values ($1, $2, $3, $4)', [
        rows[0].id,
        'product.recorded',
        subject,
        { name: 'Wheat', hts: '1001990000', organic: true },
      ]);
      await client.query('commit');
    });
    say(`${WRITERS} writers: ${Math.round(ours)} commands a second, bare inserts ${Math.round(bare)} a second`);
    return [against(`commands of ${WRITERS} writers`, 'commands/s', ours, 'the same rows by bare inserts', bare)];
  } finally {
    for (const client of clients) await client.end();
    await database.close();
  }
}
