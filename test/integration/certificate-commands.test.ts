import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// Certifiers change the standing of operations' certificates, and void import certificates: what follows, and what is refused.

const FARM = 'C:FARM';
const IMPORTER = 'C:IMPORTER';
const STRANGER = 'C:STRANGER';
const [FIRST, SECOND, ENTERED] = [1, 2, 3].map((serial) => certificateNumber(1, serial)) as [string, string, string];
const OURS: As = { certifier: 'ZZ1' };
const OTHERS: As = { certifier: 'ZZ2' };

let lotline: Lotline;
let keys = 0;

const certificate = { exporter: FARM, importer: IMPORTER, certifier: 'ZZ1', kind: 'SHIPMENT', hts: '1201900010', issued_on: '2025-02-01' };
const line = (number: string, lot: string, quantity: number) => ({
  certificate: number,
  product: 'Organic soybeans',
  quantity,
  unit: 'TNE',
  lot,
});

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZZ1', 'ZZ2'].map((certifier) => ({ certifier, name: `Certifier ${certifier} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv([FARM, IMPORTER, STRANGER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      {
        operation: FARM,
        certifier: 'ZZ1',
        status: 'CERTIFIED',
        effective_from: '2020-01-01',
        scope: 'Crops',
        products: 'Organic soybeans',
        standard: 'NOP',
      },
    ]),
    'lots.csv': csv(
      ['BEANS', 'MORE'].map((code) => ({
        code,
        product: 'Organic soybeans',
        producer: FARM,
        kind: 'harvest',
        quantity: 10,
        unit: 'TNE',
        produced_on: '2025-01-10',
      })),
    ),
    'import_certificates.csv': csv([
      { ...certificate, number: FIRST, status: 'HANDED_OVER' },
      { ...certificate, number: ENTERED },
    ]),
    'import_certificate_lines.csv': csv([line(FIRST, 'BEANS', 10), line(ENTERED, 'MORE', 5)]),
    'customs_entries.csv': csv([
      {
        entry: entryNumber(1),
        certificate: ENTERED,
        filed_on: '2025-03-01',
        filer: IMPORTER,
        line: 1,
        hts: '1201900010',
        quantity: 5,
        unit: 'TNE',
        lots: 'MORE',
      },
    ]),
  });
});
afterAll(() => lotline.close());

const reason = (answer: GraphQLAnswer) => {
  const { code, path, rule } = answer.errors![0]!.extensions;
  return { code, path, rule };
};

describe("an operation's certificate", () => {
  const standing = async () =>
    (
      await lotline.data(
        'query ($of: String!) { operation(identifier: $of) { certificates { nodes { id status history { status effectiveFrom reason } } } } }',
        { of: FARM },
        'nobody',
      )
    ).operation.certificates.nodes[0];
  const change = async (status: string, effectiveFrom: string, as: As = OURS, more: object = {}) =>
    lotline.ask(
      `mutation ($input: ChangeOperationCertificateStatusInput!) { changeOperationCertificateStatus(input: $input) { cursor operationCertificate { status } } }`,
      {
        input: {
          idempotencyKey: `c-${++keys}`,
          operationCertificate: (await standing()).id,
          status,
          effectiveFrom,
          reason: 'found out',
          ...more,
        },
      },
      as,
    );

  test('is suspended and reinstated by its certifier, and the day of each counts', async () => {
    expect((await change('SUSPENDED', '2025-02-01')).data.changeOperationCertificateStatus).toEqual({
      cursor: expect.any(String),
      operationCertificate: { status: 'SUSPENDED' },
    });
    expect((await change('CERTIFIED', '2025-03-01')).errors).toBeUndefined();
    expect((await standing()).history).toEqual([
      { status: 'CERTIFIED', effectiveFrom: '2020-01-01', reason: null },
      { status: 'SUSPENDED', effectiveFrom: '2025-02-01', reason: 'found out' },
      { status: 'CERTIFIED', effectiveFrom: '2025-03-01', reason: 'found out' },
    ]);
  });

  test.each<[string, string, string, As, object, object]>([
    ['by another certifier', 'SUSPENDED', '2025-04-01', OTHERS, {}, { code: 'FORBIDDEN' }],
    ['by its owner', 'SUSPENDED', '2025-04-01', { operation: FARM }, {}, { code: 'FORBIDDEN' }],
    ['by an analyst', 'SUSPENDED', '2025-04-01', 'analyst', {}, { code: 'FORBIDDEN' }],
    ['by nobody', 'SUSPENDED', '2025-04-01', 'nobody', {}, { code: 'UNAUTHENTICATED' }],
    ['to what it is', 'CERTIFIED', '2025-04-01', OURS, {}, { code: 'REFUSED', path: ['input', 'status'], rule: '7 CFR 205.662' }],
    ['from a day before its last', 'SUSPENDED', '2025-03-01', OURS, {}, { code: 'CONFLICT', path: ['input', 'effectiveFrom'] }],
    ['without a reason', 'SUSPENDED', '2025-04-01', OURS, { reason: ' ' }, { code: 'BAD_USER_INPUT', path: ['input', 'reason'] }],
    [
      'of no certificate',
      'SUSPENDED',
      '2025-04-01',
      OURS,
      { operationCertificate: 'T3BlcmF0aW9uQ2VydGlmaWNhdGU6MDE5MjAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw' },
      { code: 'NOT_FOUND' },
    ],
  ])('does not change %s, and nothing else does', async (_what, status, from, as, more, expected) => {
    const before = await fingerprint(lotline.database);
    expect(reason(await change(status, from, as, more))).toMatchObject(expected);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  // A certificate to the standard of the Union ends on its day, and what was born after that was not certified.
  test.each<[string, string, object[]]>([
    ['was suspended by command', 'C:UNION', []],
    [
      'was reported suspended, without a last day',
      'C:UNION-TOO',
      [{ certifier: 'ZZ3', status: 'SUSPENDED', effective_from: '2024-06-01', expires_on: '' }],
    ],
  ])('that %s and is reinstated expires when it would have', async (_what, operation, suspended) => {
    await lotline.import({
      'certifiers.csv': csv([{ certifier: 'ZZ3', name: 'Certifier ZZ3 (invented)', scheme: 'EU' }]),
      'operations.csv': csv([{ operation, name: operation, country: 'RO', roles: 'handler' }]),
      'operation_certificates.csv': csv(
        [{ certifier: 'ZZ3', status: 'CERTIFIED', effective_from: '2022-01-01', expires_on: '2024-12-31' }, ...suspended].map((each) => ({
          operation,
          ...each,
        })),
      ),
      'lots.csv': csv([
        {
          code: operation.slice(2),
          product: 'Organic soybeans',
          producer: operation,
          kind: 'harvest',
          quantity: 1,
          unit: 'TNE',
          produced_on: '2025-02-01',
        },
      ]),
    });
    const verdict = async () =>
      (
        await lotline.data('query ($code: String!) { lot(code: $code) { ownership { nodes { certified } } } }', {
          code: operation.slice(2),
        })
      ).lot.ownership.nodes[0].certified;
    const { of } = await lotline.data('query ($of: String!) { of: operation(identifier: $of) { certificates { nodes { id } } } }', {
      of: operation,
    });
    const more = { operationCertificate: of.certificates.nodes[0].id };
    const as = { certifier: 'ZZ3' };
    expect(await verdict()).toBe(suspended.length > 0 ? 'SUSPENDED' : 'EXPIRED');
    if (suspended.length === 0) expect((await change('SUSPENDED', '2024-06-01', as, more)).errors).toBeUndefined();
    const before = await fingerprint(lotline.database);
    expect(reason(await change('CERTIFIED', '2025-01-01', as, more))).toMatchObject({ code: 'REFUSED', path: ['input', 'effectiveFrom'] });
    expect(await fingerprint(lotline.database)).toBe(before);
    expect((await change('CERTIFIED', '2024-07-01', as, more)).errors).toBeUndefined();
    expect(await verdict()).toBe('EXPIRED');
  });

  test('does not come back once it is revoked', async () => {
    expect((await change('REVOKED', '2025-06-01')).errors).toBeUndefined();
    expect(reason(await change('CERTIFIED', '2025-07-01'))).toMatchObject({ code: 'REFUSED', rule: '7 CFR 205.662' });
  });
});

describe('an import certificate', () => {
  const standing = async (number: string, as: As = 'analyst') =>
    (
      await lotline.data(
        'query ($number: String!) { importCertificate(number: $number) { id status history { status reason } } }',
        { number },
        as,
      )
    ).importCertificate;
  const id = async (number: string) => (await standing(number)).id;
  const voiding = async (number: string, as: As = OURS, key = `v-${++keys}`) =>
    lotline.ask(
      `mutation ($input: VoidImportCertificateInput!) { voidImportCertificate(input: $input) { cursor importCertificate { number status } } }`,
      { input: { idempotencyKey: key, importCertificate: await id(number), reason: 'weights were wrong' } },
      as,
    );

  test.each<[string, string, As, object]>([
    ['by a stranger, who does not see it', FIRST, { operation: STRANGER }, { code: 'NOT_FOUND' }],
    ['by another certifier, who does not see it', FIRST, OTHERS, { code: 'NOT_FOUND' }],
    ['by its exporter', FIRST, { operation: FARM }, { code: 'FORBIDDEN' }],
    ['by its importer', FIRST, { operation: IMPORTER }, { code: 'FORBIDDEN' }],
    ['once goods are entered under it', ENTERED, OURS, { code: 'CONFLICT' }],
  ])('is not voided %s', async (_who, number, as, expected) => {
    const before = await fingerprint(lotline.database);
    expect(reason(await voiding(number, as))).toMatchObject(expected);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('is voided by its certifier once, under one key as often as it is sent; its importer sees why; its grams are free again', async () => {
    const again = {
      'import_certificates.csv': csv([{ ...certificate, number: SECOND }]),
      'import_certificate_lines.csv': csv([line(SECOND, 'BEANS', 10)]),
    };
    await expect(lotline.import(again)).rejects.toThrow();
    const first = await voiding(FIRST, OURS, 'void-once');
    expect(first.data.voidImportCertificate).toMatchObject({ importCertificate: { number: FIRST, status: 'VOIDED' } });
    expect((await voiding(FIRST, OURS, 'void-once')).data.voidImportCertificate.importCertificate).toEqual({
      number: FIRST,
      status: 'VOIDED',
    });
    expect(reason(await voiding(FIRST))).toMatchObject({ code: 'CONFLICT', rule: '7 CFR 205.273' });
    expect((await standing(FIRST, { operation: IMPORTER })).history.at(-1)).toEqual({ status: 'VOIDED', reason: 'weights were wrong' });
    await lotline.import(again);
    expect(await standing(SECOND)).toMatchObject({ status: 'ISSUED' });
  });
});
