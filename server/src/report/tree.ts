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

/** Beyond so many levels the indent grows no more: the line says its depth instead. */
const DEEPEST_INDENT = 30;

/** The trace as a tree for a person: each lot in full where it is first met, and by name where it is met again. */
export function* tree(report: Report): Generator<string> {
  const { root } = report;
  const lots = [root, ...report.lots];
  const next = new Map<number, number[]>();
  for (const { from, to } of report.links) {
    const [near, far] = report.direction === 'BACK' ? [to, from] : [from, to];
    const list = next.get(near);
    if (list) list.push(far);
    else next.set(near, [far]);
  }
  yield `${about(root)} | ${root.quantity} kg`;
  const told = new Set([root.ref]);
  const branches = (ref: number, level: number, indent: string) => {
    const far = next.get(ref) ?? [];
    return far.map((lot, index) => ({ lot, level, indent, last: index === far.length - 1 })).reverse();
  };
  // A chain of lots may be longer than a stack is deep.
  const open = branches(root.ref, 1, '');
  for (let each = open.pop(); each; each = open.pop()) {
    const { lot: ref, level, indent, last } = each;
    const lot = lots[ref]!;
    const branch = `${indent}${last ? '`-- ' : '|-- '}${level > DEEPEST_INDENT ? `[${level}] ` : ''}`;
    if (told.has(ref)) {
      yield `${branch}${lot.code} | see above`;
      continue;
    }
    told.add(ref);
    yield `${branch}${about(lot)} | ${lot.kilograms} kg (${percent(lot.share)})`;
    open.push(...branches(ref, level + 1, level < DEEPEST_INDENT ? `${indent}${last ? '    ' : '|   '}` : indent));
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
