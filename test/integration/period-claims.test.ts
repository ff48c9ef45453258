import { toGlobalId } from '@lotline/schema';
import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// A certificate for a period claims lots as each shipment departs under it: what that says, to whom, what is refused, and how it is free again.

const [EXPORTER, IMPORTER, STRANGER] = ['P:EXPORTER', 'P:IMPORTER', 'P:STRANGER'] as const;
const [BEANS, MEAL, SEEDS, HULLS] = ['Organic soybeans', 'Organic soybean meal', 'Organic soybean seeds', 'Hulls'];
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const stranger: As = { operation: STRANGER };
const certifier: As = { certifier: 'ZP1' };
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const TODAY = inDays(0);
const kilograms = (value: number) => ({ value: String(value), unit: 'KGM' });

let lotline: Lotline;
let id: Record<string, string>;
let keys = 0;
let serial = 0;
let codes = 0;

const give = (command: string, payload: string, input: object, as: As): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { ${payload} } }`;
  return lotline.ask(query, { input: { idempotencyKey: `p-${++keys}`, ...input } }, as);
};
const done = async (command: string, payload: string, input: object, as: As): Promise<any> => {
  const { data, errors } = await give(command, payload, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[command];
};
const reasonsOf = ({ errors }: GraphQLAnswer): string[] =>
  errors
    ?.flatMap(({ message, extensions }) => extensions.reasons ?? [{ message, ...extensions }])
    .map(({ code, path, message }: any) => `${code} ${path?.join('.')}: ${message}`) ?? [];

/** A lot of the exporter, or of another. */
async function lot(mass: number, product = BEANS, producer: string = EXPORTER): Promise<{ id: string; code: string }> {
  const code = `P-${++codes}`;
  const born = { code, producer, product, kind: 'harvest', quantity: mass, unit: 'KGM', produced_on: '2025-01-10', country: 'TR' };
  await lotline.import({ 'lots.csv': csv([born]) });
  const [row] = await lotline.database.query<{ id: string }>('select id from lot where code = $1', [code]);
  return { id: toGlobalId('Lot', row!.id), code };
}

interface Line {
  product?: string;
  lot?: string;
  mass: number;
}
/** An issued certificate of the exporter, for a period of the days around today. */
async function period(
  lines: Line[],
  more: { estimate?: number; kind?: string; validFrom?: string; issue?: boolean } = {},
): Promise<string> {
  const { estimate = 1000, kind = 'PERIOD', validFrom = inDays(-2), issue = true } = more;
  const asked = await done(
    'requestImportCertificate',
    'importCertificate { id }',
    {
      exporter: id[EXPORTER],
      importer: id[IMPORTER],
      certifier: id.ZP1,
      kind,
      origin: 'TR',
      destination: 'US',
      hts: '1201900010',
      standard: 'NOP',
      lines: lines.map(({ product = BEANS, lot: of, mass }) => ({ product: id[product], lot: of, quantity: kilograms(mass) })),
      ...(kind === 'PERIOD' && { validFrom, validTo: inDays(30), estimate: kilograms(estimate) }),
    },
    exporter,
  );
  const importCertificate = asked.importCertificate.id;
  if (!issue) return importCertificate;
  await done('approveImportCertificate', 'cursor', { importCertificate, reason: 'seen on the spot' }, certifier);
  await done('issueImportCertificate', 'cursor', { importCertificate, number: certificateNumber(7, ++serial) }, certifier);
  return importCertificate;
}

/** A shipment of the exporter that is booked, with so much of each lot. */
async function booked(...lots: [{ id: string }, number][]): Promise<string> {
  const input = {
    reference: `S-${++codes}`,
    shipper: id[EXPORTER],
    consignee: id[IMPORTER],
    lots: lots.map(([of, mass]) => ({ lot: of.id, quantity: kilograms(mass) })),
  };
  return (await done('bookShipment', 'shipment { id }', input, exporter)).shipment.id;
}
const departs = (shipment: string, importCertificates: string[] | null, more: object = {}, as: As = exporter): Promise<GraphQLAnswer> =>
  give(
    'recordDeparture',
    'shipment { status }',
    {
      shipment,
      mode: 'MARITIME',
      fromPlace: 'TRMER',
      toPlace: 'USSCK',
      departed: new Date().toISOString(),
      importCertificates,
      ...more,
    },
    as,
  );
const departed = async (shipment: string, importCertificates: string[] | null, more: object = {}): Promise<void> => {
  expect(reasonsOf(await departs(shipment, importCertificates, more))).toEqual([]);
};

const claimed = async (of: { id: string }, as: As = exporter): Promise<string> =>
  (await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { balance { claimed } } } }', { id: of.id }, as)).node.balance.claimed;
const CERTIFICATE = `{ id kilograms remaining lines { totalCount nodes { kilograms lot { code } shipment { id } } }
  claims { totalCount nodes { kilograms product { name } lot { code } shipment { id } } } }`;
const seenBy = async (certificate: string, as: As): Promise<any> =>
  (await lotline.data(`query ($id: ID!) { node(id: $id) { ... on ImportCertificate ${CERTIFICATE} } }`, { id: certificate }, as)).node;
const claimsOf = async (certificate: string, as: As = exporter): Promise<any[]> => (await seenBy(certificate, as)).claims.nodes;
const gapsOf = async (code: string): Promise<string[]> =>
  (
    await lotline.data(
      'query ($code: String!) { lot(code: $code) { trace(direction: BACK) { gaps { nodes { kind } } } } }',
      { code },
      'admin',
    )
  ).lot.trace.gaps.nodes.map(({ kind }: any) => kind);

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  await lotline.import({
    'certifiers.csv': csv(['ZP1', 'ZP2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER].map((operation) => ({ operation, name: operation.slice(2), country: 'TR', roles: 'handler' })),
    ),
    'products.csv': csv([
      { product: BEANS, hts: '1201900010', organic: 'yes' },
      { product: MEAL, hts: '1208100010', organic: 'yes' },
      { product: SEEDS, hts: '1201900010', organic: 'yes' },
      { product: HULLS, hts: '2302500000', organic: 'no' },
    ]),
  });
  id = {};
  const tables = { operation: 'identifier', certifier: 'code', product: 'name' } as const;
  for (const [table, column] of Object.entries(tables))
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      id[row.name] = toGlobalId(`${table[0]!.toUpperCase()}${table.slice(1)}` as 'Lot', row.id);
});
afterAll(() => lotline.close());

describe('a certificate for a period', () => {
  test('claims nothing at its issue, and of each lot what departs under it; what it covers stays as it was', async () => {
    const [one, other] = [await lot(500), await lot(300)];
    const certificate = await period([{ mass: 1000 }]);
    expect([await claimed(one), await claimed(other)]).toEqual(['0', '0']);
    const first = await booked([one, 200], [other, 300]);
    await departed(first, [certificate]);
    const second = await booked([one, 100]);
    await departed(second, [certificate]);
    expect([await claimed(one), await claimed(other)]).toEqual(['300', '300']);
    expect(await seenBy(certificate, exporter)).toMatchObject({
      kilograms: '1000',
      remaining: '1000',
      lines: { totalCount: 1, nodes: [{ kilograms: '1000', lot: null, shipment: null }] },
      claims: {
        totalCount: 3,
        nodes: [
          { kilograms: '200', product: { name: BEANS }, lot: { code: one.code }, shipment: { id: first } },
          { kilograms: '100', product: { name: BEANS }, lot: { code: one.code }, shipment: { id: second } },
          { kilograms: '300', product: { name: BEANS }, lot: { code: other.code }, shipment: { id: first } },
        ],
      },
    });
  });

  test('claims at its issue what its lines name, once: what departs of that is within', async () => {
    const named = await lot(500);
    const certificate = await period([{ lot: named.id, mass: 400 }]);
    expect(await claimed(named)).toBe('400');
    await departed(await booked([named, 300]), [certificate]);
    expect(await claimed(named)).toBe('400');
    const more = await booked([named, 101]);
    expect(reasonsOf(await departs(more, [certificate]))).toEqual([
      `REFUSED input.importCertificates.0: the certificate names 400 kg of lot "${named.code}", and 401 kg would have departed`,
    ]);
    // What is left of the lot may back another certificate, and no more than that.
    await period([{ lot: named.id, mass: 100 }], { kind: 'SHIPMENT' });
    expect(await claimed(named)).toBe('500');
  });

  test('covers what departs under it: no gap, and the lot and its shipment know it', async () => {
    // Of a product of their own: a line without lot of any other certificate would cover it too.
    const [covered, uncovered, other] = [await lot(100, SEEDS), await lot(100, SEEDS), await lot(10, SEEDS)];
    const certificate = await period([{ product: SEEDS, mass: 1000 }]);
    const voided = await period([{ product: SEEDS, mass: 1000 }]);
    const shipment = await booked([covered, 100]);
    await departed(shipment, [certificate]);
    await departed(await booked([uncovered, 100]), [voided]);
    for (const each of [certificate, voided])
      await done(
        'reviseImportCertificate',
        'cursor',
        { importCertificate: each, lines: [{ product: id[SEEDS], lot: other.id, quantity: kilograms(1) }], reason: 'typing' },
        certifier,
      );
    await done('voidImportCertificate', 'cursor', { importCertificate: voided, reason: 'asked for twice' }, certifier);
    expect(await gapsOf(covered.code)).not.toContain('NO_IMPORT_CERTIFICATE');
    expect(await gapsOf(uncovered.code)).toContain('NO_IMPORT_CERTIFICATE');
    expect(await claimed(uncovered)).toBe('0');
    const { lot: found, node } = await lotline.data(
      `query ($code: String!, $id: ID!) { lot(code: $code) { importCertificates { nodes { id } } }
        node(id: $id) { ... on Shipment { importCertificates { nodes { id } } } } }`,
      { code: covered.code, id: shipment },
      exporter,
    );
    expect([found.importCertificates.nodes, node.importCertificates.nodes]).toEqual([[{ id: certificate }], [{ id: certificate }]]);
  });

  test('is heard of by the lot, and the log keeps it on the certificate', async () => {
    const of = await lot(100);
    const certificate = await period([{ mass: 1000 }]);
    const shipment = await booked([of, 60]);
    const query = 'subscription ($filter: LotFilter) { lotEvents(filter: $filter) { cursor sequence change { kind kilograms on } } }';
    const stream = await subscribe(lotline, { query, variables: { filter: { codes: [of.code] } }, as: certifier });
    await stream.abreast();
    await departed(shipment, [certificate]);
    await stream.abreast();
    await stream.close();
    expect(stream.changes).toEqual([{ kind: 'CERTIFIED', kilograms: '60', on: TODAY }]);
    const [event] = await lotline.database.query<{ version: number; payload: any }>(
      "select version, payload from event where type = 'import-certificate.claimed' and subject = $1",
      [Buffer.from(certificate, 'base64url').toString().split(':')[1]],
    );
    expect(event).toMatchObject({ version: 1, payload: { on: TODAY, claims: [{ grams: '60000' }] } });
  });
});

describe('it is refused', () => {
  test('with every reason, and nothing is changed', async () => {
    const [beans, meal, hulls] = [await lot(100), await lot(100, MEAL), await lot(100, HULLS)];
    const asked = await period([{ mass: 1000 }], { issue: false });
    const forAShipment = await period([{ mass: 10 }], { kind: 'SHIPMENT' });
    const later = await period([{ mass: 1000 }], { validFrom: inDays(5) });
    const good = await period([{ mass: 1000 }]);
    const nothing = toGlobalId('ImportCertificate', '01920000-0000-7000-8000-000000000000');
    const shipment = await booked([beans, 50], [meal, 50], [hulls, 50]);
    const before = await fingerprint(lotline.database);
    expect(reasonsOf(await departs(shipment, [asked, forAShipment, later, nothing, good, good]))).toEqual([
      'CONFLICT input.importCertificates.0: the certificate is REQUESTED',
      'REFUSED input.importCertificates.1: it is for a shipment, and claimed its lots at its issue',
      `REFUSED input.importCertificates.2: it is for ${inDays(5)} to ${inDays(30)}`,
      'NOT_FOUND input.importCertificates.3: there is no such import certificate',
      'CONFLICT input.importCertificates.5: this certificate is named twice',
    ]);
    expect(reasonsOf(await departs(shipment, [good]))).toEqual([
      `REFUSED input.importCertificates: lot "${meal.code}" is on the lines of none of them`,
    ]);
    expect(reasonsOf(await departs(shipment, [good], { departed: `${inDays(-1)}T10:00:00Z` }))).toEqual([
      expect.stringMatching(/^REFUSED input.importCertificates.0: it was issued on .*, when the shipment had left$/),
    ]);
    expect(await fingerprint(lotline.database)).toBe(before);
    const ofMeal = await period([{ product: MEAL, mass: 1000 }]);
    await departed(shipment, [good, ofMeal]);
    expect([(await claimsOf(good)).length, (await claimsOf(ofMeal)).length, await claimed(hulls)]).toEqual([1, 1, '0']);
  });

  test('for a certificate of another exporter, which is as unknown to whoever does not see it', async () => {
    const of = await lot(100);
    const number = certificateNumber(8, ++serial);
    const reported = { number, kind: 'PERIOD', exporter: STRANGER, importer: IMPORTER, certifier: 'ZP1', hts: '1201900010' };
    await lotline.import({
      'import_certificates.csv': csv([
        { ...reported, issued_on: '2025-02-01', valid_from: '2025-02-01', valid_to: inDays(9), status: 'ISSUED' },
      ]),
      'import_certificate_lines.csv': csv([{ certificate: number, product: BEANS, quantity: 100, unit: 'KGM' }]),
    });
    const { importCertificate } = await lotline.data(
      'query ($n: String!) { importCertificate(number: $n) { id } }',
      { n: number },
      'admin',
    );
    const shipment = await booked([of, 50]);
    expect(reasonsOf(await departs(shipment, [importCertificate.id]))).toEqual([
      'NOT_FOUND input.importCertificates.0: there is no such import certificate',
    ]);
    expect(reasonsOf(await departs(shipment, [importCertificate.id], {}, 'admin'))).toEqual([
      'REFUSED input.importCertificates.0: the shipper is not its exporter',
    ]);
  });

  test('for grams that back another certificate, also where both depart at once', async () => {
    const of = await lot(100);
    await period([{ lot: of.id, mass: 60 }], { kind: 'SHIPMENT' });
    const [one, other] = [await period([{ mass: 1000 }]), await period([{ mass: 1000 }])];
    expect(reasonsOf(await departs(await booked([of, 41]), [one]))).toEqual([
      `REFUSED input.importCertificates.0: the shipper holds less than 41 kg of lot "${of.code}" that stand behind no certificate of its own`,
    ]);
    const shipments = [await booked([of, 40]), await booked([of, 40])];
    const answers = await Promise.all([departs(shipments[0]!, [one]), departs(shipments[1]!, [other])]);
    expect(answers.filter(({ errors }) => errors)).toHaveLength(1);
    expect(await claimed(of)).toBe('100');
  });

  test('beyond its volume, until the certifier revises it', async () => {
    const of = await lot(500);
    const certificate = await period([{ mass: 100 }], { estimate: 100 });
    await departed(await booked([of, 80]), [certificate]);
    const shipment = await booked([of, 21]);
    expect(reasonsOf(await departs(shipment, [certificate]))).toEqual([
      'REFUSED input.importCertificates.0: it covers 100 kg, and 101 kg would have departed under it',
    ]);
    await done(
      'reviseImportCertificate',
      'cursor',
      { importCertificate: certificate, quantity: kilograms(101), reason: 'more came' },
      certifier,
    );
    await departed(shipment, [certificate]);
    expect(reasonsOf(await departs(shipment, [certificate]))).toContain('CONFLICT input.shipment: leg 1 is under way');
  });

  test('to name less of a lot than what departed', async () => {
    const of = await lot(500);
    const certificate = await period([{ lot: of.id, mass: 400 }]);
    await departed(await booked([of, 300]), [certificate]);
    const revise = (mass: number) =>
      give(
        'reviseImportCertificate',
        'cursor',
        { importCertificate: certificate, lines: [{ product: id[BEANS], lot: of.id, quantity: kilograms(mass) }], reason: 'weighed' },
        certifier,
      );
    expect(reasonsOf(await revise(299))).toEqual([
      `REFUSED input.lines.0.quantity: 300 kg of lot "${of.code}" departed under the certificate`,
    ]);
    expect(reasonsOf(await revise(300))).toEqual([]);
    expect([await claimed(of), (await claimsOf(certificate)).length]).toEqual(['300', 1]);
  });
});

describe('what is claimed is free again', () => {
  test('when the certificate is void; a later leg may go under another', async () => {
    const of = await lot(100);
    const [first, second] = [await period([{ mass: 1000 }]), await period([{ mass: 1000 }])];
    const shipment = await booked([of, 100]);
    await departed(shipment, [first], { toPlace: 'GRPIR' });
    await done('recordArrival', 'cursor', { shipment, arrived: new Date().toISOString() }, exporter);
    expect(reasonsOf(await departs(shipment, [second]))).toEqual([
      'REFUSED input.importCertificates.0: it covers nothing of the shipment that is not claimed',
    ]);
    await done('voidImportCertificate', 'cursor', { importCertificate: first, reason: 'weights were wrong' }, certifier);
    expect(await claimed(of)).toBe('0');
    await departed(shipment, [second], { fromPlace: 'GRPIR' });
    expect([await claimed(of), (await claimsOf(second)).length]).toEqual(['100', 1]);
  });

  test('when its departure is taken back, not when the arrival is', async () => {
    const of = await lot(100);
    const certificate = await period([{ mass: 1000 }]);
    const shipment = await booked([of, 100]);
    await departed(shipment, [certificate]);
    await done('recordArrival', 'cursor', { shipment, arrived: new Date().toISOString() }, exporter);
    const takeBack = async () => {
      const { node } = await lotline.data(
        'query ($id: ID!) { node(id: $id) { ... on Shipment { legs { nodes { fact } } } } }',
        { id: shipment },
        exporter,
      );
      await done('retractFact', 'cursor', { fact: node.legs.nodes.at(-1).fact, reason: 'another ship' }, exporter);
    };
    await takeBack();
    expect([await claimed(of), (await claimsOf(certificate)).length]).toEqual(['100', 1]);
    await takeBack();
    expect([await claimed(of), (await claimsOf(certificate)).length]).toEqual(['0', 0]);
    await departed(shipment, [certificate]);
    expect([await claimed(of), (await claimsOf(certificate)).length]).toEqual(['100', 1]);
  });
});

describe('who sees it', () => {
  test('exporter and certifier from the departure on, the importer once it has the certificate, nobody else', async () => {
    const of = await lot(100);
    const certificate = await period([{ mass: 1000 }]);
    const shipment = await booked([of, 60]);
    const lotSeenBy = async (as: As) => (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id: of.id }, as)).node;
    expect(await lotSeenBy(certifier)).toBeNull();
    await departed(shipment, [certificate]);
    expect(await lotSeenBy(certifier)).not.toBeNull();
    const claim = { kilograms: '60', product: { name: BEANS }, lot: { code: of.code } };
    expect(await claimsOf(certificate)).toEqual([{ ...claim, shipment: { id: shipment } }]);
    // The shipment is not the certifier's to see: it certifies neither side here.
    expect(await claimsOf(certificate, certifier)).toEqual([{ ...claim, shipment: null }]);
    expect([
      await seenBy(certificate, importer),
      await seenBy(certificate, stranger),
      await seenBy(certificate, { certifier: 'ZP2' }),
    ]).toEqual([null, null, null]);
    await done('handOverImportCertificate', 'cursor', { importCertificate: certificate, recipient: id[IMPORTER], on: TODAY }, exporter);
    expect(await claimsOf(certificate, importer)).toEqual([{ ...claim, shipment: { id: shipment } }]);
    const next = await booked([of, 40]);
    await departed(next, [certificate]);
    expect(await claimsOf(certificate, importer)).toHaveLength(2);
    expect(await claimed(of, importer)).toBe('100');
  });
});
