import fc from 'fast-check';
import { type Flawless, flawless, type Removal } from '../support/flawless';
import { type Lotline, startLotline } from '../support/lotline';
import * as oracle from '../support/oracle';
import { folderOf, type World } from '../support/world';

// From a chain without a flaw some facts are taken out: the gaps name exactly what is missing, and nothing else.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 50);

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

const found = new Set<string>();

async function gapsOf(world: World, root: string): Promise<{ complete: boolean; whole: boolean; gaps: string[] }> {
  await lotline.import(folderOf(world));
  const { lot } = await lotline.data(
    `query ($root: String!) { lot(code: $root) { origin { complete unknown } trace(direction: BACK) { complete
      gaps(first: 500) { nodes { kind on lot { lot { code } } } } } } }`,
    { root },
  );
  const gaps = lot.trace.gaps.nodes.map(({ kind, on, lot }: any) => `${kind} ${lot.lot.code} ${on}`).sort();
  return { complete: lot.trace.complete, whole: lot.origin.complete && lot.origin.unknown === '0', gaps };
}

/** As many of the removals drawn as touch different lots. */
function apart(removals: readonly Removal[], drawn: readonly number[]): Removal[] {
  const touched = new Set<string>();
  return drawn
    .map((place) => removals[place % removals.length]!)
    .filter(({ touches }) => {
      const free = touches.every((lot) => !touched.has(lot));
      if (free) for (const lot of touches) touched.add(lot);
      return free;
    });
}

test('what is taken out of a flawless chain is what the gaps name, no more and no less', async () => {
  await fc.assert(
    fc.asyncProperty(flawless, fc.array(fc.nat(10_000), { maxLength: 4 }), async ({ world, root, removals }: Flawless, drawn) => {
      const removed = apart(removals, drawn);
      const left = removed.reduce((given, { apply }) => apply(given), world);
      const reached = new Set([root, ...oracle.trace(left, root, 'BACK').depths.keys()]);
      const expected = removed.flatMap(({ gaps }) => gaps).filter((gap) => reached.has(gap.split(' ')[1]!));
      const { complete, whole, gaps } = await gapsOf(left, root);
      expect(gaps).toEqual([...expected].sort());
      expect(complete).toBe(!expected.some((gap) => gap.startsWith('MISSING_INPUTS')));
      if (removed.length === 0) expect(whole).toBe(true);
      for (const gap of gaps) found.add(gap.split(' ')[0]!);
    }),
    { numRuns: RUNS },
  );
}, 300_000);

test('every removal, each by itself', async () => {
  const [chain] = fc.sample(flawless, { numRuns: 1, seed: 7 });
  for (let place = 0; place < chain!.removals.length; place++) {
    // Codes of another chain of the same shape: facts once imported stay.
    const [{ world, root, removals }] = fc.sample(flawless, { numRuns: 1, seed: 7 }) as [Flawless];
    const { what, apply, gaps } = removals[place]!;
    const left = apply(world);
    const reached = new Set([root, ...oracle.trace(left, root, 'BACK').depths.keys()]);
    expect([what, (await gapsOf(left, root)).gaps]).toEqual([what, gaps.filter((gap) => reached.has(gap.split(' ')[1]!)).sort()]);
    for (const gap of gaps) found.add(gap.split(' ')[0]!);
  }
  expect([...found].sort()).toEqual(
    [
      'DOCUMENT_NOT_MARKED_ORGANIC',
      'MISSING_INPUTS',
      'MORE_OUT_THAN_IN',
      'NON_ORGANIC_INPUT',
      'NO_DOCUMENT',
      'NO_IMPORT_CERTIFICATE',
      'NO_TRANSPORT',
      'OUT_OF_ORDER_DATES',
      'OVERDRAWN',
      'OWNER_CHANGED_WITHOUT_TRANSFER',
      'OWNER_NOT_CERTIFIED',
      'PROHIBITED_TREATMENT',
    ].sort(),
  );
}, 300_000);
