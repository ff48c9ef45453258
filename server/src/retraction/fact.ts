import type { KeyScope, Reason } from '@lotline/schema';
import { factEverVisible, mayActFor, type Viewer } from '../access';
import { noSuch, type Work } from '../commands';

// What it takes to take back a fact of any kind.

/** A fact as it is looked at before it is taken back. */
export interface Standing {
  id: string;
  /** What it is about, as rights are asked: a lot or a shipment. */
  subject: string;
  /** Whoever recorded it, by name as the log has it. */
  by: string;
  retractedBy: string | null;
}

/** What a retraction was about, for its answer. */
export interface Retracted {
  lot: string | null;
  shipment: string | null;
  operationCertificate: string | null;
}

export const ABOUT_NOTHING: Retracted = { lot: null, shipment: null, operationCertificate: null };

/** One row of a command that takes a fact back. */
export interface Retraction {
  index: number;
  id: string;
  reason: string;
}

export const RULE = '7 CFR 205.103';

/** The names under which whoever asks may have recorded something: an operation and its keys are one. */
function namesOf({ name, operationId }: Viewer): string[] {
  return operationId === null ? [name] : [name, `operation ${operationId}`, `partner of ${operationId}`];
}

/** Why the viewer may not take back a fact: it did not record it, nor is it its own; null if it may. @param by whoever recorded it; null where that gives no right @param owner null where it is nobody's but the recorder's */
export function mayRetract(viewer: Viewer, by: string | null, owner: string | null, about: KeyScope): Reason | null {
  if (by !== null && namesOf(viewer).includes(by)) return viewer.operationId === null ? null : mayActFor(viewer, viewer.operationId, about);
  if (owner !== null) return mayActFor(viewer, owner, about);
  const forbidden = mayActFor(viewer, null);
  if (forbidden || viewer.kind === 'ADMINISTRATOR') return forbidden;
  return { code: 'FORBIDDEN', message: 'it was recorded by somebody else', remedy: 'ask whoever recorded it to take it back' };
}

/** A fact about a subject that the viewer sees, or saw, and that stands, locked until the command ends; null where that is refused. */
export async function standing<Row extends Standing>(work: Work, { index, id }: Retraction, sql: string): Promise<Row | null> {
  const [row] = await work.tx.query<Row>(`select f.* from (${sql}) f where ${factEverVisible(work.viewer, 'f.subject', 'f.id')}`, [id]);
  if (!row) {
    work.refuse(index, noSuch('fact', 'fact'));
    return null;
  }
  if (row.retractedBy !== null) {
    work.refuse(index, { code: 'CONFLICT', message: 'the fact was taken back before', path: ['fact'], remedy: 'there is nothing to do' });
    return null;
  }
  return row;
}

/** Those who were parties by a fact are no more, nor to papers that were about it. */
export const retractParties = async (work: Work, fact: string, subjects: readonly (string | null)[]): Promise<void> => {
  await work.tx.query(
    "update party set retracted_by = $3 where fact = $1 and (subject = any($2) or noun = 'document') and retracted_by is null",
    [fact, subjects.filter((subject) => subject !== null), work.command],
  );
};

/** Most of what builds on a fact that is told; the rest is counted. */
const MOST_TOLD = 20;

/** Refuses to take back what others build on, and says what does. */
export function refuseBuiltOn(work: Work, index: number, builders: readonly string[], remedy: string): void {
  const told = builders.slice(0, MOST_TOLD);
  const more = builders.length - told.length;
  for (const builder of told)
    work.refuse(index, { code: 'REFUSED', message: `${builder} builds on it`, path: ['fact'], rule: RULE, remedy });
  if (more > 0) work.refuse(index, { code: 'REFUSED', message: `and ${more} more build on it`, path: ['fact'], rule: RULE, remedy });
}
