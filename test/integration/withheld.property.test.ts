import fc from 'fast-check';
import { type As, type Lotline, startLotline } from '../support/lotline';
import { folderOf, type World, world } from '../support/world';

// Whoever traces is told what an analyst is, of the lots in its sight; of all others what their place in the chain needs. The oracle is
// the analyst's answer, and the viewer's own list of lots.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 5);

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

const QUESTION = `query ($id: ID!) { node(id: $id) { ... on Lot { code quantity { kilograms }
  back: trace(direction: BACK) { ...Walked }
  forward: trace(direction: FORWARD) { ...Walked }
  origin { complete unknown countries { country kilograms } farms(first: 500) { nodes { operation { id } country kilograms lots } } } } } }
fragment Walked on Trace { rootRef complete summary { lots depth countries }
  lots(first: 500) { totalCount nodes { ref depth kilograms share lot { id code country kind product { hts } producer { id country } } withheld { productClass country ownerCertified } } }
  links(first: 500) { nodes { from to kilograms } }
  steps(first: 500) { nodes { kind on lot { ref lot { id } } owner { id } from { id } to { id } kilograms mode shipment { id } importCertificate { id } certified } }
  gaps(first: 500) { nodes { kind on message lot { ref lot { id } } } }
  holders(first: 500) { nodes { operation { id } held fromRoot } } }`;

interface Walked {
  complete: boolean;
  lots: any[];
  /** Kinds of gap by ref. */
  kinds: Map<string, Set<string>>;
  /** Gaps in full, by lot and words. */
  gaps: string[];
  steps: string[];
  links: any[];
  holders: any[];
  withheldGaps: number;
}

function read(trace: any, root: string): Walked {
  const kinds = new Map<string, Set<string>>();
  const gaps: string[] = [];
  for (const { kind, on, message, lot } of trace.gaps.nodes) {
    if (kind === 'WITHHELD') continue;
    kinds.set(lot.ref, (kinds.get(lot.ref) ?? new Set()).add(kind));
    gaps.push([kind, lot.lot?.id ?? (lot.ref === trace.rootRef ? root : '-'), on, message].join(' '));
  }
  return {
    complete: trace.complete,
    lots: trace.lots.nodes,
    kinds,
    gaps,
    // An entry is its importer's where the certificate counts, else its filer's: it counts to whom sees whose goods they were.
    steps: trace.steps.nodes.map(({ lot, owner, to, certified, ...step }: any) =>
      JSON.stringify({ ...step, ...(step.kind !== 'ENTERED' && { owner, to, certified }), lot: lot.lot?.id }),
    ),
    links: trace.links.nodes,
    holders: trace.holders.nodes,
    withheldGaps: trace.gaps.nodes.filter(({ kind }: any) => kind === 'WITHHELD').length,
  };
}

const placeOf = ({ depth, kilograms, share }: any) => `${depth} ${kilograms} ${share}`;
/** What is told of a lot that is withheld, from what an analyst is told of it. */
const outline = (lot: any, kinds: ReadonlySet<string>) =>
  `${placeOf(lot)} ${lot.withheld?.productClass ?? lot.lot.product.hts.slice(0, 2)} ${lot.withheld?.country ?? lot.lot.country} ${[...kinds].sort()}`;
const none: ReadonlySet<string> = new Set();

/** Holds what a viewer is told of a lot against what an analyst is. */
async function expectWithheld(id: string, seen: ReadonlySet<string>, as: As): Promise<number> {
  const [own, all] = [(await lotline.data(QUESTION, { id }, as)).node, (await lotline.data(QUESTION, { id })).node];
  const [back, whole] = [read(own.back, id), read(all.back, id)];

  // Back, every lot is there: in full where it is seen, else in outline.
  expect(own.back.summary).toEqual(all.back.summary);
  const isSeen = ({ lot }: any) => seen.has(lot.id);
  expect(back.lots.filter(({ lot }) => lot !== null)).toEqual(
    whole.lots.filter(isSeen).map(({ ref: _, ...lot }) => expect.objectContaining(lot)),
  );
  const withheld = back.lots.filter(({ lot }) => lot === null);
  expect(withheld.map((lot) => outline(lot, back.kinds.get(lot.ref) ?? none)).sort()).toEqual(
    whole.lots
      .filter((lot) => !isSeen(lot))
      .map((lot) => outline(lot, whole.kinds.get(lot.ref) ?? none))
      .sort(),
  );
  // In order: by depth, those withheld last, and these by mass, country and class.
  const order = back.lots.map(({ depth, lot, kilograms, withheld: of }) => [
    depth,
    lot ? 0 : 1,
    lot ? 0 : -Number(kilograms),
    of?.country ?? '',
    of?.productClass ?? '',
  ]);
  const inOrder = [...order].sort((a, b) => {
    for (const [index, value] of a.entries()) if (value !== b[index]) return value! < b[index]! ? -1 : 1;
    return 0;
  });
  expect(order).toEqual(inOrder);
  expect(back.withheldGaps).toBe(withheld.length);
  if (withheld.length > 0) expect(back.complete).toBe(false);

  // What is told in full is what an analyst is told, and on lots behind no kind of gap is lost.
  for (const lot of back.lots.filter(({ lot }) => lot !== null)) {
    const same = whole.lots.find((each) => each.lot.id === lot.lot.id)!;
    expect([...(back.kinds.get(lot.ref) ?? [])].sort()).toEqual([...(whole.kinds.get(same.ref) ?? [])].sort());
  }
  const told = back.gaps.filter(
    (gap) => !gap.endsWith('Facts that you may not see break this rule.') && !gap.includes(id) && !gap.includes(' - '),
  );
  const unknownTo = (all: readonly string[]) => (one: string) => !all.includes(one);
  expect(told.filter(unknownTo(whole.gaps))).toEqual([]);
  expect(back.steps.filter(unknownTo(whole.steps))).toEqual([]);
  expect(back.steps.every((step) => !step.includes('"lot":null'))).toBe(true);

  // Every link is there, and those into one lot never bring more of the root than it holds.
  expect(back.links.length).toBe(whole.links.length);
  expect(own.origin).toMatchObject({ unknown: all.origin.unknown, countries: all.origin.countries });
  const sum = (shares: any[]) => shares.reduce((total, { kilograms }) => total + Math.round(Number(kilograms) * 1000), 0);
  expect(sum(own.origin.farms.nodes)).toBe(sum(all.origin.farms.nodes));
  for (const farm of own.origin.farms.nodes)
    if (farm.operation !== null)
      expect(whole.lots.concat({ lot: all }).some(({ lot }) => lot.producer === undefined || lot.producer.id === farm.operation.id)).toBe(
        true,
      );

  // Forward, a part of what an analyst is told, and no lot that is not seen.
  const [forward, ahead] = [read(own.forward, id), read(all.forward, id)];
  for (const { lot } of forward.lots) expect(seen.has(lot?.id)).toBe(true);
  const met = new Set(ahead.lots.map(({ lot }) => lot.id));
  for (const { lot } of forward.lots) expect(met.has(lot.id)).toBe(true);
  expect(forward.steps.filter(unknownTo(ahead.steps))).toEqual([]);
  expect(forward.withheldGaps).toBeLessThanOrEqual(1);
  expect(sum(forward.holders.map(({ fromRoot }) => ({ kilograms: fromRoot })))).toBeLessThanOrEqual(
    sum([{ kilograms: own.quantity.kilograms }]),
  );
  return withheld.length;
}

const shapes = fc.record({
  lots: fc.integer({ min: 3, max: 9 }),
  density: fc.integer({ min: 20, max: 70 }),
  operations: fc.integer({ min: 2, max: 5 }),
});

test('a trace tells every viewer what it sees in full, and all else in outline', async () => {
  let withheld = 0;
  await fc.assert(
    fc.asyncProperty(world(shapes), async (given: World) => {
      await lotline.import(folderOf(given));
      const codes = given.lots.map(({ code }) => code);
      const viewers: As[] = [...given.operations.slice(0, 2).map(({ identifier }) => ({ operation: identifier })), { certifier: 'ZZ1' }];
      for (const as of viewers) {
        const list = await lotline.ask(
          'query ($codes: [String!]) { lots(filter: { codes: $codes }, first: 500) { nodes { id } } }',
          { codes },
          as,
        );
        const seen = new Set<string>(list.data.lots.nodes.map(({ id }: any) => id));
        for (const id of seen) withheld += await expectWithheld(id, seen, as);
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(withheld).toBeGreaterThan(RUNS);
}, 300_000);
