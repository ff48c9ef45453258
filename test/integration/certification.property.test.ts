import fc from 'fast-check';
import { csv, type Lotline, startLotline } from '../support/lotline';
import * as oracle from '../support/oracle';
import { certificateRows, certificates, dayOf, folderOf, type World, type WorldLot } from '../support/world';

// Was an operation certified for a product on a day? Held against an oracle that goes from day to day, over random histories of which a
// part is reported late.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 25);
const QUESTION = `query ($prefix: String!) { lots(filter: { codePrefix: $prefix }, first: 500) { nodes {
  code ownership { nodes { certified } } trace(direction: FORWARD) { gaps(kinds: [OWNER_NOT_CERTIFIED]) { nodes { on message rule } } }
} } }`;

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());

let operations = 0;

/** An operation, and lots of it that were there for some days: born on the first, lost on the last. */
const histories = fc
  .record({
    roles: fc.constantFrom('handler', 'broker', 'carrier;warehouse', 'importer;broker'),
    certificates,
    held: fc.array(
      fc.record({ product: fc.constantFrom('Wheat' as const, 'Plain wheat' as const), from: fc.nat(300), days: fc.nat(120) }),
      {
        minLength: 1,
        maxLength: 20,
      },
    ),
  })
  .map(({ roles, certificates, held }): World => {
    const identifier = `C:${++operations}`;
    const lots = held.map(
      ({ product, from }, index): WorldLot => ({
        code: `C${operations}-${index}`,
        producer: identifier,
        kind: 'HARVEST',
        kg: 10,
        on: dayOf(from),
        country: 'UA',
        product,
      }),
    );
    return {
      operations: [{ identifier, country: 'UA', roles, certificates }],
      lots,
      uses: [],
      transfers: [],
      losses: held.map(({ from, days }, index) => ({ lot: lots[index]!.code, holder: identifier, kg: 10, on: dayOf(from + days) })),
    };
  });

async function expectVerdicts(given: World): Promise<void> {
  const prefix = given.lots[0]!.code.replace(/-.*/, '-');
  const { lots } = await lotline.data(QUESTION, { prefix });
  const [{ identifier }] = given.operations as [World['operations'][number]];
  for (const { code, ownership, trace } of lots.nodes) {
    const lot = given.lots.find((each) => each.code === code)!;
    const product = lot.product!;
    const last = given.losses.find((loss) => loss.lot === code)!.on;
    const verdicts: [day: string, verdict: string][] = [];
    for (let at = Date.parse(lot.on!); at <= Date.parse(last); at += 86_400_000) {
      const day = new Date(at).toISOString().slice(0, 10);
      verdicts.push([day, oracle.verdict(given, identifier, product, day)]);
    }
    const bad = verdicts.find(([, verdict]) => !['VALID', 'VALID_EQUIVALENT', 'EXEMPT'].includes(verdict));
    expect([code, ownership.nodes[0].certified]).toEqual([code, (bad ?? verdicts[0]!)[1]]);
    expect(trace.gaps.nodes.map((gap: any) => gap.on)).toEqual(bad && product === 'Wheat' ? [bad[0]] : []);
  }
}

test('verdicts are what an oracle finds day by day, before and after what is reported late', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.array(fc.boolean(), { minLength: 15, maxLength: 15 }), async (given, late) => {
      const [operation] = given.operations as [World['operations'][number]];
      let row = 0;
      const early: World = {
        ...given,
        operations: [
          {
            ...operation,
            certificates: operation
              .certificates!.map((certificate) => ({ ...certificate, steps: certificate.steps.filter(() => !late[row++]) }))
              .filter(({ steps }) => steps.length > 0),
          },
        ],
      };
      await lotline.import(folderOf(early));
      await expectVerdicts(early);
      const all = certificateRows(operation);
      if (all.length === 0) return;
      await lotline.import({
        'certifiers.csv': csv(['ZZ1', 'ZZ2'].map((certifier) => ({ certifier, name: certifier }))),
        'operation_certificates.csv': csv(all),
      });
      await expectVerdicts(given);
    }),
    { numRuns: RUNS },
  );
}, 300_000);

const NOP = (steps: { status: 'CERTIFIED' | 'SUSPENDED' | 'REVOKED'; from: string; products?: string[] }[]) => [
  { certifier: 'ZZ1', standard: 'NOP', steps: steps.map((step) => ({ expires: null, products: [], ...step })) },
];

test('a suspension in the middle of a holding, after which one of two buyers received its part', async () => {
  const day = (text: string) => `2025-${text}`;
  const given: World = {
    operations: [
      {
        identifier: 'S:FARM',
        country: 'UA',
        certificates: NOP([
          { status: 'CERTIFIED', from: '2024-01-01' },
          { status: 'SUSPENDED', from: day('05-10') },
        ]),
      },
      { identifier: 'S:EARLY', country: 'US', certificates: NOP([{ status: 'CERTIFIED', from: '2024-01-01' }]) },
      { identifier: 'S:LATE', country: 'US' },
    ],
    lots: [{ code: 'SUSPENDED-1', producer: 'S:FARM', kind: 'HARVEST', kg: 100, on: day('04-01'), country: 'UA' }],
    uses: [],
    transfers: [
      { lot: 'SUSPENDED-1', from: 'S:FARM', to: 'S:EARLY', kg: 40, on: day('05-01') },
      { lot: 'SUSPENDED-1', from: 'S:FARM', to: 'S:LATE', kg: 60, on: day('06-01') },
    ],
    losses: [],
  };
  await lotline.import(folderOf(given));
  const { lot } = await lotline.data(
    '{ lot(code: "SUSPENDED-1") { ownership { nodes { owner { name } from until certified } } trace(direction: FORWARD) { complete gaps(kinds: [OWNER_NOT_CERTIFIED]) { nodes { kind on rule message } } } } }',
  );
  expect(lot.ownership.nodes).toEqual([
    { owner: { name: 'S:FARM' }, from: day('04-01'), until: day('06-01'), certified: 'SUSPENDED' },
    { owner: { name: 'S:EARLY' }, from: day('05-01'), until: null, certified: 'VALID' },
    { owner: { name: 'S:LATE' }, from: day('06-01'), until: null, certified: 'NONE' },
  ]);
  expect(lot.trace).toEqual({
    complete: true,
    gaps: {
      nodes: [
        {
          kind: 'OWNER_NOT_CERTIFIED',
          on: day('05-10'),
          rule: '7 CFR 205.100(a)',
          message: 'S:FARM held the lot from 2025-04-01, and on 2025-05-10 its certificate was suspended.',
        },
        {
          kind: 'OWNER_NOT_CERTIFIED',
          on: day('06-01'),
          rule: '7 CFR 205.100(a)',
          message: 'S:LATE acquired the lot on 2025-06-01, when it had no certificate.',
        },
      ],
    },
  });
});

test('behind a lot, a holder is judged to the last day it passed the lot on, and not for what its producer sold to others', async () => {
  const given: World = {
    operations: [
      {
        identifier: 'B:FARM',
        country: 'UA',
        certificates: NOP([
          { status: 'CERTIFIED', from: '2024-01-01' },
          { status: 'REVOKED', from: '2025-05-10' },
        ]),
      },
      { identifier: 'B:MILL', country: 'TR', certificates: NOP([{ status: 'CERTIFIED', from: '2024-01-01' }]) },
      { identifier: 'B:OTHER', country: 'TR' },
    ],
    lots: [
      { code: 'B-GRAIN', producer: 'B:FARM', kind: 'HARVEST', kg: 100, on: '2025-04-01', country: 'UA' },
      { code: 'B-FLOUR', producer: 'B:MILL', kind: 'TRANSFORMATION', kg: 30, on: '2025-06-01', country: 'TR' },
    ],
    uses: [{ output: 'B-FLOUR', input: 'B-GRAIN', kg: 40, on: null }],
    transfers: [
      { lot: 'B-GRAIN', from: 'B:FARM', to: 'B:MILL', kg: 40, on: '2025-05-01' },
      { lot: 'B-GRAIN', from: 'B:FARM', to: 'B:OTHER', kg: 20, on: '2025-05-02' },
    ],
    losses: [],
  };
  await lotline.import(folderOf(given));
  const gapsOf = async (code: string, direction: string) =>
    (
      await lotline.data(
        'query ($code: String!, $direction: TraceDirection!) { lot(code: $code) { trace(direction: $direction) { gaps(kinds: [OWNER_NOT_CERTIFIED]) { nodes { kind on lot { lot { code } } } } } } }',
        { code, direction },
      )
    ).lot.trace.gaps.nodes.map((gap: any) => `${gap.kind} ${gap.lot.lot.code} ${gap.on}`);
  expect(await gapsOf('B-FLOUR', 'BACK')).toEqual([]);
  expect(await gapsOf('B-GRAIN', 'FORWARD')).toEqual(['OWNER_NOT_CERTIFIED B-GRAIN 2025-05-02', 'OWNER_NOT_CERTIFIED B-GRAIN 2025-05-10']);
});

test('an equivalent certificate counts on the day it expires, and no more; a NOP certificate does not expire by date', async () => {
  const certified = (standard: string) => [
    { certifier: 'ZZ1', standard, steps: [{ status: 'CERTIFIED' as const, from: '2024-01-01', expires: '2025-03-31', products: [] }] },
  ];
  const lots = ['EU', 'NOP'].flatMap((standard) =>
    ['2025-03-31', '2025-04-01'].map((on) => ({
      code: `${standard} ${on}`,
      producer: `X:${standard}`,
      kind: 'HARVEST' as const,
      kg: 10,
      on,
      country: 'UA',
    })),
  );
  await lotline.import(
    folderOf({
      operations: ['EU', 'NOP'].map((standard) => ({ identifier: `X:${standard}`, country: 'UA', certificates: certified(standard) })),
      lots,
      uses: [],
      transfers: [],
      losses: lots.map(({ code, producer, on }) => ({ lot: code, holder: producer, kg: 10, on })),
    }),
  );
  const verdicts: string[] = [];
  for (const { code } of lots) {
    const { lot } = await lotline.data('query ($code: String!) { lot(code: $code) { ownership { nodes { certified } } } }', { code });
    verdicts.push(`${code} ${lot.ownership.nodes[0].certified}`);
  }
  expect(verdicts).toEqual(['EU 2025-03-31 VALID_EQUIVALENT', 'EU 2025-04-01 EXPIRED', 'NOP 2025-03-31 VALID', 'NOP 2025-04-01 VALID']);
});
