import { type Day, type Place, type ShipmentStatus, ShipmentStatusChange, type TransportMode } from '@lotline/schema';
import { ANALYST, factVisible, type Viewer } from '../../access';
import { type Position, type Reader } from '../../database';
import type { LoggedCommand } from '../../log';
import { idsOf } from '../../questions';
import { containersOf, legVisible, type ShipmentFilter, shipmentStatusSql } from '../../shipments';
import { anyOf, type Feed } from '../feed';

interface Facts {
  from: ShipmentStatus | null;
  to: ShipmentStatus;
  shipper: string;
  consignee: string;
  modes: TransportMode[];
  containers: string[];
  departedOn: Day | null;
}

interface Row extends Facts {
  shipment: string;
  position: string;
  place: Place | null;
  reason: string | null;
}

const READS = new Set([
  'shipment.booked',
  'shipment.leg-recorded',
  'shipment.leg-retracted',
  'emergency-action.recorded',
  'emergency-action.disposed',
]);

/** Shipments that a command may have brought further, each once. */
function touched(
  commands: readonly LoggedCommand[],
  actions: ReadonlyMap<string, string>,
): { shipment: string; position: bigint; at: Date }[] {
  return commands.flatMap(({ position, at, events }) => {
    const shipments = events.flatMap(({ type, subject }) => {
      if (!READS.has(type)) return [];
      return type.startsWith('emergency-action.') ? (actions.get(subject) ?? []) : [subject];
    });
    return [...new Set(shipments)].map((shipment) => ({ shipment, position, at }));
  });
}

/** Emergency actions on shipments, with their shipment. */
async function shipmentsHeld(reader: Reader, commands: readonly LoggedCommand[]): Promise<Map<string, string>> {
  const ids = commands.flatMap(({ events }) =>
    events.filter(({ type }) => type.startsWith('emergency-action.')).map(({ subject }) => subject),
  );
  if (ids.length === 0) return new Map();
  const rows = await reader.query<{ id: string; shipment: string }>(
    'select id, shipment from emergency_action where id = any($1) and shipment is not null',
    [ids],
  );
  return new Map(rows.map(({ id, shipment }) => [id, shipment]));
}

/** How far shipments are: by the facts known at a command's position, and at the one before, of those that a viewer sees. */
const AT = 'k.position';
const BEFORE = '(k.position - 1)';
function states(viewer: Viewer): string {
  const seen = legVisible(viewer, 'k.shipment', AT);
  const leg = (column: string) =>
    `array(select distinct g.${column} from shipment_leg g where g.shipment = k.shipment and g.${column} is not null and ${seen})`;
  return `
  select k.shipment, k.position, s.shipper, s.consignee, ${shipmentStatusSql(viewer, 'k.shipment', AT)} as "to",
    case when exists (select from command c where c.id = s.recorded_by and c.position < k.position) then ${shipmentStatusSql(viewer, 'k.shipment', BEFORE)} end as "from",
    ${leg('mode')} as modes, ${leg('container')} as containers,
    (select min(g.departed_on) from shipment_leg g where g.shipment = k.shipment and ${seen}) as "departedOn",
    (select case when g.arrived_on is null
       then json_build_object('name', g.from_name, 'unLocode', g.from_un_locode, 'country', g.from_country)
       else json_build_object('name', g.to_name, 'unLocode', g.to_un_locode, 'country', g.to_country) end
     from shipment_leg g join command c on c.id = g.recorded_by and c.position = k.position where g.shipment = k.shipment and ${seen} order by g.sequence desc limit 1) as place,
    (select a.ordered from emergency_action a join command c on c.id = a.recorded_by and c.position = k.position
     where a.shipment = k.shipment and ${factVisible(viewer, 'k.shipment', 'a.id', AT)} order by a.number desc limit 1) as reason
  from unnest($1::uuid[], $2::bigint[]) with ordinality as k(shipment, position, place) join shipment s on s.id = k.shipment order by k.place`;
}

interface State {
  shipment: string;
  position: bigint;
  told: { answer: ShipmentStatusChange; facts: Facts };
}

/** How far commands brought shipments, as far as a viewer sees. */
async function statesOf(reader: Reader, viewer: Viewer, of: readonly { shipment: string; position: bigint; at: Date }[]): Promise<State[]> {
  const rows = await reader.query<Row>(states(viewer), [of.map(({ shipment }) => shipment), of.map(({ position }) => String(position))]);
  return rows.map(({ shipment, position, place, reason, ...facts }, index) => {
    const { at } = of[index]!;
    const { from, to } = facts;
    const answer = Object.assign(new ShipmentStatusChange(), { shipmentId: shipment, at, from, to, place, reason });
    return { shipment, position: BigInt(position), told: { answer, facts } };
  });
}

/** How far shipments come, whatever says so: a booking, a leg, an emergency action. */
export const shipmentFeed: Feed<ShipmentStatusChange, Facts, ShipmentFilter> = {
  field: 'shipmentStatusChanged',
  reads: READS,
  async find(reader, commands) {
    const found = await statesOf(reader, ANALYST, touched(commands, await shipmentsHeld(reader, commands)));
    return found.map(({ shipment, position, told }) => ({
      ...told,
      position: position as Position,
      rights: [{ subject: shipment, fact: null }],
      once: shipment,
    }));
  },
  async asSeenBy(viewer, reader, changes) {
    const of = changes.map(({ answer: { shipmentId, at }, position }) => ({ shipment: shipmentId, position, at }));
    const found = await statesOf(reader, viewer, of);
    return found.map(({ told }) => told);
  },
  fitter(filter) {
    const shippers = idsOf(filter?.shippers, 'Operation', 'filter.shippers');
    const consignees = idsOf(filter?.consignees, 'Operation', 'filter.consignees');
    const overlaps = <Value>(list: readonly Value[] | undefined | null, values: readonly Value[]) =>
      list == null || values.some((value) => list.includes(value));
    const containers = filter?.containers && containersOf(filter.containers);
    return (facts) =>
      facts.from !== facts.to &&
      anyOf(filter?.statuses, facts.to) &&
      overlaps(filter?.modes, facts.modes) &&
      overlaps(containers, facts.containers) &&
      anyOf(shippers, facts.shipper) &&
      anyOf(consignees, facts.consignee) &&
      (filter?.departedFrom == null || (facts.departedOn !== null && facts.departedOn >= filter.departedFrom)) &&
      (filter?.departedTo == null || (facts.departedOn !== null && facts.departedOn <= filter.departedTo));
  },
};
