import { dayAfter, heldFrom, holdings, verdict } from './oracle';
import { PRODUCTS, type World, type WorldCertificate } from './world';

// Whom it hits that an operation is certified no more, by the slowest obvious way: day by day, and fact by fact until nothing changes.

export const productOf = (world: World, code: string) => world.lots.find((lot) => lot.code === code)!.product ?? 'Wheat';
export const isOrganic = (world: World, code: string): boolean => PRODUCTS[productOf(world, code)].organic;
const isLost = (world: World, operation: string, product: string, day: string): boolean =>
  !['VALID', 'VALID_EQUIVALENT', 'EXEMPT'].includes(verdict(world, operation, product, day));

/** Organic lots that an operation produced. */
export const producedBy = (world: World, operation: string): string[] =>
  world.lots.filter(({ producer, code }) => producer === operation && isOrganic(world, code)).map(({ code }) => code);

/** What an operation holds of organic lots that others produced, in grams. */
export const stockOf = (world: World, operation: string, today: string): [string, bigint][] =>
  world.lots.flatMap(({ code, producer }): [string, bigint][] => {
    const held = holdings(world, code, today).get(operation) ?? 0;
    return producer !== operation && isOrganic(world, code) && held > 0 ? [[code, BigInt(held) * 1000n]] : [];
  });

interface Named {
  standard: string;
  certifier: { code: string };
}

/** The products that a certificate covers; null where it says of none. */
function formOf(world: World, operation: string, { standard, certifier }: Named, today: string): string[] | null {
  const { certificates } = world.operations.find(({ identifier }) => identifier === operation)!;
  const it = certificates!.find((each) => each.standard === standard && each.certifier === certifier.code)!;
  const begun = it.steps.filter(({ from }) => from <= today).sort((a, b) => (a.from < b.from ? -1 : 1));
  return begun.findLast(({ products }) => products.length > 0)?.products ?? null;
}

/** Does anything hang on a certificate, where nobody says of what product it is? */
export const anythingHangsOn = (world: World, operation: string, named: Named, today: string): boolean =>
  (formOf(world, operation, named, today) ?? ['']).some((product) => hangsOn(world, operation, named, product, today));

/** Would an operation not be certified for a product, were one of its certificates not in force, and does that one cover the product? */
export function hangsOn(world: World, operation: string, { standard, certifier }: Named, product: string, today: string): boolean {
  const found = world.operations.find(({ identifier }) => identifier === operation)!;
  const form = formOf(world, operation, { standard, certifier }, today);
  if (form && !form.includes(product)) return false;
  const isIt = (each: WorldCertificate) => each.standard === standard && each.certifier === certifier.code;
  const steps: WorldCertificate['steps'] = [{ status: 'SUSPENDED', from: '2000-01-01', expires: null, products: [] }];
  const certificates = found.certificates!.map((each) => (isIt(each) ? { ...each, steps } : each));
  return isLost(
    { ...world, operations: world.operations.map((each) => (each === found ? { ...each, certificates } : each)) },
    operation,
    product,
    today,
  );
}

/** Shipments that have departed and not arrived. */
export const onTheWater = (world: World): NonNullable<World['shipments']> =>
  (world.shipments ?? []).filter(({ legs }) => legs.length > 0 && legs.at(-1)!.arrived === null);

/** Who has some of a lot that is hit: everybody, or these. */
type InHandsOf = Set<string> | 'EVERYBODY';

export interface Hits {
  /** Whoever is told, by lot. */
  lots: Map<string, string[]>;
  shipments: Set<string>;
  /** Numbers. */
  certificates: Set<string>;
}

/** @param day first day of the loss, of which the world knows */
export function hitsOf(world: World, operation: string, day: string, today: string): Hits {
  const firstLost = (product: string, from: string, to: string): string | null => {
    for (let each = from < day ? day : from; each <= to; each = dayAfter(each)) if (isLost(world, operation, product, each)) return each;
    return null;
  };
  const hit = new Map<string, InHandsOf>();
  const since = new Map<string, string>();
  const own = new Set<string>();
  for (const { code, producer } of world.lots) {
    if (!isOrganic(world, code) || firstLost(productOf(world, code), day, today) === null) continue;
    if (producer === operation && isLost(world, operation, productOf(world, code), today)) own.add(code);
    for (const { from, to, isBirth } of heldFrom(world, code, operation, today)) {
      const first = firstLost(productOf(world, code), from, to);
      if (first === null) continue;
      if (isBirth && first === from) hit.set(code, 'EVERYBODY');
      else if (hit.get(code) !== 'EVERYBODY') {
        hit.set(code, new Set([operation]));
        since.set(code, [since.get(code) ?? first, first].sort()[0]!);
      }
    }
  }
  const passes = (code: string, from: string, on: string | null): boolean => {
    const hands = hit.get(code);
    if (hands === undefined || hands === 'EVERYBODY') return hands !== undefined;
    return hands.has(from) && (from !== operation || !since.has(code) || on === null || on >= since.get(code)!);
  };
  for (let before = ''; ; ) {
    for (const { lot, from, to, on } of world.transfers) {
      const hands = hit.get(lot);
      if (passes(lot, from, on) && hands !== 'EVERYBODY') hands!.add(to);
    }
    for (const { input, output, on } of world.uses) {
      const { producer, on: born } = world.lots.find(({ code }) => code === output)!;
      if (!passes(input, producer, on ?? born)) continue;
      hit.set(output, 'EVERYBODY');
      since.delete(output);
    }
    const now = JSON.stringify([...hit].map(([code, hands]) => [code, hands === 'EVERYBODY' ? hands : [...hands].sort()]).sort());
    if (now === before) break;
    before = now;
  }
  const has = (code: string, holder: string): boolean => {
    const hands = own.has(code) ? 'EVERYBODY' : hit.get(code);
    return hands === 'EVERYBODY' || (hands?.has(holder) ?? false);
  };
  const lots = new Map<string, string[]>();
  for (const { code } of world.lots) {
    if (!isOrganic(world, code)) continue;
    const told = [...holdings(world, code, today).keys()].filter((holder) => has(code, holder)).sort();
    if (told.length > 0) lots.set(code, told);
  }
  const organicOnes = (codes: readonly string[]) => codes.filter((code) => isOrganic(world, code));
  const shipments = onTheWater(world).filter(({ shipper, consignee, lots: carried }) => {
    const codes = organicOnes(carried.map(({ lot }) => lot));
    return (
      codes.length > 0 &&
      ((shipper === operation && codes.some((code) => isLost(world, operation, productOf(world, code), today))) ||
        codes.some((code) => has(code, shipper) || has(code, consignee)))
    );
  });
  const certificates = (world.importCertificates ?? []).filter(
    ({ voided, exporter, importer, lines }) =>
      !voided &&
      (((exporter === operation || importer === operation) &&
        (lines.length === 0 || lines.some(({ product }) => isLost(world, operation, product, today)))) ||
        lines.some(({ lot }) => lot !== null && isOrganic(world, lot) && has(lot, exporter))),
  );
  return {
    lots,
    shipments: new Set(shipments.map(({ reference }) => reference)),
    certificates: new Set(certificates.map(({ number }) => number)),
  };
}
