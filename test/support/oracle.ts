import type { World, WorldLot, WorldUse } from './world';

// What the answers must be, by the slowest obvious way: every question scans every fact.

export interface OracleTrace {
  depths: Map<string, number>;
  /** Kilograms by `input>output`. */
  links: Map<string, number>;
}

const lotOf = (world: World, code: string): WorldLot => world.lots.find((lot) => lot.code === code)!;

/** A use without a day has its output's birth day; it may have none either. */
const dayOfUse = (world: World, use: WorldUse): string | null => use.on ?? lotOf(world, use.output).on;

export function trace(world: World, root: string, direction: 'BACK' | 'FORWARD', maxDepth = Number.POSITIVE_INFINITY): OracleTrace {
  const depths = new Map([[root, 0]]);
  for (let depth = 1; depth <= Math.min(maxDepth, world.lots.length); depth++) {
    for (const use of world.uses) {
      const [near, far] = direction === 'BACK' ? [use.output, use.input] : [use.input, use.output];
      if (depths.get(near) === depth - 1 && !depths.has(far)) depths.set(far, depth);
    }
  }
  const links = new Map<string, number>();
  for (const use of world.uses) {
    if (!depths.has(use.input) || !depths.has(use.output)) continue;
    const key = `${use.input}>${use.output}`;
    links.set(key, (links.get(key) ?? 0) + use.kg);
  }
  depths.delete(root);
  return { depths, links };
}

interface Change {
  holder: string;
  kg: number;
  on: string | null;
}

function changes(world: World, code: string): Change[] {
  const lot = lotOf(world, code);
  return [
    { holder: lot.producer, kg: lot.kg, on: lot.on },
    ...world.transfers
      .filter((each) => each.lot === code)
      .flatMap((each) => [
        { holder: each.from, kg: -each.kg, on: each.on },
        { holder: each.to, kg: each.kg, on: each.on },
      ]),
    ...world.uses
      .filter((use) => use.input === code)
      .map((use) => ({ holder: lotOf(world, use.output).producer, kg: -use.kg, on: dayOfUse(world, use) })),
    ...world.losses.filter((loss) => loss.lot === code).map((loss) => ({ holder: loss.holder, kg: -loss.kg, on: loss.on })),
  ];
}

/** Kilograms by holder, above zero, at the end of a day. */
export function holdings(world: World, code: string, day: string): Map<string, number> {
  const held = new Map<string, number>();
  for (const { holder, kg, on } of changes(world, code)) if (on === null || on <= day) held.set(holder, (held.get(holder) ?? 0) + kg);
  return new Map([...held].filter(([, kg]) => kg > 0));
}

export function balance(world: World, code: string): { born: number; used: number; lost: number; onHand: number } {
  const born = lotOf(world, code).kg;
  const used = world.uses.filter((use) => use.input === code).reduce((sum, use) => sum + use.kg, 0);
  const lost = world.losses.filter((loss) => loss.lot === code).reduce((sum, loss) => sum + loss.kg, 0);
  return { born, used, lost, onHand: born - used - lost };
}

/** Every acquisition, as `owner from day kg until`, sorted as text. */
export function ownership(world: World, code: string, today: string): string[] {
  const lot = lotOf(world, code);
  const all = changes(world, code);
  const heldAt = (holder: string, day: string) =>
    all.filter((each) => each.holder === holder && (each.on === null || each.on <= day)).reduce((sum, each) => sum + each.kg, 0);
  const until = (holder: string, from: string | null): string | null => {
    const days = [...new Set(all.filter((each) => each.holder === holder && each.on !== null).map((each) => each.on!))].sort();
    const start = from ?? days[0] ?? today;
    for (const day of [...new Set([start, ...days])].sort()) if (day >= start && heldAt(holder, day) <= 0) return day;
    return null;
  };
  const rows = [{ owner: lot.producer, from: null as string | null, on: lot.on, kg: lot.kg }];
  for (const each of world.transfers.filter((transfer) => transfer.lot === code))
    rows.push({ owner: each.to, from: each.from, on: each.on, kg: each.kg });
  return rows.map(({ owner, from, on, kg }) => `${owner} ${from} ${on} ${kg} ${until(owner, on)}`).sort();
}

/** Gaps of a trace as `KIND code day`, sorted. */
export function gaps(world: World, root: string, direction: 'BACK' | 'FORWARD'): string[] {
  const { depths } = trace(world, root, direction);
  const found: string[] = [];
  for (const code of [root, ...depths.keys()]) {
    const lot = lotOf(world, code);
    const inputs = world.uses.filter((use) => use.output === code);
    if (lot.kind !== 'HARVEST' && inputs.length === 0) found.push(`MISSING_INPUTS ${code} ${lot.on}`);
    if (inputs.length > 0 && inputs.reduce((sum, use) => sum + use.kg, 0) < lot.kg) found.push(`MORE_OUT_THAN_IN ${code} ${lot.on}`);

    const whole = direction === 'FORWARD' || code === root;
    const inTrace = (use: WorldUse) => whole || use.output === root || depths.has(use.output);
    const uses = world.uses.filter((use) => use.input === code && inTrace(use));
    // Back, only the transfers that brought it to its users, walking backwards from them.
    const met = new Set(uses.map((use) => lotOf(world, use.output).producer));
    const ofLot = world.transfers.filter((each) => each.lot === code);
    for (const _ of ofLot) for (const each of ofLot) if (met.has(each.to)) met.add(each.from);
    const transfers = whole ? ofLot : ofLot.filter((each) => met.has(each.to));
    const losses = whole ? world.losses.filter((each) => each.lot === code) : [];
    const gifts: Change[] = [
      ...transfers.map((each) => ({ holder: each.from, kg: each.kg, on: each.on })),
      ...uses.map((use) => ({ holder: lotOf(world, use.output).producer, kg: use.kg, on: dayOfUse(world, use) })),
      ...losses.map((each) => ({ holder: each.holder, kg: each.kg, on: each.on })),
    ];
    for (const holder of new Set(gifts.map((gift) => gift.holder))) {
      const received = (by: string | null) =>
        (holder === lot.producer ? lot.kg : 0) +
        transfers.filter((each) => each.to === holder && (by === null || each.on <= by)).reduce((sum, each) => sum + each.kg, 0);
      const gave = (by: string | null) =>
        gifts
          .filter((gift) => gift.holder === holder && (by === null || (gift.on !== null && gift.on <= by)))
          .reduce((sum, gift) => sum + gift.kg, 0);
      const days = [...new Set(gifts.filter((gift) => gift.holder === holder && gift.on !== null).map((gift) => gift.on!))].sort();
      const first = days.find((day) => received(day) > 0 && gave(day) > received(day));
      const undated = gifts.some((gift) => gift.holder === holder && gift.on === null);
      if (first) found.push(`OVERDRAWN ${code} ${first}`);
      else if (undated && received(null) > 0 && gave(null) > received(null)) found.push(`OVERDRAWN ${code} null`);
    }
  }
  return found.sort();
}
