import fc from 'fast-check';
import { type Lotline, startLotline } from '../support/lotline';
import * as oracle from '../support/oracle';
import { dayOf, folderOf, idsOf, type World, type WorldUse, world } from '../support/world';

const RUNS = Number(process.env.PROPERTY_RUNS ?? 8);

const LOT = `fragment Whole on Lot {
  code
  balance { born used lost onHand elsewhere }
  holdings(asOf: $day, first: 500) { nodes { operation { identifiers { scheme value } } kilograms } }
  ownership(first: 500) { nodes { owner { name } acquiredFrom { name } from until kilograms certified } }
  inputs(first: 500) { nodes { input { code } kilograms } }
  back: trace(direction: BACK) { ...Walked }
  forward: trace(direction: FORWARD) { ...Walked }
}
fragment Walked on Trace {
  rootRef complete
  summary { lots depth countries firstOn lastOn gaps { kind count } }
  lots(first: 500) { nodes { ref depth lot { code } } }
  links(first: 500) { totalCount nodes { from to kilograms } }
  gaps(first: 500) { nodes { kind on lot { depth lot { code } } } }
}`;
const QUESTION = `query ($code: String!, $day: Date!) { lot(code: $code) { ...Whole } } ${LOT}`;

const TOLD = `fragment Told on Trace { steps(first: 500) { nodes { kind on lot { lot { code } } } } gaps(first: 500) { nodes { kind on lot { lot { code } } } } }`;
/** Steps or gaps as the oracle writes them. */
const told = ({ nodes }: any): string[] => nodes.map(({ kind, on, lot }: any) => `${kind} ${lot.lot.code} ${on}`).sort();

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

/** Everything that Lotline says of every lot, held against the oracle. */
async function expectAll(given: World, day: string): Promise<void> {
  const today = new Date().toISOString().slice(0, 10);
  for (const { code } of given.lots) {
    const { lot } = await lotline.data(QUESTION, { code, day });
    const balance = oracle.balance(given, code);
    expect(lot.balance).toEqual({ ...Object.fromEntries(Object.entries(balance).map(([name, kg]) => [name, String(kg)])), elsewhere: '0' });

    const held = oracle.holdings(given, code, day);
    const shown = lot.holdings.nodes.map((node: any) => [
      `${node.operation.identifiers[0].scheme}:${node.operation.identifiers[0].value}`,
      Number(node.kilograms),
    ]);
    expect(shown).toEqual([...held].sort(([a], [b]) => (a < b ? -1 : 1)));

    const owned = lot.ownership.nodes.map(
      (node: any) =>
        `${node.owner.name} ${node.acquiredFrom?.name ?? null} ${node.from} ${Number(node.kilograms)} ${node.until} ${node.certified}`,
    );
    expect([...owned].sort()).toEqual(oracle.ownership(given, code, today));

    for (const direction of ['BACK', 'FORWARD'] as const)
      expectTrace(given, code, direction, direction === 'BACK' ? lot.back : lot.forward);
  }
}

function expectTrace(given: World, code: string, direction: 'BACK' | 'FORWARD', answer: any): void {
  const { depths, links } = oracle.trace(given, code, direction);
  const nodes: { ref: string; depth: number; lot: { code: string } }[] = answer.lots.nodes;
  expect(new Map(nodes.map((node) => [node.lot.code, node.depth]))).toEqual(depths);
  const sorted = [...depths].sort(([a, m], [b, n]) => m - n || (a < b ? -1 : 1)).map(([each]) => each);
  expect(nodes.map((node) => node.lot.code)).toEqual(sorted);

  const codeOf = new Map([[answer.rootRef, code], ...nodes.map((node) => [node.ref, node.lot.code] as const)]);
  const shown = answer.links.nodes.map((link: any) => [`${codeOf.get(link.from)}>${codeOf.get(link.to)}`, Number(link.kilograms)]);
  expect(new Map(shown)).toEqual(links);

  const gaps = answer.gaps.nodes.map((gap: any) => `${gap.kind} ${gap.lot.lot.code} ${gap.on}`).sort();
  expect(gaps).toEqual(oracle.gaps(given, code, direction, new Date().toISOString().slice(0, 10)));
  expect(answer.complete).toBe(!gaps.some((gap: string) => gap.startsWith('MISSING_INPUTS')));
  expect(answer.summary).toMatchObject({ lots: depths.size, depth: Math.max(0, ...depths.values()) });
}

const shapes = fc.record({
  lots: fc.integer({ min: 1, max: 14 }),
  density: fc.integer({ min: 0, max: 60 }),
  operations: fc.integer({ min: 1, max: 5 }),
});

test('closure, depth, links, holdings, balances and gaps of random chains are what a slow oracle says', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), fc.nat(320), async (given, day) => {
      await lotline.import(folderOf(given));
      await expectAll(given, dayOf(day));
    }),
    { numRuns: RUNS },
  );
}, 300_000);

test('in small worlds thick with papers, steps and gaps are what the oracle says', async () => {
  const small = fc.record({
    lots: fc.integer({ min: 2, max: 4 }),
    density: fc.integer({ min: 50, max: 100 }),
    operations: fc.integer({ min: 2, max: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(world(small), async (drawn) => {
      // Of organic lots alone, for that is what papers are asked of.
      const given: World = { ...drawn, lots: drawn.lots.map((lot) => ({ ...lot, product: 'Wheat' })) };
      await lotline.import(folderOf(given));
      const today = new Date().toISOString().slice(0, 10);
      for (const { code } of given.lots) {
        const { lot } = await lotline.data(
          `query ($code: String!) { lot(code: $code) { back: trace(direction: BACK) { ...Told } forward: trace(direction: FORWARD) { ...Told } } } ${TOLD}`,
          { code },
        );
        for (const direction of ['BACK', 'FORWARD'] as const) {
          const { steps, gaps } = direction === 'BACK' ? lot.back : lot.forward;
          expect(told(gaps)).toEqual(oracle.gaps(given, code, direction, today));
          expect(told(steps)).toEqual(oracle.steps(given, code, direction));
        }
      }
    }),
    { numRuns: RUNS * 4 },
  );
}, 300_000);

test('inputs that come late, or are corrected, count like any other; retracted ones no more', async () => {
  const DECLARE = 'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor lot { code } } }';
  await fc.assert(
    fc.asyncProperty(
      world(shapes),
      fc.array(fc.constantFrom('birth', 'late', 'corrected'), { minLength: 14, maxLength: 14 }),
      async (drawn, when) => {
        // Commands refuse what breaks a policy, which random facts do: here users hold what they use, on days in order.
        const given: World = {
          ...drawn,
          transfers: [],
          losses: [],
          lots: drawn.lots.map((lot) => ({ ...lot, producer: drawn.operations[0]!.identifier, kg: lot.kg + 100_000_000, on: null })),
          uses: drawn.uses.map((use) => ({ ...use, on: null })),
        };
        const at = (use: WorldUse) => when[given.lots.findIndex((lot) => lot.code === use.output)]!;
        const wrong = given.uses.filter((use) => at(use) === 'corrected').map((use) => ({ ...use, kg: use.kg + 7 }));
        await lotline.import(folderOf(given, [...given.uses.filter((use) => at(use) === 'birth'), ...wrong]));
        const ids = await idsOf(lotline, given);
        for (const output of new Set(given.uses.filter((use) => at(use) !== 'birth').map((use) => use.output))) {
          const inputs = given.uses
            .filter((use) => use.output === output)
            .map((use) => ({ lot: ids.get(use.input), quantity: { value: String(use.kg), unit: 'KGM' } }));
          const correctionReason =
            at(given.uses.find((use) => use.output === output)!) === 'corrected' ? 'the scale was off by seven' : undefined;
          await lotline.data(DECLARE, { input: { idempotencyKey: `${output}`, lot: ids.get(output), inputs, correctionReason } }, 'admin');
        }
        await expectAll(given, dayOf(0));
      },
    ),
    { numRuns: RUNS },
  );
}, 300_000);

test('a blend of 200 inputs and a chain of 60 lots, in one component', async () => {
  const harvests = Array.from({ length: 200 }, (_, index) => ({
    code: `BIG-H${index}`,
    producer: 'W:BIG',
    kind: 'HARVEST' as const,
    kg: 50,
    on: dayOf(1),
    country: 'UA',
  }));
  const chain = Array.from({ length: 60 }, (_, index) => ({
    code: `BIG-C${index}`,
    producer: 'W:BIG',
    kind: 'TRANSFORMATION' as const,
    kg: 10_000,
    on: dayOf(2 + index),
    country: 'TR',
  }));
  const given: World = {
    operations: [{ identifier: 'W:BIG', country: 'UA' }],
    lots: [...harvests, ...chain],
    uses: [
      ...harvests.map((lot) => ({ output: 'BIG-C0', input: lot.code, kg: 50, on: null })),
      ...chain.slice(1).map((lot, index) => ({ output: lot.code, input: `BIG-C${index}`, kg: 10_000, on: null })),
    ],
    transfers: [],
    losses: [],
  };
  await lotline.import(folderOf(given));
  for (const [code, direction] of [
    ['BIG-C59', 'BACK'],
    ['BIG-H0', 'FORWARD'],
  ] as const) {
    const { lot } = await lotline.data(QUESTION, { code, day: dayOf(90) });
    expectTrace(given, code, direction, direction === 'BACK' ? lot.back : lot.forward);
  }
});

test('a walk that maxDepth cuts says so, and shows the lots within', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), fc.nat(11), async (given, maxDepth) => {
      await lotline.import(folderOf(given));
      for (const { code } of given.lots) {
        for (const direction of ['BACK', 'FORWARD'] as const) {
          const { lot } = await lotline.data(
            `query ($code: String!, $direction: TraceDirection!, $maxDepth: Int) { lot(code: $code) { trace(direction: $direction, maxDepth: $maxDepth) {
              complete lots(first: 500) { nodes { depth lot { code } } } gaps(kinds: [TRUNCATED]) { nodes { on lot { ref depth lot { code } } } } } } }`,
            { code, direction, maxDepth },
          );
          const whole = oracle.trace(given, code, direction).depths;
          const within = oracle.trace(given, code, direction, maxDepth).depths;
          expect(new Map(lot.trace.lots.nodes.map((node: any) => [node.lot.code, node.depth]))).toEqual(within);
          const cut = whole.size > within.size;
          expect(lot.trace.gaps.nodes).toHaveLength(cut ? 1 : 0);
          if (cut) expect(lot.trace).toMatchObject({ complete: false, gaps: { nodes: [{ on: null, lot: { depth: 0, lot: { code } } }] } });
        }
      }
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
}, 300_000);

/** The world as it was at the end of a day: what has happened since is not there. */
function asItWas(world: World, day: string): World {
  const then = <Fact extends { on: string | null }>(facts: Fact[]) => facts.filter(({ on }) => on === null || on <= day);
  const documents = then(world.documents!);
  const known = (number?: string | null) => (documents.some((each) => each.number === number) ? number! : null);
  return {
    ...world,
    documents,
    uses: then(world.uses),
    transfers: then(world.transfers).map((each) => ({ ...each, document: known(each.document) })),
    losses: then(world.losses),
    treatments: then(world.treatments!),
    entries: then(world.entries!),
    importCertificates: world.importCertificates!.filter(({ issued }) => issued <= day),
    shipments: world
      .shipments!.filter(({ legs }) => legs.length === 0 || legs[0]!.departed <= day)
      .map((each) => ({
        ...each,
        treatments: then(each.treatments),
        legs: each.legs.map((leg) => ({ ...leg, arrived: leg.arrived !== null && leg.arrived <= day ? leg.arrived : null })),
      })),
  };
}

test('as of a day, steps and gaps are those of a world in which nothing has happened since', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), fc.nat(320), async (drawn, number) => {
      // Births without a day are on every day; a shipment of one leg has departed or is not there.
      const given: World = {
        ...drawn,
        lots: drawn.lots.map((lot) => ({ ...lot, on: null })),
        shipments: drawn.shipments!.map((each) => ({ ...each, legs: each.legs.slice(0, 1) })),
      };
      const day = dayOf(number);
      const then = asItWas(given, day);
      await lotline.import(folderOf(given));
      for (const { code } of given.lots) {
        for (const direction of ['BACK', 'FORWARD'] as const) {
          const { lot } = await lotline.data(
            `query ($code: String!, $direction: TraceDirection!, $day: Date) { lot(code: $code) { trace(direction: $direction, asOf: $day) { ...Told } } } ${TOLD}`,
            { code, direction, day },
          );
          const { trace } = lot;
          expect(told(trace.gaps)).toEqual(oracle.gaps(then, code, direction, day));
          expect(told(trace.steps)).toEqual(oracle.steps(then, code, direction));
        }
      }
    }),
    { numRuns: RUNS },
  );
}, 300_000);

test('as of a day, a lot that was born later is neither judged nor dated', async () => {
  const given: World = {
    operations: [
      {
        identifier: 'W:ASOF',
        country: 'UA',
        certificates: [
          { certifier: 'ZZ1', standard: 'NOP', steps: [{ status: 'CERTIFIED', from: '2024-01-01', expires: null, products: [] }] },
        ],
      },
    ],
    lots: [
      { code: 'ASOF-V', producer: 'W:ASOF', kind: 'HARVEST', kg: 10, on: '2025-05-01', country: 'UA' },
      { code: 'ASOF-Q', producer: 'W:ASOF', kind: 'TRANSFORMATION', kg: 30, on: '2025-06-10', country: 'UA' },
    ],
    uses: [{ output: 'ASOF-Q', input: 'ASOF-V', kg: 5, on: '2025-06-01' }],
    transfers: [],
    losses: [],
  };
  await lotline.import(folderOf(given));
  const ask = (asOf: string) =>
    lotline.data(
      'query ($asOf: Date) { lot(code: "ASOF-V") { trace(direction: FORWARD, asOf: $asOf) { summary { lots lastOn } gaps { nodes { kind on } } } } }',
      { asOf },
    );
  expect((await ask('2025-06-05')).lot.trace).toEqual({ summary: { lots: 1, lastOn: null }, gaps: { nodes: [] } });
  expect((await ask('2025-06-10')).lot.trace).toEqual({
    summary: { lots: 1, lastOn: '2025-06-10' },
    gaps: { nodes: [{ kind: 'MORE_OUT_THAN_IN', on: '2025-06-10' }] },
  });
});
