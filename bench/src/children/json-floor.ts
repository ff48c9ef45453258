import { Pool } from 'pg';
import { answerParent } from '../child';
import { type FloorPlace, type FloorTask, serveFloor } from '../floor';

// The least that could answer the same question: one recursive statement, in which PostgreSQL writes the JSON, behind node:http. No
// GraphQL, no rights, no state of the log, no refs, no gaps.

/** Parameters: code of the root, page length, lots to pass over. */
const LOTS = `
  with recursive reached(lot, depth) as (
    select id, 0 from lot where code = $1
    union
    select i.input, r.depth + 1 from reached r join lot_input i on i.output = r.lot and i.retracted_by is null
  ), met as (
    select lot, min(depth) as depth from reached group by lot
  ), page as (
    select m.depth, l.code, l.kind, trim_scale(l.grams / 1000.0)::text as kilograms, p.name as product, o.name as producer, o.identifier
    from met m join lot l on l.id = m.lot join product p on p.id = l.product join operation o on o.id = l.producer
    where m.depth > 0 order by m.depth, l.code, o.identifier limit $2 offset $3
  )
  select json_build_object('nodes', coalesce(json_agg(json_build_object('depth', depth, 'lot', json_build_object(
    'code', code, 'kind', kind, 'quantity', json_build_object('kilograms', kilograms),
    'product', json_build_object('name', product), 'producer', json_build_object('name', producer)
  )) order by depth, code, identifier), '[]'))::text as answer from page`;

/** Parameters: code of the root, page length. */
const LINKS = `
  with recursive reached(lot, depth) as (
    select id, 0 from lot where code = $1
    union
    select i.input, r.depth + 1 from reached r join lot_input i on i.output = r.lot and i.retracted_by is null
  ), met as (
    select m.lot, m.depth, l.code from (select lot, min(depth) as depth from reached group by lot) m join lot l on l.id = m.lot
  ), page as (
    select f.depth, f.code, t.depth as to_depth, t.code as to_code, trim_scale(sum(i.grams) / 1000.0)::text as kilograms
    from met t join lot_input i on i.output = t.lot and i.retracted_by is null join met f on f.lot = i.input
    group by 1, 2, 3, 4 order by 1, 2, 3, 4 limit $2
  )
  select json_build_object('nodes', coalesce(json_agg(json_build_object('from', code, 'to', to_code, 'kilograms', kilograms)
    order by depth, code, to_depth, to_code), '[]'))::text as answer from page`;

answerParent<FloorTask, FloorPlace>(async ({ url }) => {
  const pool = new Pool({ connectionString: url, max: 10, options: '-c jit=off' });
  const ask = async (sql: string, parameters: unknown[]): Promise<string> =>
    (await pool.query<{ answer: string }>(sql, parameters)).rows[0]!.answer;
  const answer = async (query: URLSearchParams): Promise<string> => {
    const [code, first, after] = ['code', 'first', 'after'].map((name) => query.get(name));
    const lots = ask(LOTS, [code, first, after ?? 0]);
    const links = query.has('links') ? ask(LINKS, [code, query.get('links')]) : null;
    const trace = `"lots":${await lots}${links ? `,"links":${await links}` : ''}`;
    return `{"data":{"lot":{"trace":{${trace}}}}}`;
  };
  return serveFloor(pool, (request) => answer(new URL(request.url!, 'http://floor').searchParams));
});
