import type { LotKind } from '@lotline/schema';
import type { Report, ReportedGap, ReportedLot } from './report';

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 4 : 1)} %`;

const BIRTH: Record<LotKind, string> = { HARVEST: 'harvested', TRANSFORMATION: 'made', PURCHASED: 'bought' };

const about = ({ code, product, organic, kind, producerName, producer, country, producedOn }: ReportedLot): string =>
  [
    code,
    `${product}${organic ? '' : ' (not organic)'}`,
    `${BIRTH[kind]} by ${producerName} (${producer}), ${country}`,
    ...(producedOn ? [producedOn] : []),
  ].join(' | ');

/** The trace as a tree for a person: each lot in full where it is first met, and by name where it is met again. */
export function* tree(report: Report): Generator<string> {
  const lots = new Map([report.root, ...report.lots].map((lot) => [lot.lot, lot]));
  const next = new Map<string, string[]>();
  for (const { from, to } of report.links) {
    const [near, far] = report.direction === 'BACK' ? [to, from] : [from, to];
    const list = next.get(near);
    if (list) list.push(far);
    else next.set(near, [far]);
  }
  const { root } = report;
  yield `${about(root)} | ${root.quantity} kg`;
  const told = new Set([root.lot]);
  // A chain of lots may be longer than a stack is deep.
  const open = (next.get(root.lot) ?? []).map((lot, index, all) => ({ lot, indent: '', last: index === all.length - 1 })).reverse();
  for (let each = open.pop(); each; each = open.pop()) {
    const { lot: name, indent, last } = each;
    const lot = lots.get(name)!;
    const branch = `${indent}${last ? '`-- ' : '|-- '}`;
    if (told.has(name)) {
      yield `${branch}${lot.code} | see above`;
      continue;
    }
    told.add(name);
    yield `${branch}${about(lot)} | ${lot.kilograms} kg (${percent(lot.share)})`;
    const below = next.get(name) ?? [];
    const deeper = below.map((far, index) => ({
      lot: far,
      indent: `${indent}${last ? '    ' : '|   '}`,
      last: index === below.length - 1,
    }));
    open.push(...deeper.reverse());
  }
  yield '';
  yield* summary(report);
}

function* summary({ direction, lots, unknown, holders, gaps, complete }: Report): Generator<string> {
  const harvests = lots.filter((lot) => lot.kind === 'HARVEST');
  yield direction === 'BACK'
    ? `${lots.length} lots behind it, ${harvests.length} of them harvests; ${unknown} kg are of unknown origin.`
    : `${lots.length} lots were made with it; ${holders.length} hold some of it.`;
  for (const { name, operation, lots: count, held, fromRoot } of holders)
    yield `  ${name} (${operation}): ${fromRoot} kg of it, in ${held} kg of ${count} ${count === 1 ? 'lot' : 'lots'}`;
  yield complete ? 'The trace is complete.' : 'The trace is not complete.';
  if (gaps.length > 0) yield `${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'}:`;
  for (const gap of gaps) yield `  ${gapLine(gap)}`;
}

const gapLine = ({ kind, lot, on, message, rule }: ReportedGap): string =>
  `${[kind, lot, ...(on ? [on] : [])].join(' | ')} | ${message}${rule ? ` (${rule})` : ''}`;
