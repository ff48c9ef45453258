import { type KnownAt, knownFact, knownRow, type Position } from '../database';
import { seesAll, type Viewer } from './viewer';

// The one question about rights, as conditions of a statement: is there a row of `party` that names an operation the viewer acts for, or
// one that it certifies, now or on the day of the fact? A certifying agent is itself a party to what it issued. The ids come out of tokens that we signed, never out of a question.

const uuid = (id: string): string => `'${id}'::uuid`;

/** Is this row of `party` in the viewer's sight? */
function inSight({ operationId, certifierId }: Viewer, party: string): string {
  if (operationId !== null) return `${party}.operation = ${uuid(operationId)}`;
  return certifierId === null ? 'false' : overseen(uuid(certifierId), party);
}

/** Is this row of `party` in a certifier's sight? */
function overseen(certifier: string, party: string): string {
  return `(${party}.operation = ${certifier} or exists (select from oversight v where v.operation = ${party}.operation and v.certifier = ${certifier}
    and (v.now or ${party}.on_day is null or (${party}.on_day >= v.since and (v.until is null or ${party}.on_day < v.until)))))`;
}

/**
 * Does the viewer see a live fact of this lot, shipment or other noun?
 * @param known the state of the log that is asked of; null for the reader's own
 */
export const subjectVisible = (viewer: Viewer, subject: string, known: Position | null = null): string =>
  seesAll(viewer)
    ? 'true'
    : `exists (select from party p where p.subject = ${subject} and ${knownFact('p', known)} and ${inSight(viewer, 'p')})`;

/** Does the viewer see this fact of a subject, live or not? Whether it counts is asked of the fact itself. */
export const factVisible = (viewer: Viewer, subject: string, fact: string, known: KnownAt | null = null): string =>
  seesAll(viewer)
    ? 'true'
    : `exists (select from party p where p.subject = ${subject} and p.fact = ${fact} and ${knownRow('p', known)} and ${inSight(viewer, 'p')})`;

/** Does the viewer see the use of a lot, and what was made of it? @param use alias of a row of `live_input` */
export const visibleUse = (viewer: Viewer, use: string): string =>
  `${factVisible(viewer, `${use}.input`, `${use}.id`)} and ${subjectVisible(viewer, `${use}.output`)}`;

/** The live facts about subjects that the viewer sees, as rows of `(subject, fact)`. Parameter: $1 the subjects. */
export const factsInSight = (viewer: Viewer): string =>
  `select p.subject, p.fact from party p where p.subject = any($1) and p.retracted_by is null and ${inSight(viewer, 'p')}`;

/**
 * Is this step in the history of an import certificate in the sight of a viewer who sees the certificate? Its parties have the whole
 * history, and so has who certifies one of them now. Who certified one for a time has what had happened by the end of it: a step without
 * a day is not before those before it. The first step is the certificate's own.
 * @param step alias of a row of `import_certificate_status`
 */
export function stepVisible({ certifierId }: Viewer, step: string, known: Position | null = null): string {
  if (certifierId === null) return 'true';
  const upTo = (condition: string) =>
    `select from import_certificate_status r where r.import_certificate = ${step}.import_certificate and ${knownFact('r', known)} and ${condition}`;
  return `(not exists (${upTo(`r.sequence < ${step}.sequence`)})
    or exists (select from party p where p.subject = ${step}.import_certificate and ${knownFact('p', known)} and (p.operation = '${certifierId}'::uuid
      or exists (select from oversight v where v.operation = p.operation and v.certifier = '${certifierId}'::uuid and (v.now
        or ((p.on_day is null or (p.on_day >= v.since and (v.until is null or p.on_day < v.until)))
          and not exists (${upTo(`r.sequence <= ${step}.sequence and r.on_day >= v.until`)})))))))`;
}

/**
 * Which viewers see which subjects, or which facts about them: the same question, asked for many viewers at once.
 * Parameters: of viewers $1 names, $2 operations, $3 certifiers; of what is asked $4 places, $5 subjects, $6 facts, null for any.
 */
export const SEEN_BY_MANY = `
  select w.name, a.place from unnest($1::text[], $2::uuid[], $3::uuid[]) as w(name, operation, certifier)
    cross join unnest($4::int[], $5::uuid[], $6::uuid[]) as a(place, subject, fact)
  where exists (select from party p where p.subject = a.subject and (a.fact is null or p.fact = a.fact) and p.retracted_by is null
    and (p.operation = w.operation or (w.certifier is not null and ${overseen('w.certifier', 'p')})))`;

/** Operations that the viewer sees facts of, as rows of `o(operation, whole)`: all of their facts, or those of some days. */
const operationsInSight = ({ operationId, certifierId }: Viewer): string =>
  certifierId === null
    ? `(select ${operationId === null ? 'null' : `'${operationId}'`}::uuid as operation, true as whole) o`
    : `(select operation, bool_or(now) as whole from oversight where certifier = '${certifierId}'::uuid group by operation
      union all select '${certifierId}'::uuid, true) o`;

/**
 * May the viewer see this operation? Certified ones are public, as in the Organic Integrity Database; others show to those who share a
 * fact with them or see a lot that they produced. A treatment in store and an emergency action on a lot name nobody: whoever had some of the
 * lot is a party to it, and not known to the others by that. Nor does an entry tell the exporter who filed it.
 */
export function operationVisible(viewer: Viewer, operation: string, known: Position | null = null): string {
  if (seesAll(viewer)) return 'true';
  return `(${operation}.id = ${viewer.operationId === null ? 'null' : `'${viewer.operationId}'`}::uuid
    or exists (select from operation_certificate oc where oc.operation = ${operation}.id and ${knownRow('oc', known)})
    or exists (select from party theirs join party mine on mine.subject = theirs.subject and (theirs.fact = theirs.subject or mine.fact = theirs.fact)
        and not exists (select from treatment t where t.id = theirs.fact and t.lot is not null)
        and not exists (select from emergency_action a where a.id = theirs.fact and a.lot is not null)
        and not exists (select from customs_entry_line e where e.id = theirs.fact and e.import_certificate = theirs.subject)
      where theirs.operation = ${operation}.id and ${knownFact('theirs', known)} and ${knownFact('mine', known)}
        and mine.operation in (select operation from ${operationsInSight(viewer)}) and ${inSight(viewer, 'mine')}))`;
}

/** Nouns whose facts have parties, and how conditions call a row of each. */
export const ALIAS = {
  lot: 'l',
  shipment: 's',
  document: 'd',
  import_certificate: 'ic',
  customs_entry: 'ce',
  emergency_action: 'ea',
  transfer_offer: 'fo',
} as const;
/** A noun whose rights are asked of `party`: the name of its table. */
export type NounWithParties = keyof typeof ALIAS;

interface NounList {
  noun: NounWithParties;
  /** Conditions on a row of the noun, e.g. `lot l`. */
  where: string;
  /** Id to go on after, as a parameter. */
  after: string | null;
  limit: number;
  /** The state of the log that the list belongs to; null for the reader's own. */
  known: Position | null;
}

/** Nouns that are looked at one after the other before each operation's own are, on behalf of a certifier. */
const NEAR = 2000;

/**
 * Ids of the nouns that a viewer sees and that fulfil conditions, oldest first: one page. It starts from `party`, an operation at a time,
 * and takes no more of each than a page. A certifier has many operations and most often sees a good part of all there is: the page may
 * well lie among the next few.
 */
export function visibleIds(viewer: Viewer, { noun, where, after, limit, known }: NounList): string {
  const n = ALIAS[noun];
  const later = (id: string) => (after === null ? 'true' : `${id} > ${after}`);
  if (seesAll(viewer)) return `select ${n}.id from ${noun} ${n} where ${where} and ${later(`${n}.id`)} order by ${n}.id limit ${limit}`;
  // A fact between two operations of one certifier brings its lot twice.
  const fromParty = `select distinct x.id from ${operationsInSight(viewer)} cross join lateral (
      select ${n}.id from (
        select distinct p.subject from party p
        where p.operation = o.operation and ${later('p.subject')} and (o.whole or ${inSight(viewer, 'p')}) and ${knownFact('p', known)}
      ) p join ${noun} ${n} on ${n}.id = p.subject where ${where} order by ${n}.id limit ${limit}
    ) x`;
  if (viewer.certifierId === null) return `${fromParty} order by x.id limit ${limit}`;
  return `with near as materialized (
      select ${n}.id from (select * from ${noun} near where ${later('near.id')} order by near.id limit ${NEAR}) ${n}
      where ${where} and exists (select from party p where p.subject = ${n}.id and ${inSight(viewer, 'p')} and ${knownFact('p', known)})
      order by ${n}.id limit ${limit}
    )
    select id from near union (${fromParty} where (select count(*) from near) < ${limit} order by x.id limit ${limit}) order by id limit ${limit}`;
}

/** How many there are, counted to `limit`. */
export function countVisible(viewer: Viewer, { noun, where, limit, known }: Omit<NounList, 'after'>): string {
  const n = ALIAS[noun];
  const visible = seesAll(viewer)
    ? `select from ${noun} ${n} where ${where}`
    : `select from (
        select distinct p.subject from ${operationsInSight(viewer)} join party p on p.operation = o.operation
        where (o.whole or ${inSight(viewer, 'p')}) and ${knownFact('p', known)}
      ) p join ${noun} ${n} on ${n}.id = p.subject where ${where}`;
  return `select count(*)::int as count from (${visible} limit ${limit}) x`;
}
