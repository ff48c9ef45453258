import {
  type Day,
  type DeadlineVerdict,
  dayAfter,
  daysAfter,
  earliest,
  localDay,
  type Moment,
  type TransportMode,
  today,
} from '@lotline/schema';
import { cutOffOf } from './cut-offs';

/** How goods are to travel. Ports are UN/LOCODE. */
export interface ExpectedTransport {
  mode: TransportMode;
  portOfLading: string;
  portOfEntry: string | null;
  departs: Moment;
  arrives: Moment | null;
}

/** What there is to judge by. */
export interface Request {
  asked: Moment;
  /** Lead time of the certifier on that day; null where it set none. */
  businessDays: number | null;
  transport: ExpectedTransport | null;
  neededBy: Day | null;
  /** First day of a period; null of a shipment. */
  validFrom: Day | null;
}

interface CutOffDay {
  /** The earliest day that it may be; null where it is not known. */
  cutOffOn: Day | null;
  /** The latest that it may be. */
  cutOffTo: Day | null;
  cutOffAt: Date | null;
  cutOff: string;
}

export interface Deadlines extends Omit<CutOffDay, 'cutOffTo'> {
  askedOn: Day;
  businessDays: number | null;
  decidedBy: Day | null;
  askBy: Day | null;
  verdict: DeadlineVerdict;
  reasons: string[];
}

/** Monday to Friday. Holidays of the United States, or of where the certifier is, are not known here. */
const isBusinessDay = (day: Day): boolean => ![0, 6].includes(new Date(day).getUTCDay());

const firstBusinessDay = (day: Day): Day => (isBusinessDay(day) ? day : firstBusinessDay(dayAfter(day)));

/** The last of so many business days after a day, which is not counted itself; of none that day, or the first business day after it. */
export const businessDaysAfter = (day: Day, days: number): Day =>
  days === 0 ? firstBusinessDay(day) : businessDaysAfter(firstBusinessDay(dayAfter(day)), days - 1);

/** The last day from which so many business days end on a day or before. */
export function lastDayToAsk(end: Day, days: number): Day {
  let day = end;
  while (businessDaysAfter(day, days) > end) day = daysAfter(day, -1);
  return day;
}

/** The day of a moment at a port; as it was given where that has no zone. */
const dayAt = ({ on, at }: Moment, port: string | null): Day => (at && localDay(at, port)) ?? on;

const HOUR_MS = 3_600_000;

/** When cargo that is to travel so must have been declared. A bare day is a whole day at the port: the earliest hour of it counts. */
export function filingCutOff(transport: ExpectedTransport | null): CutOffDay {
  const unknown = (cutOff: string): CutOffDay => ({ cutOffOn: null, cutOffTo: null, cutOffAt: null, cutOff });
  if (!transport) return unknown('UNDETERMINED: no transport is given.');
  const { mode, portOfLading, portOfEntry, departs, arrives } = transport;
  const rule = cutOffOf(mode, departs.on);
  if (!rule) return unknown(`None is on record for ${mode}.`);
  const says = `${rule.hours} ${rule.hours === 1 ? 'hour' : 'hours'} before ${rule.before} (${rule.citation})`;
  const [from, port] = rule.before === 'lading' ? [departs, portOfLading] : [arrives, portOfEntry];
  if (!from) return unknown(`UNDETERMINED: it is ${says}, and no arrival is given.`);
  const lading = rule.before === 'lading' ? ' Goods are laden before they depart, so it may be earlier.' : '';
  if (from.at) {
    const cutOffAt = new Date(from.at.getTime() - rule.hours * HOUR_MS);
    const cutOffOn = localDay(cutOffAt, port) ?? today(cutOffAt);
    return { cutOffOn, cutOffTo: cutOffOn, cutOffAt, cutOff: `At ${cutOffAt.toISOString()}: ${says}.${lading}` };
  }
  const cutOffOn = daysAfter(from.on, -1);
  const cutOffTo = rule.hours === 24 ? cutOffOn : from.on;
  const days = cutOffTo === cutOffOn ? `on ${cutOffOn}` : `from ${cutOffOn} to ${cutOffTo}`;
  return { cutOffOn, cutOffTo, cutOffAt: null, cutOff: `UNDETERMINED ${days}, since the hour is not known: ${says}.${lading}` };
}

/** A day before which a certificate must be there. */
interface Limit {
  what: string;
  /** A decision on or before that day is surely in time. */
  surely: Day;
  /** A decision after that day is surely late. */
  atMost: Day;
}

function limitsOf({ transport, neededBy, validFrom }: Request, { cutOffOn, cutOffTo }: CutOffDay): Limit[] {
  const limits: Limit[] = [];
  if (neededBy !== null) limits.push({ what: `It is needed by ${neededBy}`, surely: neededBy, atMost: neededBy });
  if (validFrom !== null) limits.push({ what: `The period begins on ${validFrom}`, surely: daysAfter(validFrom, -1), atMost: validFrom });
  if (transport) {
    const departs = dayAt(transport.departs, transport.portOfLading);
    limits.push({ what: `The goods depart on ${departs}`, surely: daysAfter(departs, -1), atMost: departs });
  }
  if (cutOffOn !== null && cutOffTo !== null)
    limits.push({ what: `The cargo is declared by ${cutOffTo}`, surely: daysAfter(cutOffOn, -1), atMost: cutOffTo });
  return limits;
}

/**
 * Whether a request is early enough (7 CFR 205.273): the certifier decides before the goods leave the port of lading, before the cargo is declared,
 * and by when it is needed. Days are those of the port. A decision has a day and no hour: on the day of the departure or of the cut-off itself
 * it proves nothing.
 */
export function deadlinesOf(request: Request): Deadlines {
  const { asked, businessDays, transport } = request;
  const askedOn = dayAt(asked, transport?.portOfLading ?? null);
  const decidedBy = businessDays === null ? null : businessDaysAfter(askedOn, businessDays);
  const { cutOffTo, ...cutOff } = filingCutOff(transport);
  const limits = limitsOf(request, { cutOffTo, ...cutOff });
  const decision = decidedBy ?? askedOn;
  const until = decidedBy === null ? `it is asked for on ${askedOn}` : `the certifier decides by ${decidedBy}`;
  const late = limits.filter(({ atMost }) => decision > atMost);
  const open = limits.filter(({ surely, atMost }) => decision <= atMost && decision > surely);
  const reasons = [
    ...late.map(({ what }) => `LATE: ${what}, and ${until}.`),
    ...open.map(({ what }) => `UNDETERMINED: ${what}, and ${until}; the hours are not known.`),
    ...(decidedBy === null ? ['UNDETERMINED: the certifier has set no lead time.'] : []),
    ...(transport === null ? ['No transport is given, so that neither departure nor cut-off is known.'] : []),
    ...(transport !== null && cutOff.cutOffOn === null && cutOff.cutOff.startsWith('UNDETERMINED') ? [cutOff.cutOff] : []),
  ];
  const isOpen = decidedBy === null || limits.length === 0 || reasons.some((each) => each.startsWith('UNDETERMINED'));
  const [first, ...others] = limits.map(({ surely }) => surely);
  return {
    ...cutOff,
    askedOn,
    businessDays,
    decidedBy,
    askBy: businessDays === null || first === undefined ? null : lastDayToAsk(earliest(first, ...others), businessDays),
    verdict: late.length > 0 ? 'LATE' : isOpen ? 'UNDETERMINED' : 'IN_TIME',
    reasons,
  };
}
