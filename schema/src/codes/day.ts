import { bad, good, type Parsed, quote } from '../refusal';

/** A local calendar date, `YYYY-MM-DD`. Compares as text. */
export type Day = string & { readonly __brand: 'Day' };

/** When a fact happened: the local day, and the instant where the hour is known. */
export interface Moment {
  on: Day;
  at: Date | null;
}

const FIRST_YEAR = 1900;
const LAST_YEAR = 2199;

/** Reads an ISO 8601 date. Names what a spreadsheet made of it. */
export function parseDay(text: string): Parsed<Day> {
  const value = text.trim();
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(value);
  if (match) {
    const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
    const date = new Date(Date.UTC(year, month - 1, day));
    const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
    if (!real) return bad(`${quote(value)} is no day of the calendar`, 'write an existing date as YYYY-MM-DD');
    if (year < FIRST_YEAR || year > LAST_YEAR)
      return bad(`the year ${year} is out of range`, `use a year from ${FIRST_YEAR} to ${LAST_YEAR}`);
    return good(value as Day);
  }
  if (/^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/.test(value)) {
    return bad(`${quote(value)} may be day first or month first`, 'write the date as YYYY-MM-DD');
  }
  if (/^\d{5}(?:\.\d+)?$/.test(value)) {
    const serial = new Date(Date.UTC(1899, 11, 30) + Math.floor(Number(value)) * 86_400_000).toISOString().slice(0, 10);
    return bad(
      `${quote(value)} is a spreadsheet's serial number of a date`,
      `format the column as text and write ${serial}, if that is the day meant`,
    );
  }
  return bad(`${quote(value)} is not an ISO 8601 date`, 'write the date as YYYY-MM-DD');
}

/** Reads an ISO 8601 date, or an RFC 3339 instant with its offset; the day of an instant is the local one, as written. */
export function parseMoment(text: string): Parsed<Moment> {
  const value = text.trim();
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(.*)$/.exec(value);
  if (!match) {
    const day = parseDay(value);
    return day.ok ? good({ on: day.value, at: null }) : day;
  }
  const day = parseDay(match[1]!);
  if (!day.ok) return day;
  if (/^[+-]\d{2}(?:\d{2})?$/.test(match[3]!)) {
    return bad(`${quote(value)} has an offset without minutes or colon`, 'write it like +02:00, e.g. 2025-03-01T08:30:00+02:00');
  }
  if (!/^(?:[Zz]|[+-]\d{2}:\d{2})$/.test(match[3]!)) {
    return bad(`${quote(value)} has an hour but no offset`, 'add the offset, e.g. 2025-03-01T08:30:00+02:00, or write the day alone');
  }
  const at = new Date(`${match[1]}T${match[2]}${match[3]!.toUpperCase()}`);
  if (Number.isNaN(at.getTime())) return bad(`${quote(value)} is no instant`, 'write it as 2025-03-01T08:30:00+02:00');
  return good({ on: day.value, at });
}

/** Today in UTC, the day answers reflect where none is asked for. */
export const today = (now: Date = new Date()): Day => now.toISOString().slice(0, 10) as Day;

const DAY_MS = 86_400_000;

/** So many days after a day, or before it where they are negative. */
export const daysAfter = (day: Day, days: number): Day => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10) as Day;

/** The day after a day. */
export const dayAfter = (day: Day): Day => daysAfter(day, 1);

/** The first of some days. */
export const earliest = (...days: [Day, ...Day[]]): Day => days.sort()[0]!;
/** The last of some days. */
export const latest = (...days: [Day, ...Day[]]): Day => days.sort().at(-1)!;
