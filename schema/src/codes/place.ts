import { good, type Parsed } from '../refusal';
import type { Day } from './day';
import { LISTED_PLACES } from './places';
import { parseText } from './text';

/** Where something departed or arrived, as somebody wrote it. */
export interface WrittenPlace {
  name: string;
  /** UN/LOCODE, five letters; null where the text does not begin with a code of the list. */
  unLocode: string | null;
  /** ISO 3166-1, by the code; null without one. */
  country: string | null;
}

/** The calendar day of an instant at a place of the list; null where its time zone is not known. */
export function localDay(instant: Date, unLocode: string | null): Day | null {
  const place = unLocode === null ? undefined : LISTED_PLACES.get(unLocode);
  return place ? (new Intl.DateTimeFormat('sv-SE', { timeZone: place.zone, dateStyle: 'short' }).format(instant) as Day) : null;
}

/** Reads a place: a code of the UN/LOCODE list (`UAODS`, `UA ODS`), with or without a name behind it, or any name. */
export function parsePlace(text: string): Parsed<WrittenPlace> {
  const read = parseText(text, 200);
  if (!read.ok) return read;
  const match = /^([A-Za-z]{2}) ?([A-Za-z2-9]{3})(?![\p{L}\p{N}])[\s,;:/-]*(.*)$/u.exec(read.value);
  const listed = match && LISTED_PLACES.get(`${match[1]}${match[2]}`.toUpperCase());
  if (!listed) return good({ name: read.value, unLocode: null, country: null });
  return good({ name: match[3] || listed.name, unLocode: listed.unLocode, country: listed.country });
}
