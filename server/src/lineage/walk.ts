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
 * a depth, of which there are few.
 */
function statement(direction: Direction, asOf: boolean): string {
  const [near, far] = direction === 'BACK' ? ['output', 'input'] : ['input', 'output'];
  const inTime = asOf ? 'and (i.used_on is null or i.used_on <= $4::date)' : '';
  return `
    with recursive reached(lot, depth) as (
      select unnest($1::uuid[]), 0
      union
      select i.${far}, case when $2::int is null then 0 else r.depth + 1 end
      from reached r join live_input i on i.${near} = r.lot
      where ($2::int is null or r.depth < $2::int) ${inTime}
    ), met as materialized (select lot from reached limit $3)
    select i.id, i.output, i.input, i.holder, i.grams, i.on_day
    from (select distinct lot from met) m join live_input i on i.${near} = m.lot ${inTime && `where true ${inTime}`}`;
}

/** Asks PostgreSQL, every time. */
export const sqlLineage: Lineage = {
  async walk(reader: Reader, roots: readonly string[], direction: Direction, options: WalkOptions): Promise<Closure> {
    // One lot more than the budget, and the roots: enough to know that there is more. With a depth, a lot may come once a depth.
    const rows = options.maxLots * (options.maxDepth === null ? 1 : options.maxDepth + 1) + roots.length + 1;
    const parameters: unknown[] = [roots, options.maxDepth, rows];
    if (options.asOf !== null) parameters.push(options.asOf);
    const uses = (await reader.query<Row>(statement(direction, options.asOf !== null), parameters)).map(
      (row): Use => ({ id: row.id, output: row.output, input: row.input, holder: row.holder, grams: grams(row.grams), on: row.on_day }),
    );
    return closureOf(roots, direction, uses, options);
  },
};
