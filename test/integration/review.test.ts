import { type As, csv, fingerprint, type Lotline, startLotline } from '../support/lotline';
import { sampleUntil } from '../support/sample-until';

// The certifier's work sheet: what the rules say of a request, by what its reader may see; the decision is the certifier's, and its sheet is kept.

let lotline: Lotline;
let keys = 0;

const give = (command: string, input: object, as: As) => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { cursor importCertificate { id status } } }`;
  return lotline.ask(query, { input: { idempotencyKey: `review-${++keys}`, ...input } }, as);
};
const done = async (command: string, input: object, as: As): Promise<any> => {
  const { data, errors } = await give(command, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[command].importCertificate;
};

const REVIEW = `query ($id: ID!) { node(id: $id) { ... on ImportCertificate { history { status reason } review { at decision reason blocking
  findings { check rule since severity verdict message evidenceCount evidence { says subject { __typename ... on Node { id } ... on Lot { code } ... on Operation { name } } } } } } } }`;
const certificateSeen = async (id: string, as: As): Promise<any> => (await lotline.data(REVIEW, { id }, as)).node;
const reviewOf = async (id: string, as: As): Promise<any> => (await certificateSeen(id, as)).review;
/** Findings of a verdict, by check. */
const checksOf = (review: any, verdict: string): string[] =>
  review.findings.filter((each: any) => each.verdict === verdict).map(({ check }: any) => check);
const findingOf = (review: any, check: string): any => review.findings.find((each: any) => each.check === check);

const idsOf = async (sql: string, query: string): Promise<any> => lotline.data(query, { of: sql });
const operationId = async (identifier: string): Promise<string> =>
  (await idsOf(identifier, 'query ($of: String!) { operation(identifier: $of) { id } }')).operation.id;
const certifierId = async (code: string): Promise<string> => {
  const { certifiers } = await lotline.data(
    '{ certifiers: operations(first: 500) { nodes { certificates { nodes { certifier { id code } } } } } }',
  );
  const all = certifiers.nodes.flatMap((each: any) => each.certificates.nodes.map((one: any) => one.certifier));
  return all.find((each: any) => each.code === code).id;
};
const lotOf = async (code: string): Promise<{ id: string; product: { id: string; hts: string } }> =>
  (await idsOf(code, 'query ($of: String!) { lot(code: $of) { id product { id hts } } }')).lot;
const paperOf = async (number: string): Promise<string> => {
  const { documents } = await lotline.data('{ documents(first: 500) { nodes { id number } } }');
  return documents.nodes.find((each: any) => each.number === number).id;
};

interface Asking {
  exporter: string;
  importer: string;
  certifier: string;
  lot: string;
  kilograms: string;
  papers: string[];
  more?: object;
}

async function ask({ exporter, importer, certifier, lot: code, kilograms, papers, more = {} }: Asking): Promise<string> {
  const lot = await lotOf(code);
  const input = {
    exporter: await operationId(exporter),
    importer: await operationId(importer),
    certifier: await certifierId(certifier),
    kind: 'SHIPMENT',
    origin: 'TR',
    destination: 'US',
    hts: lot.product.hts,
    standard: 'NOP',
    lines: [{ product: lot.product.id, lot: lot.id, quantity: { value: kilograms, unit: 'KGM' } }],
    documents: await Promise.all(papers.map(paperOf)),
    ...more,
  };
  return (await done('requestImportCertificate', input, { operation: exporter })).id;
}

const COFFEE = {
  exporter: '9990100004',
  importer: '9990100005',
  certifier: 'ZZC',
  lot: 'COF-EXCELSO-0123',
  papers: ['FVC-CON-2026-04'],
  more: { origin: 'CO' },
};
const SOYBEANS = { exporter: '9990000001', importer: '9990000002', certifier: 'ZZA', lot: 'SOY-STOCKTON-1', papers: ['SST-CON-250228'] };

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import(sampleUntil('coffee', '2026-01-25'));
  await lotline.import(sampleUntil('soybeans', '2025-03-05'));
});
afterAll(() => lotline.close());

describe('the coffee, as it stood before anybody asked', () => {
  let id: string;
  beforeAll(async () => {
    id = await ask({ ...COFFEE, kilograms: '10000' });
  });

  test.each([
    ['certifier', { certifier: 'ZZC' }],
    ['exporter', { operation: COFFEE.exporter }],
    ['analyst', 'analyst'],
  ] as [string, As][])('passes clean before its %s', async (_, as) => {
    const review = await reviewOf(id, as);
    expect(checksOf(review, 'FAILED')).toEqual([]);
    expect(checksOf(review, 'UNDETERMINED')).toEqual([]);
    expect(review).toMatchObject({ blocking: 0, decision: null, reason: null });
    expect(review.findings).toHaveLength(24);
    expect(findingOf(review, 'PRODUCTS_VERIFIED').evidence[0].says).toBe(
      'Organic green coffee, labelled as Organic green coffee, since 2018-10-01.',
    );
  });

  test('is approved without a word, and the sheet is kept as it was', async () => {
    await done('approveImportCertificate', { importCertificate: id }, { certifier: 'ZZC' });
    const before = await reviewOf(id, { certifier: 'ZZC' });
    expect(before).toMatchObject({ decision: 'APPROVED', reason: null, blocking: 0 });
    // What comes later changes no sheet.
    const lot = await lotOf(COFFEE.lot);
    await lotline.data(
      'mutation ($input: RecordTreatmentInput!) { recordTreatment(input: $input) { cursor } }',
      {
        input: {
          operation: await operationId(COFFEE.exporter),
          lot: lot.id,
          kind: 'FUMIGATION',
          substance: 'phosphine',
          prohibited: true,
          on: '2026-02-01',
          idempotencyKey: `review-${++keys}`,
        },
      },
      { operation: COFFEE.exporter },
    );
    expect(await reviewOf(id, { certifier: 'ZZC' })).toEqual(before);
    const next = await ask({ ...COFFEE, kilograms: '100' });
    expect(checksOf(await reviewOf(next, { certifier: 'ZZC' }), 'FAILED')).toEqual(['PROHIBITED_TREATMENT']);
  });
});

describe('the soybeans, as they stood before anybody asked', () => {
  let id: string;
  beforeAll(async () => {
    id = await ask({ ...SOYBEANS, kilograms: '16329325.320' });
  });

  test('are blocked, each finding with its rule and its evidence', async () => {
    const review = await reviewOf(id, { certifier: 'ZZA' });
    const blocking = review.findings.filter((each: any) => each.severity === 'BLOCKING' && each.verdict === 'FAILED');
    expect(blocking.map(({ check, rule }: any) => [check, rule])).toEqual([
      ['MISSING_INPUTS', '7 CFR 205.103(b)(2)'],
      ['MORE_OUT_THAN_IN', '7 CFR 205.403(d)(4)'],
      ['NON_ORGANIC_INPUT', '7 CFR 205.301(b)'],
      ['DOCUMENT_NOT_MARKED_ORGANIC', '7 CFR 205.103(b)(3)'],
      ['PROHIBITED_TREATMENT', '7 CFR 205.105, 205.272'],
    ]);
    expect(review.blocking).toBe(blocking.length);
    expect(findingOf(review, 'NON_ORGANIC_INPUT').evidence).toEqual([
      {
        says: expect.stringMatching(/^SOY-STOCKTON-1: The lot is sold as organic, but .* are not\.$/),
        subject: expect.objectContaining({ __typename: 'Lot', code: 'SOY-STOCKTON-1' }),
      },
    ]);
    // The exporter bought this lot, so that its certifier sees what was done to it.
    expect(findingOf(review, 'PROHIBITED_TREATMENT').evidence[0]).toEqual({
      says: 'SOY-CHORNOMORSK-7: The shipment that carried the lot was treated on 2025-02-23: fumigation with aluminium phosphide.',
      subject: expect.objectContaining({ code: 'SOY-CHORNOMORSK-7' }),
    });
    // What lies behind that is others': its kind is told, and neither whose it is nor when.
    expect(findingOf(review, 'MISSING_INPUTS').evidence).toEqual([{ says: 'Facts that you may not see break this rule.', subject: null }]);
  });

  test('the sheets of exporter and certifier are each from what it sees', async () => {
    const [analyst, exporter] = [await reviewOf(id, 'analyst'), await reviewOf(id, { operation: SOYBEANS.exporter })];
    expect(JSON.stringify(findingOf(analyst, 'MISSING_INPUTS').evidence)).toContain('SOY-SPOT-2024-11');
    expect(JSON.stringify(exporter)).not.toContain('SPOT');
    expect(checksOf(exporter, 'FAILED')).toEqual(checksOf(analyst, 'FAILED'));
    for (const as of [{ operation: SOYBEANS.importer }, { certifier: 'ZZC' }, 'nobody'] as As[])
      expect((await certificateSeen(id, as))?.review ?? null).toBeNull();
  });

  test('are not approved without a reason: each blocking finding is one why not, and nothing is changed', async () => {
    const before = await fingerprint(lotline.database);
    const { errors } = await give('approveImportCertificate', { importCertificate: id }, { certifier: 'ZZA' });
    expect(
      errors!.flatMap(({ extensions }) => extensions.reasons ?? [extensions]).map(({ code, path, rule }: any) => [code, path, rule]),
    ).toEqual([
      ['REFUSED', ['input', 'reason'], '7 CFR 205.103(b)(2)'],
      ['REFUSED', ['input', 'reason'], '7 CFR 205.403(d)(4)'],
      ['REFUSED', ['input', 'reason'], '7 CFR 205.301(b)'],
      ['REFUSED', ['input', 'reason'], '7 CFR 205.103(b)(3)'],
      ['REFUSED', ['input', 'reason'], '7 CFR 205.105, 205.272'],
    ]);
    expect(await fingerprint(lotline.database)).toEqual(before);
  });

  test('are approved with one, which stays visible to the exporter and to whoever has the certificate then', async () => {
    const reason = 'The farms were visited; their certificates are on the way.';
    await done('approveImportCertificate', { importCertificate: id, reason }, { certifier: 'ZZA' });
    for (const as of [{ certifier: 'ZZA' }, { operation: SOYBEANS.exporter }, 'analyst'] as As[])
      expect(await reviewOf(id, as)).toMatchObject({ decision: 'APPROVED', reason, blocking: 5 });
    await done('issueImportCertificate', { importCertificate: id, number: '999-0000000001-000901' }, { certifier: 'ZZA' });
    const on = new Date().toISOString().slice(0, 10);
    await done(
      'handOverImportCertificate',
      { importCertificate: id, recipient: await operationId(SOYBEANS.importer), on },
      { operation: SOYBEANS.exporter },
    );
    const seen = await certificateSeen(id, { operation: SOYBEANS.importer });
    expect(seen.review).toBeNull();
    expect(seen.history).toContainEqual({ status: 'APPROVED', reason });
  });

  test('once issued nothing of them is free for another certificate; the exporter learns how much, not whose', async () => {
    const again = await ask({ ...SOYBEANS, kilograms: '1' });
    const review = await reviewOf(again, { operation: SOYBEANS.exporter });
    expect(findingOf(review, 'MASS_UNCLAIMED')).toMatchObject({
      verdict: 'FAILED',
      severity: 'BLOCKING',
      rule: '7 CFR 205.273',
      evidence: [{ says: 'SOY-STOCKTON-1 weighs 16329325.32 kg, 1 kg are asked for, and other certificates claim 16329325.32 kg of it.' }],
    });
    await done('rejectImportCertificate', { importCertificate: again, reasons: ['nothing is left'] }, { certifier: 'ZZA' });
    expect(await reviewOf(again, { operation: SOYBEANS.exporter })).toMatchObject({ decision: 'REJECTED', reason: 'nothing is left' });
  });
});

describe('what a request itself gets wrong', () => {
  const checks: [string, () => Promise<Partial<Asking>>, Record<string, string>][] = [
    ['another certifier', async () => ({ certifier: 'ZZD' }), { ISSUING_CERTIFIER: 'FAILED', LOTS_HELD: 'UNDETERMINED' }],
    ['a standard of which the certifier knows nothing', async () => ({ more: { standard: 'EU' } }), { ARRANGEMENT: 'FAILED' }],
    [
      'an importer without a certificate',
      async () => ({ importer: 'R:NOBODY' }),
      { PARTIES_CERTIFIED: 'FAILED', IMPORTER_IDENTIFIED: 'FAILED' },
    ],
    ['another HTS code', async () => ({ more: { hts: '0901.12.0015' } }), { ONE_HTS_CODE: 'FAILED' }],
    ['no contract', async () => ({ papers: ['FVC-WT-SAMPLE-260121'] }), { IMPORTER_IDENTIFIED: 'FAILED' }],
    [
      'a contract that is not marked',
      async () => ({ papers: ['R-PO'] }),
      { IMPORTER_IDENTIFIED: 'UNDETERMINED', PAPERS_MARKED_ORGANIC: 'FAILED' },
    ],
    ['a lot of a product that is not on the form', async () => ({ lot: 'R-CHERRIES', kilograms: '10' }), { PRODUCTS_VERIFIED: 'FAILED' }],
    ['a lot that it sold', async () => ({ lot: 'R-SOLD', kilograms: '600' }), { LOTS_HELD: 'FAILED' }],
    ['goods that have left', async () => ({ lot: 'R-LEFT', kilograms: '10' }), { BEFORE_DEPARTURE: 'FAILED' }],
    [
      'goods that were to leave yesterday',
      async () => ({
        more: { transport: { mode: 'MARITIME', portOfLading: 'COBUN', departs: new Date(Date.now() - 86_400_000).toISOString() } },
      }),
      { BEFORE_DEPARTURE: 'UNDETERMINED' },
    ],
    ['goods that leave today', async () => ({ lot: 'R-LEAVES', kilograms: '10' }), { BEFORE_DEPARTURE: 'UNDETERMINED' }],
    ['goods that leave in a year', async () => ({ lot: 'R-STAYS', kilograms: '10' }), { BEFORE_DEPARTURE: 'PASSED' }],
    [
      'a period within what it holds',
      async () => ({ more: { kind: 'PERIOD', validFrom: '2026-12-01', validTo: '2027-02-28', estimate: { value: '500', unit: 'KGM' } } }),
      { PLAUSIBLE_VOLUME: 'PASSED' },
    ],
    [
      'a period of more, without fields',
      async () => ({
        more: { kind: 'PERIOD', validFrom: '2026-12-01', validTo: '2027-02-28', estimate: { value: '900000', unit: 'KGM' } },
      }),
      { PLAUSIBLE_VOLUME: 'UNDETERMINED' },
    ],
  ];
  // Today at the port of lading, whatever the hour here.
  const todayIn = (zone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(new Date());
  const inAYear = () => new Date(Date.now() + 365 * 86_400_000).toISOString().slice(0, 10);
  const left = { R_LEFT: '2026-03-01', R_LEAVES: todayIn('America/Bogota'), R_STAYS: inAYear() };

  beforeAll(async () => {
    const { exporter, importer } = COFFEE;
    const lot = (code: string, product = 'Organic green coffee') => ({
      code,
      producer: exporter,
      product,
      quantity: 1000,
      unit: 'KGM',
      kind: 'purchased',
      produced_on: '2026-01-25',
      country: 'CO',
    });
    const codes = ['R-SOLD', 'R-LEFT', 'R-LEAVES', 'R-STAYS'];
    await lotline.import({
      'operations.csv': csv([{ operation: 'R:NOBODY', name: 'Uncertified Imports (invented)', country: 'US', roles: 'importer' }]),
      'products.csv': csv([{ product: 'Organic coffee cherries', hts: '0901.11.0015', organic: 'yes' }]),
      'lots.csv': csv([...codes.map((code) => lot(code)), lot('R-CHERRIES', 'Organic coffee cherries')]),
      'transfers.csv': csv([{ lot: 'R-SOLD', from: exporter, to: importer, on: '2026-01-26', quantity: 500, unit: 'KGM' }]),
      'shipments.csv': csv(codes.slice(1).map((code) => ({ reference: `SEA-${code}`, shipper: exporter, consignee: importer }))),
      'shipment_lots.csv': csv(codes.slice(1).map((code) => ({ shipment: `SEA-${code}`, lot: code, quantity: 1000, unit: 'KGM' }))),
      'shipment_legs.csv': csv(
        codes.slice(1).map((code) => ({
          shipment: `SEA-${code}`,
          sequence: 1,
          mode: 'MARITIME',
          from_place: 'COBUN Buenaventura',
          to_place: 'USOAK Oakland',
          departed: left[code.replace('-', '_') as keyof typeof left],
        })),
      ),
      'documents.csv': csv([{ type: 'PURCHASE_ORDER', number: 'R-PO', issuer: exporter, issued_on: '2026-01-25', marked_organic: 'NO' }]),
    });
  });

  test.each(checks)('%s', async (_, asking, verdicts) => {
    const more = await asking();
    const id = await ask({ ...COFFEE, kilograms: '100', ...more });
    const review = await reviewOf(id, { certifier: more.certifier ?? COFFEE.certifier });
    const found = Object.fromEntries(Object.keys(verdicts).map((check) => [check, findingOf(review, check).verdict]));
    expect(found).toEqual(verdicts);
  });
});

describe('a farm that exports', () => {
  const farm = '9990177001';
  const period = (kilograms: string) => ({
    kind: 'PERIOD',
    origin: 'CO',
    validFrom: '2026-12-01',
    validTo: '2027-11-30',
    estimate: { value: kilograms, unit: 'KGM' },
  });
  beforeAll(() =>
    lotline.import({
      'operations.csv': csv([{ operation: farm, name: 'Sample Exporting Farm (invented)', country: 'CO', roles: 'producer;exporter' }]),
      'operation_certificates.csv': csv([
        {
          operation: farm,
          certifier: 'ZZC',
          status: 'CERTIFIED',
          effective_from: '2020-01-01',
          products: 'Organic green coffee',
          hectares: '10',
        },
        {
          operation: farm,
          certifier: 'ZZC',
          status: 'CERTIFIED',
          effective_from: '2025-01-01',
          products: 'Organic green coffee',
          hectares: '12.5',
        },
      ]),
      'lots.csv': csv(
        [
          ['FARM-21', '2021-06-01', 4000],
          ['FARM-22', '2022-03-01', 5000],
          ['FARM-25', '2025-06-01', 8000],
        ].map(([code, produced_on, quantity]) => ({
          code,
          producer: farm,
          product: 'Organic green coffee',
          quantity,
          unit: 'KGM',
          kind: 'harvest',
          produced_on,
          country: 'CO',
        })),
      ),
    }),
  );

  // By hand: it holds 17,000 kg. Its best 365 days gave 4,000 + 5,000 kg on 10 ha, which is 11,250 kg on the 12.5 ha of today.
  test.each([
    ['17000', 'PASSED', 'The estimate of 17000 kg is within what it holds.'],
    ['28250', 'PASSED', 'The estimate of 28250 kg is within what it holds and grows.'],
    ['28250.001', 'FAILED', 'The estimate of 28250.001 kg is more than it holds and grows: 28250 kg.'],
  ])('asks for a year of %s kg: %s', async (kilograms, verdict, message) => {
    const id = await ask({ ...COFFEE, exporter: farm, lot: 'FARM-25', kilograms: '1', papers: [], more: period(kilograms) });
    for (const as of [{ certifier: 'ZZC' }, { operation: farm }] as As[])
      expect(findingOf(await reviewOf(id, as), 'PLAUSIBLE_VOLUME')).toMatchObject({ verdict, message, severity: 'BLOCKING' });
  });
});

describe('under an arrangement of equivalence', () => {
  const [exporter, importer] = ['EU:EXPORTER', '9990100005'];
  beforeAll(() =>
    lotline.import({
      'certifiers.csv': csv([{ certifier: 'ZZE', name: 'Example Control Body (invented)', country: 'NL', scheme: 'EU' }]),
      'operations.csv': csv([{ operation: exporter, name: 'Example Rotterdam Oils (invented)', country: 'NL', roles: 'exporter' }]),
      'products.csv': csv([
        { product: 'Organic quinoa flakes', hts: '1104.29.9000', organic: 'yes' },
        { product: 'Organic hard cheese', hts: '0406.90.9500', organic: 'yes' },
      ]),
      'operation_certificates.csv': csv([
        {
          operation: exporter,
          certifier: 'ZZE',
          status: 'CERTIFIED',
          effective_from: '2024-01-01',
          standard: 'EU',
          expires_on: '2030-01-01',
        },
      ]),
      'lots.csv': csv(
        [
          ['FLAKES-NL', 'Organic quinoa flakes', 'NL'],
          ['FLAKES-PE', 'Organic quinoa flakes', 'PE'],
          ['CHEESE-NL', 'Organic hard cheese', 'NL'],
        ].map(([code, product, country]) => ({
          code,
          producer: exporter,
          product,
          quantity: 100,
          unit: 'KGM',
          kind: 'purchased',
          produced_on: '2026-01-25',
          country,
        })),
      ),
    }),
  );

  test.each([
    ['FLAKES-NL', 'PASSED', 'The arrangement with EU is in force since 2012-06-01, and covers the goods.'],
    ['FLAKES-PE', 'FAILED', 'The arrangement with EU covers what was produced, processed or packed there.'],
    ['CHEESE-NL', 'UNDETERMINED', 'The arrangement with EU sets terms for animal products: see that these meet them.'],
  ])('%s: %s', async (lot, verdict, message) => {
    const id = await ask({
      ...COFFEE,
      exporter,
      importer,
      certifier: 'ZZE',
      lot,
      kilograms: '1',
      papers: [],
      more: { standard: 'EU', origin: 'NL' },
    });
    const review = await reviewOf(id, { certifier: 'ZZE' });
    expect(findingOf(review, 'ARRANGEMENT')).toMatchObject({ verdict, message });
    // Nothing says which products are on a form: the certificate of another scheme may have none.
    expect(findingOf(review, 'PRODUCTS_VERIFIED').verdict).toBe('UNDETERMINED');
  });
});
