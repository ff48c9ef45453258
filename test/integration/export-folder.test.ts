import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { exported, imported, withDatabase } from '../support/databases';
import { csv, type Lotline, startLotline, writeFolder } from '../support/lotline';
import '../support/seed';
import { certificateNumber, entryNumber, folderOf, world } from '../support/world';

// `lotline export`: everything as a folder; imported into an empty database and exported again, it has the same bytes.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 6);
const ROOT = join(__dirname, '..', '..');
const CLI = join(ROOT, 'server', 'bin', 'lotline.js');

/** Exports what files become, and what that export becomes; the folders must be the same. */
async function thereAndBack(files: Record<string, string>): Promise<{ files: Record<string, string>; said: string[] }> {
  const from = (folder: Record<string, string>) =>
    withDatabase(async (database, runner) => {
      const directory = writeFolder(folder);
      try {
        await imported(runner, directory);
      } finally {
        rmSync(directory, { recursive: true });
      }
      return exported(database);
    });
  const first = await from(files);
  const second = await from(first.files);
  expect(second.files).toEqual(first.files);
  return first;
}

test.each(readdirSync(join(ROOT, 'samples')).filter((name) => !name.includes('.')))(
  'the sample of %s comes back whole',
  async (corridor) => {
    const folder = join(ROOT, 'samples', corridor);
    const names = readdirSync(folder).filter((name) => name.endsWith('.csv'));
    const { files } = await thereAndBack(Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')])));
    expect(Object.keys(files)).toEqual(names.sort());
    // Nothing is lost on the way out: each file has as many rows as the one that came in.
    const rows = (text: string) => text.trim().split(/\r?\n/).length;
    for (const name of names) expect([name, rows(files[name]!)]).toEqual([name, rows(readFileSync(join(folder, name), 'utf8'))]);
  },
);

test('any world comes back whole', async () => {
  const given = world(
    fc.record({ lots: fc.integer({ min: 1, max: 8 }), density: fc.constantFrom(20, 60), operations: fc.integer({ min: 2, max: 4 }) }),
  );
  await fc.assert(
    fc.asyncProperty(given, async (drawn) => {
      await thereAndBack(folderOf(drawn));
    }),
    { numRuns: RUNS },
  );
}, 120_000);

const NAME = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc.stringMatching(/^'{0,2}[=+\-@][A-Z0-9"',;/ ]{0,8}$/),
  fc.constantFrom('=1+1', "'=1", '007', '1e5', 'TRUE', '2025-01-01', 'a;b', '"', ' , ', 'complete'),
);
/** What a line of text may be: no control character, nothing that is blank. */
const isText = (text: string) => text.trim() !== '' && !/[\p{Cc}\u2028\u2029]/u.test(text) && text.isWellFormed();

test('whatever names, codes and further columns hold', async () => {
  const lot = fc.record({
    code: NAME.filter(isText),
    remark: fc.option(NAME.filter((text) => text.isWellFormed() && !text.includes('\0'))),
    latitude: fc.option(
      fc.double({ min: -90, max: 90, noNaN: true }).filter((value) => !String(value).includes('e') && !Object.is(value, -0)),
    ),
    hour: fc.option(fc.tuple(fc.nat(86_399), fc.integer({ min: -12, max: 14 }))),
  });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(lot, { minLength: 1, maxLength: 6, selector: ({ code }) => code.trim() }), async (lots) => {
      const text = (cells: unknown[]) => cells.map((cell) => `"${String(cell ?? '').replaceAll('"', '""')}"`).join(',');
      // As a spreadsheet that knows nothing of formulas would hand it over: one apostrophe before whatever begins like one.
      const cell = (value: string | null) =>
        value !== null && /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(value) ? `'${value}` : value;
      const offset = (hours: number) => `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
      const moment = (hour: [number, number] | null) =>
        hour && `2025-03-01T${new Date(hour[0] * 1000).toISOString().slice(11, 19)}${offset(hour[1])}`;
      const rows = lots.map(({ code, remark, latitude, hour }) => [
        cell(code),
        'N:1',
        'Wheat',
        1,
        'KGM',
        'HARVEST',
        moment(hour),
        latitude,
        cell(remark),
      ]);
      const { files } = await thereAndBack({
        'operations.csv': csv([{ operation: 'N:1', name: 'One', country: 'TR', roles: 'producer' }]),
        'products.csv': csv([{ product: 'Wheat', hts: '1001990000' }]),
        'lots.csv': ['code,producer,product,quantity,unit,kind,produced_on,latitude,=Remark', ...rows.map(text)].join('\n'),
      });
      expect(files['lots.csv']!.split('\r\n')[0]).toMatch(/^code,producer,.*,longitude(,'=Remark)?$/);
    }),
    { numRuns: RUNS },
  );
}, 120_000);

const CERTIFICATE = certificateNumber(7, 1);
/** Everything that a file can say at least once, and what is hard to say. */
const FULL = {
  'certifiers.csv': csv([{ certifier: 'ZZE', name: 'Certifier', country: 'TR', scheme: 'NOP;EU', Phone: '+1 555' }]),
  'operations.csv': csv([
    { operation: 'E:1', name: '=cmd', country: 'TR', roles: 'producer;exporter', latitude: '-0.0000001', longitude: '12.5' },
    { operation: 'E:2', name: 'Two, Ltd "Best"', country: 'US', roles: 'importer', address: '1 Street' },
  ]),
  'products.csv': csv([{ product: 'Wheat', hts: '1001.99.0000', organic: 'yes', kg_per_bushel: '27.2155' }]),
  'operation_certificates.csv': csv([
    {
      operation: 'E:1',
      certifier: 'ZZE',
      status: 'certified',
      effective_from: '2024-01-01',
      standard: 'EU',
      scope: 'crops;handling',
      products: 'Wheat',
      hectares: '10.50',
      expires_on: '2026-01-01',
    },
    { operation: 'E:1', certifier: 'ZZE', status: 'suspended', effective_from: '2025-06-01', standard: 'EU', reason: 'late fees' },
  ]),
  'lots.csv': csv([
    {
      code: 'L1',
      producer: 'E:1',
      product: 'Wheat',
      quantity: '100.500',
      unit: 'TNE',
      kind: 'harvest',
      produced_on: '2025-01-01T23:30:00-05:00',
    },
    { code: 'L2', producer: 'E:1', product: 'Wheat', quantity: '40', unit: 'BUA', kind: 'transformation', produced_on: '2025-02-01' },
    { code: 'L1', producer: 'E:2', product: 'Wheat', quantity: '1', unit: 'TNE', kind: 'purchased', country: 'UA' },
    // The whole code of one is OPERATION/code of another.
    { code: 'E:1/L2', producer: 'E:2', product: 'Wheat', quantity: '1', unit: 'TNE', kind: 'purchased' },
  ]),
  'lot_inputs.csv': csv([
    { output: 'L2', input: 'E:1/L1', quantity: '1', unit: 'TNE', on: '2025-01-31' },
    { output: 'L2', input: 'E:1/L1', quantity: '1', unit: 'TNE', on: '2025-01-31', reference: 'again' },
  ]),
  'transfers.csv': csv([
    { lot: 'E:1/L1', from: 'E:1', to: 'E:2', on: '2025-02-01T00:15:00+14:00', document: 'INVOICE/D-1' },
    { lot: 'E:1/L1', from: 'E:1', to: 'E:2', on: '2025-02-02', quantity: '1', unit: 'TNE', document_awaited: 'invoice/D-9' },
  ]),
  'lot_adjustments.csv': csv([{ lot: 'L2', holder: 'E:1', kind: 'moisture', on: '2025-02-03', quantity: '2', unit: 'LBR' }]),
  'shipments.csv': csv([{ reference: 'S1', shipper: 'E:1', consignee: 'E:2', booked_on: '2025-02-01' }]),
  'shipment_legs.csv': csv([
    { shipment: 'S1', sequence: 1, mode: 'road', from_place: 'Somewhere', to_place: 'TRISK, quay 4', departed: '2025-02-02', seal: '0012' },
    {
      shipment: 'S1',
      sequence: 2,
      mode: 'maritime',
      from_place: 'TRISK',
      to_place: 'US SCK',
      departed: '2025-02-04T10:00:00+03:00',
      arrived: '2025-03-01',
    },
  ]),
  'shipment_lots.csv': csv([{ shipment: 'S1', lot: 'E:1/L1', quantity: '1', unit: 'TNE' }]),
  'treatments.csv': csv([
    { kind: 'fumigation', on: '2025-02-05', substance: 'CO2', shipment: 'S1', prohibited: 'no', document: 'invoice/D-1' },
  ]),
  'documents.csv': csv([
    {
      type: 'invoice',
      number: 'D-1',
      issuer: 'E:1',
      issued_on: '2025-02-01',
      marked_organic: 'yes',
      file: 'd1.pdf',
      lots: 'E:1/L1;E:2/L1',
      shipments: 'S1',
      certificates: CERTIFICATE,
      operations: 'E:2',
    },
    { type: 'contract', number: 'D-1', issuer: 'E:1', issued_on: '2025-01-01', marked_organic: 'unknown' },
  ]),
  'import_certificates.csv': csv([
    {
      number: CERTIFICATE,
      kind: 'period',
      exporter: 'E:1',
      importer: 'E:2',
      certifier: 'ZZE',
      hts: '1001990000',
      issued_on: '2025-01-15T08:00:00+03:00',
      requested_on: '2025-01-10',
      origin: 'TR',
      destination: 'US',
      standard: 'EU',
      valid_from: '2025-01-15',
      valid_to: '2025-12-31',
      quantity: '50',
      unit: 'TNE',
      final_handler: 'E:1',
      consignee: 'E:2',
      status: 'handed_over',
    },
  ]),
  'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE, product: 'Wheat', quantity: '1', unit: 'TNE', lot: 'E:1/L1' }]),
  'customs_entries.csv': csv([
    {
      entry: entryNumber(71),
      line: 1,
      certificate: CERTIFICATE,
      filed_on: '2025-03-02',
      hts: '1001990000',
      quantity: '1',
      unit: 'TNE',
      filer: 'E:2',
      lots: 'E:1/L1',
    },
  ]),
  'emergency_actions.csv': csv([
    {
      number: 'EAN-1',
      on: '2025-03-03',
      ordered: 'hold',
      shipment: 'S1',
      certifier_notified_on: '2025-03-04',
      disposition: 'released_organic',
    },
  ]),
};

describe('of everything that the files can say', () => {
  let lotline: Lotline;
  let made = 0;
  beforeAll(async () => {
    lotline = await startLotline();
    await lotline.import(FULL);
  });
  afterAll(() => lotline.close());

  const run = async (...args: string[]): Promise<{ code: number | null; err: string }> => {
    const child = spawn(process.execPath, [CLI, ...args], { env: { ...process.env, DATABASE_URL: lotline.databaseUrl } });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    return new Promise((done) => child.on('close', (code) => done({ code, err })));
  };
  const inTemporary = async <T>(work: (directory: string) => Promise<T>): Promise<T> => {
    const directory = mkdtempSync(join(tmpdir(), 'lotline-export-'));
    try {
      return await work(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  const read = (directory: string) =>
    Object.fromEntries(
      readdirSync(directory)
        .sort()
        .map((name) => [name, readFileSync(join(directory, name), 'utf8')]),
    );

  test('a file each is written, comes back with the same bytes, and is known where it came from', () =>
    inTemporary(async (directory) => {
      const out = join(directory, 'new', 'out');
      const written = await run('export', out);
      expect(written).toMatchObject({
        code: 0,
        err: expect.stringContaining('exported: certifiers.csv: 1; operations.csv: 2; products.csv: 1;'),
      });
      const files = read(out);
      expect(Object.keys(files)).toEqual(Object.keys(FULL).sort());
      expect(files['transfers.csv']!.split('\r\n')).toEqual([
        'lot,from,to,on,quantity,unit,document,document_awaited,reference',
        'E:1/L1,E:1,E:2,2025-02-01T00:15:00+14:00,,,E:1/INVOICE/D-1,,',
        'E:1/L1,E:1,E:2,2025-02-02,1,TNE,,INVOICE/D-9,',
        '',
      ]);
      expect(files['lots.csv']).toContain('L1,E:1,Wheat,100.5,TNE,HARVEST,2025-01-01T23:30:00-05:00,TR,,');
      expect(files['lot_inputs.csv']).toContain('L2,E:1/L1,1,TNE,2025-01-31,again');
      expect(files['operations.csv']).toContain("E:1,'=cmd,TR,PRODUCER;EXPORTER,,'-0.0000001,12.5");
      expect(files['certifiers.csv']).toContain("ZZE,Certifier,TR,NOP;EU,'+1 555");
      expect((await thereAndBack(files)).files).toEqual(files);
      // Into the very database it came from, all of it is known.
      expect(await run('import', out)).toMatchObject({
        code: 0,
        err: expect.stringMatching(/certifiers\.csv: 0 recorded, 1 known.*customs_entries\.csv: 0 recorded, 1 known/s),
      });
    }));

  test('a folder that has such a file is left as it is; so is one where the writing fails', () =>
    inTemporary(async (directory) => {
      writeFileSync(join(directory, 'lots.csv'), 'mine');
      expect(await run('export', directory)).toMatchObject({
        code: 1,
        err: expect.stringContaining('there is a lots.csv in the folder; name an empty folder'),
      });
      expect(read(directory)).toEqual({ 'lots.csv': 'mine' });
      expect((await run('export')).code).toBe(2);
    }));

  test('equal facts are told apart, and what has no column is said', async () => {
    expect((await exported(lotline.database)).said).toEqual([]);
    const found = await lotline.data(
      '{ lot(code: "L2") { id } seller: operation(identifier: "E:1") { id } buyer: operation(identifier: "E:2") { id } }',
    );
    const give = (command: string, input: object) =>
      lotline.data(
        `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { ${command}(input: $input) { cursor } }`,
        { input: { idempotencyKey: `${command} ${++made}`, ...input } },
        { operation: 'E:1' },
      );
    const quantity = { value: '1', unit: 'KGM' };
    const lost = { lot: found.lot.id, holder: found.seller.id, kind: 'SAMPLE', quantity, on: '2025-09-01' };
    for (let times = 0; times < 3; times++) await give('recordLoss', lost);
    await give('offerTransfer', { lot: found.lot.id, sender: found.seller.id, receiver: found.buyer.id, quantity, on: '2025-09-01' });
    const { files, said } = await exported(lotline.database);
    const sampled = (files['lot_adjustments.csv'] ?? '').split('\r\n').filter((line) => line.includes('SAMPLE'));
    expect(sampled).toEqual(['', '~2', '~3'].map((reference) => `L2,E:1,SAMPLE,2025-09-01,1,KGM,,,${reference}`));
    expect(said).toEqual(['the files have no column for offers of transfers that nobody has accepted: 1']);
    expect((await thereAndBack(files)).files).toEqual(files);
  });
});
