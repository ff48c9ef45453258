import { type Day, daysAfter, type Grams, toKilograms, type UnreconciledKind } from '@lotline/schema';

// A period at its end: what departed under a certificate against what was entered, as a pure function of both.

/** What departed of a lot, in a shipment. */
export interface Shipped {
  shipment: string;
  lot: string;
  on: Day;
  grams: bigint;
}

/** A line of an entry that draws on the certificate, or drew on it before the entry was cancelled. */
export interface EnteredLine {
  id: string;
  entry: string;
  line: number;
  filedOn: Day;
  grams: bigint;
  /** None where nobody said which. */
  lots: readonly string[];
  cancelled: boolean;
}

interface OfShipment {
  shipment: string;
  departedOn: Day;
  shipped: bigint;
  entered: bigint;
}

interface Difference {
  kind: UnreconciledKind;
  grams: bigint;
  message: string;
  shipment: string | null;
  entry: string | null;
  line: number | null;
  lots: string[];
}

/** How long before the end of a period the actual net weights are reported, days (as certifying agents publish it). */
const REPORTED_DAYS_BEFORE = 7;

/** The day by which the actual net weights of a period are reported. */
export const reconcileBy = (validTo: Day | null): Day | null => (validTo === null ? null : daysAfter(validTo, -REPORTED_DAYS_BEFORE));

function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

const kilograms = (mass: bigint): string => `${toKilograms(mass as Grams)} kg`;

/**
 * How much of each lot that was shipped is entered by which line: as much as can be. A line that names lots enters these, one that names none any;
 * where a line may take either of two lots, it makes way for one that may not.
 */
class Matching {
  /** Of each lot, by line. */
  private readonly taken = new Map<string, Map<EnteredLine, bigint>>();
  private readonly left: Map<string, bigint>;
  private readonly all: string[];

  constructor(shipped: readonly Shipped[]) {
    this.left = new Map();
    for (const { lot, grams } of shipped) this.left.set(lot, (this.left.get(lot) ?? 0n) + grams);
    this.all = [...this.left.keys()];
  }

  private lotsOf = ({ lots }: EnteredLine): readonly string[] => (lots.length > 0 ? lots.filter((lot) => this.left.has(lot)) : this.all);

  /** Enters some more of a line; how much is not entered then. */
  enter(line: EnteredLine): bigint {
    let rest = line.grams;
    while (rest > 0n) {
      const some = this.push(line, rest, new Set());
      if (some === 0n) break;
      rest -= some;
    }
    return rest;
  }

  private push(line: EnteredLine, most: bigint, seen: Set<string>): bigint {
    const lots = this.lotsOf(line).filter((lot) => !seen.has(lot));
    for (const lot of lots) {
      const left = this.left.get(lot)!;
      if (left > 0n) return this.take(line, lot, lesser(left, most));
    }
    for (const lot of lots) {
      if (seen.has(lot)) continue;
      seen.add(lot);
      for (const [other, has] of this.taken.get(lot) ?? []) {
        if (other === line || has === 0n) continue;
        const moved = this.push(other, lesser(has, most), seen);
        if (moved === 0n) continue;
        this.taken.get(lot)!.set(other, has - moved);
        this.left.set(lot, this.left.get(lot)! + moved);
        return this.take(line, lot, moved);
      }
    }
    return 0n;
  }

  private take(line: EnteredLine, lot: string, grams: bigint): bigint {
    this.left.set(lot, this.left.get(lot)! - grams);
    const lines = this.taken.get(lot) ?? new Map<EnteredLine, bigint>();
    lines.set(line, (lines.get(line) ?? 0n) + grams);
    this.taken.set(lot, lines);
    return grams;
  }

  hasShipped = (lot: string): boolean => this.left.has(lot);

  /** Of a lot, what is not entered. */
  notEntered = (lot: string): bigint => this.left.get(lot) ?? 0n;

  get shippedAny(): boolean {
    return this.all.length > 0;
  }
}

/** Lines that may take few lots go first. */
const choices = ({ lots }: EnteredLine): number => (lots.length === 0 ? Number.POSITIVE_INFINITY : lots.length);

function excessOf(line: EnteredLine, rest: bigint, live: readonly EnteredLine[], matching: Matching): Difference {
  const { entry, lots } = line;
  const known = lots.length === 0 ? matching.shippedAny : lots.some(matching.hasShipped);
  const isAgain = live.some((other) => other !== line && other.lots.some((lot) => lots.includes(lot)));
  const [kind, message]: [UnreconciledKind, string] = !known
    ? ['ENTERED_NOT_SHIPPED', `${kilograms(rest)} were entered, and nothing of that was shipped under the certificate.`]
    : isAgain
      ? ['LOT_ENTERED_TWICE', `${kilograms(rest)} were entered, and as much of the lot is entered by another line.`]
      : ['ENTERED_MORE_THAN_SHIPPED', `${kilograms(rest)} more were entered than was shipped.`];
  return { kind, grams: rest, message, shipment: null, entry, line: line.line, lots: [...lots] };
}

/**
 * What was shipped under a certificate for a period against what was entered, by shipment, and what does not reconcile. Of a lot in several shipments
 * the first departed counts as entered first.
 * @param shipped first departed first
 * @param lines first filed first
 */
export function reconcile(
  shipped: readonly Shipped[],
  lines: readonly EnteredLine[],
  validTo: Day | null,
): { shipments: OfShipment[]; unreconciled: Difference[] } {
  const live = lines.filter(({ cancelled }) => !cancelled);
  const matching = new Matching(shipped);
  const excess: Difference[] = [];
  for (const line of [...live].sort((a, b) => choices(a) - choices(b) || 0)) {
    const rest = matching.enter(line);
    if (rest > 0n) excess.push(excessOf(line, rest, live, matching));
  }

  const shipments = new Map<string, OfShipment>();
  const lacking = new Map<string, string[]>();
  const notEntered = new Map<string, bigint>();
  for (const { lot } of shipped) notEntered.set(lot, matching.notEntered(lot));
  // Backwards, since the last departed is what is not entered.
  for (const { shipment, lot, on, grams } of [...shipped].reverse()) {
    const open = notEntered.get(lot)!;
    const missing = lesser(open, grams);
    notEntered.set(lot, open - missing);
    if (missing > 0n) lacking.set(shipment, [...(lacking.get(shipment) ?? []), lot]);
    const of = shipments.get(shipment) ?? { shipment, departedOn: on, shipped: 0n, entered: 0n };
    shipments.set(shipment, { ...of, departedOn: on, shipped: of.shipped + grams, entered: of.entered + grams - missing });
  }
  const inOrder = [...shipments.values()].reverse();

  const short = inOrder.flatMap(({ shipment, departedOn, shipped: mass, entered }): Difference[] => {
    const grams = mass - entered;
    if (grams === 0n) return [];
    const lots = lacking.get(shipment)!.reverse();
    const cancelled = lines.find((line) => line.cancelled && line.lots.some((lot) => lots.includes(lot)));
    const departed = `The shipment departed on ${departedOn} with ${kilograms(mass)}`;
    const difference = { grams, shipment, lots, entry: cancelled?.entry ?? null, line: cancelled?.line ?? null };
    if (cancelled)
      return [
        {
          ...difference,
          kind: 'SHIPPED_ENTRY_CANCELLED',
          message: `${departed}; its entry was cancelled, and ${kilograms(grams)} are not entered.`,
        },
      ];
    if (entered === 0n) return [{ ...difference, kind: 'SHIPPED_NOT_ENTERED', message: `${departed}, and nothing of it is entered.` }];
    return [{ ...difference, kind: 'ENTERED_LESS_THAN_SHIPPED', message: `${departed}, and ${kilograms(entered)} of it are entered.` }];
  });
  const late = live.flatMap(({ entry, line, lots, grams, filedOn }): Difference[] =>
    validTo !== null && filedOn > validTo
      ? [
          {
            kind: 'ENTERED_AFTER_PERIOD',
            grams,
            message: `${kilograms(grams)} were entered on ${filedOn}, and the period ended on ${validTo}.`,
            shipment: null,
            entry,
            line,
            lots: [...lots],
          },
        ]
      : [],
  );
  return { shipments: inOrder, unreconciled: [...short, ...excess, ...late] };
}
