import { type Day, grams } from '@lotline/schema';
import type { Reader } from '../database';
import { type Closure, closureOf, type Direction, type Lineage, type Use, type WalkOptions } from './closure';

interface Row {
  id: string;
  output: string;
  input: string;
  holder: string;
  grams: string;
  on_day: Day | null;
}

/**
 * The closure of lots by one recursive statement over live inputs. A lot is met once, unless a furthest depth is asked for: then once
 * a depth, of which there are few. Each step is fenced (`offset 0`), so that it goes by the index whatever the planner believes of a
 * table that has just grown.
 */
function statement(direction: Direction, { asOf, sees, undated }: WalkOptions): string {
  const [near, far] = direction === 'BACK' ? ['output', 'input'] : ['input', 'output'];
  const usesFrom = (lot: string, columns: string) =>
    `lateral (select ${columns} from live_input u where u.${near} = ${lot} and ${sees ?? 'true'} ${asOf === null ? '' : `and (u.used_on is null or u.used_on <= $4::date or ${undated ?? 'false'})`} offset 0) i`;
  return `
    with recursive reached(lot, depth) as (
      select unnest($1::uuid[]), 0
      union
      select i.${far}, case when $2::int is null then 0 else r.depth + 1 end
      from reached r cross join ${usesFrom('r.lot', `u.${far}`)}
      where $2::int is null or r.depth < $2::int
    ), met as materialized (select lot from reached limit $3)
    select i.* from (select distinct lot from met) m cross join ${usesFrom('m.lot', 'u.id, u.output, u.input, u.holder, u.grams, u.on_day')}`;
}

/**
 * Furthest depth that the statement itself counts, where a lot may come once a depth: beyond it a walk is made whole, which meets each lot
 * once, and cut afterwards.
 */
const COUNTED_DEPTH = 8;

/** Asks PostgreSQL, every time. */
export const sqlLineage: Lineage = {
  async walk(reader: Reader, roots: readonly string[], direction: Direction, options: WalkOptions): Promise<Closure> {
    // One lot more than the budget, and the roots: enough to know that there is more. With a depth, a lot may come once a depth.
    const depth = options.maxDepth !== null && options.maxDepth <= COUNTED_DEPTH ? options.maxDepth : null;
    const rows = options.maxLots * (depth === null ? 1 : depth + 1) + roots.length + 1;
    const parameters: unknown[] = [roots, depth, rows];
    if (options.asOf !== null) parameters.push(options.asOf);
    const uses = (await reader.query<Row>(statement(direction, options), parameters)).map(
      (row): Use => ({ id: row.id, output: row.output, input: row.input, holder: row.holder, grams: grams(row.grams), on: row.on_day }),
    );
    return closureOf(roots, direction, uses, options, reader.inTime);
  },
};
