import { workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import fc from 'fast-check';
import { anythingHangsOn, hangsOn, hitsOf, isOrganic, onTheWater, producedBy, productOf, stockOf } from '../support/lost-standing';
import { type Lotline, startLotline } from '../support/lotline';
import * as masses from '../support/masses';
import { dayAfter, trace } from '../support/oracle';
import { folderOf, idsOf, type World, world } from '../support/world';

// What hangs on a certificate, and whom it hits that it is lost, in random networks, as a slow and obvious oracle says it.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 12);
const SILENT = { info: () => {}, error: () => {} };
const TODAY = new Date().toISOString().slice(0, 10);

const grams = (kilograms: string): bigint => {
  const [whole, fraction = ''] = kilograms.split('.');
  return BigInt(whole! + fraction.padEnd(3, '0'));
};

let lotline: Lotline;
let given = 0;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

const IMPACT = `query ($of: String!) { operation(identifier: $of) { certificates { nodes { id standard status certifier { code } history { effectiveFrom status }
  impact { lots kilograms shipments importCertificates withheld holders(first: 500) { nodes { operation { name } lots held fromRoot } } } } } } }`;
const impactOf = async (operation: string, as: Parameters<Lotline['data']>[2] = 'analyst'): Promise<any[]> =>
  (await lotline.data(IMPACT, { of: operation }, as)).operation?.certificates.nodes ?? [];

const shapes = fc.record({
  lots: fc.integer({ min: 1, max: 9 }),
  density: fc.integer({ min: 0, max: 60 }),
  operations: fc.integer({ min: 1, max: 5 }),
});

test('what hangs on a certificate is what a walk by brute force finds, to the gram', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), async (drawn) => {
      await lotline.import(folderOf(drawn));
      const ids = await idsOf(lotline, drawn);
      for (const { identifier } of drawn.operations) {
        const certificates = await impactOf(identifier);
        for (const { impact, ...certificate } of certificates) {
          const hangs = (product: string) => hangsOn(drawn, identifier, certificate, product, TODAY);
          const roots = producedBy(drawn, identifier).filter((code) => hangs(productOf(drawn, code)));
          const made = new Set([...roots, ...roots.flatMap((root) => [...trace(drawn, root, 'FORWARD').depths.keys()])]);
          const stock = stockOf(drawn, identifier, TODAY).filter(([code]) => hangs(productOf(drawn, code)) && !made.has(code));
          const holders = new Map(roots.length === 0 ? [] : masses.forward(drawn, roots).holders);
          const [lots, mass] = [made.size + stock.length, stock.reduce((sum, [, held]) => sum + held, 0n)];
          const kilograms = [...holders.values()].reduce((sum, { fromRoot }) => sum + fromRoot, mass);
          if (stock.length > 0) {
            const own = holders.get(identifier) ?? { lots: 0, held: 0n, fromRoot: 0n };
            holders.set(identifier, { lots: own.lots + stock.length, held: own.held + mass, fromRoot: own.fromRoot + mass });
          }
          const held = new Set(stock.map(([code]) => code));
          const atAll = anythingHangsOn(drawn, identifier, certificate, TODAY);
          const expected = {
            lots,
            kilograms,
            shipments: onTheWater(drawn).filter(
              ({ shipper, consignee, lots: carried }) =>
                carried.some(({ lot }) => made.has(lot)) ||
                ([shipper, consignee].includes(identifier) && carried.some(({ lot }) => held.has(lot))) ||
                (shipper === identifier && carried.some(({ lot }) => isOrganic(drawn, lot) && hangs(productOf(drawn, lot)))),
            ).length,
            importCertificates: (drawn.importCertificates ?? []).filter(
              ({ voided, exporter, importer, lines }) =>
                !voided &&
                (lines.some(({ lot }) => lot !== null && made.has(lot)) ||
                  ([exporter, importer].includes(identifier) &&
                    (lines.length === 0 ? atAll : lines.some(({ product }) => hangs(product))))),
            ).length,
            withheld: null,
            holders: [...holders].sort(([one], [other]) => (one < other ? -1 : 1)),
          };
          const told = impact.holders.nodes
            .map((node: any) => [node.operation.name, { lots: node.lots, held: grams(node.held), fromRoot: grams(node.fromRoot) }])
            .sort(([one]: [string], [other]: [string]) => (one < other ? -1 : 1));
          expect({ ...impact, kilograms: grams(impact.kilograms), holders: told }).toEqual(expected);
        }
        // Its owner is told what a recall of the same lots tells it.
        const roots = producedBy(drawn, identifier);
        const [own] = await impactOf(identifier, { operation: identifier });
        if (!own || certificates.length > 1 || stockOf(drawn, identifier, TODAY).length > 0) continue;
        if (roots.some((code) => !hangsOn(drawn, identifier, own, productOf(drawn, code), TODAY))) continue;
        if (roots.length === 0) {
          expect(own.impact).toMatchObject({ lots: 0, kilograms: '0', withheld: null });
          continue;
        }
        const { recall } = await lotline.data(
          'query ($lots: [ID!]!) { recall(lots: $lots) { lots kilograms holders(first: 500) { nodes { operation { name } lots held fromRoot } } gaps(kinds: [WITHHELD]) { totalCount } } }',
          { lots: roots.map((code) => ids.get(code)) },
          { operation: identifier },
        );
        const { gaps, ...recalled } = recall;
        expect(own.impact).toMatchObject(recalled);
        expect(own.impact.withheld === null).toBe(gaps.totalCount === 0);
        // Who is no party to any of it is told nothing, and not whether there is anything.
        const [nobody] = await impactOf(identifier, 'nobody');
        expect(nobody.impact).toEqual({
          lots: 0,
          kilograms: '0',
          shipments: 0,
          importCertificates: 0,
          withheld: expect.any(String),
          holders: { nodes: [] },
        });
      }
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 600_000);

const NOTICES = `notices { kind message }`;
/** The notices of lost certification that a viewer has about the nouns of a world that it sees. */
async function toldTo(
  drawn: World,
  as: Parameters<Lotline['data']>[2],
): Promise<{ lots: string[]; shipments: string[]; certificates: string[] }> {
  const data = await lotline.data(
    `query ($codes: [String!], $numbers: [String!]) {
      lots(filter: { codes: $codes }, first: 500) { nodes { name: code ${NOTICES} } }
      shipments(first: 500) { nodes { name: reference ${NOTICES} } }
      certificates: importCertificates(filter: { numbers: $numbers }, first: 500) { nodes { name: number ${NOTICES} } } }`,
    {
      codes: drawn.lots.map(({ code }) => code),
      numbers: (drawn.importCertificates ?? []).map(({ number }) => number),
    },
    as,
  );
  const told = (list: any): string[] =>
    list.nodes
      .flatMap(({ name, notices }: any) => notices.filter(({ kind }: any) => kind === 'PARTY_LOST_CERTIFICATION').map(() => name))
      .sort();
  const references = new Set((drawn.shipments ?? []).map(({ reference }) => reference));
  const shipments = told(data.shipments).filter((reference) => references.has(reference));
  return { lots: told(data.lots), shipments, certificates: told(data.certificates) };
}

test('whoever has what a lost certification hits is told of it, once, and nobody else', async () => {
  let tried = 0;
  await fc.assert(
    fc.asyncProperty(world(shapes), fc.nat(), fc.integer({ min: 1, max: 200 }), async (drawn, pick, later) => {
      const able = drawn.operations.flatMap((operation) =>
        (operation.certificates ?? []).flatMap((certificate) => {
          const last = [...certificate.steps].sort((a, b) => (a.from < b.from ? -1 : 1)).at(-1)!;
          return last.status === 'CERTIFIED' ? [{ operation, certificate, last }] : [];
        }),
      );
      fc.pre(able.length > 0);
      const { operation, certificate, last } = able[pick % able.length]!;
      const day = new Date(Date.parse(last.from) + later * 86_400_000).toISOString().slice(0, 10);
      // It is in force until then.
      fc.pre(day <= TODAY && (certificate.standard === 'NOP' || last.expires === null || dayAfter(last.expires) >= day));
      await lotline.import(folderOf(drawn));
      const known = (await impactOf(operation.identifier)).find(
        (each) => each.standard === certificate.standard && each.certifier.code === certificate.certifier,
      );
      await lotline.data(
        'mutation ($input: ChangeOperationCertificateStatusInput!) { changeOperationCertificateStatus(input: $input) { cursor } }',
        {
          input: {
            idempotencyKey: `lost-${++given}`,
            operationCertificate: known.id,
            status: 'SUSPENDED',
            effectiveFrom: day,
            reason: 'fields were sprayed',
          },
        },
        { certifier: certificate.certifier },
      );
      await workOnce(lotline.database, tasksOf(lotline.runner), SILENT);
      certificate.steps.push({ status: 'SUSPENDED', from: day, expires: last.expires, products: [] });
      const hits = hitsOf(drawn, operation.identifier, day, TODAY);
      if (hits.lots.size > 0) tried++;
      expect(await toldTo(drawn, 'analyst')).toEqual({
        lots: [...hits.lots.keys()].sort(),
        shipments: [...hits.shipments].sort(),
        certificates: [...hits.certificates].sort(),
      });
      for (const { identifier } of drawn.operations) {
        const told = await toldTo(drawn, { operation: identifier });
        expect(told.lots).toEqual([...hits.lots].flatMap(([code, holders]) => (holders.includes(identifier) ? [code] : [])).sort());
        const sides = (drawn.shipments ?? []).filter(
          ({ reference, shipper, consignee }) => hits.shipments.has(reference) && (shipper === identifier || consignee === identifier),
        );
        expect(told.shipments).toEqual(sides.map(({ reference }) => reference).sort());
      }
      expect(await toldTo(drawn, 'nobody')).toEqual({ lots: [], shipments: [], certificates: [] });
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  expect(tried).toBeGreaterThan(0);
}, 600_000);
