import { Pool } from 'pg';
import { answerParent } from '../child';
import { type FloorPlace, type FloorTask, serveFloor } from '../floor';

// The least that could tell the same story: one statement, in which PostgreSQL finds the steps that belong to it, puts them in order and
// writes the JSON, behind node:http. No GraphQL, no rights, no state of the log, no refs, no gaps, no treatments, no emergency actions.

/** Kinds of steps in the order of their causes. */
const CAUSES = 'HARVESTED PURCHASED TRANSFORMED CERTIFIED TRANSFERRED EXPORTED DEPARTED ARRIVED IMPORTED ENTERED LOST'.split(' ');

/** What a leg does on its first and on its last day; only one that crosses a border exports and imports. */
const TRAVELS = `(values ('DEPARTED', false, true), ('EXPORTED', true, true), ('ARRIVED', false, false), ('IMPORTED', true, false))`;

/** Of a lot behind the root counts what brought it to one of those who passed it on; of the root counts everything. */
const passedOn = (lot: string, ...operations: string[]) =>
  `(${lot} in (select id from root) or exists (select from passer p where p.lot = ${lot} and p.operation in (${operations.join(', ')})))`;

const name = (operation: string) =>
  `case when ${operation} is not null then (select json_build_object('name', o.name) from operation o where o.id = ${operation}) end`;
const place = (text: string) => `case when ${text} is not null then json_build_object('name', ${text}) end`;

/** Parameters: code of the root, page length, steps to pass over. */
const STORY = `
  with recursive root(id) as (
    select id from lot where code = $1
  ), reached(lot) as (
    select id from root
    union
    select i.input from reached r join lot_input i on i.output = r.lot and i.retracted_by is null
  ), passer(lot, operation) as (
    select i.input, i.holder from reached r join lot_input i on i.output = r.lot and i.retracted_by is null
    union
    select t.lot, t.sender from passer p join transfer t on t.lot = p.lot and t.receiver = p.operation and t.retracted_by is null
  ), story as (
    select l.id, l.code, l.producer, l.kind, l.grams, l.produced_on, l.produced_at, o.identifier
    from reached r join lot l on l.id = r.lot join operation o on o.id = l.producer
  ), covered as (
    select distinct n.lot, n.code, n.identifier, c.id, c.number, c.exporter, c.importer from (
      select l.id as lot, l.code, l.identifier, x.import_certificate from story l
        join import_certificate_line x on x.lot = l.id and x.retracted_by is null
      union
      select l.id, l.code, l.identifier, x.import_certificate from story l join customs_entry_line_lot j on j.lot = l.id
        join customs_entry_line x on x.id = j.line and x.retracted_by is null
    ) n join import_certificate c on c.id = n.import_certificate where ${passedOn('n.lot', 'c.importer', 'c.consignee')}
  ), step(
    lot, code, identifier, kind, on_day, at, grams, owner, sender, receiver, mode, from_name, to_name, document, shipment, certificate, tie
  ) as (
    select id, code, identifier, case kind when 'HARVEST' then 'HARVESTED' when 'PURCHASED' then 'PURCHASED' else 'TRANSFORMED' end,
      produced_on, produced_at, grams, producer, null::uuid, producer, null, null, null, null::uuid, null::uuid, null::uuid, null::text[]
    from story
    union all
    select l.id, l.code, l.identifier, 'TRANSFERRED', t.on_day, t.at, t.grams, t.receiver, t.sender, t.receiver,
      null, null, null, t.document, null, null, array[a.identifier, b.identifier, lpad(t.grams::text, 20, '0'), t.id::text]
    from story l join transfer t on t.lot = l.id and t.retracted_by is null
      join operation a on a.id = t.sender join operation b on b.id = t.receiver
    where ${passedOn('t.lot', 't.receiver')}
    union all
    select l.id, l.code, l.identifier, 'LOST', a.on_day, a.at, a.grams, a.holder, a.holder, null, null, null, null, a.document, null, null,
      array[o.identifier, lpad(a.grams::text, 20, '0'), a.id::text]
    from root join story l on l.id = root.id join lot_adjustment a on a.lot = l.id and a.retracted_by is null
      join operation o on o.id = a.holder
    union all
    select l.id, l.code, l.identifier, k.kind, case when k.departs then g.departed_on else g.arrived_on end,
      case when k.departs then g.departed_at else g.arrived_at end, x.grams, s.shipper, s.shipper, s.consignee, g.mode, g.from_name,
      g.to_name, null, s.id, null, array[o.identifier, (min(g.departed_on) over (partition by s.id))::text, lpad(g.sequence::text, 4, '0'), x.id::text]
    from story l join shipped_lot x on x.lot = l.id and x.retracted_by is null join shipment s on s.id = x.shipment
      join operation o on o.id = s.shipper join shipment_leg g on g.shipment = s.id and g.retracted_by is null
      join ${TRAVELS} k(kind, crosses, departs) on (not k.crosses or g.from_country <> g.to_country)
        and case when k.departs then g.departed_on else g.arrived_on end is not null
    where ${passedOn('x.lot', 's.consignee')}
    union all
    select c.lot, c.code, c.identifier, 'CERTIFIED', i.on_day, i.at, null, c.exporter, c.exporter, c.importer,
      null, null, null, null, null, c.id, array[c.number, c.id::text]
    from covered c join import_certificate_status i on i.import_certificate = c.id and i.status = 'ISSUED' and i.retracted_by is null
    union all
    select l.id, l.code, l.identifier, 'ENTERED', e.filed_on, e.filed_at,
      case when (select count(*) from customs_entry_line_lot o where o.line = x.id) = 1 then x.grams end,
      coalesce(c.importer, e.filer), null, coalesce(c.importer, e.filer), null, null, null, null, null, null,
      array[e.number, lpad(x.line::text, 4, '0'), x.id::text]
    from story l join customs_entry_line_lot j on j.lot = l.id join customs_entry_line x on x.id = j.line and x.retracted_by is null
      join customs_entry e on e.id = x.entry left join covered c on c.lot = j.lot and c.id = x.import_certificate
    where c.id is not null or ${passedOn('j.lot', 'e.filer')}
  ), page as (
    select *,
      row_number() over (order by on_day, at nulls first, array_position($4::text[], kind), code, identifier, tie collate "C") as place
    from step order by place limit $2 offset $3
  )
  select json_build_object(
    'steps', json_build_object('nodes', coalesce(json_agg(json_build_object(
      'kind', s.kind, 'on', s.on_day, 'kilograms', trim_scale(s.grams / 1000.0)::text, 'mode', s.mode,
      'lot', json_build_object('lot', json_build_object('code', s.code)),
      'owner', ${name('s.owner')}, 'from', ${name('s.sender')}, 'to', ${name('s.receiver')},
      'fromPlace', ${place('s.from_name')}, 'toPlace', ${place('s.to_name')}, 'documents', coalesce(papers.numbers, '[]')
    ) order by s.place), '[]')),
    'summary', json_build_object('lots', (select count(*) - 1 from reached))
  )::text as trace
  from page s cross join lateral (
    select json_agg(json_build_object('number', d.number) order by d.type, d.number, d.id) as numbers from (
      select s.document as id
      union all select k.document from document_link k where k.shipment = s.shipment and k.retracted_by is null
      union all select k.document from document_link k where k.import_certificate = s.certificate and k.retracted_by is null
      union all select k.document from document_link k where s.tie is null and k.lot = s.lot and k.retracted_by is null
        and not exists (select from transfer t where t.lot = k.lot and t.document = k.document and t.retracted_by is null)
        and not exists (select from lot_adjustment a where a.lot = k.lot and a.document = k.document and a.retracted_by is null)
        and not exists (select from shipped_lot x join document_link o on o.shipment = x.shipment and o.retracted_by is null
          where x.lot = k.lot and x.retracted_by is null and o.document = k.document)
    ) j join document d on d.id = j.id
  ) papers`;

answerParent<FloorTask, FloorPlace>(async ({ url }) => {
  // Nobody tells the planner how short a recursion is: left alone, it reads whole tables.
  const pool = new Pool({ connectionString: url, max: 10, options: '-c jit=off -c enable_hashjoin=off -c enable_mergejoin=off' });
  return serveFloor(pool, async (request) => {
    const query = new URL(request.url!, 'http://floor').searchParams;
    const [code, first, after] = ['code', 'first', 'after'].map((parameter) => query.get(parameter));
    const { rows } = await pool.query<{ trace: string }>({ name: 'story', text: STORY, values: [code, first, after, CAUSES] });
    return `{"data":{"lot":{"trace":${rows[0]!.trace}}}}`;
  });
});
