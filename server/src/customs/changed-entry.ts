import { type CustomsEntryAct, type Day, type Grams, grams, parseText, type Reason, sumGrams, today } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { mayActFor, subjectVisible } from '../access';
import { noSuch, read, record, type Work } from '../commands';
import { type Columns, groupBy } from '../database';
import { naming } from './entry-lines';

// What amending an entry and cancelling it have in common.

/** Why an entry is changed. */
export const reasonOfChange = read((text) => parseText(text, 1000));

/** A line that draws until it is retracted. */
interface StandingLine {
  id: string;
  line: number;
  certificate: string | null;
  grams: Grams;
  lots: string[];
}

/** An entry as it is looked at before it is changed. */
export interface StandingEntry {
  id: string;
  number: string;
  filedOn: Day;
  filerId: string | null;
  /** On whose behalf it may be changed. */
  ownerIds: string[];
  /** Place of its last change; 0 where there is none. */
  sequence: number;
  /** Day of its last change, or of the filing. */
  since: Day;
  cancelledOn: Day | null;
  lines: StandingLine[];
}

/**
 * An entry that the viewer sees, locked: two changes of one come one after the other. It is its importer's to change; of one that was reported
 * from outside, whoever imports by all the certificates on which it draws.
 */
export async function lockEntry({ tx, viewer }: Work, id: string): Promise<StandingEntry | null> {
  const [entry] = await tx.query<
    Omit<StandingEntry, 'ownerIds' | 'lines' | 'sequence' | 'since' | 'cancelledOn'> & { madeById: string | null }
  >(
    `select e.id, e.number, e.filed_on as "filedOn", e.filer as "filerId", e.made_by as "madeById" from customs_entry e
     where e.id = $1 and ${subjectVisible(naming(viewer), 'e.id')} for no key update of e`,
    [id],
  );
  if (!entry) return null;
  const changes = await tx.query<{ sequence: number; act: CustomsEntryAct; on: Day }>(
    'select sequence, act, on_day as "on" from customs_entry_change where entry = $1 and retracted_by is null order by sequence',
    [id],
  );
  const lines = await tx.query<Omit<StandingLine, 'grams'> & { grams: string; importers: string[] }>(
    `select x.id, x.line, x.import_certificate as certificate, x.grams, array(select j.lot from customs_entry_line_lot j where j.line = x.id order by j.lot) as lots,
       array_remove(array[c.importer, c.importer_of_record], null) as importers
     from customs_entry_line x left join import_certificate c on c.id = x.import_certificate where x.entry = $1 and x.retracted_by is null order by x.line`,
    [id],
  );
  const importers = lines.map((line) => line.importers);
  const { madeById, ...rest } = entry;
  const last = changes.at(-1);
  return {
    ...rest,
    ownerIds: madeById === null ? (importers[0] ?? []).filter((each) => importers.every((all) => all.includes(each))) : [madeById],
    sequence: last?.sequence ?? 0,
    since: last?.on ?? entry.filedOn,
    cancelledOn: last?.act === 'CANCELLED' ? last.on : null,
    lines: lines.map(({ importers: _, ...line }) => ({ ...line, grams: grams(line.grams) })),
  };
}

/** On whose behalf the viewer changes an entry, or why it may not. */
export function ownerActing({ viewer }: Work, { ownerIds }: StandingEntry): { owner: string } | Reason {
  const owner = ownerIds.find((each) => mayActFor(viewer, each, 'CUSTOMS_ENTRIES') === null);
  if (owner !== undefined) return { owner };
  return (
    mayActFor(viewer, ownerIds[0] ?? null, 'CUSTOMS_ENTRIES') ?? {
      code: 'REFUSED',
      message: 'no importer has all the certificates on which it draws',
      path: ['customsEntry'],
      remedy: 'have it corrected where it came from',
    }
  );
}

/** The entry that a row names, and on whose behalf it is changed; null where that is refused. */
export async function entryToChange(work: Work, index: number, id: string): Promise<{ entry: StandingEntry; owner: string } | null> {
  const entry = await lockEntry(work, id);
  const acting = entry && ownerActing(work, entry);
  if (!entry || !acting || !('owner' in acting)) {
    work.refuse(index, acting && !('owner' in acting) ? acting : noSuch('customs entry', 'customsEntry'));
    return null;
  }
  if (entry.cancelledOn === null) return { entry, owner: acting.owner };
  work.refuse(index, {
    code: 'CONFLICT',
    message: `the entry was cancelled on ${entry.cancelledOn}`,
    path: ['customsEntry'],
    rule: '7 CFR 205.273',
    remedy: 'record another entry',
  });
  return null;
}

interface NewChange {
  id: string;
  entry: StandingEntry;
  act: Exclude<CustomsEntryAct, 'RECORDED'>;
  on: Day;
  madeBy: string;
  reason: string;
}

const CHANGE = ({ now }: Work): Columns<NewChange> => ({
  id: ['uuid', (each) => each.id],
  entry: ['uuid', (each) => each.entry.id],
  sequence: ['integer', (each) => each.entry.sequence + 1],
  act: ['text', (each) => each.act],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', () => now],
  made_by: ['uuid', (each) => each.madeBy],
  reason: ['text', (each) => each.reason],
});

/**
 * Records a change, and retracts the lines of an entry: they draw on nothing any more. Whoever had the entry keeps it with its history, and
 * has no lot by it any more.
 */
export async function recordEntryChange(work: Work, change: Omit<NewChange, 'id'>): Promise<void> {
  const { tx, command } = work;
  const { entry, act, on, reason, madeBy } = change;
  const id = uuidv7();
  await record(work, 'customs_entry_change', CHANGE(work), [{ ...change, id }]);
  await tx.query(
    `insert into party (operation, subject, noun, fact, on_day, recorded_by)
     select distinct p.operation, p.subject, p.noun, $2::uuid, $3::date, $4::uuid from party p where p.subject = $1 and p.retracted_by is null`,
    [entry.id, id, on, command],
  );
  const retracted = entry.lines.map((line) => line.id);
  await tx.query('update customs_entry_line set retracted_by = $2 where id = any($1)', [retracted, command]);
  await tx.query('update party set retracted_by = $2 where fact = any($1) and retracted_by is null', [retracted, command]);
  work.emit({
    type: act === 'AMENDED' ? 'customs-entry.amended' : 'customs-entry.cancelled',
    subject: entry.id,
    payload: { on, retracted, reason },
  });
  for (const [certificate, lines] of groupBy(
    entry.lines.filter((line) => line.certificate !== null),
    (line) => line.certificate!,
  ))
    work.emit({
      type: 'import-certificate.draws-released',
      subject: certificate,
      payload: { entry: entry.id, lines: lines.map((line) => line.id), grams: String(sumGrams(lines.map((line) => line.grams))) },
    });
  for (const { id: fact, lots, grams: mass } of entry.lines)
    for (const lot of lots)
      work.emit({
        type: 'lot.fact-retracted',
        subject: lot,
        payload: {
          fact,
          retracts: 'ENTERED',
          grams: lots.length === 1 ? String(mass) : null,
          on: entry.filedOn,
          from: null,
          to: madeBy,
          reason,
        },
      });
}

/** What lines draw, by certificate. */
export function drawnBy(lines: readonly StandingLine[]): Map<string, bigint> {
  const drawn = new Map<string, bigint>();
  for (const { certificate, grams: mass } of lines) if (certificate !== null) drawn.set(certificate, (drawn.get(certificate) ?? 0n) + mass);
  return drawn;
}

/** Today, or the day of the last change, where that is later: it may be tomorrow already where it was filed. */
export const dayOfChange = ({ now }: Work, { since }: StandingEntry): Day => (since > today(now) ? since : today(now));
