import type { KeyScope } from '@lotline/schema';
import { factsInSight, isOpened, type NounWithParties, scopesFor, seesAll, seesWhole } from '../access';
import type { Question } from '../questions';

/** What may be seen of a story. */
export interface Sight {
  /** Is a fact about a subject seen, by who needs this scope for it? */
  sees(subject: string, fact: string, scope?: KeyScope): boolean;
  /** Does it see a fact about a lot, a shipment, a paper or a certificate? */
  seesSubject(subject: string, scope?: KeyScope): boolean;
}

/** How much of a lot counts. */
export interface Counting {
  /** Do all its facts that are seen count, and not only what leads to its use on this trace? */
  all(lot: string): boolean;
  /** Of these, all by which an operation came to hold it and gave it away? */
  whole(lot: string, operation: string): boolean;
  /** And how it was carried, certified and documented? */
  documented(lot: string, operation: string): boolean;
}

/** Sees every fact there is. */
export const EVERYTHING: Sight = { sees: () => true, seesSubject: () => true };

/** What a viewer sees of the subjects that were looked at. */
export class SightOfViewer implements Sight {
  private readonly facts = new Map<string, ReadonlySet<KeyScope>>();
  private readonly subjects = new Map<string, ReadonlySet<KeyScope>>();
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
    const rows = await reader.query<{ subject: string; fact: string; operation: string }>(factsInSight(viewer), [more]);
    for (const { subject, fact, operation } of rows) {
      const scopes = scopesFor(viewer, operation);
      add(this.facts, subject + fact, scopes);
      add(this.subjects, subject, scopes);
    }
  }

  sees(subject: string, fact: string, scope: KeyScope = 'LOTS'): boolean {
    return this.facts.get(subject + fact)?.has(scope) ?? false;
  }

  seesSubject(subject: string, scope: KeyScope = 'LOTS'): boolean {
    return this.subjects.get(subject)?.has(scope) ?? false;
  }
}

/** Whoever sees a fact for several operations has the scopes of all. */
function add(to: Map<string, ReadonlySet<KeyScope>>, key: string, scopes: ReadonlySet<KeyScope>): void {
  const known = to.get(key);
  if (known !== scopes) to.set(key, known ? new Set([...known, ...scopes]) : scopes);
}

/** What the viewer sees of lots; null for who sees everything. */
export async function sightOf(question: Question, lots: readonly string[]): Promise<SightOfViewer | null> {
  if (seesAll(question.viewer)) return null;
  const sight = new SightOfViewer(question, await openedOf(question, lots));
  await sight.look(lots);
  return sight;
}

/** Of operations those of which the viewer sees every fact, or every one about some nouns. */
export async function wholeOf(question: Question, operations: Iterable<string>, nouns?: readonly NounWithParties[]): Promise<Set<string>> {
  const all = [...operations];
  const whole = await Promise.all(all.map((operation) => seesWhole(question, operation, nouns)));
  return new Set(all.filter((_, index) => whole[index]));
}

/** Of lots those of which an audit opens every fact to the viewer. */
async function openedOf(question: Question, lots: readonly string[]): Promise<Set<string>> {
  if (!question.viewer.audits) return new Set();
  const opened = await Promise.all(lots.map((lot) => isOpened(question, lot)));
  return new Set(lots.filter((_, index) => opened[index]));
}
