import { seesAll, type Viewer } from './viewer';

// The one question about rights, as conditions of a statement: is there a row of `party` that names an operation the viewer acts for, or
// one that it certifies, now or on the day of the fact? A retracted fact has no such row. The ids come out of tokens that we signed, never
// out of a question.

/** Is this row of `party` in the viewer's sight? */
function inSight({ operationId, certifierId }: Viewer, party: string): string {
  if (operationId !== null) return `${party}.operation = '${operationId}'::uuid`;
  if (certifierId === null) return 'false';
  return `exists (select from oversight v where v.operation = ${party}.operation and v.certifier = '${certifierId}'::uuid
    and (v.now or ${party}.on_day is null or (${party}.on_day >= v.since and (v.until is null or ${party}.on_day < v.until))))`;
}

/** Does the viewer see a fact of this lot? */
export const lotVisible = (viewer: Viewer, lot: string): string =>
  seesAll(viewer) ? 'true' : `exists (select from party p where p.subject = ${lot} and ${inSight(viewer, 'p')})`;

/** Does the viewer see this fact of a subject? */
export const factVisible = (viewer: Viewer, subject: string, fact: string): string =>
  seesAll(viewer) ? 'true' : `exists (select from party p where p.subject = ${subject} and p.fact = ${fact} and ${inSight(viewer, 'p')})`;

/**
 * May the viewer see this operation? Certified ones are public, as in the Organic Integrity Database; others show to those who share a
 * fact with them or see a lot that they produced.
 */
export function operationVisible(viewer: Viewer, operation: string): string {
  if (seesAll(viewer)) return 'true';
  return `(${operation}.id = ${viewer.operationId === null ? 'null' : `'${viewer.operationId}'`}::uuid
    or exists (select from operation_certificate oc where oc.operation = ${operation}.id)
    or exists (select from party theirs join party mine on mine.subject = theirs.subject and (mine.fact = theirs.fact or theirs.fact = theirs.subject)
      where theirs.operation = ${operation}.id and ${inSight(viewer, 'mine')}))`;
}

/** Known at a position of the log; a party is known since the command that recorded it. */
const knownParty = (party: string, known: bigint | null): string =>
  known === null ? 'true' : `exists (select from command c where c.id = ${party}.recorded_by and c.position <= ${known})`;

/** Operations that the viewer sees facts of, as rows of `o(operation)`. */
const operationsInSight = ({ operationId, certifierId }: Viewer): string =>
  certifierId === null
    ? `(select ${operationId === null ? 'null' : `'${operationId}'`}::uuid as operation) o`
    : `(select distinct operation from oversight where certifier = '${certifierId}'::uuid) o`;

interface LotList {
  /** Conditions on `lot l`. */
  where: string;
  /** Id to go on after, as a parameter. */
  after: string | null;
  limit: number;
  /** The state of the log that the list belongs to; null for the reader's own. */
  known: bigint | null;
}

/** Lots that are looked at one after the other before each operation's own are, on behalf of a certifier. */
const NEAR = 2000;

/**
 * Ids of the lots that a viewer sees and that fulfil conditions, oldest first: one page. It starts from `party`, an operation at a time,
 * and takes no more of each than a page. A certifier has many operations and most often sees a good part of all lots: the page may well
 * lie among the next few.
 */
export function visibleLots(viewer: Viewer, { where, after, limit, known }: LotList): string {
  const later = (id: string) => (after === null ? 'true' : `${id} > ${after}`);
  if (seesAll(viewer)) return `select l.id from lot l where ${where} and ${later('l.id')} order by l.id limit ${limit}`;
  const fromParty = `select x.id from ${operationsInSight(viewer)} cross join lateral (
      select l.id from (
        select distinct p.subject from party p
        where p.operation = o.operation and ${later('p.subject')} and ${inSight(viewer, 'p')} and ${knownParty('p', known)}
      ) p join lot l on l.id = p.subject where ${where} order by l.id limit ${limit}
    ) x`;
  if (viewer.certifierId === null) return `${fromParty} order by x.id limit ${limit}`;
  return `with near as materialized (
      select l.id from (select * from lot n where ${later('n.id')} order by n.id limit ${NEAR}) l
      where ${where} and exists (select from party p where p.subject = l.id and ${inSight(viewer, 'p')} and ${knownParty('p', known)})
      order by l.id limit ${limit}
    )
    select id from near union (${fromParty} where (select count(*) from near) < ${limit} order by x.id limit ${limit}) order by id limit ${limit}`;
}

/** How many there are, counted to `limit`. */
export function countVisibleLots(viewer: Viewer, { where, limit, known }: Omit<LotList, 'after'>): string {
  const visible = seesAll(viewer)
    ? `select from lot l where ${where}`
    : `select from (
        select distinct p.subject from ${operationsInSight(viewer)} join party p on p.operation = o.operation
        where ${inSight(viewer, 'p')} and ${knownParty('p', known)}
      ) p join lot l on l.id = p.subject where ${where}`;
  return `select count(*)::int as count from (${visible} limit ${limit}) x`;
}
