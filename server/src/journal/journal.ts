import { setTimeout as sleep } from 'node:timers/promises';
import { type Database, isAway } from '../database';
import { type Entry, isUncounted, keep, withIds } from './keep';
import { type Caller, lotsOf, type Note } from './notes';

/** What may wait to be written, and when it is. */
export interface JournalLimits {
  /** Most entries that wait, and those of one viewer. A lot of a story weighs as much as an entry. */
  waiting: number;
  ofOne: number;
  /** How many are written by one statement. */
  batch: number;
  /** Between one writing and the next, milliseconds: whoever asks for the same again and again costs no more than one record. */
  everyMs: number;
}

export interface JournalSettings {
  /** How long records are kept, days. */
  journalDays: number;
  journalLimits?: Partial<JournalLimits>;
}

/** An entry takes some 300 bytes. One viewer fills no more than its share, so that nobody hides in the crowd he makes. */
const LIMITS: JournalLimits = { waiting: 100_000, ofOne: 25_000, batch: 500, everyMs: 250 };
/** How often entries are tried to be written while the database is well, before they are given up. */
const TRIES = 5;
const SLOWEST_RETRY_MS = 5000;
/** How long a stop waits for what is not written yet, milliseconds. */
const STOP_WITHIN_MS = 5000;
const STOP_RETRY_MS = 100;
/** How often records that are too old are looked for, milliseconds, and how many are deleted at once. */
const FORGET_EVERY_MS = 3_600_000;
const FORGOTTEN_AT_ONCE = 1000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What one caller did within an hour, by what is alike; `lost` is what there was no room for. */
interface Page {
  by: Caller;
  entries: Map<string, Entry>;
  lost: Entry | null;
}

/**
 * The access journal of one instance: who looked at what, and what was refused. Nobody waits for it. It is kept in memory for a moment, and
 * written together; what does not fit is counted, and the journal says so. A crash loses that moment.
 */
export class Journal {
  private readonly limits: JournalLimits;
  private pages = new Map<string, Page>();
  private waiting = 0;
  private readonly ofEach = new Map<string, number>();
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

  /** Entries, and lots in them, that wait to be written. */
  get size(): number {
    return this.waiting;
  }

  /** Takes down what somebody did. */
  take(by: Caller, notes: readonly Note[]): void {
    if (notes.length === 0) return;
    const at = Date.now();
    const page = this.pageOf(by, at);
    for (const note of notes.flatMap(rootAndOthers)) {
      const name = nameOf(note);
      const known = page.entries.get(name);
      const lots = known ? lotsOf(known, note) : note.lots;
      const weight = known ? lots.length - known.lots.length : 1 + lots.length;
      if (!this.reserve(by, weight)) this.lose(by, 1);
      else if (known && isUncounted(note)) known.lots = lots;
      else if (known) Object.assign(known, { lastAt: at, times: known.times + 1, lots });
      else if (isUncounted(note)) page.entries.set(name, { ...note, by, at: hourOf(at), lastAt: hourOf(at), times: 1 });
      else page.entries.set(name, { ...note, by, at, lastAt: at, times: 1 });
    }
    this.timer ??= setTimeout(() => this.write(), this.limits.everyMs).unref();
  }

  /** Writes what waits, for so long as a stop may take. */
  async close(): Promise<void> {
    clearInterval(this.forgetting);
    this.stopping.abort();
    const written = new AbortController();
    const all = (async () => {
      await this.writing;
      this.write();
      await this.writing;
    })();
    await Promise.race([all, sleep(STOP_WITHIN_MS, undefined, { signal: written.signal }).catch(() => {})]);
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

  private pageOf(by: Caller, at: number): Page {
    const name = `${by.viewer.name} ${by.key} ${Math.floor(at / HOUR_MS)}`;
    let page = this.pages.get(name);
    if (!page) {
      page = { by, entries: new Map(), lost: null };
      this.pages.set(name, page);
    }
    return page;
  }

  /** Takes room for a viewer; false where there is none. */
  private reserve({ viewer: { name } }: Caller, weight: number): boolean {
    const own = this.ofEach.get(name) ?? 0;
    if (this.waiting + weight > this.limits.waiting || own + weight > this.limits.ofOne) return false;
    this.waiting += weight;
    this.ofEach.set(name, own + weight);
    return true;
  }

  private free({ by: { viewer }, lots }: Entry): void {
    const weight = 1 + lots.length;
    this.waiting -= weight;
    const left = (this.ofEach.get(viewer.name) ?? 0) - weight;
    if (left > 0) this.ofEach.set(viewer.name, left);
    else this.ofEach.delete(viewer.name);
  }

  private lose(by: Caller, times: number): void {
    const at = Date.now();
    const page = this.pageOf(by, at);
    if (page.lost) {
      Object.assign(page.lost, { lastAt: at, times: page.lost.times + times });
      return;
    }
    page.lost = { act: 'OVERFLOWED', noun: null, subject: null, what: null, code: null, lots: [], by, at, lastAt: at, times };
    this.warn(new Error(`more was done by ${by.viewer.kind} than can be written down`), 'the access journal overflows');
  }

  private write(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.writing ??= this.writeAll().finally(() => {
      this.writing = null;
      // What came meanwhile.
      if (this.pages.size > 0) this.timer ??= setTimeout(() => this.write(), this.limits.everyMs).unref();
    });
  }

  private async writeAll(): Promise<void> {
    const { pages } = this;
    this.pages = new Map();
    const lost = [...pages.values()].flatMap((page) => page.lost ?? []);
    const entries = [...pages.values()].flatMap((page) => [...page.entries.values()]);
    for (let at = 0; at < entries.length; at += this.limits.batch) await this.writeSome(entries.slice(at, at + this.limits.batch));
    if (lost.length > 0) await this.writeSome(lost);
  }

  /** Writes entries, as often as it takes. */
  private async writeSome(batch: readonly Entry[]): Promise<void> {
    const entries = withIds(batch);
    for (let tried = 1; ; tried++) {
      try {
        await keep((sql, parameters) => this.database.query(sql, parameters), entries);
        break;
      } catch (error) {
        this.warn(error, 'the access journal could not be written');
        const isHopeless = !isAway(error) && tried >= TRIES;
        if (isHopeless || this.ended) {
          for (const { by, times } of batch) this.lose(by, times);
          break;
        }
        const wait = Math.min(this.limits.everyMs * 2 ** tried, SLOWEST_RETRY_MS);
        await sleep(wait, undefined, { ref: false, signal: this.stopping.signal }).catch(() => sleep(STOP_RETRY_MS));
      }
    }
    for (const entry of batch) if (entry.act !== 'OVERFLOWED') this.free(entry);
  }
}

/**
 * A story concerns the parties of its root, and, apart from that, those of the other lots that were shown in full: to them it is not told whose
 * story it was, nor how many there were, for what was made of their lots is not theirs to know.
 */
function rootAndOthers(note: Note): Note[] {
  const others = note.lots.filter((lot) => lot !== note.subject);
  return note.act === 'TRACED' && others.length > 0
    ? [
        { ...note, lots: [] },
        { ...note, subject: null, lots: others },
      ]
    : [note];
}

const hourOf = (at: number): number => Math.floor(at / HOUR_MS) * HOUR_MS;

/** One for what one caller's entry counts. */
const nameOf = ({ act, subject, what, code }: Note): string => (act === 'READ' ? subject! : `${act} ${subject} ${what} ${code}`);

/** No record that was written down at an instant, milliseconds of the epoch, or later has a lower id. */
export function lowestIdAt(instant: number): string {
  const digits = Math.max(0, instant).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}
