import { factsInSight, isOpened, seesAll, seesWhole } from '../access';
import type { Question } from '../questions';

/** What may be seen of a story. */
export interface Sight {
  sees(subject: string, fact: string): boolean;
  /** Does it see a fact about a lot, a shipment, a paper or a certificate? */
  seesSubject(subject: string): boolean;
}

/** How much of a lot counts. */
export interface Counting {
  /** Do all its facts that are seen count, and not only what leads to its use on this trace? */
  all(lot: string): boolean;
  /** Of these, all that an operation did, to the end of its holding? */
  whole(lot: string, operation: string): boolean;
}

/** Sees every fact there is. */
export const EVERYTHING: Sight = { sees: () => true, seesSubject: () => true };

/** What a viewer sees of the subjects that were looked at. */
export class SightOfViewer implements Sight {
  private readonly facts = new Set<string>();
  private readonly subjects = new Set<string>();
  private readonly looked = new Set<string>();

  /** @param opened lots of which an audit opens every fact */
  constructor(
    private readonly question: Question,
    readonly opened: ReadonlySet<string>,
  ) {}

  /** Looks at more subjects; those that were looked at are known. */
  async look(subjects: readonly string[]): Promise<void> {
    const { reader, viewer } = this.question;
    const more = subjects.filter((subject) => !this.looked.has(subject));
    if (more.length === 0) return;
    for (const subject of more) this.looked.add(subject);
    for (const { subject, fact } of await reader.query<{ subject: string; fact: string }>(factsInSight(viewer), [more])) {
      this.facts.add(subject + fact);
      this.subjects.add(subject);
    }
  }

  sees(subject: string, fact: string): boolean {
    return this.facts.has(subject + fact);
  }

  seesSubject(subject: string): boolean {
    return this.subjects.has(subject);
  }
}

/** What the viewer sees of lots; null for who sees everything. */
export async function sightOf(question: Question, lots: readonly string[]): Promise<SightOfViewer | null> {
  if (seesAll(question.viewer)) return null;
  const sight = new SightOfViewer(question, await openedOf(question, lots));
  await sight.look(lots);
  return sight;
}

/** Of operations those of which the viewer sees every fact. */
export async function wholeOf(question: Question, operations: Iterable<string>): Promise<Set<string>> {
  const all = [...operations];
  const whole = await Promise.all(all.map((operation) => seesWhole(question, operation)));
  return new Set(all.filter((_, index) => whole[index]));
}

/** Of lots those of which an audit opens every fact to the viewer. */
async function openedOf(question: Question, lots: readonly string[]): Promise<Set<string>> {
  if (!question.viewer.audits) return new Set();
  const opened = await Promise.all(lots.map((lot) => isOpened(question, lot)));
  return new Set(lots.filter((_, index) => opened[index]));
}
