import fc from 'fast-check';
import { csv, type Lotline, startLotline } from '../support/lotline';
import * as oracle from '../support/oracle';
import { folderOf, world } from '../support/world';

// The story of a lot, step by step: what belongs to it, in which order, and how much of it is on its way.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 10);
const QUESTION = `query ($code: String!, $direction: TraceDirection!, $first: Int, $after: String) { lot(code: $code) { trace(direction: $direction) {
  summary { firstOn lastOn modes { mode legs } }
  steps(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
    kind on at kilograms mode owner { name } from { name } to { name } certified shipment { reference } fromPlace { name country } toPlace { name country } lot { depth lot { code } } } } } } }`;
const CAUSES =
  'HARVESTED PURCHASED TRANSFORMED CERTIFIED TRANSFERRED EXPORTED DEPARTED TREATED ARRIVED IMPORTED ENTERED HELD DISPOSED LOST'.split(' ');

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

test('steps are what an oracle counts, in an order that no fact contradicts, and the same in pages of any length', async () => {
  await fc.assert(
    fc.asyncProperty(
      world(
        fc.record({
          lots: fc.integer({ min: 1, max: 10 }),
          density: fc.integer({ min: 0, max: 60 }),
          operations: fc.integer({ min: 1, max: 5 }),
        }),
      ),
      fc.integer({ min: 1, max: 9 }),
      async (given, first) => {
        await lotline.import(folderOf(given));
        for (const { code } of given.lots) {
          for (const direction of ['BACK', 'FORWARD'] as const) {
            const { trace } = (await lotline.data(QUESTION, { code, direction, first: 500 })).lot;
            const nodes: any[] = trace.steps.nodes;
            const shown = nodes.map(({ kind, lot, on }) => `${kind} ${lot.lot.code} ${on}`);
            expect([...shown].sort()).toEqual(oracle.steps(given, code, direction));
            expect(trace.steps.totalCount).toBe(nodes.length);
            const place = nodes.map(({ on, kind, lot }) => `${on ?? '~'} ${String(CAUSES.indexOf(kind)).padStart(2, '0')} ${lot.lot.code}`);
            expect(place).toEqual([...place].sort());
            for (const { owner, on, certified, lot } of nodes) {
              if (owner === null || on === null) expect(certified).toBeNull();
              else
                expect(certified).toBe(
                  oracle.verdict(given, owner.name, given.lots.find((each) => each.code === lot.lot.code)!.product!, on),
                );
            }
            const days = nodes.filter(({ lot, on }) => lot.depth > 0 && on !== null).map(({ on }) => on);
            expect(trace.summary).toMatchObject({ firstOn: days[0] ?? null, lastOn: days.at(-1) ?? null });

            const paged: any[] = [];
            for (let after: string | null = null; ; ) {
              const { trace: page }: any = (await lotline.data(QUESTION, { code, direction, first, after })).lot;
              paged.push(...page.steps.nodes);
              if (!page.steps.pageInfo.hasNextPage) break;
              after = page.steps.pageInfo.endCursor;
            }
            expect(paged).toEqual(nodes);
          }
        }
      },
    ),
    { numRuns: RUNS },
  );
}, 300_000);

test('a voyage, hour by hour, with what was done on the way and what is still at sea', async () => {
  const operation = (operation: string, country: string) => ({ operation, name: operation, country, roles: 'handler' });
  await lotline.import({
    'operations.csv': csv([operation('V:FARM', 'UA'), operation('V:TRADER', 'TR'), operation('V:BUYER', 'US')]),
    'products.csv': csv([{ product: 'Voyager wheat', hts: '1001990000', organic: 'no' }]),
    'lots.csv': csv([
      {
        code: 'VOYAGER',
        producer: 'V:FARM',
        product: 'Voyager wheat',
        quantity: 100,
        unit: 'TNE',
        kind: 'harvest',
        produced_on: '2025-01-10',
      },
    ]),
    'transfers.csv': csv([
      { lot: 'VOYAGER', from: 'V:FARM', to: 'V:TRADER', on: '2025-02-01T12:00:00+02:00', quantity: 80, unit: 'TNE' },
      { lot: 'VOYAGER', from: 'V:TRADER', to: 'V:BUYER', on: '2025-02-20', quantity: 50, unit: 'TNE' },
    ]),
    'shipments.csv': csv([
      { reference: 'V-1', shipper: 'V:FARM', consignee: 'V:TRADER' },
      { reference: 'V-2', shipper: 'V:TRADER', consignee: 'V:BUYER' },
    ]),
    'shipment_legs.csv': csv([
      {
        shipment: 'V-1',
        sequence: 1,
        mode: 'maritime',
        from_place: 'UAODS',
        to_place: 'TRISK',
        departed: '2025-02-01T09:00:00+02:00',
        arrived: '2025-02-04T06:00:00+03:00',
      },
      { shipment: 'V-2', sequence: 1, mode: 'road', from_place: 'TRISK', to_place: 'TRMER', departed: '2025-02-20', arrived: '2025-02-20' },
      { shipment: 'V-2', sequence: 2, mode: 'maritime', from_place: 'TRMER', to_place: 'USSCK', departed: '2025-02-22', arrived: '' },
    ]),
    'shipment_lots.csv': csv([
      { shipment: 'V-1', lot: 'VOYAGER', quantity: 80, unit: 'TNE' },
      { shipment: 'V-2', lot: 'VOYAGER', quantity: 45, unit: 'TNE' },
    ]),
    'treatments.csv': csv([{ kind: 'fumigation', on: '2025-02-02', substance: 'phosphine', shipment: 'V-1', prohibited: 'yes' }]),
  });
  const { lot } = await lotline.data(`{ lot(code: "VOYAGER") { balance { shipped onHand }
    trace(direction: FORWARD) { steps { nodes { kind on at mode owner { name } fromPlace { unLocode } toPlace { unLocode } shipment { reference } } }
      gaps { nodes { kind on message } } holders { nodes { operation { name } held inTransit } } } } }`);
  expect(
    lot.trace.steps.nodes.map((step: any) => [step.on, step.kind, step.owner.name, step.mode, step.toPlace?.unLocode ?? null].join(' ')),
  ).toEqual([
    '2025-01-10 HARVESTED V:FARM  ',
    '2025-02-01 EXPORTED V:FARM MARITIME TRISK',
    '2025-02-01 DEPARTED V:FARM MARITIME TRISK',
    '2025-02-01 TRANSFERRED V:TRADER  ',
    '2025-02-02 TREATED V:FARM  ',
    '2025-02-04 ARRIVED V:FARM MARITIME TRISK',
    '2025-02-04 IMPORTED V:FARM MARITIME TRISK',
    '2025-02-20 TRANSFERRED V:BUYER  ',
    '2025-02-20 DEPARTED V:TRADER ROAD TRMER',
    '2025-02-20 ARRIVED V:TRADER ROAD TRMER',
    '2025-02-22 EXPORTED V:TRADER MARITIME USSCK',
    '2025-02-22 DEPARTED V:TRADER MARITIME USSCK',
  ]);
  expect(lot.trace.gaps.nodes).toEqual([
    {
      kind: 'PROHIBITED_TREATMENT',
      on: '2025-02-02',
      message: 'The shipment that carried the lot was treated on 2025-02-02: fumigation with phosphine.',
    },
  ]);
  // 45 t are at sea: the shipper's, who holds 30 t, and no more than these.
  expect(lot.trace.holders.nodes).toEqual([
    { operation: { name: 'V:BUYER' }, held: '50000', inTransit: '0' },
    { operation: { name: 'V:FARM' }, held: '20000', inTransit: '0' },
    { operation: { name: 'V:TRADER' }, held: '30000', inTransit: '30000' },
  ]);
  expect(lot.balance).toEqual({ shipped: '125000', onHand: '100000' });
  const early = await lotline.data(
    '{ lot(code: "VOYAGER") { trace(direction: FORWARD, asOf: "2025-02-03") { steps { nodes { kind } } holders { nodes { inTransit } } summary { modes { legs } } } } }',
  );
  expect(early.lot.trace.steps.nodes.map(({ kind }: any) => kind)).toEqual(['HARVESTED', 'EXPORTED', 'DEPARTED', 'TRANSFERRED', 'TREATED']);
  expect(early.lot.trace.holders.nodes).toEqual([{ inTransit: '20000' }, { inTransit: '0' }]);

  // Before anything sailed nobody had shipped; between two legs of a shipment its goods are on their way.
  const asOf = async (day: string) =>
    (
      await lotline.data(
        `query ($day: Date!) { lot(code: "VOYAGER") { trace(direction: FORWARD, asOf: $day) { gaps { nodes { kind on } } steps { totalCount } holders { nodes { operation { name } inTransit } } } } }`,
        { day },
      )
    ).lot.trace;
  expect(await asOf('2025-01-15')).toEqual({
    gaps: { nodes: [] },
    steps: { totalCount: 1 },
    holders: { nodes: [{ operation: { name: 'V:FARM' }, inTransit: '0' }] },
  });
  expect((await asOf('2025-02-21')).holders.nodes).toEqual([
    { operation: { name: 'V:BUYER' }, inTransit: '0' },
    { operation: { name: 'V:FARM' }, inTransit: '0' },
    { operation: { name: 'V:TRADER' }, inTransit: '30000' },
  ]);
});
