import {
  CustomsEntry,
  CustomsEntryChange,
  CustomsEntryLine,
  type Day,
  Disposition,
  EmergencyActionNotification,
  grams,
} from '@lotline/schema';
import { additionVisible, factEverVisible, factVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped, knownFact, nounById } from '../database';
import { type Question, seenFacts, seenLinks, visibleNoun } from '../questions';
import type { EnteredLine } from './close-out';

export const customsEntryById = nounById(CustomsEntry);
export const emergencyActionById = nounById(EmergencyActionNotification);

/** An entry by id; null where there is none, or the viewer may not see it. */
export const visibleCustomsEntry = (question: Question, id: string): Promise<CustomsEntry | null> =>
  visibleNoun(question, 'customs_entry', customsEntryById, id);

/** An emergency action by id; null where there is none, or the viewer may not see it. */
export const visibleEmergencyAction = (question: Question, id: string): Promise<EmergencyActionNotification | null> =>
  visibleNoun(question, 'emergency_action', emergencyActionById, id);

/** Lines of entries, by their numbers. */
export const linesOf = seenFacts<Omit<CustomsEntryLine, 'grams'> & { of: string; grams: string }, CustomsEntryLine>(
  `select x.entry as of, x.entry as subject, x.id as fact, x.line as place, x.id, x.entry as "entryId", x.line, x.import_certificate as "importCertificateId", x.hts,
     x.grams, x.recorded_by as "recordedBy"
   from customs_entry_line x where x.entry = any($1) and x.retracted_by is null`,
  (row) => Object.assign(new CustomsEntryLine(), row, { grams: grams(row.grams) }),
);

/** A change of an entry, with the position of its command in the log. */
type Change = CustomsEntryChange & { position: string };

/**
 * What was done with entries, oldest first: the filing, and every change of it that each viewer sees. Who certified a party for a time sees
 * none that came later.
 */
export const historyOf: BatchOf<{ id: string; viewer: Viewer }, Change[]> = async (reader, keys) => {
  const found = new Map<string, Change[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<Change>(
      `select h.*, o.name as by, c.position from (
         select e.id, e.id as "entryId", 0 as sequence, 'RECORDED' as act, e.filed_on as "onDay", (select k.at from command k where k.id = e.recorded_by) as at, e.made_by as "madeById", null as reason,
           e.recorded_by as "recordedBy", null::uuid as "retractedBy" from customs_entry e where e.id = any($1)
         union all
         select x.id, x.entry, x.sequence, x.act, x.on_day, x.at, x.made_by, x.reason, x.recorded_by, x.retracted_by
         from customs_entry_change x where x.entry = any($1) and x.retracted_by is null and ${additionVisible(viewer, 'x.entry', 'x.on_day')}
       ) h join command c on c.id = h."recordedBy" left join operation o on o.id = h."madeById" order by h.sequence`,
      [ids],
    );
    grouped(
      ids,
      rows.map((row) => Object.assign(new CustomsEntryChange(), row) as Change),
      ({ entryId }) => entryId,
    ).forEach((history, index) => {
      found.set(viewer.name + ids[index], history);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

/** Lines that an entry had after a command, by their numbers, those that the viewer sees or saw. */
export const linesAt: BatchOf<{ entry: string; position: string; viewer: Viewer }, CustomsEntryLine[]> = async (reader, keys) => {
  const found = new Map<(typeof keys)[number], CustomsEntryLine[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const rows = await reader.query<Omit<CustomsEntryLine, 'grams'> & { place: number; grams: string }>(
      `select k.place, x.id, x.entry as "entryId", x.line, x.import_certificate as "importCertificateId", x.hts, x.grams, x.recorded_by as "recordedBy"
       from unnest($1::int[], $2::uuid[], $3::bigint[]) as k(place, entry, position) join customs_entry_line x on x.entry = k.entry
         and ${knownFact('x', 'k.position')} and ${factEverVisible(group[0]!.viewer, 'x.entry', 'x.id')} order by k.place, x.line`,
      [group.map((_, place) => place), group.map(({ entry }) => entry), group.map(({ position }) => position)],
    );
    const lines = rows.map(({ place, ...row }) => ({
      place,
      line: Object.assign(new CustomsEntryLine(), row, { grams: grams(row.grams) }),
    }));
    group.forEach((key, place) => {
      found.set(
        key,
        lines.flatMap((each) => (each.place === place ? [each.line] : [])),
      );
    });
  }
  return keys.map((key) => found.get(key)!);
};

/**
 * Lines that draw on certificates, and those that did until their entry was cancelled, first filed first, as far as each viewer sees that something
 * is drawn; with the lots that they name, whoever may see these.
 */
export const drawsOf: BatchOf<{ id: string; viewer: Viewer }, EnteredLine[]> = async (reader, keys) => {
  const found = new Map<string, EnteredLine[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const fact = ['x.import_certificate', 'x.id'] as const;
    const rows = await reader.query<Omit<EnteredLine, 'grams'> & { of: string; grams: string }>(
      `select x.import_certificate as of, x.id, x.entry, x.line, e.filed_on as "filedOn", x.grams, k.id is not null as cancelled,
         array(select j.lot from customs_entry_line_lot j where j.line = x.id order by j.lot) as lots
       from customs_entry_line x join customs_entry e on e.id = x.entry
         left join customs_entry_change k on k.entry = e.id and k.act = 'CANCELLED' and k.retracted_by is null and k.recorded_by = x.retracted_by
       where x.import_certificate = any($1) and ((x.retracted_by is null and ${factVisible(viewer, ...fact)})
         or (k.id is not null and ${factEverVisible(viewer, ...fact)} and ${additionVisible(viewer, 'x.import_certificate', 'k.on_day')}))
       order by e.filed_on, e.number, x.line, x.id`,
      [ids],
    );
    grouped(
      ids,
      rows.map((row) => ({ ...row, grams: BigInt(row.grams) })),
      ({ of }) => of,
    ).forEach((lines, index) => {
      found.set(viewer.name + ids[index], lines);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

/** Who certifies operations now, by a certificate in good standing; of several the first by its code. Public, as in the Organic Integrity Database. */
export const certifierOfHandler: BatchOf<string, string | null> = async (reader, operations) => {
  const rows = await reader.query<{ operation: string; certifier: string }>(
    `select distinct on (c.operation) c.operation, c.certifier from operation_certificate c join certifier z on z.id = c.certifier
     where c.operation = any($1) and (select s.status from operation_certificate_status s
       where s.operation_certificate = c.id and s.retracted_by is null and s.effective_from <= current_date
       order by s.effective_from desc limit 1) = 'CERTIFIED' order by c.operation, z.code`,
    [operations],
  );
  const certifiers = new Map(rows.map(({ operation, certifier }) => [operation, certifier]));
  return operations.map((operation) => certifiers.get(operation) ?? null);
};

/** Entries that draw on certificates. */
export const entriesOfCertificates = seenLinks(
  `select x.import_certificate as of, x.entry as subject, x.recorded_by as "recordedBy"
   from customs_entry_line x where x.import_certificate = any($1) and x.retracted_by is null`,
);

const actionsOn = (noun: 'lot' | 'shipment') =>
  seenLinks(`select a.${noun} as of, a.id as subject, a.recorded_by as "recordedBy" from emergency_action a where a.${noun} = any($1)`);

export const emergencyActionsOfLots = actionsOn('lot');
export const emergencyActionsOfShipments = actionsOn('shipment');

interface SeenAction {
  id: string;
  viewer: Viewer;
}

/** What was added to emergency actions, of what each viewer sees. @param sql rows of `(id, on)` for the ids `$1` */
const additions =
  <Row extends { id: string }, Value>(sql: (viewer: Viewer) => string, make: (rows: Row[]) => Value): BatchOf<SeenAction, Value> =>
  async (reader, keys) => {
    const found = new Map<string, Value>();
    for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
      const { viewer } = group[0]!;
      const ids = group.map(({ id }) => id);
      const rows = await reader.query<Row>(sql(viewer), [ids]);
      grouped(ids, rows, ({ id }) => id).forEach((of, index) => {
        found.set(viewer.name + ids[index], make(of));
      });
    }
    return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
  };

/**
 * Does the viewer see that a certifier was told of an emergency action? Who told it and the certifier do; what was reported from outside, whoever sees
 * the action. Of a row `n` of `certifier_notice`, as SQL.
 */
export const noticeVisible = (viewer: Viewer): string =>
  `case when n.made_by is null then ${additionVisible(viewer, 'n.emergency_action', 'n.on_day')} else ${factVisible(viewer, 'n.emergency_action', 'n.id')} end`;

/** First day on which the certifier was told of emergency actions, where the viewer sees that. */
export const notifiedOn = additions<{ id: string; on: Day }, Day | null>(
  (viewer) => `select n.emergency_action as id, n.on_day as "on" from certifier_notice n
    where n.emergency_action = any($1) and n.retracted_by is null and ${noticeVisible(viewer)} order by n.on_day`,
  ([first]) => first?.on ?? null,
);

/** What became of the goods of emergency actions. */
export const dispositionsOf = additions<Omit<Disposition, 'grams'> & { grams: string | null }, Disposition[]>(
  (viewer) => `select d.emergency_action as id, d.kind, d.grams, d.on_day as "onDay" from disposition d
    where d.emergency_action = any($1) and d.retracted_by is null and ${additionVisible(viewer, 'd.emergency_action', 'd.on_day')} order by d.on_day nulls last, d.kind, d.id`,
  (rows) => rows.map((row) => Object.assign(new Disposition(), row, { grams: row.grams === null ? null : grams(row.grams) })),
);
