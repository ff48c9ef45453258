import type { AccessAct, ErrorCode, NodeType } from '@lotline/schema';
import type { Viewer } from '../access';

/** Who did something. */
export interface Caller {
  viewer: Viewer;
  /** The key by which it was done; null for a token, or for none. */
  key: string | null;
}

/** Something that was done, as one question knows it. */
export interface Note {
  act: AccessAct;
  noun: NodeType | null;
  subject: string | null;
  /** The command, field or type that was refused. */
  what: string | null;
  code: ErrorCode | null;
  /** Of a story: lots whose facts were opened. */
  lots: readonly string[];
}

/** Most lots of one story whose parties are told of it. */
export const MOST_LOTS = 10_000;

/** Lots of stories that are one, and one beyond the most where there are more. */
export const lotsOf = (...stories: readonly Pick<Note, 'lots'>[]): string[] =>
  [...new Set(stories.flatMap(({ lots }) => lots))].slice(0, MOST_LOTS + 1);

/** What one question has shown and was refused: each once, however often its answer says it. */
export class Notes {
  private readonly noted = new Map<string, Note>();
  private shows = true;

  constructor(readonly by: Caller) {}

  get all(): readonly Note[] {
    return this.noted.size === 0 ? [] : [...this.noted.values()];
  }

  /** The same, and forgets it: an answer that goes on for long takes its notes away as it goes. */
  take(): readonly Note[] {
    const all = this.all;
    this.noted.clear();
    return all;
  }

  /** The answer is refused as a whole: nothing of what was read for it is shown. */
  showNothing(): void {
    this.shows = false;
    for (const [key, { act }] of this.noted) if (act !== 'REFUSED') this.noted.delete(key);
  }

  /** A noun was shown. */
  read(noun: NodeType, subject: string): void {
    if (this.shows && !this.noted.has(subject)) this.noted.set(subject, { act: 'READ', noun, subject, what: null, code: null, lots: [] });
  }

  /**
   * The story of a lot was told. It concerns the parties of that lot, and of every lot that was shown in full: what was withheld is not
   * told of. May be called again as more is shown; of several roots, once for each, with the lots at one of them.
   */
  traced(root: string, lots: readonly string[] = []): void {
    if (!this.shows) return;
    const known = this.noted.get(`story ${root}`);
    const all = lotsOf(...(known ? [known] : []), { lots });
    this.noted.set(`story ${root}`, { act: 'TRACED', noun: 'Lot', subject: root, what: null, code: null, lots: all });
  }

  /** A question or a command was refused, about that noun if it was about one. */
  refused(what: string, code: ErrorCode, about: { type: NodeType; id: string } | null): void {
    const [noun, subject] = [about?.type ?? null, about?.id ?? null];
    this.noted.set(`${what} ${code} ${subject}`, { act: 'REFUSED', noun, subject, what, code, lots: [] });
  }
}
