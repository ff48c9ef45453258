import type { Day, DispositionKind, Grams, TreatmentKind } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { askingParties, type CertificateParties, handOver, receivingParties } from '../certificates';
import { Parties, record, type Work } from '../commands';
import type { Columns } from '../database';
import { holdersEver, type ShipmentParties } from '../shipments';

// Customs entries with their lines, and emergency actions, as rows of any number, each with its parties. Whether they may be recorded has
// been decided before.

type Attributes = Record<string, string> | null;

export interface NewCustomsEntry {
  id: string;
  number: string;
  filedOn: Day;
  filedAt: Date | null;
  filerId: string | null;
  /** On whose behalf; left out where it was reported from outside. */
  madeById?: string;
}

export interface NewCustomsEntryLine {
  id: string;
  entry: Pick<NewCustomsEntry, 'id' | 'filedOn' | 'filerId'>;
  /** As of the entry. */
  madeById?: string;
  line: number;
  certificate: CertificateParties;
  hts: string;
  grams: Grams;
  value: string;
  unit: string;
  lotIds: readonly string[];
  attributes: Attributes;
}

/** How much is held, as entered where somebody said. */
export interface HeldMass {
  grams: Grams;
  value: string | null;
  unit: string | null;
}

export interface NewEmergencyAction {
  id: string;
  number: string;
  on: Day;
  at: Date | null;
  ordered: string;
  lotId: string | null;
  shipment: ShipmentParties | null;
  certifierNotifiedOn: Day | null;
  disposition: DispositionKind | null;
  attributes: Attributes;
  /** What a command says of it besides; left out where it came from outside. */
  told?: {
    treatment: TreatmentKind | null;
    /** Null for all that the shipment carried. */
    held: HeldMass | null;
    /** The importer, the consignee or the filer. */
    madeById: string;
    noticeHours: number;
    /** Certificates that are held with the goods. */
    certificates: readonly CertificateParties[];
  };
}

const ENTRY: Columns<NewCustomsEntry> = {
  id: ['uuid', (each) => each.id],
  number: ['text', (each) => each.number],
  filed_on: ['date', (each) => each.filedOn],
  filed_at: ['timestamptz', (each) => each.filedAt],
  filer: ['uuid', (each) => each.filerId],
  made_by: ['uuid', (each) => each.madeById ?? null],
};

const LINE: Columns<NewCustomsEntryLine> = {
  id: ['uuid', (each) => each.id],
  entry: ['uuid', (each) => each.entry.id],
  line: ['integer', (each) => each.line],
  import_certificate: ['uuid', (each) => each.certificate.id],
  hts: ['text', (each) => each.hts],
  grams: ['bigint', (each) => each.grams],
  value: ['text', (each) => each.value],
  unit: ['text', (each) => each.unit],
  attributes: ['jsonb', (each) => each.attributes],
  made_by: ['uuid', (each) => each.madeById ?? null],
};

const LINE_LOT: Columns<{ line: string; lot: string }> = {
  line: ['uuid', (each) => each.line],
  lot: ['uuid', (each) => each.lot],
};

const ACTION: Columns<NewEmergencyAction> = {
  id: ['uuid', (each) => each.id],
  number: ['text', (each) => each.number],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', (each) => each.at],
  ordered: ['text', (each) => each.ordered],
  lot: ['uuid', (each) => each.lotId],
  shipment: ['uuid', (each) => each.shipment?.id ?? null],
  attributes: ['jsonb', (each) => each.attributes],
  treatment: ['text', (each) => each.told?.treatment ?? null],
  grams: ['bigint', (each) => each.told?.held?.grams ?? null],
  value: ['text', (each) => each.told?.held?.value ?? null],
  unit: ['text', (each) => each.told?.held?.unit ?? null],
  made_by: ['uuid', (each) => each.told?.madeById ?? null],
  notice_hours: ['integer', (each) => each.told?.noticeHours ?? null],
};

const HELD_CERTIFICATE: Columns<{ action: string; certificate: string }> = {
  emergency_action: ['uuid', (each) => each.action],
  import_certificate: ['uuid', (each) => each.certificate],
};

const NOTICE: Columns<NewEmergencyAction> = {
  id: ['uuid', () => uuidv7()],
  emergency_action: ['uuid', (each) => each.id],
  on_day: ['date', (each) => each.certifierNotifiedOn],
};

const DISPOSITION: Columns<NewEmergencyAction> = {
  id: ['uuid', () => uuidv7()],
  emergency_action: ['uuid', (each) => each.id],
  kind: ['text', (each) => each.disposition],
};

/**
 * Records entries and their lines. An entry is its filer's and its importers', who have the certificate by it, with its lots and papers;
 * exporter and issuer learn how much was drawn on it, not by which entry.
 */
export async function recordCustomsEntries(
  work: Work,
  entries: readonly NewCustomsEntry[],
  lines: readonly NewCustomsEntryLine[],
): Promise<void> {
  await record(work, 'customs_entry', ENTRY, entries);
  await record(work, 'customs_entry_line', LINE, lines);
  await work.tx.insert(
    'customs_entry_line_lot',
    LINE_LOT,
    lines.flatMap(({ id, lotIds }) => lotIds.map((lot) => ({ line: id, lot }))),
  );
  const parties = new Parties();
  for (const { id, filerId, filedOn, madeById = null } of entries) parties.add([filerId, madeById], 'customs_entry', id, id, filedOn);
  for (const { id, entry, certificate, lotIds } of lines) {
    const importing = [entry.filerId, ...receivingParties(certificate)];
    parties.add(importing, 'customs_entry', entry.id, id, entry.filedOn);
    parties.add([...askingParties(certificate), ...importing], 'import_certificate', certificate.id, id, entry.filedOn);
    for (const lot of lotIds) parties.add(importing, 'lot', lot, id, entry.filedOn);
  }
  await parties.record(work);
  await handOver(
    work,
    lines.map(({ certificate }) => certificate.id),
  );
  for (const { id, number, filerId: filer, filedOn } of entries)
    work.emit({ type: 'customs-entry.recorded', subject: id, payload: { number, filer, filedOn } });
  for (const { entry, certificate, line, grams, lotIds } of lines)
    work.emit({
      type: 'import-certificate.drawn',
      subject: certificate.id,
      payload: { entry: entry.id, line, grams: String(grams), lots: [...lotIds] },
    });
}

/** Who filed entries that draw on certificates, by certificate. */
async function filersOf({ tx }: Work, certificates: readonly string[]): Promise<Map<string, string[]>> {
  if (certificates.length === 0) return new Map();
  const rows = await tx.query<{ certificate: string; filers: string[] }>(
    `select x.import_certificate as certificate, array_agg(distinct e.filer) as filers from customs_entry_line x join customs_entry e on e.id = x.entry
     where x.import_certificate = any($1) and x.retracted_by is null and e.filer is not null group by x.import_certificate`,
    [certificates],
  );
  return new Map(rows.map(({ certificate, filers }) => [certificate, filers]));
}

/**
 * Records emergency actions, whether the certifier was told, and what became of the goods. One that somebody tells of is its own, the shipper's and
 * the consignee's of its shipment, and whose certificates are held with it: the exporter, whoever imports by them, and who filed an entry under
 * them. One that was reported from outside on a lot names nobody: it is whoever ever had some of it who learns.
 */
export async function recordEmergencyActions(work: Work, actions: readonly NewEmergencyAction[]): Promise<void> {
  await record(work, 'emergency_action', ACTION, actions);
  const notified = actions.filter((each) => each.certifierNotifiedOn !== null);
  const disposed = actions.filter((each) => each.disposition !== null);
  await record(work, 'certifier_notice', NOTICE, notified);
  await record(work, 'disposition', DISPOSITION, disposed);

  const held = actions.flatMap(({ id, told }) =>
    (told?.certificates ?? []).map((certificate) => ({ action: id, certificate: certificate.id })),
  );
  await work.tx.insert('emergency_action_certificate', HELD_CERTIFICATE, held);

  const parties = new Parties();
  const holders = await holdersEver(
    work,
    actions.flatMap(({ lotId, told }) => (told || lotId === null ? [] : [lotId])),
  );
  const filers = await filersOf(
    work,
    held.map(({ certificate }) => certificate),
  );
  for (const { id, lotId, shipment, on, told } of actions) {
    const who: (string | null)[] = shipment ? [shipment.shipperId, shipment.consigneeId] : (holders.get(lotId!) ?? []);
    if (told) who.push(told.madeById);
    for (const { id: certificate, exporterId, importerId, importerOfRecordId, consigneeId } of told?.certificates ?? [])
      who.push(exporterId, importerId, importerOfRecordId, consigneeId, ...(filers.get(certificate) ?? []));
    parties.add(who, 'emergency_action', id, id, on);
    if (shipment) parties.add(who, 'shipment', shipment.id, id, on);
    else parties.add(who, 'lot', lotId!, id, on);
  }
  await parties.record(work);
  for (const { id, number, ordered, lotId: lot, shipment, on } of actions)
    work.emit({ type: 'emergency-action.recorded', subject: id, payload: { number, ordered, lot, shipment: shipment?.id ?? null, on } });
  for (const { id, certifierNotifiedOn } of notified)
    work.emit({ type: 'emergency-action.certifier-notified', subject: id, payload: { on: certifierNotifiedOn! } });
  for (const { id, disposition } of disposed)
    work.emit({ type: 'emergency-action.disposed', subject: id, payload: { kind: disposition!, grams: null, on: null } });
}
