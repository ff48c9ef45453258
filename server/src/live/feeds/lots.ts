import { type Day, type EventPayloads, type Grams, grams, type KeyScope, LotEvent, type LotKind, type StepKind } from '@lotline/schema';
import { ANALYST, factEverVisible, stepVisible, type Viewer } from '../../access';

import { knownFact, type Reader } from '../../database';
import type { LoggedCommand, LogRow } from '../../log';
import type { LotFilter } from '../../lots';
import { idsOf } from '../../questions';
import { anyOf, type Feed, type Found, type Right } from '../feed';

interface Facts {
  code: string;
  product: string;
  producer: string;
  country: string;
  kind: LotKind;
  producedOn: Day | null;
  /** Who held some of it then; known only where a filter asks. */
  holders: readonly string[];
  /** Does the viewer see all of it that its rights do not tell? */
  isSeen: boolean;
}

/** What happened to a lot, before the lot itself is looked up. */
interface Happening {
  command: LoggedCommand;
  lot: string;
  kind: StepKind;
  on: Day | null;
  grams: Grams | null;
  from: string | null;
  to: string | null;
  shipment: string | null;
  /** What is taken back, and why. */
  retracts: StepKind | null;
  reason: string | null;
  rights: readonly Right[];
}

type Told = Omit<Happening, 'command'>;

const BIRTH: Record<LotKind, StepKind> = { HARVEST: 'HARVESTED', PURCHASED: 'PURCHASED', TRANSFORMATION: 'TRANSFORMED' };

/** What an event says by itself. */
function ofEvent({ type, subject: lot, payload }: LogRow): Told[] {
  const told = { lot, from: null, to: null, grams: null, shipment: null, retracts: null, reason: null } as const;
  if (type === 'lot.born') {
    const { kind, on, grams: mass, producer } = payload as EventPayloads['lot.born'];
    return [{ ...told, kind: BIRTH[kind], on, grams: grams(mass), to: producer, rights: [{ subject: lot, fact: lot }] }];
  }
  if (type === 'lot.transferred') {
    const { transfer, sender, receiver, grams: mass, on } = payload as EventPayloads['lot.transferred'];
    const rights = [{ subject: lot, fact: transfer }];
    return [{ ...told, kind: 'TRANSFERRED', on, grams: grams(mass), from: sender, to: receiver, rights }];
  }
  if (type === 'lot.lost') {
    const { adjustment, holder, grams: mass, on } = payload as EventPayloads['lot.lost'];
    return [{ ...told, kind: 'LOST', on, grams: grams(mass), from: holder, rights: [{ subject: lot, fact: adjustment }] }];
  }
  if (type === 'lot.fact-retracted') {
    const { fact, retracts, grams: mass, on, from, to, reason } = payload as EventPayloads['lot.fact-retracted'];
    const rights = [{ subject: lot, fact }];
    return [{ ...told, kind: 'RETRACTED', retracts, reason, on, grams: mass === null ? null : grams(mass), from, to, rights }];
  }
  if (type === 'lot.treated') {
    const { treatment, on } = payload as EventPayloads['lot.treated'];
    return [{ ...told, kind: 'TREATED', on, rights: [{ subject: lot, fact: treatment }] }];
  }
  return [];
}

/** Events about something that lots are in: a shipment, a certificate, an entry, an emergency action. One row a lot. */
const OF_OTHERS = `
  select k.place, l.* from unnest($1::int[], $2::bigint[], $3::text[], $4::uuid[], $5::uuid[]) as k(place, position, type, subject, fact)
  cross join lateral (
    select x.lot, 'LEG' as what, g.departed_on as "departedOn", g.arrived_on as "arrivedOn",
        g.from_country is not null and g.to_country is not null and g.from_country <> g.to_country as crosses,
        x.grams, s.shipper as "from", s.consignee as "to", s.id as shipment, array[s.id, x.lot] as subjects, array[g.id, x.id] as facts
      from shipment s join shipped_lot x on x.shipment = s.id and ${knownFact('x', 'k.position')} join shipment_leg g on g.id = k.fact
      where k.type in ('shipment.leg-recorded', 'shipment.leg-retracted') and s.id = k.subject
    union all
    select x.lot, 'LEG', g.departed_on, g.arrived_on, g.from_country is not null and g.to_country is not null and g.from_country <> g.to_country,
        x.grams, s.shipper, s.consignee, s.id, array[s.id, x.lot], array[g.id, x.id]
      from shipped_lot x join shipment s on s.id = x.shipment join shipment_leg g on g.shipment = s.id and ${knownFact('g', '(k.position - 1)')}
      where k.type = 'lot.shipped' and x.lot = k.subject and x.shipment = k.fact and x.recorded_by = (select id from command where position = k.position)
    union all
    select x.lot, 'TREATED', t.on_day, null, false, null, s.shipper, null, s.id, array[s.id, x.lot], array[t.id, x.id]
      from shipment s join shipped_lot x on x.shipment = s.id and ${knownFact('x', 'k.position')} join treatment t on t.id = k.fact
      where k.type in ('shipment.treated', 'shipment.treatment-retracted') and s.id = k.subject
    union all
    select b.lot, 'CERTIFIED', coalesce(b.on_day, i.on_day), null, false, b.grams, ic.exporter, ic.importer, null, array[ic.id, b.lot], array[null, b.id]
      from import_certificate ic join import_certificate_line b on b.import_certificate = ic.id and b.lot is not null and ${knownFact('b', 'k.position')}
        join import_certificate_status i on i.import_certificate = ic.id and i.status = 'ISSUED' and ${knownFact('i', 'k.position')}
      where ic.id = k.subject and (k.type = 'import-certificate.status-changed'
        or (k.type in ('import-certificate.lines-added', 'import-certificate.claimed') and b.recorded_by = (select id from command where position = k.position)))
    union all
    select j.lot, 'ENTERED', e.filed_on, null, false, case when (select count(*) from customs_entry_line_lot o where o.line = n.id) = 1 then n.grams end,
        null, coalesce(ic.importer, e.filer), null, array[j.lot, e.id], array[n.id, n.id]
      from customs_entry_line n join customs_entry e on e.id = n.entry join customs_entry_line_lot j on j.line = n.id left join import_certificate ic on ic.id = n.import_certificate
      where k.type = 'import-certificate.drawn' and n.entry = k.fact and n.import_certificate = k.subject and n.recorded_by = (select id from command where position = k.position)
    union all
    select coalesce(a.lot, x.lot), case k.type when 'emergency-action.recorded' then 'HELD' else 'DISPOSED' end,
        case k.type when 'emergency-action.recorded' then a.on_day end, null, false, null, s.shipper, null, a.shipment, array[a.id, coalesce(a.lot, x.lot)], array[null::uuid, null]
      from emergency_action a left join shipment s on s.id = a.shipment left join shipped_lot x on x.shipment = s.id and ${knownFact('x', 'k.position')}
      where k.type in ('emergency-action.recorded', 'emergency-action.disposed') and a.id = k.subject and coalesce(a.lot, x.lot) is not null
  ) l order by k.place, l.lot, l.facts`;

interface OtherRow {
  place: number;
  lot: string;
  what: 'LEG' | Extract<StepKind, 'TREATED' | 'CERTIFIED' | 'ENTERED' | 'HELD' | 'DISPOSED'>;
  departedOn: Day | null;
  arrivedOn: Day | null;
  crosses: boolean;
  grams: string | null;
  from: string | null;
  to: string | null;
  shipment: string | null;
  subjects: string[];
  facts: (string | null)[];
}

/** The fact that an event about something else names; null where it is about its subject as a whole, undefined where lots hear nothing of it. */
function factOf({ type, payload }: LogRow): string | null | undefined {
  if (type === 'shipment.leg-recorded') return (payload as EventPayloads['shipment.leg-recorded']).leg;
  if (type === 'shipment.leg-retracted') return (payload as EventPayloads['shipment.leg-retracted']).leg;
  if (type === 'shipment.treatment-retracted') return (payload as EventPayloads['shipment.treatment-retracted']).treatment;
  if (type === 'lot.shipped') return (payload as EventPayloads['lot.shipped']).shipment;
  if (type === 'shipment.treated') return (payload as EventPayloads['shipment.treated']).treatment;
  if (type === 'import-certificate.drawn') return (payload as EventPayloads['import-certificate.drawn']).entry;
  if (type === 'import-certificate.status-changed')
    return (payload as EventPayloads['import-certificate.status-changed']).to === 'ISSUED' ? null : undefined;
  const others = ['import-certificate.lines-added', 'import-certificate.claimed', 'emergency-action.recorded', 'emergency-action.disposed'];
  return others.includes(type) ? null : undefined;
}

/** A leg departs and arrives, and exports and imports where it crosses a border: of these, what the event is news of. */
function ofLeg(row: OtherRow, { type, payload }: LogRow): { kind: StepKind; on: Day | null }[] {
  const news =
    type === 'lot.shipped'
      ? (['DEPARTED', 'ARRIVED'] as const)
      : (payload as EventPayloads['shipment.leg-recorded' | 'shipment.leg-retracted']).news;
  const steps: { kind: StepKind; on: Day | null }[] = [];
  const { departedOn, arrivedOn, crosses } = row;
  if (departedOn !== null && news.includes('DEPARTED')) {
    if (crosses) steps.push({ kind: 'EXPORTED', on: departedOn });
    steps.push({ kind: 'DEPARTED', on: departedOn });
  }
  if (arrivedOn !== null && news.includes('ARRIVED')) {
    steps.push({ kind: 'ARRIVED', on: arrivedOn });
    if (crosses) steps.push({ kind: 'IMPORTED', on: arrivedOn });
  }
  return steps;
}

/** Events that take back what was told of lots by others. */
const TAKES_BACK = new Set(['shipment.leg-retracted', 'shipment.treatment-retracted']);

/** Everything that happened to lots, in the order in which it was told; of one event by lot. */
async function happenings(reader: Reader, commands: readonly LoggedCommand[]): Promise<Happening[]> {
  const events = commands.flatMap((command) => command.events.map((event) => ({ command, event })));
  const others = events.flatMap(({ event }, place) => {
    const fact = factOf(event);
    return fact === undefined ? [] : [{ place, event, fact }];
  });
  const rows =
    others.length === 0
      ? []
      : await reader.query<OtherRow>(OF_OTHERS, [
          others.map(({ place }) => place),
          others.map(({ event }) => String(event.position)),
          others.map(({ event }) => event.type),
          others.map(({ event }) => event.subject),
          others.map(({ fact }) => fact),
        ]);
  const byPlace = new Map<number, OtherRow[]>();
  for (const row of rows) byPlace.set(row.place, [...(byPlace.get(row.place) ?? []), row]);
  return events.flatMap(({ command, event }, place) => {
    const ofOthers = (byPlace.get(place) ?? []).flatMap((row): Told[] => {
      const { lot, what, from, to, shipment, subjects, facts } = row;
      const rights = subjects.map((subject, index) => ({ subject, fact: facts[index]! }));
      const steps = what === 'LEG' ? ofLeg(row, event) : [{ kind: what, on: row.departedOn }];
      const mass = row.grams === null ? null : grams(row.grams);
      const told = steps.map((step) => ({ ...step, lot, grams: mass, from, to, shipment, retracts: null, reason: null, rights }));
      if (!TAKES_BACK.has(event.type)) return told;
      const { reason } = event.payload as EventPayloads['shipment.leg-retracted' | 'shipment.treatment-retracted'];
      return told.map((each) => ({ ...each, kind: 'RETRACTED', retracts: each.kind, reason }));
    });
    return [...ofEvent(event), ...ofOthers].map((told) => ({ command, ...told }));
  });
}

/** Who held some of lots at positions of the log, by the facts that a viewer sees. */
function holdersSql(viewer: Viewer): string {
  const counts = (fact: string) => `${knownFact(fact, 'k.position')} and ${factEverVisible(viewer, 'k.lot', `${fact}.id`)}`;
  return `
  select k.place, array(
    select m.owner from (
      select l.producer as owner, l.grams from lot l where l.id = k.lot and ${factEverVisible(viewer, 'k.lot', 'l.id')}
      union all select t.receiver, t.grams from transfer t where t.lot = k.lot and ${counts('t')}
      union all select t.sender, -t.grams from transfer t where t.lot = k.lot and ${counts('t')}
      union all select i.holder, -i.grams from lot_input i where i.input = k.lot and ${counts('i')}
      union all select a.holder, -a.grams from lot_adjustment a where a.lot = k.lot and ${counts('a')}
    ) m group by m.owner having sum(m.grams) > 0) as holders
  from unnest($1::int[], $2::uuid[], $3::bigint[]) as k(place, lot, position)`;
}

async function holdersAt(reader: Reader, viewer: Viewer, of: readonly { lot: string; position: bigint }[]): Promise<string[][]> {
  const rows = await reader.query<{ place: number; holders: string[] }>(holdersSql(viewer), [
    of.map((_, place) => place),
    of.map(({ lot }) => lot),
    of.map(({ position }) => String(position)),
  ]);
  const found = new Map(rows.map((row) => [row.place, row.holders]));
  return of.map((_, place) => found.get(place) ?? []);
}

/** Import certificates of which a viewer sees that they were issued: who certified a party for a time may not. */
async function issuesSeen(reader: Reader, viewer: Viewer, certificates: readonly string[]): Promise<Set<string>> {
  const rows = await reader.query<{ id: string }>(
    `select s.import_certificate as id from import_certificate_status s
     where s.import_certificate = any($1) and s.status = 'ISSUED' and s.retracted_by is null and ${stepVisible(viewer, 's')}`,
    [certificates],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Which scope a key needs to hear what happened otherwise than by lots alone; a treatment, where it was of a shipment. */
const SCOPES: Partial<Record<StepKind, KeyScope>> = {
  DEPARTED: 'SHIPMENTS',
  ARRIVED: 'SHIPMENTS',
  EXPORTED: 'SHIPMENTS',
  IMPORTED: 'SHIPMENTS',
  TREATED: 'SHIPMENTS',
  CERTIFIED: 'IMPORT_CERTIFICATES',
  ENTERED: 'CUSTOMS_ENTRIES',
  HELD: 'CUSTOMS_ENTRIES',
  DISPOSED: 'CUSTOMS_ENTRIES',
};

const READS = new Set([
  'lot.born',
  'lot.transferred',
  'lot.lost',
  'lot.treated',
  'lot.fact-retracted',
  'lot.shipped',
  'shipment.treated',
  'shipment.treatment-retracted',
  'shipment.leg-recorded',
  'shipment.leg-retracted',
  'import-certificate.status-changed',
  'import-certificate.lines-added',
  'import-certificate.claimed',
  'import-certificate.drawn',
  'emergency-action.recorded',
  'emergency-action.disposed',
]);

/** What happens to lots, whatever says so. */
export const lotFeed: Feed<LotEvent, Facts, LotFilter> = {
  field: 'lotEvents',
  reads: READS,
  async find(reader, commands, costly) {
    const all = await happenings(reader, commands);
    const rows = await reader.query<Omit<Facts, 'holders' | 'isSeen'> & { id: string }>(
      'select id, code, product, producer, country, kind, produced_on as "producedOn" from lot where id = any($1)',
      [[...new Set(all.map(({ lot }) => lot))]],
    );
    const lots = new Map(rows.map((row) => [row.id, row]));
    const of = all.map(({ lot, command }) => ({ lot, position: command.position as bigint }));
    const holders = costly ? await holdersAt(reader, ANALYST, of) : [];
    return all.map(({ command, lot, kind, on, grams, from, to, shipment, retracts, reason, rights }, place): Found<LotEvent, Facts> => {
      const what = retracts ?? kind;
      const { id: _, ...facts } = lots.get(lot)!;
      const answer = {
        lotId: lot,
        at: command.at,
        kind,
        on,
        kilograms: grams,
        fromId: from,
        toId: to,
        shipmentId: shipment,
        retracts,
        reason,
      };
      return {
        position: command.position,
        answer: Object.assign(new LotEvent(), answer),
        facts: { ...facts, holders: holders[place] ?? [], isSeen: true },
        rights,
        ...(SCOPES[what] !== undefined && (what !== 'TREATED' || shipment !== null) && { scope: SCOPES[what] }),
      };
    });
  },
  async asSeenBy(viewer, reader, changes, costly) {
    const of = changes.map(({ answer, position }) => ({ lot: answer.lotId, position: position as bigint }));
    const holders = costly ? await holdersAt(reader, viewer, of) : [];
    const certified = ({ answer, rights }: (typeof changes)[number]) => (answer.kind === 'CERTIFIED' ? [rights[0]!.subject] : []);
    const issued = await issuesSeen(reader, viewer, changes.flatMap(certified));
    return changes.map((change, place) => ({
      answer: change.answer,
      facts: { ...change.facts, holders: holders[place] ?? [], isSeen: certified(change).every((certificate) => issued.has(certificate)) },
    }));
  },
  isCostly: (filter) => filter?.holders != null,
  fitter(filter) {
    const products = idsOf(filter?.products, 'Product', 'filter.products');
    const producers = idsOf(filter?.producers, 'Operation', 'filter.producers');
    const holders = idsOf(filter?.holders, 'Operation', 'filter.holders');
    return (facts) =>
      facts.isSeen &&
      anyOf(filter?.codes, facts.code) &&
      (filter?.codePrefix == null || facts.code.startsWith(filter.codePrefix)) &&
      anyOf(products, facts.product) &&
      anyOf(producers, facts.producer) &&
      (holders === null || facts.holders.some((holder) => holders.includes(holder))) &&
      anyOf(filter?.countries, facts.country) &&
      anyOf(filter?.kinds, facts.kind) &&
      (filter?.producedFrom == null || (facts.producedOn !== null && facts.producedOn >= filter.producedFrom)) &&
      (filter?.producedTo == null || (facts.producedOn !== null && facts.producedOn <= filter.producedTo));
  },
};
