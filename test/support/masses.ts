import { trace } from './oracle';
import type { World, WorldLot } from './world';

// Where mass came from and went, by definition and recursion: each lot asks its neighbours, and every split is dealt out gram by gram.

const lotOf = (world: World, code: string): WorldLot => world.lots.find((lot) => lot.code === code)!;
const gramsOf = (lot: WorldLot): bigint => BigInt(lot.kg) * 1000n;

/** Deals whole grams: first the whole parts, then one gram at a time to whoever is owed the largest part of one, the first on ties. */
function deal(grams: bigint, weights: bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  const dealt = weights.map((weight) => (grams * weight) / total);
  const owed = weights.map((weight) => (grams * weight) % total);
  for (let left = grams - dealt.reduce((sum, part) => sum + part, 0n); left > 0n; left--) {
    let most = 0;
    for (let index = 1; index < owed.length; index++) if (owed[index]! > owed[most]!) most = index;
    dealt[most]! += 1n;
    owed[most] = -1n;
  }
  return dealt;
}

const memo = <T>(compute: (code: string) => T): ((code: string) => T) => {
  const known = new Map<string, T>();
  return (code) => {
    if (!known.has(code)) known.set(code, compute(code));
    return known.get(code)!;
  };
};

const sum = (values: bigint[]): bigint => values.reduce((total, value) => total + value, 0n);

export interface OracleOrigin {
  through: Map<string, bigint>;
  farms: Map<string, bigint>;
  unknown: bigint;
}

export function origin(world: World, root: string): OracleOrigin {
  const codes = [root, ...trace(world, root, 'BACK').depths.keys()];
  const inputsOf = (code: string): { code: string; grams: bigint }[] =>
    [...new Set(world.uses.filter((use) => use.output === code).map((use) => use.input))].sort().map((input) => ({
      code: input,
      grams: sum(world.uses.filter((use) => use.output === code && use.input === input).map((use) => BigInt(use.kg) * 1000n)),
    }));
  const through = memo((code: string): bigint =>
    code === root
      ? gramsOf(lotOf(world, root))
      : sum(
          codes
            .filter((output) => world.uses.some((use) => use.input === code && use.output === output))
            .map((output) => parts(output).get(code)!),
        ),
  );
  const parts = memo((output: string): Map<string, bigint> => {
    const inputs = inputsOf(output);
    if (inputs.length === 0) return new Map();
    const beyond = gramsOf(lotOf(world, output)) - sum(inputs.map((input) => input.grams));
    const dealt = deal(through(output), [...inputs.map((input) => input.grams), beyond > 0n ? beyond : 0n]);
    return new Map([...inputs.map((input, index) => [input.code, dealt[index]!] as const), ['?', dealt.at(-1)!]]);
  });
  const farms = new Map<string, bigint>();
  let unknown = 0n;
  for (const code of codes) {
    const lot = lotOf(world, code);
    if (inputsOf(code).length > 0) unknown += parts(code).get('?')!;
    else if (lot.kind === 'HARVEST') farms.set(lot.producer, (farms.get(lot.producer) ?? 0n) + through(code));
    else unknown += through(code);
  }
  return { through: new Map(codes.map((code) => [code, through(code)])), farms, unknown };
}

export interface OracleForward {
  into: Map<string, bigint>;
  /** By holder: lots held, grams held, grams of the roots among them. */
  holders: Map<string, { lots: number; held: bigint; fromRoot: bigint }>;
  lost: bigint;
  reached: number;
}

export function forward(world: World, roots: string[]): OracleForward {
  const codes = [...new Set(roots.flatMap((root) => [root, ...trace(world, root, 'FORWARD').depths.keys()]))];
  const holdings = (code: string): [string, bigint][] => {
    const lot = lotOf(world, code);
    const held = new Map([[lot.producer, gramsOf(lot)]]);
    const add = (holder: string, kg: number) => held.set(holder, (held.get(holder) ?? 0n) + BigInt(kg) * 1000n);
    for (const each of world.transfers.filter((transfer) => transfer.lot === code)) {
      add(each.from, -each.kg);
      add(each.to, each.kg);
    }
    for (const use of world.uses.filter((each) => each.input === code)) add(lotOf(world, use.output).producer, -use.kg);
    for (const loss of world.losses.filter((each) => each.lot === code)) add(loss.holder, -loss.kg);
    return [...held].filter(([, grams]) => grams > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  };
  const followed = memo((code: string): bigint => {
    const lot = lotOf(world, code);
    if (roots.includes(code)) return gramsOf(lot);
    return into(code) - processed(code);
  });
  const processed = memo((code: string): bigint => {
    const given = sum(world.uses.filter((use) => use.output === code).map((use) => BigInt(use.kg) * 1000n));
    const grams = gramsOf(lotOf(world, code));
    return !roots.includes(code) && grams < given ? deal(into(code), [grams, given - grams])[1]! : 0n;
  });
  const into = memo((code: string): bigint =>
    sum(
      codes
        .filter((input) => world.uses.some((use) => use.input === input && use.output === code))
        .map((input) => parts(input).uses.get(code)!),
    ),
  );
  const parts = memo((code: string) => {
    const ofLot = world.uses.filter((use) => use.input === code);
    const outputs = [...new Set(ofLot.map((use) => use.output))].sort();
    const losses = world.losses
      .filter((loss) => loss.lot === code)
      .sort((a, b) => (a.on + a.holder < b.on + b.holder ? -1 : a.on + a.holder > b.on + b.holder ? 1 : a.kg - b.kg));
    const used = outputs.map((output) => sum(ofLot.filter((use) => use.output === output).map((use) => BigInt(use.kg) * 1000n)));
    const lost = losses.map((loss) => BigInt(loss.kg) * 1000n);
    const onHand = gramsOf(lotOf(world, code)) - sum(used) - sum(lost);
    const holders = onHand > 0n ? holdings(code) : [];
    const kept =
      holders.length > 0
        ? deal(
            onHand,
            holders.map(([, grams]) => grams),
          )
        : [];
    const dealt = deal(followed(code), [...used, ...kept, ...lost]);
    return {
      uses: new Map(outputs.map((output, index) => [output, dealt[index]!])),
      held: holders.map(([holder], index) => [holder, dealt[outputs.length + index]!] as const),
      lost: sum(dealt.slice(outputs.length + holders.length)),
    };
  });
  const holders = new Map<string, { lots: number; held: bigint; fromRoot: bigint }>();
  for (const code of codes) {
    for (const [holder, grams] of holdings(code)) {
      const entry = holders.get(holder) ?? { lots: 0, held: 0n, fromRoot: 0n };
      holders.set(holder, { ...entry, lots: entry.lots + 1, held: entry.held + grams });
    }
  }
  for (const code of codes) for (const [holder, grams] of parts(code).held) holders.get(holder)!.fromRoot += grams;
  return {
    into: new Map(codes.map((code) => [code, roots.includes(code) && roots.length === 1 ? gramsOf(lotOf(world, code)) : into(code)])),
    holders,
    lost: sum(codes.map((code) => parts(code).lost + processed(code))),
    reached: codes.length,
  };
}
