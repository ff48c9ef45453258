import '../support/seed';
import { type Day, toGlobalId } from '@lotline/schema';
import { reconcile } from '@lotline/server/customs/close-out';
import fc from 'fast-check';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// A period at its end: what was shipped and entered under a certificate, side by side. Seasons are made with mistakes planted in them: all of
// them are found, and nothing else is.

const [EXPORTER, IMPORTER, STRANGER, BROKER, OTHER_BROKER] = [
  'C:EXPORTER',
  'C:IMPORTER',
  'C:STRANGER',
  'C:BROKER',
  'C:OTHER-BROKER',
] as const;
const BEANS = 'Organic soybeans';
const HTS = '1201900010';
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const certifier: As = { certifier: 'ZC1' };
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const TODAY = inDays(0);
const RUNS = Number(process.env.PROPERTY_RUNS ?? 100);

let lotline: Lotline;
let id: Record<string, string>;
let keys = 0;
let entries = 0;

const done = async (command: string, payload: string, input: object, as: As): Promise<any> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { ${payload} } }`;
  return (await lotline.data(query, { input: { idempotencyKey: `c-${++keys}`, ...input } }, as))[command];
};
const CLOSE_OUT = `closeOut { estimated shipped entered remaining reconcileBy withheld shipments { shipment { reference } departedOn shipped entered }
  unreconciled { kind kilograms message line shipment { reference } customsEntry { number } lots { code } } }`;
const closeOut = async (of: string, as: As = importer): Promise<any> =>
  (await lotline.data(`query ($id: ID!) { node(id: $id) { ... on ImportCertificate { ${CLOSE_OUT} } } }`, { id: of }, as)).node?.closeOut;
const kilograms = (value: number) => ({ value: String(value), unit: 'KGM' });

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZC1', name: 'Certifier ZC1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER, BROKER, OTHER_BROKER].map((operation) => ({
        operation,
        name: operation.slice(2),
        country: 'TR',
        roles: operation.endsWith('BROKER') ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([{ product: BEANS, hts: HTS, organic: 'yes' }]),
  });
  id = {};
  const tables = { operation: 'identifier', certifier: 'code', product: 'name' } as const;
  for (const [table, column] of Object.entries(tables))
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      id[row.name] = toGlobalId(`${table[0]!.toUpperCase()}${table.slice(1)}` as 'Lot', row.id);
});
afterAll(() => lotline.close());

describe('by the commands that lead there', () => {
  let certificate: string;
  let shipments: string[];

  beforeAll(async () => {
    const born = {
      producer: EXPORTER,
      product: BEANS,
      kind: 'harvest',
      quantity: 100,
      unit: 'KGM',
      produced_on: '2025-01-10',
      country: 'TR',
    };
    const codes = ['C-A', 'C-B', 'C-C'];
    await lotline.import({ 'lots.csv': csv(codes.map((code) => ({ ...born, code }))) });
    for (const row of await lotline.database.query<{ id: string; code: string }>('select id, code from lot'))
      id[row.code] = toGlobalId('Lot', row.id);
    const asked = {
      exporter: id[EXPORTER],
      importer: id[IMPORTER],
      certifier: id.ZC1,
      kind: 'PERIOD',
      origin: 'TR',
      destination: 'US',
      hts: HTS,
      standard: 'NOP',
      lines: [{ product: id[BEANS], quantity: kilograms(1000) }],
      validFrom: inDays(-5),
      validTo: inDays(30),
      estimate: kilograms(1000),
    };
    const importCertificate = (await done('requestImportCertificate', 'importCertificate { id }', asked, exporter)).importCertificate.id;
    certificate = importCertificate;
    await done('approveImportCertificate', 'cursor', { importCertificate, reason: 'seen' }, certifier);
    await done('issueImportCertificate', 'cursor', { importCertificate, number: certificateNumber(6, 1) }, certifier);
    await done('handOverImportCertificate', 'cursor', { importCertificate, recipient: id[IMPORTER], on: TODAY }, exporter);
    shipments = [];
    for (const code of codes) {
      const booking = {
        reference: `S-${code}`,
        shipper: id[EXPORTER],
        consignee: id[IMPORTER],
        lots: [{ lot: id[code], quantity: kilograms(100) }],
      };
      const shipment = (await done('bookShipment', 'shipment { id }', booking, exporter)).shipment.id;
      const departure = { shipment, mode: 'MARITIME', fromPlace: 'TRMER', toPlace: 'USSCK', departed: new Date().toISOString() };
      await done('recordDeparture', 'cursor', { ...departure, importCertificates: [certificate] }, exporter);
      shipments.push(shipment);
    }
  });

  const enter = async (given: { mass: number; lots?: string[] }[], filer?: string): Promise<string> => {
    const lines = given.map(({ mass, lots }, place) => ({
      line: place + 1,
      hts: HTS,
      importCertificate: certificate,
      quantity: kilograms(mass),
      lots: lots?.map((code) => id[code]),
    }));
    const input = { importer: id[IMPORTER], filer: filer && id[filer], number: entryNumber(++entries), filedOn: TODAY, lines };
    return (await done('recordCustomsEntry', 'customsEntry { id }', input, importer)).customsEntry.id;
  };

  test('it stands side by side, by shipment, and says what is missing', async () => {
    await enter([{ mass: 100, lots: ['C-A'] }]);
    const cancelled = await enter([{ mass: 90, lots: ['C-B'] }]);
    const stray = { shipment: null, customsEntry: null };
    expect(await closeOut(certificate)).toEqual({
      estimated: '1000',
      shipped: '300',
      entered: '190',
      remaining: '810',
      reconcileBy: inDays(23),
      withheld: null,
      shipments: [
        { shipment: { reference: 'S-C-A' }, departedOn: TODAY, shipped: '100', entered: '100' },
        { shipment: { reference: 'S-C-B' }, departedOn: TODAY, shipped: '100', entered: '90' },
        { shipment: { reference: 'S-C-C' }, departedOn: TODAY, shipped: '100', entered: '0' },
      ],
      unreconciled: [
        {
          ...stray,
          kind: 'ENTERED_LESS_THAN_SHIPPED',
          kilograms: '10',
          message: `The shipment departed on ${TODAY} with 100 kg, and 90 kg of it are entered.`,
          line: null,
          shipment: { reference: 'S-C-B' },
          lots: [{ code: 'C-B' }],
        },
        {
          ...stray,
          kind: 'SHIPPED_NOT_ENTERED',
          kilograms: '100',
          message: `The shipment departed on ${TODAY} with 100 kg, and nothing of it is entered.`,
          line: null,
          shipment: { reference: 'S-C-C' },
          lots: [{ code: 'C-C' }],
        },
      ],
    });
    await done('cancelCustomsEntry', 'cursor', { customsEntry: cancelled, reason: 'filed twice' }, importer);
    expect((await closeOut(certificate)).unreconciled[0]).toMatchObject({
      kind: 'SHIPPED_ENTRY_CANCELLED',
      kilograms: '100',
      shipment: { reference: 'S-C-B' },
      customsEntry: { number: entryNumber(entries) },
    });
    // One line for two lots, of which one is entered by another line already: it makes way.
    await enter([{ mass: 200, lots: ['C-B', 'C-C'] }]);
    expect((await closeOut(certificate)).unreconciled).toEqual([]);
  });

  test('whoever has the certificate sees how much, and not by which entry', async () => {
    await enter([{ mass: 7, lots: ['C-A'] }]);
    const [mine, ...others] = await Promise.all([importer, exporter, certifier].map((as) => closeOut(certificate, as)));
    expect(mine.unreconciled).toMatchObject([
      { kind: 'LOT_ENTERED_TWICE', kilograms: '7', customsEntry: { number: entryNumber(entries) } },
    ]);
    const known = ({ shipments: all, unreconciled, ...sums }: any) => ({
      ...sums,
      shipments: all.map(({ shipped, entered }: any) => [shipped, entered]),
      unreconciled: unreconciled.map(({ kind, kilograms: mass, message }: any) => [kind, mass, message]),
    });
    for (const other of others) {
      expect(known(other)).toEqual(known(mine));
      expect(other.unreconciled[0].customsEntry).toBeNull();
    }
    expect(await closeOut(certificate, { operation: STRANGER })).toBeUndefined();
  });

  test('a broker that filed some of the entries is told that there are others, and nothing that may only seem so', async () => {
    await enter([{ mass: 50 }], BROKER);
    await enter([{ mass: 20 }], OTHER_BROKER);
    const broker: As = { operation: BROKER };
    const { entered, unreconciled, withheld } = await closeOut(certificate, broker);
    expect([entered, unreconciled]).toEqual(['50', []]);
    expect(withheld).toBe(
      'You do not see all entries and shipments under the certificate: the sums are of those that you see, and what does not reconcile without the others is left out.',
    );
    expect(await closeOut(certificate)).toMatchObject({ entered: '377', withheld: null });
    // Nor is it told how much the others drew, where it asks for more than is left.
    const overdrawn = async (as: As) =>
      (
        await lotline.data(
          'query ($id: ID!) { customsFiling(importCertificate: $id, kilograms: "700") { faults { code message } } }',
          { id: certificate },
          as,
        )
      ).customsFiling.faults;
    const code = 'MORE_THAN_IS_LEFT';
    expect(await overdrawn(broker)).toEqual([{ code, message: 'less than that of the certificate is left' }]);
    expect(await overdrawn(importer)).toEqual([{ code, message: '623 kg of the certificate is left' }]);
  });
});

test('a chain of lots without end is followed', () => {
  const many = 10_000;
  const lot = (place: number) => `L${place}`;
  const shipped = Array.from({ length: many + 1 }, (_, place) => ({
    shipment: `S${place}`,
    lot: lot(place),
    on: '2025-03-01' as Day,
    grams: 1n,
  }));
  const line = (place: number, lots: string[]) => ({
    id: `X${place}`,
    entry: `E${place}`,
    line: 1,
    filedOn: '2025-03-02' as Day,
    grams: 1n,
    lots,
    cancelled: false,
  });
  // Each takes the first of two lots, until the last one wants the first of all, and all make way.
  const lines = [...Array.from({ length: many }, (_, place) => line(place, [lot(place), lot(place + 1)])), line(many, [lot(0), lot(0)])];
  expect(reconcile(shipped, lines, { validFrom: null, validTo: null, covered: 1_000_000n }).unreconciled).toEqual([]);
});

/** What becomes of a shipment in a season. */
const FATES = [
  'GOOD',
  'ONE_LINE',
  'SPLIT',
  'REDONE',
  'SHIPPED_IN_TWO',
  'OVERLAPPING',
  'OMITTED',
  'DUPLICATED',
  'CANCELLED',
  'LESS',
  'MORE',
  'LATE',
  'EARLY',
  'REDONE_SHORT',
  'STRAY',
] as const;
type Fate = (typeof FATES)[number];
interface Consignment {
  fate: Fate;
  /** Kilograms of its lots. */
  masses: number[];
}

const consignment = (fate: fc.Arbitrary<Fate>): fc.Arbitrary<Consignment> =>
  fc.record({ fate, masses: fc.array(fc.integer({ min: 2, max: 900 }), { minLength: 1, maxLength: 3 }) });
interface Season {
  all: Consignment[];
  /** Do lines of entries name lots? Where none does nothing is known but the sums, so that mistakes are of the whole. */
  named: boolean;
  /** Was it reported from outside: lines of the certificate name the lots, and nothing claims what departed? */
  imported: boolean;
  /** Does the certificate cover less than is entered? */
  beyond: boolean;
}
const seasonOf = (fates: readonly Fate[], named: boolean, maxLength: number): fc.Arbitrary<Season> =>
  fc.record({
    all: fc.array(consignment(fc.constantFrom(...fates)), { minLength: 1, maxLength }),
    named: fc.constant(named),
    imported: fc.boolean(),
    beyond: fc.integer({ min: 0, max: 5 }).map((of) => of === 0),
  });
const season = fc.oneof(seasonOf(FATES, true, 6), seasonOf(['GOOD'], false, 4));

test(`${RUNS} seasons with planted omissions, duplicates and cancellations: all are found, and nothing else`, async () => {
  const seasons = fc.sample(season, { numRuns: RUNS, seed: fc.readConfigureGlobal()?.seed });
  const rows: Record<'lots' | 'shipments' | 'legs' | 'shipped' | 'certificates' | 'covered' | 'entered', Record<string, unknown>[]> = {
    lots: [],
    shipments: [],
    legs: [],
    shipped: [],
    certificates: [],
    covered: [],
    entered: [],
  };
  const cancelled: string[] = [];
  const planted: string[][] = [];
  const day = (month: number, of: number) => `2025-${String(month).padStart(2, '0')}-${String(of).padStart(2, '0')}`;

  seasons.forEach(({ all, named, imported, beyond }, year) => {
    const number = certificateNumber(5, year + 1);
    const found: string[] = [];
    planted.push(found);
    const live = new Map<string, number>();
    const certificate: Record<string, unknown> = {
      number,
      kind: 'PERIOD',
      exporter: EXPORTER,
      importer: IMPORTER,
      certifier: 'ZC1',
      hts: HTS,
      issued_on: '2025-01-15',
      valid_from: '2025-02-01',
      valid_to: '2025-06-30',
      status: 'HANDED_OVER',
      quantity: 1_000_000,
      unit: 'KGM',
    };
    rows.certificates.push(certificate);
    if (!imported) rows.covered.push({ certificate: number, product: BEANS, quantity: 1_000_000, unit: 'KGM' });
    const born = (code: string, quantity: number) =>
      rows.lots.push({
        code,
        producer: EXPORTER,
        product: BEANS,
        kind: 'harvest',
        quantity,
        unit: 'KGM',
        produced_on: '2024-12-01',
        country: 'TR',
      });
    const ship = (reference: string, on: string, lots: [string, number][]) => {
      rows.shipments.push({ reference, shipper: EXPORTER, consignee: IMPORTER });
      rows.legs.push({ shipment: reference, sequence: 1, mode: 'maritime', from_place: 'TRMER', to_place: 'USSCK', departed: on });
      for (const [lot, quantity] of lots) {
        rows.shipped.push({ shipment: reference, lot, quantity, unit: 'KGM' });
        if (imported) rows.covered.push({ certificate: number, product: BEANS, quantity, unit: 'KGM', lot });
      }
    };
    const enter = (on: string, lines: [string[], number][]): string => {
      const entry = entryNumber(++entries);
      live.set(
        entry,
        lines.reduce((sum, [, quantity]) => sum + quantity, 0),
      );
      lines.forEach(([lots, quantity], place) => {
        rows.entered.push({
          entry,
          line: place + 1,
          certificate: number,
          filed_on: on,
          hts: HTS,
          quantity,
          unit: 'KGM',
          lots: named ? lots.join(';') : '',
        });
      });
      return entry;
    };
    all.forEach(({ fate, masses }, place) => {
      const reference = `Y${year}-${place}`;
      const [left, came] = [day(2, place + 1), day(4, place + 1)];
      const lots = masses.map((mass, index): [string, number] => [`${reference}-${index}`, mass]);
      for (const [code, mass] of lots) born(code, mass);
      const each = lots.map(([lot, mass]): [string[], number] => [[lot], mass]);
      const total = masses.reduce((sum, mass) => sum + mass, 0);
      const [[first, mass]] = lots as [[string, number]];
      if (fate === 'SHIPPED_IN_TWO') {
        ship(reference, left, [[first, 1], ...lots.slice(1)]);
        ship(`${reference}-REST`, day(3, place + 1), [[first, mass - 1]]);
        enter(came, [[[first], 1], ...each.slice(1)]);
        enter(day(5, place + 1), [[[first], mass - 1]]);
        return;
      }
      ship(reference, left, lots);
      if (fate === 'OMITTED') found.push(`SHIPPED_NOT_ENTERED ${reference} ${total}`);
      else if (fate === 'ONE_LINE') enter(came, [[lots.map(([lot]) => lot), total]]);
      else if (fate === 'OVERLAPPING' && lots.length === 3) {
        // Of two lots that the first line may take, the second line needs the one.
        const [[a, massOfA], [b, massOfB], [c, massOfC]] = lots as [[string, number], [string, number], [string, number]];
        enter(came, [
          [[a, b], massOfB],
          [[a, c], massOfA + massOfC],
        ]);
      } else if (fate === 'SPLIT') {
        enter(came, [[[first], 1], ...each.slice(1)]);
        enter(day(5, place + 1), [[[first], mass - 1]]);
      } else if (fate === 'LESS') {
        enter(came, [[[first], mass - 1], ...each.slice(1)]);
        found.push(`ENTERED_LESS_THAN_SHIPPED ${reference} 1`);
      } else if (fate === 'MORE') {
        const entry = enter(came, [[[first], mass + 3], ...each.slice(1)]);
        found.push(`ENTERED_MORE_THAN_SHIPPED ${entry} 3`);
      } else if (fate === 'LATE') {
        const entry = enter(day(7, place + 1), each);
        for (const [, so] of each) found.push(`ENTERED_AFTER_PERIOD ${entry} ${so}`);
      } else if (fate === 'EARLY') {
        const entry = enter(day(1, place + 16), each);
        for (const [, so] of each) found.push(`ENTERED_BEFORE_PERIOD ${entry} ${so}`);
      } else {
        const entry = enter(came, each);
        if (fate === 'DUPLICATED') {
          const again = enter(day(5, place + 1), each);
          for (const [, so] of each) found.push(`LOT_ENTERED_TWICE ${again} ${so}`);
        }
        if (fate === 'CANCELLED' || fate.startsWith('REDONE')) {
          cancelled.push(entry);
          live.delete(entry);
        }
        if (fate === 'CANCELLED') found.push(`SHIPPED_ENTRY_CANCELLED ${reference} ${total}`);
        if (fate === 'REDONE') enter(day(5, place + 1), each);
        if (fate === 'REDONE_SHORT') {
          enter(day(5, place + 1), [[[first], mass - 1], ...each.slice(1)]);
          found.push(`ENTERED_LESS_THAN_SHIPPED ${reference} 1`);
        }
        if (fate === 'STRAY') {
          born(`${reference}-STRAY`, 5);
          found.push(`ENTERED_NOT_SHIPPED ${enter(came, [[[`${reference}-STRAY`], 5]])} 5`);
        }
      }
    });
    const total = [...live.values()].reduce((sum, mass) => sum + mass, 0);
    if (!beyond || total < 2) return;
    certificate.quantity = total - 1;
    found.push('ENTERED_BEYOND_COVERED - 1');
  });
  await lotline.import({
    'lots.csv': csv(rows.lots),
    'shipments.csv': csv(rows.shipments),
    'shipment_legs.csv': csv(rows.legs),
    'shipment_lots.csv': csv(rows.shipped),
    'import_certificates.csv': csv(rows.certificates),
    'import_certificate_lines.csv': csv(rows.covered),
    'customs_entries.csv': csv(rows.entered),
  });
  // As recordDeparture claims what departs under a certificate.
  await lotline.database.source.query(
    `insert into import_certificate_line (id, import_certificate, product, lot, grams, value, unit, shipped_lot, on_day, recorded_by)
     select gen_random_uuid(), c.id, l.product, x.lot, x.grams, x.value, x.unit, x.id, g.departed_on, x.recorded_by
     from unnest($1::text[]) with ordinality as k(number, year) join import_certificate c on c.number = k.number
       join shipment s on s.reference like 'Y' || (k.year - 1) || '-%' join shipped_lot x on x.shipment = s.id join lot l on l.id = x.lot
       join shipment_leg g on g.shipment = s.id`,
    [rows.certificates.map(({ number }, year) => (seasons[year]!.imported ? null : number))],
  );
  const idsOf = async (table: string, type: string): Promise<Map<string, string>> =>
    new Map(
      (await lotline.database.query<{ id: string; number: string }>(`select id, number from ${table}`)).map((row) => [
        row.number,
        toGlobalId(type as 'Lot', row.id),
      ]),
    );
  const [certificateIds, entryIds] = [await idsOf('import_certificate', 'ImportCertificate'), await idsOf('customs_entry', 'CustomsEntry')];
  for (const entry of cancelled)
    await done('cancelCustomsEntry', 'cursor', { customsEntry: entryIds.get(entry), reason: 'filed twice' }, importer);

  const kinds = new Set<string>();
  for (const [year, planned] of seasons.entries()) {
    const told = await closeOut(certificateIds.get(certificateNumber(5, year + 1))!, 'analyst');
    const items = told.unreconciled.map(({ kind, kilograms: mass, shipment, customsEntry }: any) => {
      kinds.add(kind);
      return `${kind} ${shipment?.reference ?? customsEntry?.number ?? '-'} ${mass}`;
    });
    expect({ ...planned, items: items.sort() }).toEqual({ ...planned, items: planted[year]!.sort() });
    const total = (of: string) => told.shipments.reduce((sum: number, each: any) => sum + Number(each[of]), 0);
    expect(Number(told.shipped)).toBe(total('shipped'));
    expect(Number(told.estimated) - Number(told.entered)).toBe(Number(told.remaining));
    const beside = told.unreconciled.reduce(
      (sum: number, { kind, kilograms: mass }: any) => sum + (/TWICE|MORE|NOT_SHIPPED/.test(kind) ? Number(mass) : 0),
      0,
    );
    expect(total('entered')).toBe(Number(told.entered) - beside);
  }
  if (RUNS >= 100) expect(kinds.size).toBe(9);
}, 300_000);
