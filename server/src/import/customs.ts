import { type Day, type Moment, quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { tellVolumes, volumesOf } from '../certificates';
import {
  type NewCustomsEntry,
  type NewCustomsEntryLine,
  type NewEmergencyAction,
  recordCustomsEntries,
  recordEmergencyActions,
} from '../customs';
import { type Book, compare, importCertificateOf, operationOf, Repeats, wrong } from './book';
import { CUSTOMS_ENTRIES, EMERGENCY_ACTIONS, type Row } from './columns';
import type { Coded } from './references';
import { weighNet } from './weigh';

type EntryRow = Row<typeof CUSTOMS_ENTRIES>;
type ActionRow = Row<typeof EMERGENCY_ACTIONS>;

/** Customs entries and emergency actions, checked; to be stored when nothing of the folder is wrong. */
export async function checkCustoms(book: Book, coded: Coded): Promise<{ store(): Promise<void> }> {
  const { entries, lines } = await newEntries(book, coded);
  const actions = await newActions(book, coded);
  return {
    store: async () => {
      if (entries.length + lines.length + actions.length === 0) return;
      book.progress.step(`storing ${entries.length} customs entries, ${lines.length} lines, ${actions.length} emergency actions`);
      const before = await volumesOf(
        book.work,
        lines.map(({ certificate }) => certificate.id),
      );
      await recordCustomsEntries(book.work, entries, lines);
      await tellVolumes(book.work, before);
      await recordEmergencyActions(book.work, actions);
    },
  };
}

const moment = (on: Day, at: Date | null): Moment => ({ on, at });

interface StoredLine {
  entry: string;
  line: number | null;
  id: string;
  filer: string | null;
  filer_id: string | null;
  filed_on: Day;
  filed_at: Date | null;
  certificate: string | null;
  hts: string;
  quantity: string;
  unit: string;
  lots: string[];
  attributes: object | null;
}

/**
 * Every line that the database has of these entries, and the entries themselves; locked until the import ends. Of a line that was amended or
 * cancelled by command the last that was said counts: what came from outside before does not come again.
 */
async function storedLines(book: Book, numbers: readonly string[]): Promise<StoredLine[]> {
  await book.work.tx.query('select from customs_entry where number = any($1) order by id for no key update', [numbers]);
  return book.work.tx.query<StoredLine>(
    `select e.id, e.number as entry, e.filed_on, e.filed_at, e.filer as filer_id, f.identifier as filer, x.line, c.number as certificate, x.hts, x.value as quantity,
       x.unit, x.attributes,
       array(select o.identifier || '/' || l.code from customs_entry_line_lot j join lot l on l.id = j.lot join operation o on o.id = l.producer where j.line = x.id) as lots
     from customs_entry e left join operation f on f.id = e.filer left join (
       select distinct on (entry, line) * from customs_entry_line order by entry, line, retracted_by is not null, id desc) x on x.entry = e.id
       left join import_certificate c on c.id = x.import_certificate where e.number = any($1)`,
    [numbers],
  );
}

/** Rows of one entry agree on who filed it and when; a line has a key of its own: its entry and number. */
async function newEntries(book: Book, coded: Coded): Promise<{ entries: NewCustomsEntry[]; lines: NewCustomsEntryLine[] }> {
  const format = CUSTOMS_ENTRIES;
  const rows = book.folder.rows(format);
  if (rows.length === 0) return { entries: [], lines: [] };
  book.progress.step('checking customs entries');
  const stored = await storedLines(book, [...new Set(rows.map((row) => row.values.entry))]);
  const known = new Map(stored.map((row) => [`${row.entry} ${row.line}`, row]));
  const entries = new Map<string, NewCustomsEntry & { filer: string | null; line: number | null }>(
    stored.map(({ entry, id, filed_on: filedOn, filed_at: filedAt, filer_id: filerId, filer }) => [
      entry,
      { id, number: entry, filedOn, filedAt, filerId, filer, line: null },
    ]),
  );
  const repeats = new Repeats<{ row: EntryRow; lots: string[] }>();
  const fresh: NewCustomsEntry[] = [];
  const lines: NewCustomsEntryLine[] = [];
  let unchanged = 0;
  const stated = ({ values: { certificate, hts, quantity, unit, lots } }: EntryRow, named: string[]) => ({
    certificate,
    hts,
    quantity: quantity.text,
    unit,
    lots: lots === undefined ? undefined : named,
  });
  for (const row of rows) {
    const { line, values, attributes } = row;
    const certificate = importCertificateOf(book, format, line, 'certificate', values.certificate);
    const filer = values.filer == null ? null : operationOf(book, format, line, 'filer', values.filer);
    const lots = coded.lot.resolveAll(book, format, line, 'lots', values.lots);
    const grams = weighNet(book, format, line, values.quantity, values.unit);
    if (!certificate || (values.filer != null && !filer) || !lots || grams === null) continue;

    const entry = entries.get(values.entry);
    if (entry) {
      const what = `entry ${values.entry}${entry.line === null ? '' : `, line ${entry.line},`}`;
      const { filer: filedBy, filedOn, filedAt } = entry;
      const first = { filer: filedBy, filed_on: moment(filedOn, filedAt), attributes: null };
      compare(book, format, { ...row, extra: [] }, what, first, { filer: values.filer, filed_on: values.filed_on });
    } else {
      const { on: filedOn, at: filedAt } = values.filed_on;
      const made = { id: uuidv7(), number: values.entry, filedOn, filedAt, filerId: filer?.id ?? null };
      entries.set(values.entry, { ...made, filer: values.filer ?? null, line });
      fresh.push(made);
    }
    const named = lots.map(({ owner, code }) => `${owner}/${code}`);
    const what = `line ${values.line} of entry ${values.entry}`;
    const earlier = repeats.earlier([values.entry, values.line], line, { row, lots: named });
    const before = known.get(`${values.entry} ${values.line}`);
    if (before || earlier) {
      const first = before ?? { ...stated(earlier!.row.row, earlier!.row.lots), attributes: earlier!.row.row.attributes };
      compare(book, format, row, before ? what : `${what}, line ${earlier!.line},`, { ...first }, stated(row, named));
      unchanged++;
      continue;
    }
    lines.push({
      id: uuidv7(),
      entry: entries.get(values.entry)!,
      line: values.line,
      certificate,
      hts: values.hts,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      lotIds: lots.map(({ id }) => id),
      attributes,
    });
  }
  book.counts[format.name] = { recorded: lines.length, unchanged };
  return { entries: fresh, lines };
}

interface StoredAction {
  number: string;
  on: Day;
  at: Date | null;
  ordered: string;
  lot: string | null;
  shipment: string | null;
  certifier_notified_on: Day | null;
  disposition: string | null;
  attributes: object | null;
}

async function newActions(book: Book, coded: Coded): Promise<NewEmergencyAction[]> {
  const format = EMERGENCY_ACTIONS;
  const rows = book.folder.rows(format);
  if (rows.length === 0) return [];
  book.progress.step('checking emergency actions');
  const stored = await book.work.tx.query<StoredAction>(
    `select a.number, a.on_day as "on", a.at, a.ordered, o.identifier || '/' || l.code as lot, p.identifier || '/' || s.reference as shipment, a.attributes,
       (select min(n.on_day) from certifier_notice n where n.emergency_action = a.id and n.retracted_by is null) as certifier_notified_on,
       (select d.kind from disposition d where d.emergency_action = a.id and d.retracted_by is null order by d.id limit 1) as disposition
     from emergency_action a left join lot l on l.id = a.lot left join operation o on o.id = l.producer
       left join shipment s on s.id = a.shipment left join operation p on p.id = s.shipper where a.number = any($1)`,
    [rows.map((row) => row.values.number)],
  );
  const known = new Map(stored.map(({ on, at, ...row }) => [row.number, { ...row, on: moment(on, at) }]));
  const repeats = new Repeats<{ row: ActionRow; of: Record<string, unknown> }>();
  const fresh: NewEmergencyAction[] = [];
  let unchanged = 0;
  for (const row of rows) {
    const { line, values, attributes } = row;
    if (!values.lot === !values.shipment) {
      const both = values.lot ? 'an emergency action is on a lot or on a shipment, not on both' : 'neither a lot nor a shipment is named';
      wrong(book, format, line, values.lot ? 'shipment' : 'lot', both, 'name one of them; write a row for each');
      continue;
    }
    const lot = values.lot ? coded.lot.resolve(book, format, line, 'lot', values.lot) : null;
    const shipment = values.shipment ? coded.shipment.resolve(book, format, line, 'shipment', values.shipment) : null;
    if (!lot && !shipment) continue;
    const { number, on, ordered, certifier_notified_on, disposition } = values;
    const of = {
      on,
      ordered,
      lot: lot && `${lot.owner}/${lot.code}`,
      shipment: shipment && `${shipment.owner}/${shipment.code}`,
      certifier_notified_on,
      disposition,
    };
    const what = `emergency action ${quote(number)}`;
    const earlier = repeats.earlier([number], line, { row, of });
    const before = known.get(number);
    if (before || earlier) {
      const first = before ?? { ...earlier!.row.of, attributes: earlier!.row.row.attributes };
      compare(book, format, row, before ? what : `${what}, line ${earlier!.line},`, { ...first }, of);
      unchanged++;
      continue;
    }
    fresh.push({
      id: uuidv7(),
      number,
      on: on.on,
      at: on.at,
      ordered,
      lotId: lot?.id ?? null,
      shipment,
      certifierNotifiedOn: certifier_notified_on ?? null,
      disposition: disposition ?? null,
      attributes,
    });
  }
  book.counts[format.name] = { recorded: fresh.length, unchanged };
  return fresh;
}
