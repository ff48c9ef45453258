import { type Day, type ImportCertificate, ImportCertificateTransport, LISTED_PLACES, type Moment, Place, today } from '@lotline/schema';
import { type Deadlines, deadlinesOf, type ExpectedTransport, filingCutOff } from '../rules';

/** An answer's reader, or a command's transaction. */
interface Rows {
  query<Row>(sql: string, parameters?: unknown[]): Promise<Row[]>;
}

/** Lead times of certifiers on days, in business days; null where none had been set by then. */
export async function leadTimesOn(rows: Rows, keys: readonly { certifier: string; on: Day }[]): Promise<(number | null)[]> {
  const found = await rows.query<{ place: number; days: number }>(
    `select k.place, l.days from unnest($1::int[], $2::uuid[], $3::date[]) as k(place, certifier, on_day) cross join lateral (
       select t.business_days as days from certifier_lead_time t
       where t.certifier = k.certifier and t.from_day <= k.on_day and t.retracted_by is null order by t.from_day desc limit 1) l`,
    [keys.map((_, place) => place), keys.map(({ certifier }) => certifier), keys.map(({ on }) => on)],
  );
  const days = new Map(found.map((row) => [row.place, row.days]));
  return keys.map((_, place) => days.get(place) ?? null);
}

interface Asked {
  certifierId: string;
  asked: Moment;
  transport: ExpectedTransport | null;
  neededBy: Day | null;
  /** First day of a period; null of a shipment. */
  validFrom: Day | null;
}

/** Whether a request to a certifier is early enough, by its lead time in force on the day of the request in UTC. */
export async function deadlinesBy(
  leadTimeOn: (key: { certifier: string; on: Day }) => Promise<number | null>,
  { certifierId, ...request }: Asked,
): Promise<Deadlines> {
  const businessDays = await leadTimeOn({ certifier: certifierId, on: request.asked.on });
  return deadlinesOf({ ...request, businessDays });
}

/** What is asked now. */
export const asking = (now: Date): Moment => ({ on: today(now), at: now });

/** How the goods of a certificate are to travel; null where it does not say. */
export function transportOf(certificate: ImportCertificate): ExpectedTransport | null {
  const { mode, portOfLading, portOfEntry, departsOn, departsAt, arrivesOn, arrivesAt } = certificate;
  if (mode === null || portOfLading === null || departsOn === null) return null;
  const arrives = arrivesOn === null ? null : { on: arrivesOn, at: arrivesAt };
  return { mode, portOfLading, portOfEntry, departs: { on: departsOn, at: departsAt }, arrives };
}

/** When the cargo of a certificate must have been declared, as far as its transport tells. */
export const cutOffOfCertificate = (certificate: ImportCertificate): Pick<Deadlines, 'cutOffOn' | 'cutOffAt'> =>
  filingCutOff(transportOf(certificate));

function placeOf(unLocode: string): Place {
  const { name, country } = LISTED_PLACES.get(unLocode) ?? { name: unLocode, country: unLocode.slice(0, 2) };
  return Object.assign(new Place(), { name, unLocode, country });
}

const momentText = ({ on, at }: Moment): string => at?.toISOString() ?? on;

/** The same, as it is answered. */
export const transportAnswer = ({ mode, portOfLading, portOfEntry, departs, arrives }: ExpectedTransport): ImportCertificateTransport =>
  Object.assign(new ImportCertificateTransport(), {
    mode,
    portOfLading: placeOf(portOfLading),
    portOfEntry: portOfEntry === null ? null : placeOf(portOfEntry),
    departs: momentText(departs),
    arrives: arrives && momentText(arrives),
  });
