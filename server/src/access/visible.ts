import type { Sight } from './sight';

// The one question about rights, as conditions of a statement: is there a row of `party` that names an operation of the viewer's sight? A
// retracted fact has no such row. Ids and days come out of tokens we signed and rows we wrote, never out of a question.

const idArray = (ids: readonly string[]): string => `'{${[...new Set(ids)].join(',')}}'::uuid[]`;
const dayLiteral = (day: string | null): string => (day === null ? 'null::date' : `'${day}'::date`);

/** Operations of a sight as rows of `alias(operation, since, until)`. */
const seenRows = (sight: Exclude<Sight, 'ALL'>, alias: string): string => {
  const rows = sight.map(({ id, from, until }) => `('${id}'::uuid, ${dayLiteral(from)}, ${dayLiteral(until)})`);
  return rows.length === 0
    ? `(select null::uuid, null::date, null::date where false) as ${alias}(operation, since, until)`
    : `(values ${rows.join(', ')}) as ${alias}(operation, since, until)`;
};

/** Is a party's day among those that a row of the sight shows? */
const onSeenDay = (party: string, seen: string): string =>
  `(${party}.on_day is null or ((${seen}.since is null or ${party}.on_day >= ${seen}.since) and (${seen}.until is null or ${party}.on_day < ${seen}.until)))`;

/** Is this row of `party` in sight? */
function inSight(sight: Exclude<Sight, 'ALL'>, party: string): string {
  const whole = sight.filter(({ from, until }) => from === null && until === null).map(({ id }) => id);
  const parts = sight.filter(({ from, until }) => from !== null || until !== null);
  const conditions = [
    ...(whole.length > 0 ? [`${party}.operation = any(${idArray(whole)})`] : []),
    ...(parts.length > 0
      ? [
          `(${party}.operation = any(${idArray(parts.map(({ id }) => id))}) and exists (select from ${seenRows(parts, 's')} where s.operation = ${party}.operation and ${onSeenDay(party, 's')}))`,
        ]
      : []),
  ];
  return conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})`;
}

/** Does the viewer see a fact of this lot? */
export const lotVisible = (sight: Sight, lot: string): string =>
  sight === 'ALL' ? 'true' : `exists (select from party p where p.subject = ${lot} and ${inSight(sight, 'p')})`;

/** Does the viewer see this fact of a subject? */
export const factVisible = (sight: Sight, subject: string, fact: string): string =>
  sight === 'ALL' ? 'true' : `exists (select from party p where p.subject = ${subject} and p.fact = ${fact} and ${inSight(sight, 'p')})`;

/**
 * May the viewer see this operation? Certified ones are public, as in the Organic Integrity Database; others show to those who share a
 * fact with them or see a lot that they produced.
 */
export function operationVisible(sight: Sight, operation: string): string {
  if (sight === 'ALL') return 'true';
  const conditions = [`exists (select from operation_certificate oc where oc.operation = ${operation}.id)`];
  if (sight.length > 0) {
    conditions.push(
      `${operation}.id = any(${idArray(sight.map(({ id }) => id))})`,
      `exists (select from party theirs join party mine on mine.subject = theirs.subject and (mine.fact = theirs.fact or theirs.fact = theirs.subject)
         where theirs.operation = ${operation}.id and ${inSight(sight, 'mine')})`,
    );
  }
  return `(${conditions.join(' or ')})`;
}

/** Known at a position of the log; a party is known since the command that recorded it. */
const knownParty = (party: string, known: bigint | null): string =>
  known === null ? '' : `and exists (select from command c where c.id = ${party}.recorded_by and c.position <= ${known})`;

interface LotList {
  /** Conditions on `lot l`. */
  where: string;
  /** Id to go on after, as a parameter. */
  after: string | null;
  limit: number;
  /** The state of the log that the list belongs to; null for the reader's own. */
  known: bigint | null;
}

/** Ids of the lots that a viewer sees and that fulfil conditions, oldest first: one page, starting from `party`, an operation at a time. */
export function visibleLots(sight: Sight, { where, after, limit, known }: LotList): string {
  const later = (id: string) => (after === null ? '' : `and ${id} > ${after}`);
  if (sight === 'ALL') return `select l.id from lot l where ${where} ${later('l.id')} order by l.id limit ${limit}`;
  return `select distinct x.id from ${seenRows(sight, 's')} cross join lateral (
      select l.id from (
        select distinct p.subject from party p where p.operation = s.operation and ${onSeenDay('p', 's')} ${later('p.subject')} ${knownParty('p', known)}
      ) p join lot l on l.id = p.subject where ${where} order by l.id limit ${limit}
    ) x order by x.id limit ${limit}`;
}

/** How many there are, counted to `limit`. */
export function countVisibleLots(sight: Sight, { where, limit, known }: Omit<LotList, 'after'>): string {
  const found =
    sight === 'ALL'
      ? `select from lot l where ${where}`
      : `select from (select distinct p.subject from party p where ${inSight(sight, 'p')} ${knownParty('p', known)}) p join lot l on l.id = p.subject where ${where}`;
  return `select count(*)::int as count from (${found} limit ${limit}) x`;
}
