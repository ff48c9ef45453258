import { KeyScope } from '@lotline/schema';
import { groupBy, type KnownAt, knownFact, knownRow, type Position } from '../database';
import { type Assignment, seesAll, type Viewer } from './viewer';

// The one question about rights, as conditions of a statement: is there a row of `party` that names an operation the viewer acts for, or
// one that it certifies, now or on the day of the fact? A certifying agent is itself a party to what it issued. A broker sees the facts of
// those who assigned it, about nouns in scope; a certifier sees every fact about what an audit opens to it. The ids come out of tokens that
// we signed and out of the database, never out of a question.

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

/** What a broker needs to see facts about a noun. */
const SCOPE_OF_NOUN: Readonly<Record<NounWithParties, KeyScope>> = {
  lot: 'LOTS',
  shipment: 'SHIPMENTS',
  document: 'DOCUMENTS',
  import_certificate: 'IMPORT_CERTIFICATES',
  customs_entry: 'CUSTOMS_ENTRIES',
  emergency_action: 'CUSTOMS_ENTRIES',
  transfer_offer: 'LOTS',
};
/** The scope in which facts about a noun are seen. */
export const scopeOfNoun = (noun: NounWithParties): KeyScope => SCOPE_OF_NOUN[noun];
export const NOUNS = Object.keys(SCOPE_OF_NOUN) as NounWithParties[];

const uuid = (id: string): string => `'${id}'::uuid`;
const uuids = (ids: readonly string[]): string => `'{${ids.join(',')}}'::uuid[]`;

/** Nouns that an assignment lets a broker see facts about. */
export const nounsOf = ({ scopes }: Assignment): NounWithParties[] => NOUNS.filter((noun) => scopes.includes(SCOPE_OF_NOUN[noun]));

/** Is this row of `party` in a broker's sight for those who assigned it? One condition for all whose scopes are alike. */
function assigned(assignedBy: readonly Assignment[], party: string): string[] {
  const byNouns = groupBy(assignedBy, (each) => nounsOf(each).join("', '"));
  return [...byNouns].flatMap(([nouns, alike]) =>
    nouns === '' ? [] : `(${party}.operation = any(${uuids(alike.map((each) => each.operationId))}) and ${party}.noun in ('${nouns}'))`,
  );
}

const EVERY_SCOPE: ReadonlySet<KeyScope> = new Set(Object.keys(KeyScope) as KeyScope[]);
const scopesOf = new WeakMap<object, ReadonlySet<KeyScope>>();

/** The scopes in which a viewer sees what an operation is a party to: only a key's and a broker's end somewhere. */
export function scopesFor(viewer: Viewer, operation: string): ReadonlySet<KeyScope> {
  if (viewer.operationId === operation && viewer.kind !== 'PARTNER') return EVERY_SCOPE;
  const limited = viewer.operationId === operation ? viewer : viewer.assignedBy.find((each) => each.operationId === operation);
  if (!limited) return EVERY_SCOPE;
  const known = scopesOf.get(limited) ?? new Set(limited.scopes as KeyScope[]);
  scopesOf.set(limited, known);
  return known;
}

/** Does an audit open this subject to a certifier? */
const opened = (certifier: string, subject: string): string => `${subject} in (select opened_to(${uuid(certifier)}))`;

/** Is this row of `party` in the viewer's sight? */
function inSight({ operationId, certifierId, assignedBy, audits }: Viewer, party: string): string {
  const ways = assigned(assignedBy, party);
  if (operationId !== null) ways.unshift(`${party}.operation = ${uuid(operationId)}`);
  if (certifierId !== null) ways.push(overseen(uuid(certifierId), party));
  if (certifierId !== null && audits) ways.push(opened(certifierId, `${party}.subject`));
  return ways.length > 1 ? `(${ways.join(' or ')})` : (ways[0] ?? 'false');
}

/**
 * Is this row of `party` in a certifier's sight?
 * @param by a day that must have come before its time ended
 */
function overseen(certifier: string, party: string, by: string | null = null): string {
  return `(${party}.operation = ${certifier} or exists (select from oversight v where v.operation = ${party}.operation and v.certifier = ${certifier}
    and ${inTime(party, by)}))`;
}

/** Does a row `v` of `oversight` let its certifier see a row of `party`: now, or on the day of the fact, and not past another day? */
function inTime(party: string, by: string | null = null): string {
  const ended = by === null ? '' : ` and (${by} is null or v.until is null or ${by} < v.until)`;
  return `(v.now or ((${party}.on_day is null or (${party}.on_day >= v.since and (v.until is null or ${party}.on_day < v.until)))${ended}))`;
}

/**
 * Does the viewer see a live fact of this lot, shipment or other noun?
 * @param known the state of the log that is asked of; null for the reader's own
 */
export const subjectVisible = (viewer: Viewer, subject: string, known: Position | null = null): string =>
  seesAll(viewer)
    ? 'true'
    : `exists (select from party p where p.subject = ${subject} and ${knownFact('p', known)} and ${inSight(viewer, 'p')})`;

/** Does the viewer see this fact of a subject? Whether the fact counts is asked of itself. */
export const factVisible = (viewer: Viewer, subject: string, fact: string, known: KnownAt | null = null): string =>
  seesAll(viewer)
    ? 'true'
    : `exists (select from party p where p.subject = ${subject} and p.fact = ${fact} and ${knownFact('p', known)} and ${inSight(viewer, 'p')})`;

/** Does the viewer see this fact of a subject, or did before it was taken back? */
export const factEverVisible = (viewer: Viewer, subject: string, fact: string): string =>
  seesAll(viewer) ? 'true' : `exists (select from party p where p.subject = ${subject} and p.fact = ${fact} and ${inSight(viewer, 'p')})`;

/** Does the viewer see the use of a lot, and what was made of it? @param use alias of a row of `live_input` */
export const visibleUse = (viewer: Viewer, use: string): string =>
  `${factVisible(viewer, `${use}.input`, `${use}.id`)} and ${subjectVisible(viewer, `${use}.output`)}`;

/** Is the use of a lot not for the viewer to see? @param use alias of a row of `live_input` */
export const hiddenUse = (viewer: Viewer, use: string): string => `not ${factVisible(viewer, `${use}.input`, `${use}.id`)}`;

/**
 * The live facts about subjects that the viewer sees, as rows of `(subject, fact, operation)`: whose party it sees them by. Parameter: $1 the subjects. They are many: whom a certifier
 * certifies is looked up once for all of them.
 */
export function factsInSight(viewer: Viewer): string {
  const { certifierId, audits } = viewer;
  const facts = 'from party p where p.subject = any($1) and p.retracted_by is null';
  if (certifierId === null) return `select p.subject, p.fact, p.operation ${facts} and ${inSight(viewer, 'p')}`;
  const certifier = uuid(certifierId);
  return `with p as materialized (select p.subject, p.fact, p.operation, p.on_day ${facts}),
      v as materialized (select operation, since, until, now from oversight where certifier = ${certifier} and operation in (select operation from p))
    select p.subject, p.fact, p.operation from p join v on v.operation = p.operation where ${inTime('p')}
    union select p.subject, p.fact, p.operation from p where p.operation = ${certifier}${audits ? ` or ${opened(certifierId, 'p.subject')}` : ''}`;
}

/**
 * Is this step in the history of an import certificate in the sight of a viewer who sees the certificate? Its parties have the whole
 * history, and so has who certifies one of them now, or is to audit it. Who certified one for a time has what had happened by the end of it:
 * a step without a day is not before those before it. The first step is the certificate's own.
 * @param step alias of a row of `import_certificate_status`
 */
export function stepVisible({ certifierId, audits }: Viewer, step: string, known: Position | null = null): string {
  if (certifierId === null) return 'true';
  const upTo = (condition: string) =>
    `select from import_certificate_status r where r.import_certificate = ${step}.import_certificate and ${knownFact('r', known)} and ${condition}`;
  const audited = audits ? `${opened(certifierId, `${step}.import_certificate`)} or ` : '';
  return `(${audited}not exists (${upTo(`r.sequence < ${step}.sequence`)})
    or exists (select from party p where p.subject = ${step}.import_certificate and ${knownFact('p', known)} and (p.operation = '${certifierId}'::uuid
      or exists (select from oversight v where v.operation = p.operation and v.certifier = '${certifierId}'::uuid and (v.now
        or ((p.on_day is null or (p.on_day >= v.since and (v.until is null or p.on_day < v.until)))
          and not exists (${upTo(`r.sequence <= ${step}.sequence and r.on_day >= v.until`)})))))))`;
}

/** Does a viewer who sees a subject see what was added to it on a day? Not if it certified a party to it for a time that had ended by then. */
export function additionVisible({ certifierId, audits }: Viewer, subject: string, on: string): string {
  if (certifierId === null) return 'true';
  const audited = audits ? `${opened(certifierId, subject)} or ` : '';
  return `(${audited}exists (select from party p where p.subject = ${subject} and p.retracted_by is null and ${overseen(uuid(certifierId), 'p', on)}))`;
}

const ASKED = 'unnest($4::int[], $5::uuid[], $6::uuid[]) as a(place, subject, fact)';
/** A party to a fact hears of it, and of its being taken back, though it is a party no more. */
const PARTY_TO_IT = 'select from party p where p.subject = a.subject and (p.fact = a.fact or (a.fact is null and p.retracted_by is null))';

/**
 * Which viewers see which subjects, or which facts about them: the same question, asked for many viewers at once, by the assignments and
 * audits in force. What audits open is not planned into it, which would cost more than all the rest where there are none.
 * Parameters: of viewers $1 names, $2 operations, $3 certifiers, $7 operations as far as they may be brokers; of what is asked $4 places,
 * $5 subjects, $6 facts, null for any.
 */
export const SEEN_BY_MANY = `
  select w.name, a.place from unnest($1::text[], $2::uuid[], $3::uuid[]) as w(name, operation, certifier)
    cross join ${ASKED}
  where exists (${PARTY_TO_IT}
    and (p.operation = w.operation or (w.certifier is not null and ${overseen('w.certifier', 'p')})))
  union all
  select w.name, a.place from unnest($1::text[], $7::uuid[]) as w(name, broker) join assignment_in_force v on v.broker = w.broker
    cross join ${ASKED}
  where exists (${PARTY_TO_IT} and p.operation = v.importer
    and case p.noun ${NOUNS.map((noun) => `when '${noun}' then '${SCOPE_OF_NOUN[noun]}'`).join(' ')} end = any(v.scopes))
  union all
  select w.name, a.place from unnest($1::text[], $3::uuid[]) as w(name, certifier)
    join (select distinct certifier from audit_in_force) v on v.certifier = w.certifier
    cross join lateral (select opened_to(v.certifier) as subject) o join ${ASKED} on a.subject = o.subject
  where exists (${PARTY_TO_IT})`;

/**
 * Operations that the viewer sees facts of, as rows of `o(operation, whole)`: all of their facts, or those of some days.
 * @param noun of facts about such nouns; about any where null
 */
function operationsInSight({ operationId, certifierId, assignedBy }: Viewer, noun: NounWithParties | null): string {
  if (certifierId !== null)
    return `(select operation, bool_or(now) as whole from oversight where certifier = '${certifierId}'::uuid group by operation
      union all select '${certifierId}'::uuid, true) o`;
  const importers = assignedBy.filter((each) => nounsOf(each).some((seen) => noun === null || seen === noun));
  if (operationId === null || importers.length === 0)
    return `(select ${operationId === null ? 'null' : `'${operationId}'`}::uuid as operation, true as whole) o`;
  return `(select unnest(${uuids([operationId, ...importers.map((each) => each.operationId)])}) as operation, true as whole) o`;
}

/**
 * May the viewer see this operation? Certified ones are public, as in the Organic Integrity Database; others show to those who share a
 * fact with them or see a lot that they produced, and to the certifier that put one on its list. A treatment in store and an emergency action on a lot name nobody: whoever had some of the
 * lot is a party to it, and not known to the others by that; so it is with a notice about a lot. Nor does an entry tell the exporter who filed it. A broker sees those who
 * assigned it; an audit shows whoever is a party to what it opens.
 */
export function operationVisible(viewer: Viewer, operation: string, known: Position | null = null): string {
  if (seesAll(viewer)) return 'true';
  const { operationId, certifierId, assignedBy, audits } = viewer;
  const itself =
    operationId !== null && assignedBy.length > 0
      ? `any(${uuids([operationId, ...assignedBy.map((each) => each.operationId)])})`
      : `${operationId === null ? 'null' : `'${operationId}'`}::uuid`;
  const audited =
    certifierId !== null && audits
      ? `
    or exists (select from party theirs where theirs.operation = ${operation}.id and ${knownFact('theirs', known)} and ${opened(certifierId, 'theirs.subject')})`
      : '';
  const recorded =
    certifierId === null
      ? ''
      : ` or exists (select from command c where c.id = ${operation}.recorded_by and c.by = 'certifier ${certifierId}')`;
  return `(${operation}.id = ${itself}${recorded}
    or exists (select from operation_certificate oc where oc.operation = ${operation}.id and ${knownRow('oc', known)})
    or exists (select from party theirs join party mine on mine.subject = theirs.subject and (theirs.fact = theirs.subject or mine.fact = theirs.fact)
        and not exists (select from treatment t where t.id = theirs.fact and t.lot is not null)
        and not exists (select from emergency_action a where a.id = theirs.fact and a.lot is not null)
        and not exists (select from customs_entry_line e where e.id = theirs.fact and e.import_certificate = theirs.subject)
        and not exists (select from notice n where n.id = theirs.fact)
      where theirs.operation = ${operation}.id and ${knownFact('theirs', known)} and ${knownFact('mine', known)}
        and mine.operation in (select operation from ${operationsInSight(viewer, null)}) and ${inSight(viewer, 'mine')})${audited})`;
}

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
 * and takes no more of each than a page. What an audit opens is found by what leads to it, and not listed. A certifier has many operations and most often sees a good part of all there is: the page may
 * well lie among the next few.
 */
export function visibleIds(asking: Viewer, { noun, where, after, limit, known }: NounList): string {
  const viewer = { ...asking, audits: false };
  const n = ALIAS[noun];
  const later = (id: string) => (after === null ? 'true' : `${id} > ${after}`);
  if (seesAll(viewer)) return `select ${n}.id from ${noun} ${n} where ${where} and ${later(`${n}.id`)} order by ${n}.id limit ${limit}`;
  // A fact between two operations of one certifier brings its lot twice.
  const fromParty = `select distinct x.id from ${operationsInSight(viewer, noun)} cross join lateral (
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
export function countVisible(asking: Viewer, { noun, where, limit, known }: Omit<NounList, 'after'>): string {
  const viewer = { ...asking, audits: false };
  const n = ALIAS[noun];
  const visible = seesAll(viewer)
    ? `select from ${noun} ${n} where ${where}`
    : `select from (
        select distinct p.subject from ${operationsInSight(viewer, noun)} join party p on p.operation = o.operation
        where (o.whole or ${inSight(viewer, 'p')}) and ${knownFact('p', known)}
      ) p join ${noun} ${n} on ${n}.id = p.subject where ${where}`;
  return `select count(*)::int as count from (${visible} limit ${limit}) x`;
}
