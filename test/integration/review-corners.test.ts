import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// What the work sheet says where it is hardest: goods that are promised already, claims that its reader may not see, what has changed since.

const [E, P, C, IMP, OTHER] = ['K:E', 'K:P', 'K:C', 'K:IMP', 'K:OTHER'] as const;
const [ZZE, ZZP, ZZX] = ['ZK1', 'ZK2', 'ZK3'] as const;
const BEANS = 'Organic soybeans';
const exporter: As = { operation: E };

let lotline: Lotline;
const ids: Record<string, string> = {};
let given = 0;
let serial = 0;

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const kilograms = (value: number) => ({ value: String(value), unit: 'KGM' });
const give = (command: string, input: object, as: As, answer = '') => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { done: ${command}(input: $input) { cursor ${answer} } }`;
  return lotline.ask(query, { input: { idempotencyKey: `c-${++given}`, ...input } }, as);
};
const done = async (command: string, input: object, as: As, answer = ''): Promise<any> => {
  const { data, errors } = await give(command, input, as, answer);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.done;
};
const reasonsOf = ({ errors }: { errors?: any[] }): string[] =>
  errors?.flatMap(({ message, extensions }) => (extensions.reasons ?? [{ message, ...extensions }]).map((each: any) => each.message)) ?? [];

const lotId = async (code: string): Promise<string> => {
  const [row] = await lotline.database.query<{ id: string }>('select id from lot where code = $1', [code]);
  return Buffer.from(`Lot:${row!.id}`).toString('base64url');
};
/** A lot of 1,000 kg, born with its producer. */
let lots = 0;
async function lot(producer: string = E, mass = 1000): Promise<string> {
  const code = `K-${++lots}`;
  await lotline.import({
    'lots.csv': csv([
      { code, producer, product: BEANS, quantity: mass, unit: 'KGM', kind: 'harvest', produced_on: '2025-01-10', country: 'TR' },
    ]),
  });
  return code;
}
const sold = (code: string, from: string, to: string, mass: number) =>
  lotline.import({ 'transfers.csv': csv([{ lot: code, from, to, on: '2025-02-01', quantity: mass, unit: 'KGM' }]) });

interface Asking {
  by?: string;
  certifier?: string;
  lines: [code: string | null, mass: number][];
  more?: object;
}
async function ask({ by = E, certifier = ZZE, lines, more = {} }: Asking): Promise<string> {
  const input = {
    exporter: ids[by],
    importer: ids[IMP],
    certifier: ids[certifier],
    kind: 'SHIPMENT',
    origin: 'TR',
    destination: 'US',
    hts: '1201900010',
    standard: 'NOP',
    lines: await Promise.all(
      lines.map(async ([code, mass]) => ({ product: ids[BEANS], ...(code && { lot: await lotId(code) }), quantity: kilograms(mass) })),
    ),
    ...more,
  };
  return (await done('requestImportCertificate', input, { operation: by }, 'importCertificate { id }')).importCertificate.id;
}
const approve = (id: string, certifier: string = ZZE) =>
  done('approveImportCertificate', { importCertificate: id, reason: 'seen' }, { certifier });
const issue = (id: string, more: object = { reason: 'seen' }, certifier: string = ZZE) =>
  give('issueImportCertificate', { importCertificate: id, number: certificateNumber(66, ++serial), ...more }, { certifier });
async function issued(asking: Asking): Promise<string> {
  const id = await ask(asking);
  await approve(id, asking.certifier);
  expect(reasonsOf(await issue(id, { reason: 'seen' }, asking.certifier))).toEqual([]);
  return id;
}
const REVIEW =
  'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { review { findings { check verdict message evidence { says } } } } } }';
/** What a sheet says of checks. */
async function sheet(id: string, as: As = { certifier: ZZE }): Promise<(check: string) => any> {
  const { findings } = (await lotline.data(REVIEW, { id }, as)).node.review;
  return (check) => findings.find((each: any) => each.check === check);
}
async function departed(code: string, mass: number, on: string, to: string = IMP): Promise<void> {
  const reference = `K-SEA-${++serial}`;
  await lotline.import({
    'shipments.csv': csv([{ reference, shipper: E, consignee: to }]),
    'shipment_lots.csv': csv([{ shipment: reference, lot: code, quantity: mass, unit: 'KGM' }]),
    'shipment_legs.csv': csv([
      { shipment: reference, sequence: 1, mode: 'MARITIME', from_place: 'TRMER Mersin', to_place: 'USSCK Stockton', departed: on },
    ]),
  });
}

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([ZZE, ZZP, ZZX].map((certifier) => ({ certifier, name: `Corner ${certifier} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv([E, P, C, IMP, OTHER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: BEANS, hts: '1201.90.0010', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      [
        [E, ZZE],
        [P, ZZP],
        [C, ZZX],
        [IMP, ZZX],
      ].map(([operation, certifier]) => ({ operation, certifier, status: 'CERTIFIED', effective_from: '2020-01-01', products: BEANS })),
    ),
  });
  const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64url');
  for (const { id, name } of await lotline.database.query<{ id: string; name: string }>('select id, identifier as name from operation'))
    ids[name] = global('Operation', id);
  for (const { id, name } of await lotline.database.query<{ id: string; name: string }>('select id, code as name from certifier'))
    ids[name] = global('Certifier', id);
  for (const { id, name } of await lotline.database.query<{ id: string; name: string }>('select id, name from product'))
    ids[name] = global('Product', id);
});
afterAll(() => lotline.close());

describe('a gram backs one certificate', () => {
  test('what is held is not free where another certificate of the exporter claims it', async () => {
    const code = await lot();
    await issued({ lines: [[code, 600]] });
    await sold(code, E, OTHER, 400);
    // 600 kg are left, and they are promised.
    const found = await sheet(await ask({ lines: [[code, 400]] }));
    expect(found('LOTS_HELD')).toMatchObject({
      verdict: 'FAILED',
      evidence: [{ says: `Of ${code} 400 kg are asked for, and it holds 600 kg, of which 0 kg stand behind no other certificate.` }],
    });
  });

  test('it is free where the goods of that certificate have come to whom it names', async () => {
    const code = await lot();
    await issued({ lines: [[code, 600]] });
    await sold(code, E, IMP, 600);
    const found = await sheet(await ask({ lines: [[code, 400]] }));
    expect([found('LOTS_HELD').verdict, found('MASS_UNCLAIMED').verdict]).toEqual(['PASSED', 'PASSED']);
  });

  test('the second part of a lot is not accused of the first, which left under its certificate', async () => {
    const code = await lot();
    await issued({ lines: [[code, 500]] });
    await departed(code, 500, '2025-03-01');
    expect((await sheet(await ask({ lines: [[code, 500]] })))('BEFORE_DEPARTURE').verdict).toBe('PASSED');
    await departed(code, 1, '2025-03-02');
    expect((await sheet(await ask({ lines: [[code, 500]] })))('BEFORE_DEPARTURE').verdict).toBe('FAILED');
  });

  test('of other certificates for the same days a period counts what they are still to take', async () => {
    await lot(P);
    const period = { kind: 'PERIOD', validFrom: day(1), validTo: day(30), estimate: kilograms(600) };
    const of = { by: P, certifier: ZZP, lines: [[null, 600]] as [null, number][], more: period };
    expect((await sheet(await ask(of), { certifier: ZZP }))('PLAUSIBLE_VOLUME').verdict).toBe('PASSED');
    await issued(of);
    expect((await sheet(await ask(of), { certifier: ZZP }))('PLAUSIBLE_VOLUME')).toMatchObject({ verdict: 'UNDETERMINED' });
    const later = { ...period, validFrom: day(31), validTo: day(60) };
    expect((await sheet(await ask({ ...of, more: later }), { certifier: ZZP }))('PLAUSIBLE_VOLUME').verdict).toBe('PASSED');
  });
});

describe('who may not know learns nothing', () => {
  test('of claims: neither an exporter that owns nothing of a lot nor its certifier', async () => {
    const code = await lot();
    await issued({ lines: [[code, 997]] });
    await sold(code, E, P, 3);
    await lotline.import({
      'shipments.csv': csv([{ reference: 'K-TO-C', shipper: E, consignee: C }]),
      'shipment_lots.csv': csv([{ shipment: 'K-TO-C', lot: code, quantity: 1, unit: 'KGM' }]),
    });
    // C was only to receive some: it sees the lot, and owns nothing of it.
    const byC = await ask({ by: C, certifier: ZZX, lines: [[code, 1000]] });
    for (const as of [{ operation: C }, { certifier: ZZX }] as As[])
      expect(JSON.stringify((await lotline.data(REVIEW, { id: byC }, as)).node)).not.toContain('997');
    // P owns 3 kg: it may know how much is claimed, its certifier only that it is too much.
    const byP = await ask({ by: P, certifier: ZZP, lines: [[code, 4]] });
    expect((await sheet(byP, { operation: P }))('MASS_UNCLAIMED').evidence[0].says).toContain('other certificates claim 997 kg of it');
    const { node } = await lotline.data(REVIEW, { id: byP }, { certifier: ZZP });
    expect(JSON.stringify(node)).toContain('others leave too little');
    expect(JSON.stringify(node)).not.toContain('997');
    const period = await ask({
      by: P,
      certifier: ZZP,
      lines: [[code, 3]],
      more: { kind: 'PERIOD', validFrom: day(1), validTo: day(30), estimate: kilograms(900) },
    });
    expect(JSON.stringify((await lotline.data(REVIEW, { id: period }, { certifier: ZZP })).node)).not.toMatch(/99[0-9]/);
  });

  test('of departures: a certifier that does not certify the exporter is told that it may not see them', async () => {
    const code = await lot();
    await departed(code, 10, '2025-03-01');
    const asked = await ask({ certifier: ZZX, lines: [[code, 10]] });
    expect((await sheet(asked, { certifier: ZZX }))('BEFORE_DEPARTURE')).toMatchObject({ verdict: 'UNDETERMINED' });
    expect((await sheet(asked, exporter))('BEFORE_DEPARTURE').verdict).toBe('FAILED');
  });
});

describe('what holds of lots says nothing of what names none', () => {
  test('one lot beside a mountain of beans without one', async () => {
    const code = await lot();
    const found = await sheet(
      await ask({
        lines: [
          [code, 1],
          [null, 1_000_000],
        ],
      }),
    );
    for (const check of ['LOTS_HELD', 'MASS_UNCLAIMED', 'MISSING_INPUTS', 'PLAUSIBLE_VOLUME', 'ORIGIN'])
      expect([check, found(check).verdict]).toEqual([check, 'UNDETERMINED']);
    expect(found('LOTS_HELD').message).toContain('1000000 kg are asked for without a lot');
  });
});

describe('of several certificates of an exporter the one that the certifier gave counts', () => {
  test('a form of another certifier verifies nothing, and one that was surrendered certifies to nothing', async () => {
    const [S, two] = ['K:S', 'K:TWO'];
    await lotline.import({
      'operations.csv': csv([S, two].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
      'certifiers.csv': csv([{ certifier: 'ZK4', name: 'Corner of two standards (invented)', scheme: 'NOP;EU' }]),
      'operation_certificates.csv': csv([
        { operation: S, certifier: ZZE, status: 'CERTIFIED', effective_from: '2020-01-01', products: BEANS, standard: 'NOP' },
        { operation: S, certifier: ZZP, status: 'CERTIFIED', effective_from: '2020-01-01', products: '', standard: 'NOP' },
        { operation: two, certifier: 'ZK4', status: 'CERTIFIED', effective_from: '2015-01-01', products: BEANS, standard: 'NOP' },
        { operation: two, certifier: 'ZK4', status: 'SURRENDERED', effective_from: '2020-01-01', products: '', standard: 'NOP' },
        { operation: two, certifier: 'ZK4', status: 'CERTIFIED', effective_from: '2021-01-01', products: BEANS, standard: 'EU' },
      ]),
    });
    for (const [table, column] of [
      ['Operation', 'identifier'],
      ['Certifier', 'code'],
    ] as const)
      for (const { id, name } of await lotline.database.query<{ id: string; name: string }>(
        `select id, ${column} as name from ${table.toLowerCase()}`,
      ))
        ids[name] = Buffer.from(`${table}:${id}`).toString('base64url');
    const code = await lot(S);
    const verified = async (certifier: string) =>
      (await sheet(await ask({ by: S, certifier, lines: [[code, 1]] }), { certifier }))('PRODUCTS_VERIFIED').verdict;
    expect([await verified(ZZE), await verified(ZZP)]).toEqual(['PASSED', 'UNDETERMINED']);
    const of = await lot(two);
    const standard = async (name: string) =>
      (await sheet(await ask({ by: two, certifier: 'ZK4', lines: [[of, 1]], more: { standard: name } }), { certifier: 'ZK4' }))(
        'ARRANGEMENT',
      ).verdict;
    expect(await standard('NOP')).toBe('FAILED');
  });
});

describe('since the approval', () => {
  test('goods that left, and a standing that was lost, stop the issue; with a written reason they do not', async () => {
    const code = await lot();
    const id = await ask({ lines: [[code, 10]] });
    await done('approveImportCertificate', { importCertificate: id, reason: 'seen' }, { certifier: ZZE });
    await departed(code, 10, '2025-03-01');
    expect(reasonsOf(await issue(id, {}))).toEqual(['The goods have left, and a certificate is issued before they do.']);
    // It was issued before: only the number comes late, and what was so then counts.
    const earlier = await issue(id, { issued: '2025-02-28T10:00:00Z' });
    expect(reasonsOf(earlier)[0]).toMatch(/^the step before was on /);
    expect(reasonsOf(await issue(id, { reason: 'they waited in the port' }))).toEqual([]);
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { history { status reason } } } }',
      { id },
      exporter,
    );
    expect(node.history.at(-1)).toEqual({ status: 'ISSUED', reason: 'they waited in the port' });
  });

  test('nothing is issued before the hour at which it was approved', async () => {
    const id = await ask({ lines: [[await lot(), 10]] });
    await approve(id);
    const midnight = `${day(0)}T00:00:00Z`;
    expect(reasonsOf(await issue(id, { issued: midnight, reason: 'seen' }))[0]).toMatch(/^the step before was at /);
  });
});

describe('a revision keeps to what was reviewed', () => {
  test.each([
    ['a lot that its exporter never had', async () => [[await lot(P), 1]], 'there is no such lot'],
    ['the product without a lot', async () => [[null, 1]], null],
  ] as [string, () => Promise<[string | null, number][]>, string | null][])('%s', async (_, lines, message) => {
    const id = await issued({ lines: [[await lot(), 10]] });
    const given = await Promise.all(
      (await lines()).map(async ([code, mass]) => ({
        product: ids[BEANS],
        ...(code && { lot: await lotId(code) }),
        quantity: kilograms(mass),
      })),
    );
    const answer = await give('reviseImportCertificate', { importCertificate: id, lines: given, reason: 'typing' }, { certifier: ZZE });
    expect(reasonsOf(answer)).toEqual(message === null ? [] : [message]);
  });
});

describe('a request is refused', () => {
  test.each([
    ['for goods that do not come to the United States', { destination: 'FR' }, 'FR is not in the United States'],
    ['for goods that come from there', { origin: 'US' }, 'goods of the United States are not imported'],
    [
      'for a period that is over',
      { kind: 'PERIOD', validFrom: '2020-01-01', validTo: '2020-02-01', estimate: kilograms(100) },
      'the period ended on 2020-02-01',
    ],
    [
      'for less than its lines',
      { kind: 'PERIOD', validFrom: day(1), validTo: day(9), estimate: kilograms(1) },
      'the lines are 10 kg together, the estimate 1 kg',
    ],
  ])('%s', async (_, more, message) => {
    const code = await lot();
    await expect(ask({ lines: [[code, 10]], more })).rejects.toThrow(message);
  });
});

test('a key names in a command what its scopes let it see, and nothing else', async () => {
  const code = await lot();
  const key = async (scopes: string[]): Promise<As> => {
    const { secret } = await done('createKey', { operation: ids[E], name: scopes.join(), scopes, expiresOn: day(20) }, exporter, 'secret');
    return { key: secret };
  };
  const asking = async (as: As) =>
    reasonsOf(
      await give(
        'requestImportCertificate',
        {
          exporter: ids[E],
          importer: ids[IMP],
          certifier: ids[ZZE],
          kind: 'SHIPMENT',
          origin: 'TR',
          destination: 'US',
          hts: '1201900010',
          standard: 'NOP',
          lines: [{ product: ids[BEANS], lot: await lotId(code), quantity: kilograms(5000) }],
        },
        as,
      ),
    );
  expect(await asking(await key(['IMPORT_CERTIFICATES', 'COMMANDS']))).toEqual(['there is no such lot']);
  expect(await asking(await key(['LOTS', 'COMMANDS']))).toEqual(['the token may not act for this operation']);
  expect(await asking(await key(['LOTS', 'IMPORT_CERTIFICATES', 'COMMANDS']))).toEqual([`lot "${code}" weighs less than that`]);
});

test('nobody claims by a departure what it does not hold', async () => {
  const code = await lot();
  await sold(code, E, P, 100);
  await sold(code, P, E, 100);
  const certificate = await issued({
    by: P,
    certifier: ZZP,
    lines: [[null, 900]],
    more: { kind: 'PERIOD', validFrom: day(0), validTo: day(30), estimate: kilograms(900) },
  });
  const shipment = {
    reference: `K-P-${++serial}`,
    shipper: ids[P],
    consignee: ids[IMP],
    bookedOn: day(0),
    lots: [{ lot: await lotId(code), quantity: kilograms(100) }],
  };
  const booked = await done('bookShipment', shipment, { operation: P }, 'shipment { id }');
  const leg = {
    shipment: booked.shipment.id,
    mode: 'MARITIME',
    fromPlace: 'TRMER',
    toPlace: 'USSCK',
    departed: new Date().toISOString(),
    importCertificates: [certificate],
  };
  expect(reasonsOf(await give('recordDeparture', leg, { operation: P }))).toEqual([
    `the shipper holds less than 100 kg of lot "${code}" that stand behind no certificate of its own`,
  ]);
});
