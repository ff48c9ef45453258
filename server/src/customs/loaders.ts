import { CustomsEntry, CustomsEntryLine, type Day, Disposition, EmergencyActionNotification, grams } from '@lotline/schema';
import { type BatchOf, grouped, nounById } from '../database';
import { type Question, seenFacts, seenLinks, visibleNoun } from '../questions';

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

/** Entries that draw on certificates. */
export const entriesOfCertificates = seenLinks(
  `select x.import_certificate as of, x.entry as subject, x.recorded_by as "recordedBy"
   from customs_entry_line x where x.import_certificate = any($1) and x.retracted_by is null`,
);

const actionsOn = (noun: 'lot' | 'shipment') =>
  seenLinks(`select a.${noun} as of, a.id as subject, a.recorded_by as "recordedBy" from emergency_action a where a.${noun} = any($1)`);

export const emergencyActionsOfLots = actionsOn('lot');
export const emergencyActionsOfShipments = actionsOn('shipment');

/** First day on which the certifier was told of emergency actions. */
export const notifiedOn: BatchOf<string, Day | null> = async (reader, actions) => {
  const rows = await reader.query<{ id: string; on: Day }>(
    'select emergency_action as id, min(on_day) as "on" from certifier_notice where emergency_action = any($1) and retracted_by is null group by 1',
    [actions],
  );
  const found = new Map(rows.map((row) => [row.id, row.on]));
  return actions.map((id) => found.get(id) ?? null);
};

/** What became of the goods of emergency actions. */
export const dispositionsOf: BatchOf<string, Disposition[]> = async (reader, actions) => {
  const rows = await reader.query<Omit<Disposition, 'grams'> & { grams: string | null }>(
    `select d.id, d.emergency_action as "emergencyActionId", d.kind, d.grams, d.on_day as "onDay" from disposition d
     where d.emergency_action = any($1) and d.retracted_by is null order by d.on_day nulls last, d.kind, d.id`,
    [actions],
  );
  return grouped(
    actions,
    rows.map((row) => Object.assign(new Disposition(), row, { grams: row.grams === null ? null : grams(row.grams) })),
    (row) => row.emergencyActionId,
  );
};
