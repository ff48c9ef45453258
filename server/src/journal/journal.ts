import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, isAway } from '../database';
import { type Entry, keep, likenessOf, withIds } from './keep';
import { type Caller, lotsOf, type Note } from './notes';

/** What may wait to be written, and when it is. */
export interface JournalLimits {
  /** Most notes that wait, those of one viewer, and those that are written at once. A lot of a story weighs as much as a note. */
  waiting: number;
  ofOne: number;
  batch: number;
  /** Between one writing and the next where little waits, milliseconds. */
  everyMs: number;
}

export interface JournalSettings {
  /** How long records are kept, days. */
  journalDays: number;
  journalLimits?: Partial<JournalLimits>;
}

/** A note takes some 200 bytes. One viewer fills no more than its share, so that nobody hides in the crowd he makes. */
const LIMITS: JournalLimits = { waiting: 100_000, ofOne: 25_000, batch: 500, everyMs: 250 };
/** How often notes are tried to be written while the database is well, before they are given up. */
const TRIES = 5;
const SLOWEST_RETRY_MS = 5000;
/** How long a stop waits for what is not written yet, milliseconds. */
const STOP_WITHIN_MS = 5000;
const STOP_RETRY_MS = 100;
/** How often records that are too old are looked for, milliseconds, and how many are deleted at once. */
const FORGET_EVERY_MS = 3_600_000;
const FORGOTTEN_AT_ONCE = 1000;
const DAY_MS = 86_400_000;

/** What one question leaves to be written. */
interface Sheet {
  by: Caller;
  at: number;
  notes: readonly Note[];
  /** How many of them are taken. */
  taken: number;
}

const weightOf = ({ lots }: Note): number => 1 + lots.length;

/**
 * The access journal of one instance: who looked at what, and what was refused. Nobody waits for it. Notes are kept in memory for a moment,
 * and written together; what does not fit is counted, and the journal says so. A crash loses that moment.
 */
export class Journal {
  private readonly limits: JournalLimits;
  private readonly sheets: Sheet[] = [];
  private waiting = 0;
  private readonly ofEach = new Map<string, number>();
  /** What was not kept, by whoever did it. */
  private readonly lost = new Map<string, Entry>();
  private timer: NodeJS.Timeout | null = null;
  private writing: Promise<void> | null = null;
  private readonly stopping = new AbortController();
  private ended = false;
  private readonly forgetting: NodeJS.Timeout;

  constructor(
    private readonly database: Database,
    private readonly settings: JournalSettings,
    private readonly warn: (error: unknown, what: string) => void,
  ) {
    this.limits = { ...LIMITS, ...settings.journalLimits };
    const forget = () => void this.forget().catch((error) => warn(error, 'old records of the access journal were not deleted'));
    this.forgetting = setInterval(forget, FORGET_EVERY_MS).unref();
    forget();
  }

  /** Takes down what somebody did. */
  take(by: Caller, notes: readonly Note[]): void {
    if (notes.length === 0) return;
    const { name } = by.viewer;
    const own = this.ofEach.get(name) ?? 0;
    const room = Math.min(this.limits.waiting - this.waiting, this.limits.ofOne - own);
    let [fit, weight] = [0, 0];
    for (; fit < notes.length && weight + weightOf(notes[fit]!) <= room; fit++) weight += weightOf(notes[fit]!);
    if (fit > 0) this.sheets.push({ by, at: Date.now(), notes: fit < notes.length ? notes.slice(0, fit) : notes, taken: 0 });
    this.waiting += weight;
    this.ofEach.set(name, own + weight);
    if (fit < notes.length) this.lose(by, notes.length - fit);
    if (this.waiting >= this.limits.batch) this.write();
    else this.timer ??= setTimeout(() => this.write(), this.limits.everyMs).unref();
  }

  /** Writes what waits, for so long as a stop may take. */
  async close(): Promise<void> {
    clearInterval(this.forgetting);
    this.stopping.abort();
    this.write();
    const written = new AbortController();
    await Promise.race([this.writing, sleep(STOP_WITHIN_MS, undefined, { signal: written.signal }).catch(() => {})]);
    written.abort();
    this.ended = true;
    if (this.writing !== null) this.warn(new Error('the database does not answer'), 'the last of the access journal is lost');
  }

  /** Deletes records that are older than they are kept, some at a time. */
  async forget(now = Date.now()): Promise<void> {
    const oldest = lowestIdAt(now - this.settings.journalDays * DAY_MS);
    for (let deleted = FORGOTTEN_AT_ONCE; deleted === FORGOTTEN_AT_ONCE && !this.stopping.signal.aborted; ) {
      const rows = await this.database.query(
        `delete from access_record where id in (select id from access_record where id < $1 order by id limit ${FORGOTTEN_AT_ONCE} for update skip locked) returning 1`,
        [oldest],
      );
      deleted = rows.length;
    }
  }

  private lose(by: Caller, times: number): void {
    const at = Date.now();
    const known = this.lost.get(by.viewer.name);
    if (known) Object.assign(known, { lastAt: at, times: known.times + times });
    else {
      const entry = { act: 'OVERFLOWED', noun: null, subject: null, what: null, code: null, lots: [] } as const;
      this.lost.set(by.viewer.name, { ...entry, by: { ...by, key: null }, at, lastAt: at, times });
      this.warn(new Error(`more was done by ${by.viewer.kind} than can be written down`), 'the access journal overflows');
    }
  }

  private write(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.writing ??= this.writeAll().finally(() => {
      this.writing = null;
      // Something may have come in the last moment.
      if (this.sheets.length > 0) this.write();
    });
  }

  private async writeAll(): Promise<void> {
    for (let batch = this.next(); batch.length > 0; batch = this.next()) await this.writeSome(batch);
  }

  /** Writes entries, as often as it takes. */
  private async writeSome(batch: readonly Entry[]): Promise<void> {
    const entries = withIds(batch);
    for (let tried = 1; ; tried++) {
      try {
        return await keep((sql, parameters) => this.database.query(sql, parameters), entries);
      } catch (error) {
        this.warn(error, 'the access journal could not be written');
        const isHopeless = !isAway(error) && tried >= TRIES;
        if (isHopeless || this.ended) {
          for (const { by, times } of batch) this.lose(by, times);
          return;
        }
        const wait = Math.min(this.limits.everyMs * 2 ** tried, SLOWEST_RETRY_MS);
        await sleep(wait, undefined, { ref: false, signal: this.stopping.signal }).catch(() => sleep(STOP_RETRY_MS));
      }
    }
  }

  /** What is written next: of the oldest notes, those that are alike as one; and what was lost. */
  private next(): Entry[] {
    const entries = new Map<string, Entry>();
    let weight = 0;
    while (weight < this.limits.batch && this.sheets.length > 0) {
      const sheet = this.sheets[0]!;
      const { by, at, notes } = sheet;
      const note = notes[sheet.taken++];
      if (!note) {
        this.sheets.shift();
        continue;
      }
      const own = weightOf(note);
      weight += own;
      this.waiting -= own;
      const left = this.ofEach.get(by.viewer.name)! - own;
      if (left > 0) this.ofEach.set(by.viewer.name, left);
      else this.ofEach.delete(by.viewer.name);
      add(entries, { ...note, by, at, lastAt: at, times: 1 });
    }
    for (const entry of this.lost.values()) add(entries, entry);
    this.lost.clear();
    return [...entries.values()];
  }
}

function add(entries: Map<string, Entry>, entry: Entry): void {
  const likeness = likenessOf(entry);
  const known = entries.get(likeness);
  if (!known) entries.set(likeness, entry);
  else Object.assign(known, { lastAt: entry.lastAt, times: known.times + entry.times, lots: lotsOf(known, entry) });
}

/** No record that was written down at an instant, milliseconds of the epoch, or later has a lower id. */
export function lowestIdAt(instant: number): string {
  const digits = Math.max(0, instant).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
