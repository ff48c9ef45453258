import { type Day, type ImportCertificateStatus, quote, toKilograms } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewCertificateLine, type NewImportCertificate, recordImportCertificates } from '../certificates';
import {
  type Book,
  compare,
  equalRow,
  importCertificateOf,
  type KnownImportCertificate,
  type KnownLot,
  keyOf,
  operationOf,
  Repeats,
  unknown,
  wrong,
} from './book';
import { IMPORT_CERTIFICATE_LINES, IMPORT_CERTIFICATES, type Row } from './columns';
import { type Found, storedFacts, withoutKnown } from './movements';
import type { Coded } from './references';
import { namesOf } from './references';
import { weigh, weighNet } from './weigh';

type CertificateRow = Row<typeof IMPORT_CERTIFICATES>;

interface StoredCertificate extends Omit<KnownImportCertificate, 'stored' | 'voided'> {
  kind: string;
  exporter: string;
  importer: string;
  final_handler: string | null;
  consignee: string | null;
  certifier: string;
  hts: string;
  origin: string | null;
  destination: string | null;
  standard: string | null;
  valid_from: Day | null;
  valid_to: Day | null;
  quantity: string | null;
  unit: string | null;
  attributes: object | null;
  statuses: ImportCertificateStatus[];
  issued_on: Day | null;
  issued_at: Date | null;
  requested_on: Day | null;
  requested_at: Date | null;
}

/** Import certificates and their lines, checked; to be stored when nothing of the folder is wrong. */
export async function checkImportCertificates(book: Book, coded: Coded): Promise<{ store(): Promise<void> }> {
  const rows = book.folder.rows(IMPORT_CERTIFICATES);
  const numbers = new Set(namesOf(book, 'import certificate'));
  for (const row of rows) numbers.add(row.values.number);
  if (numbers.size === 0) return { store: async () => {} };
  book.progress.step('checking import certificates');
  const stored = await storedCertificates(book, [...numbers]);
  for (const each of stored.values()) {
    const { statuses } = each;
    const voided = statuses.includes('VOIDED');
    book.importCertificates.set(each.number, { ...each, voided, stored: true });
  }
  const certificates = newCertificates(book, stored);
  const lines = await newLines(book, coded);
  await checkClaims(book, lines);
  return {
    store: async () => {
      if (certificates.length + lines.length === 0) return;
      book.progress.step(`storing ${certificates.length} import certificates, ${lines.length} lines`);
      await recordImportCertificates(
        book.work,
        certificates,
        lines.map(({ fact }) => fact),
      );
    },
  };
}

/** The certificates that the database knows by these numbers, locked until the import ends: whoever adds lines waits for others. */
async function storedCertificates(book: Book, numbers: readonly string[]): Promise<Map<string, StoredCertificate>> {
  await book.work.tx.query('select from import_certificate where number = any($1) order by id for no key update', [numbers]);
  const step = (status: 'ISSUED' | 'REQUESTED', column: 'on_day' | 'at') =>
    `(select s.${column} from import_certificate_status s where s.import_certificate = c.id and s.status = '${status}' and s.retracted_by is null order by s.sequence limit 1)`;
  const rows = await book.work.tx.query<StoredCertificate>(
    `select c.id, c.number, c.exporter as "exporterId", c.final_handler as "finalHandlerId", c.importer as "importerId", c.importer_of_record as "importerOfRecordId",
       c.consignee as "consigneeId", c.certifier as "certifierId", c.kind, e.identifier as exporter, i.identifier as importer, h.identifier as final_handler,
       g.identifier as consignee, z.code as certifier, c.hts, c.origin, c.destination, c.standard, c.valid_from, c.valid_to, c.value as quantity, c.unit, c.attributes,
       array(select s.status from import_certificate_status s where s.import_certificate = c.id and s.retracted_by is null order by s.sequence) as statuses,
       ${step('ISSUED', 'on_day')} as issued_on, ${step('ISSUED', 'at')} as issued_at, ${step('REQUESTED', 'on_day')} as requested_on, ${step('REQUESTED', 'at')} as requested_at
     from import_certificate c join operation e on e.id = c.exporter join operation i on i.id = c.importer left join operation h on h.id = c.final_handler
       left join operation g on g.id = c.consignee join certifier z on z.id = c.certifier where c.number = any($1)`,
    [numbers],
  );
  return new Map(rows.map((row) => [row.number, row]));
}

const moment = (on: Day | null, at: Date | null) => on && { on, at };

/** What is known of a certificate, as a row would say it. */
const asRow = ({ issued_on, issued_at, requested_on, requested_at, statuses, ...rest }: StoredCertificate) => ({
  ...rest,
  issued_on: moment(issued_on, issued_at),
  requested_on: moment(requested_on, requested_at),
  status: statuses.at(-1)!,
});

function newCertificates(book: Book, stored: ReadonlyMap<string, StoredCertificate>): NewImportCertificate[] {
  const format = IMPORT_CERTIFICATES;
  const repeats = new Repeats<CertificateRow>();
  const fresh: NewImportCertificate[] = [];
  let unchanged = 0;
  const stated = ({ values: { number: _, status, quantity, ...rest } }: CertificateRow) => ({
    ...rest,
    quantity: quantity === undefined ? undefined : (quantity?.text ?? null),
    // A blank status says nothing: the certificate may have gone on since.
    status: status ?? undefined,
  });
  for (const row of book.folder.rows(format)) {
    const { line, values, attributes } = row;
    const operation = (column: 'exporter' | 'importer' | 'final_handler' | 'consignee') =>
      values[column] == null ? null : operationOf(book, format, line, column, values[column]);
    const [exporter, importer, finalHandler, consignee] = [
      operation('exporter'),
      operation('importer'),
      operation('final_handler'),
      operation('consignee'),
    ];
    const certifier = book.certifiers.get(values.certifier);
    if (!certifier) unknown(book, format, line, 'certifier', 'certifier', values.certifier);
    const [quantity, unit] = [values.quantity ?? null, values.unit ?? null];
    if ((quantity === null) !== (unit === null))
      wrong(book, format, line, quantity === null ? 'quantity' : 'unit', 'quantity and unit go together', 'give both, or neither');
    if (values.valid_from != null && values.valid_to != null && values.valid_to < values.valid_from)
      wrong(book, format, line, 'valid_to', `the period ends on ${values.valid_to}, before it begins`, 'give its days in order');
    const grams = quantity && unit ? weighNet(book, format, line, quantity, unit) : null;
    const missing = (values.final_handler != null && !finalHandler) || (values.consignee != null && !consignee);
    if (!exporter || !importer || !certifier || missing || (quantity && grams === null)) {
      book.folder.doubts.add(format, values.number);
      continue;
    }
    const earlier = repeats.earlier([values.number], line, row);
    const before = stored.get(values.number);
    const what = `import certificate ${values.number}`;
    if (before || earlier) {
      const first = before ? asRow(before) : { ...stated(earlier!.row), attributes: earlier!.row.attributes };
      compare(book, format, row, before ? what : `${what}, line ${earlier!.line},`, first, stated(row));
      unchanged++;
      continue;
    }
    const step = (status: ImportCertificateStatus, when: CertificateRow['values']['requested_on']) =>
      ({ id: uuidv7(), status, on: when?.on ?? null, at: when?.at ?? null }) as const;
    const statuses = [
      ...(values.requested_on ? [step('REQUESTED', values.requested_on)] : []),
      step('ISSUED', values.issued_on),
      ...(values.status && values.status !== 'ISSUED' ? [step(values.status, null)] : []),
    ];
    const certificate: NewImportCertificate = {
      id: uuidv7(),
      number: values.number,
      kind: values.kind,
      exporterId: exporter.id,
      finalHandlerId: finalHandler?.id ?? null,
      importerId: importer.id,
      importerOfRecordId: null,
      consigneeId: consignee?.id ?? null,
      certifierId: certifier.id,
      hts: values.hts,
      origin: values.origin ?? null,
      destination: values.destination ?? null,
      standard: values.standard ?? null,
      validFrom: values.valid_from ?? null,
      validTo: values.valid_to ?? null,
      neededBy: null,
      grams,
      value: quantity?.text ?? null,
      unit,
      attributes,
      statuses,
    };
    fresh.push(certificate);
    book.importCertificates.set(values.number, {
      ...certificate,
      number: values.number,
      voided: values.status === 'VOIDED',
      stored: false,
    });
  }
  book.counts[format.name] = { recorded: fresh.length, unchanged };
  return fresh;
}

/** A line of a certificate that is not known yet, with its row. */
type NewLine = Found<NewCertificateLine & { certificate: KnownImportCertificate }> & { lot: KnownLot | null };

async function newLines(book: Book, { lot: lots }: Coded): Promise<NewLine[]> {
  const format = IMPORT_CERTIFICATE_LINES;
  const found: NewLine[] = [];
  const repeats = new Map<string, number>();
  for (const row of book.folder.rows(format)) {
    const { line, values, attributes } = row;
    const certificate = importCertificateOf(book, format, line, 'certificate', values.certificate);
    const product = book.products.get(values.product);
    if (!product) unknown(book, format, line, 'product', 'product', values.product);
    const lot = values.lot ? lots.resolve(book, format, line, 'lot', values.lot) : null;
    const grams = weigh(book, format, line, values.quantity, values.unit, product ?? null);
    if (!certificate || !product || grams === null || (values.lot && !lot)) continue;
    const fact = {
      id: uuidv7(),
      certificate,
      productId: product.id,
      lotId: lot?.id ?? null,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      reference: values.reference ?? null,
      attributes,
    };
    const key = keyOf(certificate.id, product.id, fact.lotId, fact.value, fact.unit, fact.reference);
    const earlier = repeats.get(key);
    if (earlier !== undefined) equalRow(book, format, line, earlier);
    repeats.set(key, line);
    found.push({ fact, key, row, lot });
  }
  const known = await storedFacts(
    book,
    'select import_certificate, product, lot, value, unit, reference, attributes from import_certificate_line where import_certificate = any($1) and shipped_lot is null and retracted_by is null',
    found.flatMap(({ fact }) => (fact.certificate.stored ? [fact.certificate.id] : [])),
    (row) => [keyOf(row.import_certificate, row.product, row.lot, row.value, row.unit, row.reference)],
  );
  const fresh = new Set(withoutKnown(book, format, found, known));
  return found.filter(({ fact }) => fresh.has(fact));
}

/** A gram may back one import certificate only: the law, told with the row that breaks it. */
async function checkClaims(book: Book, lines: readonly NewLine[]): Promise<void> {
  const claiming = lines.filter(({ lot, fact }) => lot !== null && !fact.certificate.voided);
  const ids = [...new Set(claiming.flatMap(({ lot }) => (lot?.stored ? [lot.id] : [])))].sort();
  const rows =
    ids.length === 0
      ? []
      : await book.work.tx.query<{ lot: string; grams: string }>(
          `select x.lot, sum(x.grams) as grams from import_certificate_line x where x.lot = any($1) and x.retracted_by is null and claiming(x)
             and exists (select from import_certificate_status s where s.import_certificate = x.import_certificate and s.retracted_by is null and s.status = 'ISSUED')
             and not exists (select from import_certificate_status s where s.import_certificate = x.import_certificate and s.retracted_by is null and s.status = 'VOIDED')
           group by x.lot`,
          [ids],
        );
  const claimed = new Map(rows.map((row) => [row.lot, BigInt(row.grams)]));
  for (const { lot, fact, row } of claiming) {
    const before = claimed.get(lot!.id) ?? 0n;
    const left = lot!.grams > before ? lot!.grams - before : 0n;
    claimed.set(lot!.id, before + fact.grams);
    if (fact.grams <= left) continue;
    book.mistakes.add({
      file: IMPORT_CERTIFICATE_LINES.name,
      line: row.line,
      column: 'quantity',
      code: 'REFUSED',
      wrong: `lot ${quote(lot!.code)} weighs ${toKilograms(lot!.grams)} kg, of which ${toKilograms(left)} kg back no certificate yet`,
      remedy: 'a gram may back one import certificate only: cover at most what is left',
    });
  }
}
