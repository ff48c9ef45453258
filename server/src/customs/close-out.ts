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
      const some = this.push(line, rest);
      if (some === 0n) break;
      rest -= some;
    }
    return rest;
  }

  /** Enters at most so much of a line, in the place of lines that take another lot instead, the fewest of them; how much that was. */
  private push(line: EnteredLine, most: bigint): bigint {
    const wantedBy = new Map<string, EnteredLine>();
    const givenUp = new Map<EnteredLine, string>();
    const wanting = [line];
    for (const each of wanting)
      for (const lot of this.lotsOf(each)) {
        if (wantedBy.has(lot)) continue;
        wantedBy.set(lot, each);
        if (this.left.get(lot)! > 0n) return this.make(lot, most, wantedBy, givenUp);
        for (const [other, has] of this.taken.get(lot) ?? []) {
          if (has === 0n || other === line || givenUp.has(other)) continue;
          givenUp.set(other, lot);
          wanting.push(other);
        }
      }
    return 0n;
  }

  /** Enters of a lot that has some left what a line wants of it, and of the lot that this line gives up what another wants, and so on. */
  private make(lot: string, most: bigint, wantedBy: ReadonlyMap<string, EnteredLine>, givenUp: ReadonlyMap<EnteredLine, string>): bigint {
    const moves: { line: EnteredLine; takes: string; gives: string | undefined }[] = [];
    let mass = lesser(this.left.get(lot)!, most);
    for (let takes: string | undefined = lot; takes !== undefined; ) {
      const line: EnteredLine = wantedBy.get(takes)!;
      const gives = givenUp.get(line);
      moves.push({ line, takes, gives });
      if (gives !== undefined) mass = lesser(mass, this.taken.get(gives)!.get(line)!);
      takes = gives;
    }
    for (const { line, takes, gives } of moves) {
      this.take(line, takes, mass);
      if (gives !== undefined) this.take(line, gives, -mass);
    }
    return mass;
  }

  private take(line: EnteredLine, lot: string, grams: bigint): void {
    this.left.set(lot, this.left.get(lot)! - grams);
    const lines = this.taken.get(lot) ?? new Map<EnteredLine, bigint>();
    lines.set(line, (lines.get(line) ?? 0n) + grams);
    this.taken.set(lot, lines);
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

/** A certificate for a period. */
interface Period {
  validFrom: Day | null;
  validTo: Day | null;
  /** Grams that it covers. */
  covered: bigint;
}

/** Of a lot in a shipment, what is not entered. */
interface Lacking {
  lot: string;
  grams: bigint;
}

const sumOf = (all: readonly { grams: bigint }[]): bigint => all.reduce((sum, { grams }) => sum + grams, 0n);

/** Why some of a shipment is not entered: since an entry was cancelled and not made anew, or was never made of all of it. */
function shortOf({ shipment, departedOn, shipped, entered }: OfShipment, lacking: readonly Lacking[], lines: readonly EnteredLine[]) {
  const cancelledOf = ({ lot }: Lacking) =>
    lines.some((line) => !line.cancelled && line.lots.includes(lot))
      ? undefined
      : lines.find((line) => line.cancelled && line.lots.includes(lot));
  const departed = `The shipment departed on ${departedOn} with ${kilograms(shipped)}`;
  const difference = (kind: UnreconciledKind, of: readonly Lacking[], message: string, cancelled?: EnteredLine): Difference[] => {
    const [entry, line] = cancelled ? [cancelled.entry, cancelled.line] : [null, null];
    return of.length === 0 ? [] : [{ kind, grams: sumOf(of), message, shipment, lots: of.map(({ lot }) => lot), entry, line }];
  };
  const undone = lacking.filter(cancelledOf);
  const others = lacking.filter((each) => !undone.includes(each));
  const isNothing = entered === 0n && undone.length === 0;
  return [
    ...difference(
      'SHIPPED_ENTRY_CANCELLED',
      undone,
      `${departed}; its entry was cancelled, and ${kilograms(sumOf(undone))} are not entered.`,
      undone[0] && cancelledOf(undone[0]),
    ),
    ...difference(
      isNothing ? 'SHIPPED_NOT_ENTERED' : 'ENTERED_LESS_THAN_SHIPPED',
      others,
      isNothing ? `${departed}, and nothing of it is entered.` : `${departed}, and ${kilograms(entered)} of it are entered.`,
    ),
  ];
}

/** A line that was not entered within the period; none where it was. */
function outsidePeriod({ entry, line, lots, grams, filedOn }: EnteredLine, { validFrom, validTo }: Period): Difference[] {
  const difference = (kind: UnreconciledKind, why: string): Difference[] => [
    {
      kind,
      grams,
      message: `${kilograms(grams)} were entered on ${filedOn}, and the period ${why}.`,
      shipment: null,
      entry,
      line,
      lots: [...lots],
    },
  ];
  if (validTo !== null && filedOn > validTo) return difference('ENTERED_AFTER_PERIOD', `ended on ${validTo}`);
  if (validFrom !== null && filedOn < validFrom) return difference('ENTERED_BEFORE_PERIOD', `began on ${validFrom}`);
  return [];
}

/** That more is entered than the certificate covers; none where it is not. */
function beyond(live: readonly EnteredLine[], { covered }: Period): Difference[] {
  const entered = sumOf(live);
  if (entered <= covered) return [];
  const message = `${kilograms(entered)} were entered, and the certificate covers ${kilograms(covered)}.`;
  return [{ kind: 'ENTERED_BEYOND_COVERED', grams: entered - covered, message, shipment: null, entry: null, line: null, lots: [] }];
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
  period: Period,
): { shipments: OfShipment[]; unreconciled: Difference[] } {
  const live = lines.filter(({ cancelled }) => !cancelled);
  const matching = new Matching(shipped);
  const excess: Difference[] = [];
  for (const line of [...live].sort((a, b) => choices(a) - choices(b) || 0)) {
    const rest = matching.enter(line);
    if (rest > 0n) excess.push(excessOf(line, rest, live, matching));
  }

  const shipments = new Map<string, OfShipment>();
  const lacking = new Map<string, Lacking[]>();
  const notEntered = new Map<string, bigint>();
  for (const { lot } of shipped) notEntered.set(lot, matching.notEntered(lot));
  // Backwards, since the last departed is what is not entered.
  for (const { shipment, lot, on, grams } of [...shipped].reverse()) {
    const open = notEntered.get(lot)!;
    const missing = lesser(open, grams);
    notEntered.set(lot, open - missing);
    if (missing > 0n) lacking.set(shipment, [{ lot, grams: missing }, ...(lacking.get(shipment) ?? [])]);
    const of = shipments.get(shipment) ?? { shipment, departedOn: on, shipped: 0n, entered: 0n };
    shipments.set(shipment, { ...of, departedOn: on, shipped: of.shipped + grams, entered: of.entered + grams - missing });
  }
  const inOrder = [...shipments.values()].reverse();
  const short = inOrder.flatMap((of) => shortOf(of, lacking.get(of.shipment) ?? [], lines));
  const outside = live.flatMap((line) => outsidePeriod(line, period));
  return { shipments: inOrder, unreconciled: [...short, ...excess, ...outside, ...beyond(live, period)] };
}
