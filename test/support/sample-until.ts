import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { csv } from './lotline';

type Row = Record<string, string>;

const cells = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain!);

function rowsOf(text: string): Row[] {
  const [header, ...lines] = text.trim().split('\n');
  const names = cells(header!);
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, index) => [names[index]!, cell])));
}

/** The column that says when; a file without one says nothing by itself. */
const DAY: Record<string, string> = {
  'lots.csv': 'produced_on',
  'lot_inputs.csv': 'on',
  'transfers.csv': 'on',
  'lot_adjustments.csv': 'on',
  'treatments.csv': 'on',
  'shipments.csv': 'booked_on',
  'shipment_legs.csv': 'departed',
  'documents.csv': 'issued_on',
  'operation_certificates.csv': 'effective_from',
};
/** What a request for a certificate comes before. */
const LATER = ['import_certificates.csv', 'import_certificate_lines.csv', 'customs_entries.csv', 'emergency_actions.csv'];

/** A sample as it stood at the end of a day, before anybody asked for an import certificate: a folder to import. */
export function sampleUntil(sample: string, day: string): Record<string, string> {
  const folder = join(__dirname, '../../samples', sample);
  const files = new Map<string, Row[]>();
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.csv') && !LATER.includes(each))) {
    const rows = rowsOf(readFileSync(join(folder, name), 'utf8'));
    files.set(
      name,
      rows.filter((row) => !DAY[name] || row[DAY[name]]!.slice(0, 10) <= day),
    );
  }
  const known = (file: string, column: string) => new Set((files.get(file) ?? []).map((row) => row[column]!));
  const [lots, shipments, documents] = [known('lots.csv', 'code'), known('shipments.csv', 'reference'), known('documents.csv', 'number')];
  const isThere = (column: string, value: string) => {
    if (value === '') return true;
    if (['lot', 'input', 'output'].includes(column)) return lots.has(value);
    if (column === 'shipment') return shipments.has(value);
    return column === 'document' ? documents.has(value) : true;
  };
  const some = (list: string, there: ReadonlySet<string>) =>
    list
      .split(';')
      .filter((each) => there.has(each))
      .join(';');
  return Object.fromEntries(
    [...files].flatMap(([name, all]) => {
      const rows = all
        .filter((row) => Object.entries(row).every(([column, value]) => isThere(column, value)))
        .map((row) =>
          name === 'documents.csv'
            ? { ...row, lots: some(row.lots!, lots), shipments: some(row.shipments!, shipments), certificates: '' }
            : row,
        );
      return rows.length === 0 ? [] : [[name, csv(rows)]];
    }),
  );
}
