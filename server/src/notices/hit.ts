import type { NoticedNoun, NoticeKind } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { Work } from '../commands';
import { type NewNotice, recordNotices } from './record';

/** A noun that something hits, and whoever is told. */
export interface Hit {
  noun: NoticedNoun;
  subject: string;
  message: string;
  /** Of a lot or a shipment: who has it. Of other nouns whoever sees them is told. */
  holders: readonly string[];
}

/** Something that hits nouns. */
export interface Blow {
  kind: NoticeKind;
  rule: string;
  /** What it follows from. */
  cause: string;
  due: Date;
}

/**
 * Tells of what hits nouns, one notice about each, once: what was told of the same cause before is not told again. Whoever has a lot or a shipment is
 * a party to the notice about it, and by that alone hears it.
 * @returns how many were told
 */
export async function tellOfHits(work: Work, { kind, rule, cause, due }: Blow, hits: readonly Hit[]): Promise<number> {
  const known = await work.tx.query<{ subject: string }>(
    'select n.subject from notice n where n.cause = $1 and n.kind = $2 and n.due = $3 and n.retracted_by is null',
    [cause, kind, due],
  );
  const told = new Set(known.map(({ subject }) => subject));
  const fresh = hits.filter(({ subject }) => !told.has(subject));
  const notices = fresh.map(
    ({ noun, subject, message, holders }): NewNotice => ({
      id: uuidv7(),
      kind,
      noun,
      subject,
      cause,
      due: due.toISOString(),
      at: work.now,
      message,
      rule,
      to: noun === 'Lot' || noun === 'Shipment' ? holders : null,
    }),
  );
  await recordNotices(work, notices);
  return fresh.length;
}
