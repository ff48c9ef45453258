import type { Report, ReportedLot } from './report';

const COLUMNS: readonly (keyof ReportedLot)[] = [
  'ref',
  'depth',
  'lot',
  'code',
  'producer',
  'producerName',
  'product',
  'organic',
  'kind',
  'country',
  'producedOn',
  'quantity',
  'kilograms',
  'share',
];

/** What a spreadsheet would take for a formula is written with an apostrophe before it: codes and names are other people's. */
function cell(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The root and its lots as a table, with the kinds of gap of each. */
export function* csvRows({ root, lots, gaps }: Report): Generator<string> {
  const kinds = new Map<number, Set<string>>();
  for (const { ref, kind } of gaps) kinds.set(ref, (kinds.get(ref) ?? new Set()).add(kind));
  yield [...COLUMNS, 'gaps'].join(',');
  for (const lot of [root, ...lots])
    yield [...COLUMNS.map((column) => cell(lot[column])), cell([...(kinds.get(lot.ref) ?? [])].join(';'))].join(',');
}

/** Everything, one JSON value a line: first the trace, then its lots, links, gaps and holders. */
export function* jsonLines({ root, lots, links, gaps, holders, ...trace }: Report): Generator<string> {
  const line = (type: string, value: object) => JSON.stringify({ type, ...value });
  yield line('trace', { root: root.lot, ...trace });
  for (const lot of [root, ...lots]) yield line('lot', lot);
  for (const link of links) yield line('link', link);
  for (const gap of gaps) yield line('gap', gap);
  for (const holder of holders) yield line('holder', holder);
}
