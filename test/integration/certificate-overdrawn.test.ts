import { toGlobalId } from '@lotline/schema';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// What is reported from outside may draw more on an import certificate than it covers: a trace says so of its lots, to whoever sees the draws.

const [EXPORTER, IMPORTER, BUYER, BROKER, STRANGER] = ['V:EXPORTER', 'V:IMPORTER', 'V:BUYER', 'V:BROKER', 'V:STRANGER'] as const;
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const buyer: As = { operation: BUYER };
const broker: As = { operation: BROKER };
const stranger: As = { operation: STRANGER };
/** It issues; it certifies the importer; it certified the exporter until July; it certifies others. */
const [issuer, ofImporter, former, nobodys] = ['ZV1', 'ZV2', 'ZV3', 'ZV4'].map((certifier): As => ({ certifier })) as [As, As, As, As];

interface Draw {
  kg: number | string;
  on: string;
  /** Names the lot; it does where nothing else is said. */
  names?: boolean;
  /** An entry of its own where none is given. */
  entry?: string;
  filer?: string;
}

let lotline: Lotline;
let serial = 0;
let entries = 0;

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZV1', 'ZV2', 'ZV3', 'ZV4'].map((certifier) => ({ certifier, name: `Certifier ${certifier} (invented)` }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, BUYER, BROKER, STRANGER].map((operation) => ({
        operation,
        name: operation,
        country: operation === EXPORTER ? 'TR' : 'US',
        roles: operation === BROKER ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv([
      { operation: EXPORTER, certifier: 'ZV3', status: 'CERTIFIED', effective_from: '2024-01-01' },
      { operation: EXPORTER, certifier: 'ZV3', status: 'SURRENDERED', effective_from: '2025-07-01' },
      { operation: EXPORTER, certifier: 'ZV1', status: 'CERTIFIED', effective_from: '2025-07-01' },
      { operation: IMPORTER, certifier: 'ZV2', status: 'CERTIFIED', effective_from: '2024-01-01' },
      { operation: STRANGER, certifier: 'ZV4', status: 'CERTIFIED', effective_from: '2024-01-01' },
    ]),
  });
});
afterAll(() => lotline.close());

const soybeans = (code: string, producer: string, more: object = {}) => ({
  code,
  producer,
  product: 'Organic soybeans',
  quantity: 500,
  unit: 'KGM',
  kind: 'harvest',
  produced_on: '2025-01-10',
  ...more,
});
const drawing = (certificate: string, lot: string, draws: readonly Draw[]) => {
  const lines = new Map<string, number>();
  return csv(
    draws.map(({ kg, on, names = true, entry = entryNumber(++entries), filer }) => {
      lines.set(entry, (lines.get(entry) ?? 0) + 1);
      return {
        entry,
        line: lines.get(entry),
        certificate,
        filed_on: on,
        hts: '1201900010',
        quantity: kg,
        unit: 'KGM',
        filer: filer ?? '',
        lots: names ? lot : '',
      };
    }),
  );
};

/** A lot with the importer, meal that the importer made of it and the buyer has, and a certificate of 100 kg on which is drawn. */
async function drawn(draws: readonly Draw[], { named = true, volume = { quantity: 100 as number | string, unit: 'KGM' } } = {}) {
  const n = ++serial;
  const [lot, meal, number] = [`V-${n}`, `V-MEAL-${n}`, certificateNumber(77, n)];
  await lotline.import({
    'lots.csv': csv([
      soybeans(lot, EXPORTER),
      soybeans(meal, IMPORTER, { quantity: 50, kind: 'transformation', produced_on: '2025-11-01' }),
    ]),
    'lot_inputs.csv': csv([{ output: meal, input: lot, quantity: 50, unit: 'KGM' }]),
    'transfers.csv': csv([
      { lot, from: EXPORTER, to: IMPORTER, on: '2025-02-10', quantity: 400, unit: 'KGM' },
      { lot: meal, from: IMPORTER, to: BUYER, on: '2025-11-10' },
    ]),
    'import_certificates.csv': csv([
      {
        number,
        kind: 'SHIPMENT',
        exporter: EXPORTER,
        importer: IMPORTER,
        certifier: 'ZV1',
        hts: '1201900010',
        issued_on: '2025-02-01',
        status: 'HANDED_OVER',
        ...volume,
      },
    ]),
    ...(named && {
      'import_certificate_lines.csv': csv([
        { certificate: number, product: 'Organic soybeans', quantity: '0.001', unit: 'KGM', lot },
        { certificate: number, product: 'Organic soybeans', quantity: '99.999', unit: 'KGM' },
      ]),
    }),
    'customs_entries.csv': drawing(number, lot, draws),
  });
  return { lot, meal, number };
}

/** Gaps of that kind, as `lot day: words`. */
async function overdrawn(code: string, as: As = importer, { direction = 'FORWARD', asOf }: { direction?: string; asOf?: string } = {}) {
  const { lot } = await lotline.data(
    `query ($code: String!, $direction: TraceDirection!, $asOf: Date) { lot(code: $code) { trace(direction: $direction, asOf: $asOf) {
      summary { gaps { kind count } } gaps(kinds: [CERTIFICATE_OVERDRAWN]) { nodes { on message rule lot { lot { code } } } } } } }`,
    { code, direction, asOf },
    as,
  );
  if (lot === null) return null;
  const { gaps, summary } = lot.trace;
  expect(summary.gaps.find(({ kind }: any) => kind === 'CERTIFICATE_OVERDRAWN')?.count ?? 0).toBe(gaps.nodes.length);
  for (const { rule } of gaps.nodes) expect(rule).toBe('7 CFR 205.273');
  return gaps.nodes.map(({ on, message, lot: { lot: of } }: any) => `${of?.code} ${on}: ${message}`);
}

describe('what entries draw on a certificate', () => {
  test('within what it covers, to the last gram, is no gap', async () => {
    const below = await drawn([{ kg: '99.999', on: '2025-03-01' }]);
    const exactly = await drawn([
      { kg: 60, on: '2025-03-01' },
      { kg: 40, on: '2025-03-02' },
    ]);
    expect([await overdrawn(below.lot), await overdrawn(exactly.lot), await overdrawn(exactly.lot, 'analyst')]).toEqual([[], [], []]);
  });

  test('one gram beyond it is one, on the day of the entry that passes it', async () => {
    const one = await drawn([{ kg: '100.001', on: '2025-03-01' }]);
    expect(await overdrawn(one.lot)).toEqual([
      `${one.lot} 2025-03-01: A customs entry drew 100.001 kg on import certificate ${one.number}, which covers 100 kg.`,
    ]);
    // By the day of filing, whatever the order of recording.
    const three = await drawn([
      { kg: 60, on: '2025-03-05' },
      { kg: 40, on: '2025-03-01' },
      { kg: '0.001', on: '2025-03-07' },
      { kg: 10, on: '2025-03-09' },
    ]);
    expect(await overdrawn(three.lot)).toEqual([
      `${three.lot} 2025-03-07: 4 customs entries drew 110.001 kg on import certificate ${three.number}, which covers 100 kg.`,
    ]);
    const entry = entryNumber(++entries);
    const lines = await drawn([
      { kg: 60, on: '2025-03-05', entry },
      { kg: 60, on: '2025-03-05', entry },
    ]);
    expect(await overdrawn(lines.lot, 'analyst')).toEqual([
      `${lines.lot} 2025-03-05: A customs entry drew 120 kg on import certificate ${lines.number}, which covers 100 kg.`,
    ]);
  });

  test('is said of lots that a line of the certificate names, and of those that an entry joins with it, by what is drawn for any', async () => {
    const draws: Draw[] = [
      { kg: 60, on: '2025-03-01', names: false },
      { kg: 60, on: '2025-03-05' },
    ];
    const says = (number: string) => `2 customs entries drew 120 kg on import certificate ${number}, which covers 100 kg.`;
    const named = await drawn(draws.map((each) => ({ ...each, names: false })));
    expect(await overdrawn(named.lot)).toEqual([`${named.lot} 2025-03-05: ${says(named.number)}`]);
    const joined = await drawn(draws, { named: false });
    expect(await overdrawn(joined.lot)).toEqual([`${joined.lot} 2025-03-05: ${says(joined.number)}`]);
    const neither = await drawn(
      draws.map((each) => ({ ...each, names: false })),
      { named: false },
    );
    expect(await overdrawn(neither.lot, 'analyst')).toEqual([]);
    // Back from what was made of it, too; and nobody says of the meal what is said of the beans.
    expect(await overdrawn(named.meal, importer, { direction: 'BACK' })).toEqual([`${named.lot} 2025-03-05: ${says(named.number)}`]);
  });

  test('as of a day is what was filed by the end of it', async () => {
    const { lot, number } = await drawn([
      { kg: 60, on: '2025-03-01' },
      { kg: 60, on: '2025-03-05' },
      { kg: 5, on: '2025-03-08' },
    ]);
    const says = (kg: number, many: number) =>
      `${lot} 2025-03-05: ${many} customs entries drew ${kg} kg on import certificate ${number}, which covers 100 kg.`;
    expect(await overdrawn(lot, importer, { asOf: '2025-03-04' })).toEqual([]);
    expect(await overdrawn(lot, importer, { asOf: '2025-03-05' })).toEqual([says(120, 2)]);
    expect(await overdrawn(lot, importer, { asOf: '2025-03-08' })).toEqual([says(125, 3)]);
    expect(await overdrawn(lot)).toEqual([says(125, 3)]);
  });

  test('by an entry that is cancelled draws nothing', async () => {
    const number = entryNumber(++entries);
    const { lot } = await drawn([
      { kg: 60, on: '2025-03-01', entry: number },
      { kg: 60, on: '2025-03-05' },
    ]);
    expect(await overdrawn(lot)).toHaveLength(1);
    const [entry] = await lotline.database.query<{ id: string }>('select id from customs_entry where number = $1', [number]);
    const input = { customsEntry: toGlobalId('CustomsEntry', entry!.id), reason: 'filed twice', idempotencyKey: 'cancelled' };
    await lotline.data('mutation ($input: CancelCustomsEntryInput!) { cancelCustomsEntry(input: $input) { cursor } }', { input }, importer);
    for (const as of [importer, exporter, 'analyst' as const]) expect(await overdrawn(lot, as)).toEqual([]);
    // The goods were drawn on the certificate then; since the entry is cancelled nothing is, on any day.
    expect(await overdrawn(lot, importer, { asOf: '2025-03-06' })).toEqual([]);
  });

  test('is measured by the lines of a certificate that states no mass; of one that has neither, nobody knows what it covers', async () => {
    const none = { quantity: '', unit: '' };
    const draws = [{ kg: '100.001', on: '2025-03-01' }];
    const lines = await drawn(draws, { volume: none });
    expect(await overdrawn(lines.lot)).toHaveLength(1);
    const neither = await drawn(draws, { volume: none, named: false });
    expect(await overdrawn(neither.lot)).toEqual([]);
  });
});

describe('who hears of it', () => {
  const draws: Draw[] = [
    { kg: 60, on: '2025-03-01', filer: BROKER },
    { kg: 60, on: '2025-08-05', names: false },
  ];
  const entriesAre = (who: string, number: string) =>
    `2025-08-05: ${who} drew 120 kg on import certificate ${number}, which covers 100 kg.`;

  test('the importer and its certifier with how many entries it was; exporter and issuer, who see no entry, without', async () => {
    const { lot, number } = await drawn(draws);
    for (const as of [importer, ofImporter, 'analyst' as const, 'admin' as const])
      expect(await overdrawn(lot, as)).toEqual([`${lot} ${entriesAre('2 customs entries', number)}`]);
    for (const as of [exporter, issuer]) expect(await overdrawn(lot, as)).toEqual([`${lot} ${entriesAre('Customs entries', number)}`]);
    // Lines of one entry are the same to them as lines of two.
    const entry = entryNumber(++entries);
    const one = await drawn(draws.map((each) => ({ ...each, on: '2025-08-05', filer: BROKER, entry })));
    expect(await overdrawn(one.lot, exporter)).toEqual([`${one.lot} ${entriesAre('Customs entries', one.number)}`]);
  });

  test('whoever sees some of the draws, once these pass it', async () => {
    const { lot, number } = await drawn(draws);
    // The broker filed one of two, and the other is none of its business; the exporter was with another certifier when the second came.
    expect(await overdrawn(lot, broker)).toEqual([]);
    expect(await overdrawn(lot, former)).toEqual([]);
    expect(await overdrawn(lot, former, { direction: 'BACK' })).toEqual([]);
    await lotline.import({ 'customs_entries.csv': drawing(number, lot, [{ kg: 41, on: '2025-04-01', filer: BROKER }]) });
    const [filed, certified] = [await overdrawn(lot, broker), await overdrawn(lot, former)];
    expect(filed).toEqual([`${lot} 2025-04-01: 2 customs entries drew 101 kg on import certificate ${number}, which covers 100 kg.`]);
    expect(certified).toEqual([`${lot} 2025-04-01: Customs entries drew 101 kg on import certificate ${number}, which covers 100 kg.`]);
    expect(await overdrawn(lot, former, { direction: 'BACK' })).toEqual(certified);
  });

  test('nobody else: neither whoever bought what was made of it, nor by a kind without words, nor a stranger', async () => {
    const { lot, meal } = await drawn(draws);
    for (const as of [stranger, nobodys, 'nobody' as const]) expect(await overdrawn(lot, as)).toBeNull();
    expect(await overdrawn(lot, buyer)).toBeNull();
    for (const asOf of [undefined, '2025-12-01']) expect(await overdrawn(meal, buyer, { direction: 'BACK', asOf })).toEqual([]);
    // Nor does the exporter see what became of its lot.
    expect(await overdrawn(meal, exporter)).toBeNull();
  });
});

test('pages of gaps belong to one list: a draw between two of them begins another', async () => {
  const { lot, number } = await drawn([
    { kg: 60, on: '2025-03-01' },
    { kg: 60, on: '2025-03-05' },
  ]);
  const page = (after: string | null) =>
    lotline.ask(
      `query ($code: String!, $after: String) { lot(code: $code) { trace(direction: FORWARD) { gaps(first: 1, after: $after) {
        pageInfo { endCursor hasNextPage } nodes { kind } } } } }`,
      { code: lot, after },
      importer,
    );
  const { data } = await page(null);
  const { endCursor, hasNextPage } = data.lot.trace.gaps.pageInfo;
  expect(hasNextPage).toBe(true);
  await lotline.import({ 'customs_entries.csv': drawing(number, lot, [{ kg: 1, on: '2025-03-09', names: false }]) });
  expect((await page(endCursor)).errors?.[0]?.extensions.code).toBe('TRACE_CHANGED');
});
