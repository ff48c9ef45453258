import { toGlobalId } from '@lotline/schema';
import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// Entries draw on certificates: what is taken and refused, where that takes the certificate, what amending and cancelling give back, and
// who sees it.

const [EXPORTER, IMPORTER, RECORD, OTHER, BROKER, AGENT, STRANGER] = [
  'E:EXPORTER',
  'E:IMPORTER',
  'E:RECORD',
  'E:OTHER',
  'E:BROKER',
  'E:AGENT',
  'E:STRANGER',
] as const;
const [BEANS, MEAL] = ['Organic soybeans', 'Organic soybean meal'];
const HTS = '1201900010';
const exporter: As = { operation: EXPORTER };
const importer: As = { operation: IMPORTER };
const broker: As = { operation: BROKER };
const stranger: As = { operation: STRANGER };
const certifier: As = { certifier: 'ZE1' };
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
const TODAY = inDays(0);
const kilograms = (value: number | string) => ({ value: String(value), unit: 'KGM' });
const { ROUNDS = '3' } = process.env;

let lotline: Lotline;
let id: Record<string, string>;
let keys = 0;
let serial = 0;
let entries = 0;
let codes = 0;

const give = (command: string, payload: string, input: object, as: As): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { ${payload} } }`;
  return lotline.ask(query, { input: { idempotencyKey: `e-${++keys}`, ...input } }, as);
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
const codesOf = ({ errors }: GraphQLAnswer): string[] =>
  errors?.flatMap(({ extensions }) => extensions.reasons ?? [extensions]).map(({ code }: any) => code) ?? [];

async function lot(mass: number, product = BEANS): Promise<{ id: string; code: string }> {
  const code = `E-${++codes}`;
  const born = {
    code,
    producer: EXPORTER,
    product,
    kind: 'harvest',
    quantity: mass,
    unit: 'KGM',
    produced_on: '2025-01-10',
    country: 'TR',
  };
  await lotline.import({ 'lots.csv': csv([born]) });
  const [row] = await lotline.database.query<{ id: string }>('select id from lot where code = $1', [code]);
  return { id: toGlobalId('Lot', row!.id), code };
}

interface Asked {
  mass?: number;
  lots?: { id: string; mass: number }[];
  to?: 'REQUESTED' | 'ISSUED' | 'HANDED_OVER';
  importers?: { importer?: string; importerOfRecord?: string };
  on?: string;
}
/** A certificate of the exporter, with the importer since some days ago. */
async function certificate({ mass = 100, lots, to = 'HANDED_OVER', importers = {}, on = inDays(-5) }: Asked = {}): Promise<string> {
  const asked = await done(
    'requestImportCertificate',
    'importCertificate { id }',
    {
      exporter: id[EXPORTER],
      importer: id[importers.importer ?? IMPORTER],
      importerOfRecord: id[importers.importerOfRecord ?? RECORD],
      certifier: id.ZE1,
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: HTS,
      standard: 'NOP',
      lines: lots?.map((each) => ({ product: id[BEANS], lot: each.id, quantity: kilograms(each.mass) })) ?? [
        { product: id[BEANS], quantity: kilograms(mass) },
      ],
    },
    exporter,
  );
  const importCertificate = asked.importCertificate.id;
  if (to === 'REQUESTED') return importCertificate;
  await done('approveImportCertificate', 'cursor', { importCertificate, reason: 'seen on the spot' }, certifier);
  // As it would stand had it been issued and handed over some days ago.
  await done('issueImportCertificate', 'cursor', { importCertificate, number: certificateNumber(9, ++serial) }, certifier);
  if (to === 'ISSUED') return importCertificate;
  await lotline.database.query('alter table import_certificate_status disable trigger fact_is_never_edited');
  await lotline.database.query('update import_certificate_status set on_day = $2, at = null where import_certificate = $1', [
    uuidOf(importCertificate),
    on,
  ]);
  await lotline.database.query('alter table import_certificate_status enable trigger fact_is_never_edited');
  await done('handOverImportCertificate', 'cursor', { importCertificate, recipient: id[AGENT], on }, exporter);
  return importCertificate;
}
const uuidOf = (globalId: string): string => Buffer.from(globalId, 'base64url').toString().split(':')[1]!;

interface Line {
  certificate: string;
  mass: number | string;
  hts?: string;
  lots?: string[];
  line?: number;
}
const lines = (given: Line[]) =>
  given.map(({ certificate: importCertificate, mass, hts = HTS, lots, line }, place) => ({
    line: line ?? place + 1,
    hts,
    importCertificate,
    quantity: kilograms(mass),
    lots,
  }));
const record = (given: Line[], more: object = {}, as: As = importer): Promise<GraphQLAnswer> =>
  give(
    'recordCustomsEntry',
    'customsEntry { id number }',
    { importer: id[IMPORTER], number: entryNumber(++entries), filedOn: TODAY, lines: lines(given), ...more },
    as,
  );
const recorded = async (given: Line[], more: object = {}, as: As = importer): Promise<string> => {
  const { data, errors } = await record(given, more, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.recordCustomsEntry.customsEntry.id;
};
const amend = (customsEntry: string, given: Line[], as: As = importer): Promise<GraphQLAnswer> =>
  give('amendCustomsEntry', 'customsEntry { id }', { customsEntry, lines: lines(given), reason: 'weighed again' }, as);
const cancel = (customsEntry: string, more: object = {}, as: As = importer): Promise<GraphQLAnswer> =>
  give('cancelCustomsEntry', 'customsEntry { id cancelledOn }', { customsEntry, reason: 'filed twice', ...more }, as);
const good = async (answer: Promise<GraphQLAnswer>): Promise<void> => expect(reasonsOf(await answer)).toEqual([]);

const stands = async (of: string, as: As = importer): Promise<any> =>
  (
    await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { status drawn remaining history { status by reason } } } }',
      { id: of },
      as,
    )
  ).node;
const standing = async (of: string) => {
  const { status, drawn, remaining } = await stands(of);
  return [status, drawn, remaining];
};
const ENTRY = `{ number filedOn cancelledOn filer { name } lines { nodes { line hts kilograms importCertificate { id } } }
  history { act on by reason lines { line kilograms } } }`;
const seenBy = async (entry: string, as: As): Promise<any> =>
  (await lotline.data(`query ($id: ID!) { node(id: $id) { ... on CustomsEntry ${ENTRY} } }`, { id: entry }, as)).node;
const reached = async (of: string): Promise<number[]> =>
  (
    await lotline.database.query<{ percent: number }>(
      `select (e.payload->>'percent')::int as percent from event e join command c on c.id = e.command
       where e.type = 'import-certificate.volume-reached' and e.subject = $1 order by c.position, e.ordinal`,
      [uuidOf(of)],
    )
  ).map(({ percent }) => percent);

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  await lotline.import({
    'certifiers.csv': csv(['ZE1', 'ZE2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, RECORD, OTHER, BROKER, AGENT, STRANGER].map((operation) => ({
        operation,
        name: `The ${operation.slice(2).toLowerCase()}`,
        country: 'TR',
        roles: operation === BROKER || operation === AGENT ? 'broker' : 'handler',
      })),
    ),
    'products.csv': csv([
      { product: BEANS, hts: HTS, organic: 'yes' },
      { product: MEAL, hts: '1208100010', organic: 'yes' },
    ]),
  });
  id = {};
  const tables = { operation: 'identifier', certifier: 'code', product: 'name' } as const;
  for (const [table, column] of Object.entries(tables))
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      id[row.name] = toGlobalId(`${table[0]!.toUpperCase()}${table.slice(1)}` as 'Lot', row.id);
  await done(
    'assignBroker',
    'cursor',
    {
      importer: id[IMPORTER],
      broker: id[BROKER],
      scopes: ['CUSTOMS_ENTRIES', 'IMPORT_CERTIFICATES', 'LOTS', 'COMMANDS'],
      validUntil: `${inDays(30)}T00:00:00Z`,
    },
    importer,
  );
});
afterAll(() => lotline.close());

describe('an entry', () => {
  test('draws on certificates, takes each a step on, and says by whom it was filed', async () => {
    const [one, other] = [await certificate(), await certificate({ mass: 50 })];
    const entry = await recorded(
      [
        { certificate: one, mass: 60 },
        { certificate: other, mass: 50 },
      ],
      { filer: id[AGENT], filedOn: inDays(-1) },
    );
    expect([await standing(one), await standing(other)]).toEqual([
      ['ENTERED', '60', '40'],
      ['EXHAUSTED', '50', '0'],
    ]);
    expect((await stands(one)).history.at(-1)).toEqual({ status: 'ENTERED', by: 'The importer', reason: null });
    expect(await seenBy(entry, { operation: AGENT })).toMatchObject({
      filedOn: inDays(-1),
      cancelledOn: null,
      filer: { name: 'The agent' },
      lines: { nodes: [{ line: 1, hts: HTS, kilograms: '60', importCertificate: { id: one } }, { line: 2 }] },
      history: [{ act: 'RECORDED', on: inDays(-1), by: 'The importer', reason: null, lines: [{ kilograms: '60' }, { kilograms: '50' }] }],
    });
    // Later draws keep it where it is, until nothing is left.
    await recorded([{ certificate: one, mass: '39.999' }]);
    expect(await standing(one)).toEqual(['ENTERED', '99.999', '0.001']);
    await recorded([{ certificate: one, mass: '0.001' }]);
    expect(await standing(one)).toEqual(['EXHAUSTED', '100', '0']);
    expect((await stands(one)).history.map(({ status }: any) => status).slice(-3)).toEqual(['HANDED_OVER', 'ENTERED', 'EXHAUSTED']);
    expect(reasonsOf(await record([{ certificate: one, mass: 1 }]))).toEqual([
      'CONFLICT input.lines.0.importCertificate: the certificate is EXHAUSTED',
      'REFUSED input.lines.0.quantity: nothing of the certificate is left, and the entry draws 1 kg on it',
    ]);
  });

  test('is the step of the importer, the importer of record, and a broker assigned for it', async () => {
    const of = await certificate();
    await recorded([{ certificate: of, mass: 10 }], { importer: id[RECORD] }, { operation: RECORD });
    await recorded([{ certificate: of, mass: 10 }], {}, broker);
    await recorded([{ certificate: of, mass: 10 }], { filer: id[BROKER] }, broker);
    const refused: [As, object, string[]][] = [
      [stranger, {}, ['FORBIDDEN']],
      [exporter, {}, ['FORBIDDEN']],
      [certifier, {}, ['FORBIDDEN']],
      ['analyst', {}, ['FORBIDDEN']],
      ['nobody', {}, ['UNAUTHENTICATED']],
      [{ operation: AGENT }, {}, ['FORBIDDEN']],
      // For itself it enters nothing that is another's; what it does not see is not there.
      [{ operation: AGENT }, { importer: id[AGENT] }, ['REFUSED']],
      [stranger, { importer: id[STRANGER] }, ['NOT_FOUND']],
      [broker, { filer: id[AGENT] }, ['REFUSED']],
    ];
    const before = await fingerprint(lotline.database);
    for (const [as, more, reasons] of refused) expect(codesOf(await record([{ certificate: of, mass: 1 }], more, as))).toEqual(reasons);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('is recorded by a key with its scopes, which names only what these let it see', async () => {
    const of = await certificate();
    const keyWith = async (...scopes: string[]): Promise<As> => {
      const input = { operation: id[IMPORTER], name: `Key ${scopes}`, scopes: [...scopes, 'COMMANDS'], expiresOn: inDays(30) };
      return { key: (await done('createKey', 'secret', input, importer)).secret };
    };
    const [good, entriesOnly, certificatesOnly] = [
      await keyWith('CUSTOMS_ENTRIES', 'IMPORT_CERTIFICATES'),
      await keyWith('CUSTOMS_ENTRIES'),
      await keyWith('IMPORT_CERTIFICATES'),
    ];
    const entry = (as: As) =>
      give(
        'recordCustomsEntry',
        'cursor',
        { importer: id[IMPORTER], number: entryNumber(++entries), filedOn: TODAY, lines: lines([{ certificate: of, mass: 1 }]) },
        as,
      );
    expect([codesOf(await entry(good)), codesOf(await entry(entriesOnly)), codesOf(await entry(certificatesOnly))]).toEqual([
      [],
      ['NOT_FOUND'],
      ['FORBIDDEN'],
    ]);
    const change = (as: As, customsEntry: string) => give('cancelCustomsEntry', 'cursor', { customsEntry, reason: 'filed twice' }, as);
    const mine = await recorded([{ certificate: of, mass: 1 }]);
    expect([codesOf(await change(certificatesOnly, mine)), codesOf(await change(entriesOnly, mine))]).toEqual([['NOT_FOUND'], []]);
    expect(await standing(of)).toEqual(['ENTERED', '1', '99']);
  });

  test('is refused with every reason, and nothing is changed', async () => {
    const covered = await lot(100);
    const [uncovered, other] = [await lot(100), await lot(100, MEAL)];
    const requested = await certificate({ to: 'REQUESTED' });
    const issued = await certificate({ to: 'ISSUED' });
    const voided = await certificate();
    await done('voidImportCertificate', 'cursor', { importCertificate: voided, reason: 'typing' }, certifier);
    const theirs = await certificate({ importers: { importer: OTHER, importerOfRecord: OTHER } });
    const naming = await certificate({ lots: [{ id: covered.id, mass: 30 }] });
    const plain = await certificate({ mass: 20 });
    const late = await certificate({ on: inDays(-2) });
    const nothing = toGlobalId('ImportCertificate', '01920000-0000-7000-8000-000000000000');
    const taken = entryNumber(++entries);
    await recorded([{ certificate: plain, mass: 1 }], { number: taken });
    const before = await fingerprint(lotline.database);
    const answer = await record(
      [
        { certificate: requested, mass: 1 },
        { certificate: issued, mass: 1 },
        { certificate: voided, mass: 1 },
        { certificate: theirs, mass: 1 },
        { certificate: plain, mass: 1, hts: '0901.11.0015' },
        { certificate: naming, mass: 10, lots: [uncovered.id, covered.id] },
        { certificate: naming, mass: '20.001', lots: [covered.id] },
        { certificate: plain, mass: 1, lots: [other.id, toGlobalId('Lot', '01920000-0000-7000-8000-000000000000')] },
        { certificate: nothing, mass: 1 },
        { certificate: late, mass: 1, line: 9 },
      ],
      { number: taken, filedOn: inDays(-3), filer: id[OTHER] },
      'admin',
    );
    expect(reasonsOf(answer).sort()).toEqual(
      [
        'CONFLICT input.lines.0.importCertificate: the certificate is REQUESTED',
        'CONFLICT input.lines.1.importCertificate: the certificate is ISSUED',
        'CONFLICT input.lines.2.importCertificate: the certificate is VOIDED',
        'REFUSED input.lines.3.importCertificate: the certificate names another importer',
        `REFUSED input.lines.4.hts: the certificate is for HTS ${HTS}`,
        `REFUSED input.lines.5.lots.0: the certificate does not cover lot "${uncovered.code}"`,
        'REFUSED input.lines.6.quantity: 30 kg of the certificate is left, and the entry draws 30.001 kg on it',
        `REFUSED input.lines.7.lots.0: the certificate does not cover lot "${other.code}"`,
        'NOT_FOUND input.lines.7.lots.1: there is no such lot',
        'NOT_FOUND input.lines.8.importCertificate: there is no such import certificate',
        `REFUSED input.lines.9.importCertificate: the importer has had the certificate since ${inDays(-2)}`,
        'CONFLICT input.lines.9.line: line 9 is given twice',
        'CONFLICT input.number: an entry of this number exists',
        'REFUSED input.filer: it is neither the importer nor a broker',
      ].sort(),
    );
    const malformed = await record([{ certificate: plain, mass: 1, hts: '0901' }], { number: 'ABC-1234567-7' });
    expect(reasonsOf(malformed)).toEqual([
      'BAD_USER_INPUT input.number: the check digit of entry "ABC-1234567-7" should be 6',
      'BAD_USER_INPUT input.lines.0.hts: "0901" is not a 10-digit HTS code',
    ]);
    expect(reasonsOf(await record([{ certificate: plain, mass: 1 }], { filedOn: inDays(3) }))).toEqual([
      `REFUSED input.filedOn: the day ${inDays(3)} has not come yet`,
    ]);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('that was reported from outside is stored as it was, and shows that too much is drawn', async () => {
    const of = await certificate();
    const { importCertificate } = await lotline.data(
      'query ($id: ID!) { importCertificate: node(id: $id) { ... on ImportCertificate { number } } }',
      { id: of },
    );
    const reported = {
      entry: entryNumber(++entries),
      line: 1,
      certificate: importCertificate.number,
      filed_on: TODAY,
      hts: HTS,
      quantity: 130,
      unit: 'KGM',
    };
    await lotline.import({ 'customs_entries.csv': csv([reported]) });
    expect(await standing(of)).toEqual(['HANDED_OVER', '130', '-30']);
    expect(await reached(of)).toEqual([80, 95, 100]);
    expect(reasonsOf(await record([{ certificate: of, mass: 1 }]))).toEqual([
      'REFUSED input.lines.0.quantity: nothing of the certificate is left, and the entry draws 1 kg on it',
    ]);
  });
});

test('an entry draws on a certificate for a period where it was filed in it; one that was reported is stored as it was', async () => {
  const number = certificateNumber(32, 1);
  const entry = entryNumber(++entries);
  const reported = { entry, line: 1, certificate: number, filed_on: inDays(-35), hts: HTS, quantity: 30, unit: 'KGM' };
  await lotline.import({
    'import_certificates.csv': csv([
      {
        number,
        kind: 'PERIOD',
        valid_from: inDays(-10),
        valid_to: inDays(-3),
        exporter: EXPORTER,
        importer: IMPORTER,
        certifier: 'ZE1',
        hts: HTS,
        issued_on: inDays(-40),
        status: 'HANDED_OVER',
        quantity: 100,
        unit: 'KGM',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: number, product: BEANS, quantity: 100, unit: 'KGM', lot: '' }]),
    'customs_entries.csv': csv([reported]),
  });
  const { importCertificate } = await lotline.data('query ($number: String!) { importCertificate(number: $number) { id } }', { number });
  const of = importCertificate.id;
  const early = `REFUSED input.lines.0.importCertificate: the certificate is valid from ${inDays(-10)}`;
  const late = `REFUSED input.lines.0.importCertificate: the certificate was valid until ${inDays(-3)}`;
  const filed = async (filedOn: string) => reasonsOf(await record([{ certificate: of, mass: 1 }], { filedOn }));
  expect(await filed(inDays(-35))).toEqual([early]);
  expect(await filed(inDays(-11))).toEqual([early]);
  expect(await filed(inDays(-2))).toEqual([late]);
  expect(await filed(TODAY)).toEqual([late]);
  for (const day of [-10, -3]) expect(await filed(inDays(day))).toEqual([]);
  expect(await stands(of)).toMatchObject({ drawn: '32' });
  const [row] = await lotline.database.query<{ id: string }>('select id from customs_entry where number = $1', [entry]);
  const old = toGlobalId('CustomsEntry', row!.id);
  expect(reasonsOf(await amend(old, [{ certificate: of, mass: 20 }]))).toEqual([early]);
  await good(cancel(old));
});

describe('an entry is amended and cancelled', () => {
  test('by other lines in the place of its lines, whose mass is free for them; its history says both', async () => {
    const [one, other] = [await certificate(), await certificate()];
    const entry = await recorded([{ certificate: one, mass: 80 }]);
    expect(reasonsOf(await amend(entry, [{ certificate: one, mass: '100.001' }]))).toEqual([
      'REFUSED input.lines.0.quantity: 100 kg of the certificate is left, and the entry draws 100.001 kg on it',
    ]);
    await good(amend(entry, [{ certificate: one, mass: 100 }]));
    expect(await standing(one)).toEqual(['EXHAUSTED', '100', '0']);
    await good(
      amend(entry, [
        { certificate: one, mass: 30 },
        { certificate: other, mass: 20, line: 7 },
      ]),
    );
    expect([await standing(one), await standing(other)]).toEqual([
      ['ENTERED', '30', '70'],
      ['ENTERED', '20', '80'],
    ]);
    await good(amend(entry, [{ certificate: other, mass: 20 }]));
    expect([await standing(one), await standing(other)]).toEqual([
      ['HANDED_OVER', '0', '100'],
      ['ENTERED', '20', '80'],
    ]);
    const amended = { act: 'AMENDED', on: TODAY, by: 'The importer', reason: 'weighed again' };
    for (const as of [importer, { operation: RECORD }])
      expect(await seenBy(entry, as)).toMatchObject({
        lines: { nodes: [{ line: 1, kilograms: '20', importCertificate: { id: other } }] },
        history: [
          { act: 'RECORDED', lines: [{ line: 1, kilograms: '80' }] },
          { ...amended, lines: [{ line: 1, kilograms: '100' }] },
          {
            ...amended,
            lines: [
              { line: 1, kilograms: '30' },
              { line: 7, kilograms: '20' },
            ],
          },
          { ...amended, lines: [{ line: 1, kilograms: '20' }] },
        ],
      });
    expect((await stands(one)).history.map(({ status, reason }: any) => [status, reason]).slice(-4)).toEqual([
      ['ENTERED', null],
      ['EXHAUSTED', 'a customs entry was amended'],
      ['ENTERED', 'a customs entry was amended'],
      ['HANDED_OVER', 'a customs entry was amended'],
    ]);
  });

  test('whole: it stays with its day and reason, what it drew is left again, and it is not changed any more', async () => {
    const of = await certificate();
    const [first, second] = [await recorded([{ certificate: of, mass: 60 }]), await recorded([{ certificate: of, mass: 40 }])];
    await good(cancel(second));
    expect(await standing(of)).toEqual(['ENTERED', '60', '40']);
    expect(reasonsOf(await cancel(first, { on: inDays(-1) }))).toEqual([`REFUSED input.on: it was filed on ${TODAY}`]);
    await good(cancel(first));
    expect(await standing(of)).toEqual(['HANDED_OVER', '0', '100']);
    for (const as of [importer, { operation: RECORD }, broker])
      expect(await seenBy(first, as)).toMatchObject({
        cancelledOn: TODAY,
        lines: { nodes: [] },
        history: [
          { act: 'RECORDED', lines: [{ kilograms: '60' }] },
          { act: 'CANCELLED', reason: 'filed twice', lines: [] },
        ],
      });
    const before = await fingerprint(lotline.database);
    for (const answer of [cancel(first), amend(first, [{ certificate: of, mass: 1 }])])
      expect(reasonsOf(await answer)).toEqual([`CONFLICT input.customsEntry: the entry was cancelled on ${TODAY}`]);
    expect(await fingerprint(lotline.database)).toBe(before);
    // Nothing is entered under it any more, so that it may be voided.
    await done('voidImportCertificate', 'cursor', { importCertificate: of, reason: 'weights were wrong' }, certifier);
  });

  test('by its importer and its broker alone; whoever does not see it is told that there is none', async () => {
    const of = await certificate();
    const entry = await recorded([{ certificate: of, mass: 60 }], { filer: id[AGENT] });
    const refused: [As, string][] = [
      [{ operation: AGENT }, 'FORBIDDEN'],
      [{ operation: RECORD }, 'FORBIDDEN'],
      [exporter, 'NOT_FOUND'],
      [certifier, 'FORBIDDEN'],
      [stranger, 'NOT_FOUND'],
      ['analyst', 'FORBIDDEN'],
      ['nobody', 'UNAUTHENTICATED'],
    ];
    const before = await fingerprint(lotline.database);
    for (const [as, code] of refused)
      for (const answer of [cancel(entry, {}, as), amend(entry, [{ certificate: of, mass: 1 }], as)])
        expect([as, codesOf(await answer)]).toEqual([as, [code]]);
    expect(await fingerprint(lotline.database)).toBe(before);
    await good(amend(entry, [{ certificate: of, mass: 50 }], broker));
    await good(cancel(entry, {}, broker));
  });

  test('also where it was reported: by the importer of its certificates; the same folder brings nothing back', async () => {
    const of = await certificate();
    const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { number } } }', { id: of });
    const row = { entry: entryNumber(++entries), line: 1, certificate: node.number, filed_on: TODAY, hts: HTS, quantity: 30, unit: 'KGM' };
    const folder = { 'customs_entries.csv': csv([row]) };
    await lotline.import(folder);
    const [{ id: entry }] = (
      await lotline.data('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { customsEntries { nodes { id } } } } }', { id: of })
    ).node.customsEntries.nodes;
    await good(cancel(entry));
    expect(await standing(of)).toEqual(['HANDED_OVER', '0', '100']);
    const before = await fingerprint(lotline.database);
    await lotline.import(folder);
    expect(await fingerprint(lotline.database)).toBe(before);
    await expect(lotline.import({ 'customs_entries.csv': csv([{ ...row, line: 2 }]) })).rejects.toThrow();
  });

  test('tells the lots of the importer, and not the exporter, who learns how much was drawn alone', async () => {
    const of = await lot(100);
    const named = await certificate({ lots: [{ id: of.id, mass: 50 }] });
    const query =
      'subscription ($filter: LotFilter) { lotEvents(filter: $filter) { cursor sequence change { kind retracts kilograms on } } }';
    const [stream, outside] = [importer, exporter].map((as) =>
      subscribe(lotline, { query, variables: { filter: { codes: [of.code] } }, as }),
    );
    await Promise.all([(await stream!).abreast(), (await outside!).abreast()]);
    const entry = await recorded([{ certificate: named, mass: 20, lots: [of.id] }]);
    await good(cancel(entry));
    for (const each of [await stream!, await outside!]) {
      await each.abreast();
      await each.close();
    }
    expect((await stream!).changes).toEqual([
      { kind: 'ENTERED', retracts: null, kilograms: '20', on: TODAY },
      { kind: 'RETRACTED', retracts: 'ENTERED', kilograms: '20', on: TODAY },
    ]);
    expect((await outside!).changes).toEqual([]);
  });
});

describe('a certificate', () => {
  test('is revised to no less than what is drawn, and stands as that says', async () => {
    const of = await certificate();
    await recorded([{ certificate: of, mass: 80 }]);
    const revise = (mass: number) =>
      give(
        'reviseImportCertificate',
        'cursor',
        { importCertificate: of, lines: [{ product: id[BEANS], quantity: kilograms(mass) }], reason: 'weighed' },
        certifier,
      );
    expect(reasonsOf(await revise(79))).toEqual(['REFUSED input.lines: customs entries draw 80 kg on the certificate']);
    await good(revise(80));
    expect(await standing(of)).toEqual(['EXHAUSTED', '80', '0']);
    await good(revise(120));
    expect(await standing(of)).toEqual(['ENTERED', '80', '40']);
    await recorded([{ certificate: of, mass: 40 }]);
    expect(await standing(of)).toEqual(['EXHAUSTED', '120', '0']);
    expect(await reached(of)).toEqual([80, 95, 100, 80, 95, 100]);
  });

  test('says in the log when 80, 95 and 100 % of it are drawn, once a crossing', async () => {
    const of = await certificate();
    await recorded([{ certificate: of, mass: '79.999' }]);
    expect(await reached(of)).toEqual([]);
    const crossing = await recorded([{ certificate: of, mass: '0.001' }]);
    await recorded([{ certificate: of, mass: 14 }]);
    expect(await reached(of)).toEqual([80]);
    // Amended to as much it crosses nothing again; taken back and made anew it does.
    await good(amend(crossing, [{ certificate: of, mass: '0.002' }]));
    expect(await reached(of)).toEqual([80]);
    const rest = await recorded([{ certificate: of, mass: '5.999' }]);
    expect(await reached(of)).toEqual([80, 95, 100]);
    await good(cancel(rest));
    await recorded([{ certificate: of, mass: '5.999' }]);
    expect(await reached(of)).toEqual([80, 95, 100, 95, 100]);
    const [event] = await lotline.database.query<{ version: number; payload: any }>(
      "select version, payload from event where type = 'import-certificate.volume-reached' and subject = $1 and payload->>'percent' = '80' limit 1",
      [uuidOf(of)],
    );
    expect(event).toEqual({ version: 1, payload: { percent: 80, drawn: '80000', of: '100000' } });
  });

  test('is told on its status feed where entries take it', async () => {
    const of = await certificate();
    const query = `subscription ($filter: ImportCertificateFilter) { importCertificateStatusChanged(filter: $filter) { cursor sequence change { from to reason } } }`;
    const stream = await subscribe(lotline, { query, variables: { filter: { ids: [of] } }, as: certifier });
    await stream.abreast();
    const entry = await recorded([{ certificate: of, mass: 100 }]);
    await good(cancel(entry));
    await stream.abreast();
    await stream.close();
    expect(stream.changes).toEqual([
      { from: 'HANDED_OVER', to: 'EXHAUSTED', reason: null },
      { from: 'EXHAUSTED', to: 'HANDED_OVER', reason: 'a customs entry was cancelled' },
    ]);
  });
});

test(`64 entries draw on a certificate at once, ${ROUNDS} times: never a gram over, and it is filled as far as they can`, async () => {
  for (let round = 0; round < Number(ROUNDS); round++) {
    const [of, beside] = [await certificate({ mass: 1000 }), await certificate({ mass: 100_000 })];
    // Of different masses, every second one on another certificate as well, in either order.
    const masses = Array.from({ length: 64 }, (_, index) => 7 + ((index * 29 + round * 13) % 41));
    const answers = await Promise.all(
      masses.map((mass, index) => {
        const own = { certificate: of, mass };
        const more = { certificate: beside, mass: 1 };
        return record(index % 2 === 0 ? [own] : index % 4 === 1 ? [own, more] : [more, own]);
      }),
    );
    const refused = answers.flatMap(({ errors }, index) => (errors ? [{ mass: masses[index]!, errors }] : []));
    const drawn = masses.reduce((sum, mass, index) => sum + (answers[index]!.errors ? 0 : mass), 0);
    expect(refused.length).toBeGreaterThan(0);
    expect(drawn).toBeLessThanOrEqual(1000);
    expect(await standing(of)).toEqual([drawn === 1000 ? 'EXHAUSTED' : 'ENTERED', String(drawn), String(1000 - drawn)]);
    for (const { mass, errors } of refused) {
      expect(mass).toBeGreaterThan(1000 - drawn);
      for (const code of codesOf({ data: null, errors })) expect(['REFUSED', 'CONFLICT']).toContain(code);
    }
    const [rows] = await lotline.database.query<{ grams: string }>(
      'select sum(grams)::text as grams from customs_entry_line where import_certificate = $1 and retracted_by is null',
      [uuidOf(of)],
    );
    expect(rows!.grams).toBe(`${drawn}000`);
  }
}, 120_000);
