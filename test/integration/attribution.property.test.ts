import fc from 'fast-check';
import { type Lotline, startLotline } from '../support/lotline';
import * as masses from '../support/masses';
import { folderOf, idsOf, type World, world } from '../support/world';

// Where the mass of a lot came from and went, to the gram, as a slow and obvious oracle says it.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 25);
const QUESTION = `query ($code: String!) { lot(code: $code) {
  quantity { kilograms }
  origin { complete unknown farms(first: 500) { nodes { operation { name } country kilograms share lots } } countries { country kilograms } }
  back: trace(direction: BACK) { lots(first: 500) { nodes { kilograms share lot { code } } } holders { totalCount } }
  forward: trace(direction: FORWARD) { lots(first: 500) { nodes { kilograms lot { code } } } holders(first: 500) { nodes { operation { name } lots held fromRoot inTransit } } }
  near: trace(direction: FORWARD, maxDepth: 1) { lots(first: 500) { nodes { kilograms lot { code } } } }
} }`;
const RECALL =
  'query ($lots: [ID!]!) { recall(lots: $lots) { lots kilograms holders(first: 500) { nodes { operation { name } lots held fromRoot } } } }';

const grams = (kilograms: string): bigint => {
  const [whole, fraction = ''] = kilograms.split('.');
  return BigInt(whole! + fraction.padEnd(3, '0'));
};

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

async function expectMasses(given: World): Promise<void> {
  for (const { code, kg } of given.lots) {
    const { lot } = await lotline.data(QUESTION, { code });
    const root = BigInt(kg) * 1000n;

    const back = masses.origin(given, code);
    expect(new Map(lot.origin.farms.nodes.map((farm: any) => [farm.operation.name, grams(farm.kilograms)]))).toEqual(back.farms);
    expect(grams(lot.origin.unknown)).toBe(back.unknown);
    const shown = lot.origin.farms.nodes.map((farm: any) => grams(farm.kilograms));
    expect(shown).toEqual([...shown].sort((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
    expect(shown.reduce((sum: bigint, part: bigint) => sum + part, 0n) + grams(lot.origin.unknown)).toBe(root);
    expect(lot.origin.countries.reduce((sum: bigint, part: any) => sum + grams(part.kilograms), 0n) + grams(lot.origin.unknown)).toBe(root);
    for (const node of lot.back.lots.nodes) {
      expect([node.lot.code, grams(node.kilograms)]).toEqual([node.lot.code, back.through.get(node.lot.code)]);
      expect(node.share).toBe(Number(grams(node.kilograms)) / Number(root));
    }
    expect(lot.back.holders.totalCount).toBe(0);

    const ahead = masses.forward(given, [code]);
    for (const node of [...lot.forward.lots.nodes, ...lot.near.lots.nodes])
      expect([node.lot.code, grams(node.kilograms)]).toEqual([node.lot.code, ahead.into.get(node.lot.code)]);
    const holders = lot.forward.holders.nodes.map((node: any) => [
      node.operation.name,
      { lots: node.lots, held: grams(node.held), fromRoot: grams(node.fromRoot) },
    ]);
    expect(holders).toEqual([...ahead.holders].sort(([a], [b]) => (a < b ? -1 : 1)));
    expect(holders.reduce((sum: bigint, [, holder]: any) => sum + holder.fromRoot, 0n) + ahead.lost).toBe(root);
  }
}

const shapes = fc.record({
  lots: fc.integer({ min: 1, max: 12 }),
  density: fc.integer({ min: 0, max: 60 }),
  operations: fc.integer({ min: 1, max: 5 }),
});

test('origin, what came through each lot, what went into each, and who holds it, add up to the gram', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), async (given) => {
      await lotline.import(folderOf(given));
      await expectMasses(given);
    }),
    { numRuns: RUNS },
  );
}, 300_000);

test('a recall of several lots counts every gram once, also where one of them went into another', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), fc.array(fc.nat(11), { minLength: 1, maxLength: 5 }), async (given, picks) => {
      await lotline.import(folderOf(given));
      const roots = [...new Set(picks.map((pick) => given.lots[pick % given.lots.length]!.code))];
      const ids = await idsOf(lotline, given);
      const { recall } = await lotline.data(RECALL, { lots: roots.map((code) => ids.get(code)) });
      const expected = masses.forward(given, roots);
      expect(recall.lots).toBe(expected.reached);
      const holders = recall.holders.nodes.map((node: any) => [
        node.operation.name,
        { lots: node.lots, held: grams(node.held), fromRoot: grams(node.fromRoot) },
      ]);
      expect(holders).toEqual([...expected.holders].sort(([a], [b]) => (a < b ? -1 : 1)));
      expect(grams(recall.kilograms)).toBe([...expected.holders.values()].reduce((sum, holder) => sum + holder.fromRoot, 0n));
    }),
    { numRuns: RUNS },
  );
}, 300_000);
