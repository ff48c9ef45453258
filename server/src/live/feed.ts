import type { KeyScope } from '@lotline/schema';
import type { Viewer } from '../access';
import type { Position, Reader } from '../database';
import type { LoggedCommand } from '../log';

/** What must be seen of a change for it to be told: a fact about a subject, any fact of it where null. */
export interface Right {
  subject: string;
  fact: string | null;
}

/** Something that the log told, as one kind of subscription finds it. */
export interface Found<Answer = object, Facts = unknown> {
  position: Position;
  /** What a message says of it. */
  answer: Answer;
  /** What filters ask about, as it was at that position. */
  facts: Facts;
  /** Every one of these must be seen; where there is none the change is public. */
  rights: readonly Right[];
  /** The noun that a public change is about; of others the first that must be seen. */
  subject?: string;
  /** Which scope a key needs besides that of the subscription. */
  scope?: KeyScope;
  /** A command tells a change of this name once, however many of its events speak of it. */
  once?: string;
}

/** A change in its place: how many of the same command and kind come before it. */
export interface Change<Answer = object, Facts = unknown> extends Found<Answer, Facts> {
  command: string;
  before: number;
}

/** Does a change fit a filter? */
export type Fits<Facts> = (facts: Facts) => boolean;

/** One kind of subscription: what it makes of the log, and what its filter means. */
export interface Feed<Answer extends object = object, Facts = unknown, Filter = unknown> {
  /** Its field of `Subscription`. */
  field: string;
  /** Types of the events it reads. */
  reads: ReadonlySet<string>;
  /**
   * The changes in commands, in their order. The same commands always give the same.
   * @param costly are facts that are costly to know asked for, too?
   */
  find(reader: Reader, commands: readonly LoggedCommand[], costly: boolean): Promise<Found<Answer, Facts>[]>;
  /** What a viewer is told of changes who sees some of the facts about them only. */
  asSeenBy?(
    viewer: Viewer,
    reader: Reader,
    changes: readonly Change<Answer, Facts>[],
    costly: boolean,
  ): Promise<Pick<Found<Answer, Facts>, 'answer' | 'facts'>[]>;
  /** Does a filter ask for facts that are costly to know? */
  isCostly?(filter: Filter | null): boolean;
  /** What a filter asks, read once. @throws Refusal BAD_USER_INPUT for what cannot be asked */
  fitter(filter: Filter | null): Fits<Facts>;
}

/** A list in a filter is any of these; one that is not given is anything. */
export const anyOf = <Value>(list: readonly Value[] | null | undefined, value: Value | null): boolean =>
  list == null || (value !== null && list.includes(value));

/** Most events that are looked at together: a large import tells hundreds of thousands. */
const MOST_EVENTS = 2000;

/** Commands in parts of so many events, in order; a large command comes in several parts. */
function* parts(feed: Feed, commands: readonly LoggedCommand[]): Generator<LoggedCommand[]> {
  let part: LoggedCommand[] = [];
  let size = 0;
  for (const command of commands) {
    const events = command.events.filter(({ type }) => feed.reads.has(type));
    for (let at = 0; at < events.length; at += MOST_EVENTS) {
      const some = events.slice(at, at + MOST_EVENTS);
      if (size + some.length > MOST_EVENTS) {
        yield part;
        [part, size] = [[], 0];
      }
      part.push({ ...command, events: some });
      size += some.length;
    }
  }
  if (part.length > 0) yield part;
}

/** Every change that a feed finds in commands, each in its place, a part at a time. */
export async function* changesIn(
  feed: Feed,
  find: (part: readonly LoggedCommand[]) => Promise<Found[]>,
  commands: readonly LoggedCommand[],
): AsyncGenerator<Change[]> {
  let position: Position | null = null;
  let before = 0;
  let told = new Set<string>();
  for (const part of parts(feed, commands)) {
    const ids = new Map(part.map((command) => [command.position, command.id]));
    const changes: Change[] = [];
    for (const found of await find(part)) {
      if (found.position !== position) [position, before, told] = [found.position, 0, new Set()];
      if (found.once !== undefined && told.has(found.once)) continue;
      if (found.once !== undefined) told.add(found.once);
      changes.push({ ...found, command: ids.get(found.position)!, before: before++ });
    }
    yield changes;
  }
}
