import { text } from 'node:stream/consumers';
import { Pool } from 'pg';
import { answerParent } from '../child';
import { type FloorPlace, type FloorTask, serveFloor } from '../floor';

// The least that anything which attributes mass must do first: one recursive statement that fetches the closure with its masses, row by
// row into Node, behind node:http.

const CLOSURE = (near: string, far: string) => `
  with recursive reached(lot) as (
    select id from lot where code = any($1)
    union
    select i.${far} from reached r join lot_input i on i.${near} = r.lot and i.retracted_by is null
  )
  select l.id, l.grams, i.id as use, i.${far} as other, i.grams as used
  from reached r join lot l on l.id = r.lot left join lot_input i on i.${near} = r.lot and i.retracted_by is null`;

const STATEMENTS = { BACK: CLOSURE('output', 'input'), FORWARD: CLOSURE('input', 'output') };

/** What is asked of the floor: the closure of lots, named by their codes. */
export interface ClosureTask {
  direction: keyof typeof STATEMENTS;
  codes: string[];
}

answerParent<FloorTask, FloorPlace>(async ({ url }) => {
  const pool = new Pool({ connectionString: url, max: 10, options: '-c jit=off' });
  return serveFloor(pool, async (request) => {
    const { direction, codes } = JSON.parse(await text(request)) as ClosureTask;
    const { rows } = await pool.query<{ id: string }>(STATEMENTS[direction], [codes]);
    return JSON.stringify({ lots: new Set(rows.map((row) => row.id)).size, rows: rows.length });
  });
});
