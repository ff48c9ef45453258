import { type Day, type Grams, grams } from '@lotline/schema';
import type { Movement } from './movements';

// Who held how much of a lot, when: sums over its birth and its movements. Pure functions of the facts.

/** A lot, as far as holdings need it. */
export interface Birth {
  producerId: string;
  grams: Grams;
  producedOn: Day | null;
  producedAt: Date | null;
}

/** A change of one holder's grams. */
interface Entry {
  grams: bigint;
  on: Day | null;
}

export interface Held {
  ownerId: string;
  grams: Grams;
  /** First day of holding without interruption; null where undated. */
  since: Day | null;
}

export interface Acquisition {
  ownerId: string;
  acquiredFromId: string | null;
  grams: Grams;
  from: Day | null;
  at: Date | null;
  /** The day of acquisition; of an undated one the owner's first dated fact, else today. */
  heldFrom: Day;
  /** First day at whose end the owner holds nothing. */
  until: Day | null;
  fact: string | null;
  /** The paper of the transfer. */
  documentId: string | null;
}

function entriesByOwner(birth: Birth | null, movements: readonly Movement[]): Map<string, Entry[]> {
  const entries = new Map<string, Entry[]>();
  const add = (owner: string, entry: Entry) => {
    const list = entries.get(owner);
    if (list) list.push(entry);
    else entries.set(owner, [entry]);
  };
  if (birth) add(birth.producerId, { grams: birth.grams, on: birth.producedOn });
  for (const { from, to, grams, on } of movements) {
    add(from, { grams: -grams, on });
    if (to !== null) add(to, { grams, on });
  }
  return entries;
}

/** Everybody who ever had some of a lot, as its facts tell it. */
export const ownersOf = ({ producerId }: Birth, movements: readonly Movement[]): string[] => [
  ...new Set([producerId, ...movements.flatMap(({ from, to }) => (to === null ? [from] : [from, to]))]),
];

/** A fact with no day counts on every day. */
const counts = (entry: { on: Day | null }, day: Day): boolean => entry.on === null || entry.on <= day;

const daysOf = (entries: readonly Entry[]): Day[] => [...new Set(entries.flatMap((entry) => entry.on ?? []))].sort();

/** An owner's grams at the end of each of its days, in their order; undated facts count from the start. */
function balances(entries: readonly Entry[]): { day: Day; grams: bigint }[] {
  const changes = new Map<Day, bigint>();
  let sum = 0n;
  for (const entry of entries) {
    if (entry.on === null) sum += entry.grams;
    else changes.set(entry.on, (changes.get(entry.on) ?? 0n) + entry.grams);
  }
  return daysOf(entries).map((day) => {
    sum += changes.get(day)!;
    return { day, grams: sum };
  });
}

/** An owner's grams at the end of a day. */
export const heldAtEndOf = (birth: Birth, movements: readonly Movement[], owner: string, day: Day): bigint =>
  (entriesByOwner(birth, movements).get(owner) ?? []).reduce((sum, entry) => (counts(entry, day) ? sum + entry.grams : sum), 0n);

/** The least that an owner has at the end of a day or of any after it: so much can have left it on that day, and no day goes below zero. */
export function leastFrom(birth: Birth, movements: readonly Movement[], owner: string, day: Day): bigint {
  let least = heldAtEndOf(birth, movements, owner, day);
  for (const later of balances(entriesByOwner(birth, movements).get(owner) ?? []))
    if (later.day > day && later.grams < least) least = later.grams;
  return least;
}

/** The most that an owner ever had at the end of a day. */
export function mostOf(birth: Birth, movements: readonly Movement[], owner: string): bigint {
  const entries = entriesByOwner(birth, movements).get(owner) ?? [];
  const undated = entries.reduce((sum, { on, grams }) => (on === null ? sum + grams : sum), 0n);
  let most = undated;
  for (const { grams } of balances(entries)) if (grams > most) most = grams;
  return most;
}

/** Holdings above zero at the end of a day; the birth is null where it is not seen. */
export function holdingsOn(birth: Birth | null, movements: readonly Movement[], day: Day): Held[] {
  const held: Held[] = [];
  for (const [ownerId, entries] of entriesByOwner(birth, movements)) {
    const now = entries.filter((entry) => counts(entry, day));
    const sum = now.reduce((total, entry) => total + entry.grams, 0n);
    if (sum <= 0n) continue;
    let since: Day | null = null;
    const undated = now.reduce((total, entry) => (entry.on === null ? total + entry.grams : total), 0n);
    let holding = undated > 0n;
    for (const { day: on, grams } of balances(now)) {
      if (grams > 0n && !holding) since = on;
      if (grams <= 0n) since = null;
      holding = grams > 0n;
    }
    held.push({ ownerId, grams: grams(sum), since });
  }
  return held;
}

/**
 * Every acquisition of a lot: its birth and the transfers received. `until` is looked for from the day of acquisition on; an undated one
 * is judged from its owner's first dated fact, else from today.
 */
export function ownershipOf(birth: Birth | null, movements: readonly Movement[], today: Day): Acquisition[] {
  const entries = entriesByOwner(birth, movements);
  const held = (owner: string, from: Day | null): Pick<Acquisition, 'heldFrom' | 'until'> => {
    const days = balances(entries.get(owner)!);
    const heldFrom = from ?? days[0]?.day ?? today;
    const undated = entries.get(owner)!.reduce((sum, entry) => (entry.on === null ? sum + entry.grams : sum), 0n);
    const atStart = days.filter(({ day }) => day <= heldFrom).at(-1)?.grams ?? undated;
    return { heldFrom, until: atStart <= 0n ? heldFrom : (days.find(({ day, grams }) => day > heldFrom && grams <= 0n)?.day ?? null) };
  };
  const acquisitions: Acquisition[] = [];
  if (birth) {
    const { producerId: ownerId, producedOn: from, producedAt: at } = birth;
    acquisitions.push({
      ownerId,
      acquiredFromId: null,
      grams: birth.grams,
      from,
      at,
      ...held(ownerId, from),
      fact: null,
      documentId: null,
    });
  }
  for (const { kind, from, to, grams, on, at, fact, document: documentId } of movements) {
    if (kind === 'TRANSFER')
      acquisitions.push({ ownerId: to!, acquiredFromId: from, grams, from: on, at, ...held(to!, on), fact, documentId });
  }
  return acquisitions;
}

/** What became of a lot's mass, as far as its facts tell it. */
export interface Balance {
  used: Grams;
  lost: Grams;
  onHand: Grams;
  /** The rest of what was born. */
  elsewhere: Grams;
}

/**
 * Sums over the facts seen. On hand is what holders have by these facts; of a holder whose own facts are not all seen only what is above
 * zero, since how it came to the rest is not seen.
 */
export function balanceOf(
  birth: Birth,
  { birth: birthSeen, movements }: { birth: boolean; movements: readonly Movement[] },
  seenWhole: ReadonlySet<string>,
): Balance {
  const sumOf = (kind: Movement['kind']) => movements.reduce((sum, each) => (each.kind === kind ? sum + each.grams : sum), 0n);
  let onHand = 0n;
  for (const [owner, entries] of entriesByOwner(birthSeen ? birth : null, movements)) {
    const held = entries.reduce((sum, entry) => sum + entry.grams, 0n);
    if (held > 0n || seenWhole.has(owner)) onHand += held;
  }
  const [used, lost] = [sumOf('USE'), sumOf('LOSS')];
  return { used: grams(used), lost: grams(lost), onHand: grams(onHand), elsewhere: grams(birth.grams - onHand - used - lost) };
}
