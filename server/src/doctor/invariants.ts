import type { Client } from 'pg';
import { type Finding, fail, ok } from './finding';

// Laws of the facts, asked of all of them by the slow and obvious statement: no index, no table kept beside, no code of the commands.

/** Holdings that are not the sum of what was born, received, handed on, used and lost, or that are below what they may be. */
const HOLDINGS = `
  with moves as (
    select id as lot, producer as owner, grams from lot
    union all select lot, receiver, grams from transfer where retracted_by is null
    union all select lot, sender, -grams from transfer where retracted_by is null
    union all select input, holder, -grams from lot_input where retracted_by is null
    union all select lot, holder, -grams from lot_adjustment where retracted_by is null
  ), sums as (select lot, owner, sum(grams) as grams from moves group by lot, owner)
  select count(*)::int as wrong, min(coalesce(s.lot, h.lot)::text) as example
  from sums s full join holding h on h.lot = s.lot and h.owner = s.owner
  where coalesce(s.grams, 0) <> coalesce(h.grams, 0) or h.grams < h.floor`;

const LOG = `
  select count(*)::int as commands, coalesce(max(position), 0)::text as last, coalesce(min(position), 1)::text as first,
    (select position from log_counter)::text as counter, (select c.id from command c order by position desc limit 1) is not distinct from (select command from log_counter) as same
  from command`;

const EVENTS =
  'select count(*)::int as wrong, min(e.command::text) as example from event e where not exists (select from command c where c.id = e.command)';

const TABLES = `
  select c.table_name as "table", c.column_name as "column" from information_schema.columns c
  join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
  where c.table_schema = 'public' and c.column_name in ('recorded_by', 'retracted_by') order by 1, 2`;

const RESTORE =
  'stop the servers, and compare with a backup: facts were changed by other hands than Lotline, or a backup was restored in part';

interface Wrong {
  wrong: number;
  example: string | null;
}

export async function invariants(client: Client): Promise<Finding[]> {
  const one = async <Row>(sql: string): Promise<Row> => (await client.query(sql)).rows[0] as Row;
  const found: Finding[] = [];
  const judge = (about: string, { wrong, example }: Wrong, fine: string, what: string) =>
    found.push(wrong === 0 ? ok(about, fine) : fail(about, `${wrong} ${what}, for one ${example}`, RESTORE));

  judge(
    'holdings',
    await one<Wrong>(HOLDINGS),
    'each is the sum of its facts',
    'are not the sum of what was born, received, handed on, used and lost; lots',
  );

  const log = await one<{ commands: number; last: string; first: string; counter: string; same: boolean }>(LOG);
  const isDense = BigInt(log.commands) === BigInt(log.last) - BigInt(log.first) + 1n;
  if (!isDense)
    found.push(fail('log', `${log.commands} commands stand at positions ${log.first} to ${log.last}: some are missing`, RESTORE));
  if (log.counter !== log.last || !log.same)
    found.push(fail('log', `its counter says ${log.counter}, its last command stands at ${log.last}`, RESTORE));
  if (isDense && log.counter === log.last && log.same)
    found.push(ok('log', `${log.commands} commands without a hole, and the counter agrees`));

  judge('events', await one<Wrong>(EVENTS), 'each is of a command', 'are of commands that are not there');
  const { rows: tables } = await client.query<{ table: string; column: string }>(TABLES);
  const parts = tables.map(
    ({ table, column }) =>
      `select '${table}' as "table", count(*)::int as wrong from "${table}" f where f.${column} is not null and not exists (select from command c where c.id = f.${column})`,
  );
  const { rows } = await client.query<{ table: string; wrong: number }>(parts.join(' union all '));
  const lost = rows.filter(({ wrong }) => wrong > 0);
  const total = lost.reduce((sum, { wrong }) => sum + wrong, 0);
  judge(
    'facts',
    { wrong: total, example: lost[0]?.table ?? null },
    'each was recorded by a command',
    'were recorded by commands that are not there',
  );
  return found;
}
