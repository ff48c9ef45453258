import { subscribe } from '../support/live';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber as certificateOf, entryNumber } from '../support/world';

// What is derived from facts - how far a shipment is, what a filter or search finds, where a certificate stands, what sums say - is derived
// from the facts that the asker sees; and who comes to have a certificate has its lots and papers, whichever was recorded first.

const [EXPORTER, MILL] = ['9990000001', '9990000002'];
const [IMPORTER, BROKER, OUTSIDER] = ['D:IMPORTER', 'D:BROKER', 'D:OUTSIDER'];
const [SEEN, UNSEEN] = ['CSQU3054383', 'MSKU1234565'];
/** It certified the exporter to the tenth of February 2025, and who certifies it now. */
const [PAST, PRESENT] = [{ certifier: 'ZZ1' }, { certifier: 'ZZ2' }];
const HTS = '1201900010';
const number = (serial: number) => certificateOf(77, serial);

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZZ1', 'ZZ2', 'ZZ3'].map((certifier) => ({ certifier, name: certifier, scheme: 'NOP' }))),
    'operations.csv': csv(
      [EXPORTER, MILL, IMPORTER, BROKER, OUTSIDER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' })),
    ),
    'products.csv': csv([{ product: 'Organic soybeans', hts: HTS, organic: 'yes' }]),
    'operation_certificates.csv': csv([
      { operation: EXPORTER, certifier: 'ZZ1', status: 'certified', effective_from: '2024-01-01' },
      { operation: EXPORTER, certifier: 'ZZ1', status: 'surrendered', effective_from: '2025-02-10' },
      { operation: EXPORTER, certifier: 'ZZ2', status: 'certified', effective_from: '2025-02-10' },
      { operation: MILL, certifier: 'ZZ1', status: 'certified', effective_from: '2025-03-20' },
      { operation: MILL, certifier: 'ZZ1', status: 'surrendered', effective_from: '2025-04-20' },
    ]),
    'lots.csv': csv([
      {
        code: 'BEANS',
        producer: EXPORTER,
        product: 'Organic soybeans',
        quantity: 900,
        unit: 'TNE',
        kind: 'harvest',
        produced_on: '2025-01-10',
      },
    ]),
    'shipments.csv': csv(
      ['HALF', 'LATE', 'HELD'].map((reference) => ({ reference, shipper: EXPORTER, consignee: MILL, booked_on: '2025-01-20' })),
    ),
    'shipment_legs.csv': csv(
      [
        {
          shipment: 'HALF',
          sequence: 1,
          mode: 'maritime',
          from_place: 'UAODS',
          to_place: 'TRISK',
          departed: '2025-02-01',
          container: SEEN,
        },
        { shipment: 'HALF', sequence: 2, mode: 'road', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-03-05', container: UNSEEN },
        { shipment: 'LATE', sequence: 1, mode: 'road', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-03-05', container: UNSEEN },
        { shipment: 'HELD', sequence: 1, mode: 'rail', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-02-02', container: '' },
      ].map((leg) => ({ ...leg, arrived: leg.departed.replace(/.$/, '8') })),
    ),
    'shipment_lots.csv': csv([{ shipment: 'HALF', lot: 'BEANS', quantity: 60, unit: 'TNE' }]),
    'treatments.csv': csv(
      ['2025-02-05', '2025-02-09'].map((on) => ({ kind: 'fumigation', on, substance: 'gas', shipment: 'HALF', lot: '', prohibited: '' })),
    ),
    'emergency_actions.csv': csv([
      { number: 'EAN-1', on: '2025-06-01', ordered: 'hold', lot: '', shipment: 'HELD', certifier_notified_on: '', disposition: '' },
    ]),
  });
});
afterAll(() => lotline.close());

describe('a shipment of which the asker sees some facts', () => {
  const found = async (filter: object, as: As): Promise<string[]> => {
    const { shipments } = await lotline.data(
      'query ($filter: ShipmentFilter) { shipments(filter: $filter) { totalCount nodes { reference } } }',
      { filter },
      as,
    );
    expect(shipments.totalCount).toBe(shipments.nodes.length);
    return shipments.nodes.map(({ reference }: any) => reference);
  };

  test('is as far as these say', async () => {
    const told = async (as: As) =>
      (
        await lotline.data('{ shipments { nodes { reference status legs { totalCount } emergencyActions { totalCount } } } }', {}, as)
      ).shipments.nodes.map((each: any) => [each.reference, each.status, each.legs.totalCount, each.emergencyActions.totalCount]);
    expect(await told(PAST)).toEqual([
      ['HALF', 'ARRIVED', 1, 0],
      ['LATE', 'BOOKED', 0, 0],
      ['HELD', 'ARRIVED', 1, 0],
    ]);
    const all = [
      ['HALF', 'ARRIVED', 2, 0],
      ['LATE', 'ARRIVED', 1, 0],
      ['HELD', 'HELD', 1, 1],
    ];
    for (const as of ['analyst', { operation: EXPORTER }, { operation: MILL }, PRESENT] as const) expect(await told(as)).toEqual(all);
  });

  test.each([
    [{ statuses: ['HELD'] }, [], ['HELD']],
    [{ statuses: ['ARRIVED'] }, ['HALF', 'HELD'], ['HALF', 'LATE']],
    [{ statuses: ['BOOKED'] }, ['LATE'], []],
    [{ modes: ['ROAD'] }, [], ['HALF', 'LATE']],
    [{ modes: ['MARITIME', 'RAIL'] }, ['HALF', 'HELD'], ['HALF', 'HELD']],
    [{ containers: [UNSEEN] }, [], ['HALF', 'LATE']],
    [{ containers: [SEEN] }, ['HALF'], ['HALF']],
    [{ departedFrom: '2025-03-01' }, [], ['LATE']],
    [{ departedTo: '2025-04-01' }, ['HALF', 'HELD'], ['HALF', 'LATE', 'HELD']],
  ])('is found by %j where these fit', async (filter, byPast, byAll) => {
    expect(await found(filter, PAST)).toEqual(byPast);
    for (const as of ['analyst', { operation: EXPORTER }, PRESENT] as const) expect(await found(filter, as)).toEqual(byAll);
  });

  test('is found by the containers of these', async () => {
    const search = async (text: string, as: As) =>
      (
        await lotline.data(
          'query ($text: String!) { search(text: $text) { edges { matched node { ... on Shipment { reference } } } } }',
          { text },
          as,
        )
      ).search.edges.map(({ matched, node }: any) => `${node.reference} ${matched}`);
    expect(await search(UNSEEN, PAST)).toEqual([]);
    expect(await search(UNSEEN.slice(0, 6), PAST)).toEqual([]);
    expect(await search(SEEN, PAST)).toEqual([`HALF ${SEEN}`]);
    for (const as of ['analyst', { operation: MILL }, PRESENT] as const)
      expect(await search(UNSEEN, as)).toEqual([`HALF ${UNSEEN}`, `LATE ${UNSEEN}`]);
  });

  test('was treated with its lots on the way that these show', async () => {
    const treated = async (as: As) =>
      (await lotline.data('{ lot(code: "BEANS") { treatments { nodes { on } } } }', {}, as)).lot.treatments.nodes.map(({ on }: any) => on);
    expect(await treated(PAST)).toEqual(['2025-02-05']);
    for (const as of ['analyst', PRESENT] as const) expect(await treated(as)).toEqual(['2025-02-05', '2025-02-09']);
  });
});

const row = (serial: number, more: object = {}) => ({
  number: number(serial),
  kind: 'SHIPMENT',
  exporter: EXPORTER,
  importer: IMPORTER,
  certifier: 'ZZ3',
  hts: HTS,
  issued_on: '2025-03-01',
  requested_on: '2025-02-01',
  ...more,
});
const line = (serial: number, lot: string) => ({
  certificate: number(serial),
  product: 'Organic soybeans',
  quantity: 50_000,
  unit: 'KGM',
  lot,
});
const entry = (serial: number, more: object = {}) => ({
  entry: entryNumber(7700 + serial),
  line: 1,
  certificate: number(serial),
  filed_on: '2025-04-08',
  hts: HTS,
  quantity: 10,
  unit: 'KGM',
  filer: BROKER,
  lots: '',
  ...more,
});
const paper = (serial: number) => ({
  type: 'CONTRACT',
  number: `PAPER-${serial}`,
  issuer: EXPORTER,
  issued_on: '2025-02-20',
  marked_organic: 'YES',
  certificates: number(serial),
});
const lot = (code: string) => ({
  code,
  producer: EXPORTER,
  product: 'Organic soybeans',
  quantity: 100,
  unit: 'TNE',
  kind: 'harvest',
  produced_on: '2025-01-10',
});

describe('an import certificate', () => {
  const before = new Map<string, string>();
  /** Ids by their serials: a number is not for everybody who sees the certificate. */
  const idOf = new Map<number, string>();
  beforeAll(async () => {
    for (const as of ['analyst', { operation: EXPORTER }, PAST, PRESENT, { certifier: 'ZZ3' }] as const)
      before.set(JSON.stringify(as), (await lotline.ask('{ viewer { kind } }', {}, as)).extensions!.cursor!);
    await lotline.import({
      'lots.csv': csv([lot('C-1'), lot('C-2')]),
      'import_certificates.csv': csv([
        row(1),
        row(2, { status: 'VOIDED' }),
        row(3, { importer: MILL }),
        row(4, { requested_on: '2025-01-05', issued_on: '2025-02-05' }),
      ]),
      'import_certificate_lines.csv': csv([line(1, 'C-1'), line(2, 'C-2'), line(3, 'C-1'), line(4, 'C-2')]),
      'customs_entries.csv': csv([entry(3)]),
    });
    const { importCertificates } = await lotline.data(
      'query ($numbers: [String!]) { importCertificates(filter: { numbers: $numbers }) { nodes { id number } } }',
      { numbers: [1, 2, 3, 4].map(number) },
    );
    for (const each of importCertificates.nodes) idOf.set(Number(each.number.slice(-6)), each.id);
  });
  const told = async (serial: number, as: As) => {
    const { of } = await lotline.data(
      'query ($of: ID!) { of: node(id: $of) { ... on ImportCertificate { status requestedOn issuedOn history { status } } } }',
      { of: idOf.get(serial) },
      as,
    );
    return of && [of.status, of.requestedOn, of.issuedOn, ...of.history.map(({ status }: any) => status)];
  };

  test('stands where it stood while the asker certified one who has it', async () => {
    expect(await told(1, PAST)).toEqual(['REQUESTED', '2025-02-01', null, 'REQUESTED']);
    // A step without a day is not before those before it.
    expect(await told(2, PAST)).toEqual(['REQUESTED', '2025-02-01', null, 'REQUESTED']);
    expect(await told(4, PAST)).toEqual(['ISSUED', '2025-01-05', '2025-02-05', 'REQUESTED', 'ISSUED']);
    // It came to the mill when it had been issued already.
    expect(await told(3, PAST)).toEqual(['ISSUED', '2025-02-01', '2025-03-01', 'REQUESTED', 'ISSUED']);
    for (const as of ['analyst', { operation: EXPORTER }, PRESENT, { certifier: 'ZZ3' }] as const)
      expect(await told(2, as)).toEqual(['VOIDED', '2025-02-01', '2025-03-01', 'REQUESTED', 'ISSUED', 'VOIDED']);
    expect(await told(1, { operation: IMPORTER })).toBeNull();
    expect(await told(3, { operation: MILL })).toEqual(['ISSUED', '2025-02-01', '2025-03-01', 'REQUESTED', 'ISSUED']);
  });

  test('has its number for those who see that it was issued', async () => {
    const shown = async (serial: number, as: As) =>
      (await lotline.data('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { number } } }', { id: idOf.get(serial) }, as)).node
        ?.number;
    const found = async (serial: number, as: As) => {
      const { one, some, matches } = await lotline.data(
        `query ($number: String!) { one: importCertificate(number: $number) { number } some: importCertificates(filter: { numbers: [$number] }) { totalCount }
           matches: search(text: $number) { nodes { ... on ImportCertificate { number } } } }`,
        { number: number(serial) },
        as,
      );
      return [one !== null, some.totalCount, matches.nodes.length];
    };
    const heard = async (serial: number, as: As) => {
      const query =
        'subscription ($numbers: [String!]) { importCertificateStatusChanged(filter: { numbers: $numbers }, after: $after) { cursor sequence change { to } } }';
      const after = before.get(JSON.stringify(as))!;
      const stream = await subscribe(lotline, {
        query: query.replace('$after', JSON.stringify(after)),
        variables: { numbers: [number(serial)] },
        as,
      });
      await stream.abreast();
      await stream.close();
      return stream.changes.map(({ to }: any) => to);
    };
    // Asked for while it certified the exporter, and issued later.
    expect(await shown(1, PAST)).toBeNull();
    expect(await found(1, PAST)).toEqual([false, 0, 0]);
    expect(await heard(1, PAST)).toEqual([]);
    for (const serial of [3, 4]) {
      expect(await shown(serial, PAST)).toBe(number(serial));
      expect(await found(serial, PAST)).toEqual([true, 1, 1]);
    }
    expect(await heard(4, PAST)).toEqual(['REQUESTED', 'ISSUED']);
    for (const as of ['analyst', { operation: EXPORTER }, PRESENT, { certifier: 'ZZ3' }] as const) {
      expect(await shown(1, as)).toBe(number(1));
      expect(await found(1, as)).toEqual([true, 1, 1]);
      expect(await heard(1, as)).toEqual(['REQUESTED', 'ISSUED']);
    }
  });

  test('is found by where it stands for the asker', async () => {
    const found = async (filter: object, as: As) =>
      (
        await lotline.data(
          'query ($filter: ImportCertificateFilter) { importCertificates(filter: $filter) { totalCount nodes { id } } }',
          { filter: { ...filter, ids: [...idOf.values()] } },
          as,
        )
      ).importCertificates.nodes.map((each: any) => [...idOf.entries()].find(([, id]) => id === each.id)![0]);
    expect(await found({ statuses: ['REQUESTED'] }, PAST)).toEqual([1, 2]);
    expect(await found({ statuses: ['VOIDED'] }, PAST)).toEqual([]);
    expect(await found({ issuedFrom: '2025-01-01' }, PAST)).toEqual([3, 4]);
    expect(await found({ statuses: ['VOIDED'] }, PRESENT)).toEqual([2]);
    expect(await found({ issuedFrom: '2025-01-01' }, 'analyst')).toEqual([1, 2, 3, 4]);
  });

  test('claims of a lot what it claims for the asker', async () => {
    const claimed = async (as: As) => (await lotline.data('{ lot(code: "C-2") { balance { claimed } } }', {}, as)).lot.balance.claimed;
    // The one that was voided was no more than asked for while the asker certified; the other was issued by then.
    for (const as of [PAST, 'analyst', { operation: EXPORTER }, PRESENT] as const) expect(await claimed(as)).toBe('50000');
    const { of } = await lotline.data('query ($of: String!) { of: importCertificate(number: $of) { id } }', { of: number(4) });
    await lotline.data(
      'mutation ($input: VoidImportCertificateInput!) { voidImportCertificate(input: $input) { cursor } }',
      { input: { idempotencyKey: 'void', importCertificate: of.id, reason: 'asked for twice' } },
      'admin',
    );
    expect(await claimed(PAST)).toBe('50000');
    for (const as of ['analyst', { operation: EXPORTER }, PRESENT] as const) expect(await claimed(as)).toBe('0');
  });
});

describe('whoever comes to have a certificate has its lots and papers', () => {
  type Part = 'certificate' | 'line' | 'paper' | 'entry';
  let serial = 100;
  /** The same facts in one folder after the other. */
  async function recorded(folders: Part[][], status = ''): Promise<{ serial: number; code: string }> {
    serial++;
    const code = `H-${serial}`;
    const files: Record<Part, Record<string, string>> = {
      certificate: { 'lots.csv': csv([lot(code)]), 'import_certificates.csv': csv([row(serial, { status })]) },
      line: { 'import_certificate_lines.csv': csv([line(serial, code)]) },
      paper: { 'documents.csv': csv([paper(serial)]) },
      entry: { 'customs_entries.csv': csv([entry(serial)]) },
    };
    for (const parts of folders) await lotline.import(Object.assign({}, ...parts.map((part) => files[part])));
    return { serial, code };
  }
  const sees = async ({ serial: of, code }: { serial: number; code: string }, as: As) => {
    const {
      importCertificate,
      documents,
      lot: found,
    } = await lotline.data(
      `query ($number: String!, $paper: [String!], $code: String!) {
        importCertificate(number: $number) { documents { totalCount nodes { number } } lines { nodes { kilograms lot { code } } } }
        documents(filter: { numbers: $paper }) { totalCount }
        lot(code: $code) { balance { claimed } importCertificates { totalCount } } }`,
      { number: number(of), paper: [`PAPER-${of}`], code },
      as,
    );
    return {
      papers: [importCertificate?.documents.totalCount ?? null, documents.totalCount],
      lines: importCertificate?.lines.nodes.map((each: any) => [each.kilograms, each.lot !== null]),
      claimed: found && [found.balance.claimed, found.importCertificates.totalCount],
    };
  };
  const WHOLE = { papers: [1, 1], lines: [['50000', true]], claimed: ['50000', 1] };

  test.each<[string, Part[][]]>([
    ['all in one folder', [['certificate', 'line', 'paper', 'entry']]],
    ['the entry last', [['certificate', 'line', 'paper'], ['entry']]],
    ['the entry before line and paper', [['certificate'], ['entry'], ['line'], ['paper']]],
    [
      'the entry with the paper',
      [
        ['certificate', 'line'],
        ['paper', 'entry'],
      ],
    ],
    [
      'the entry with the line',
      [
        ['certificate', 'paper'],
        ['line', 'entry'],
      ],
    ],
  ])('by an entry: %s', async (_order, folders) => {
    const names = await recorded(folders);
    for (const as of ['analyst', { operation: EXPORTER }, { operation: IMPORTER }, { certifier: 'ZZ3' }] as const)
      expect(await sees(names, as)).toEqual({ ...WHOLE, ...('certifier' in Object(as) && { papers: expect.anything() }) });
    // Who files for others has the certificate and its lots, not the claims and papers of those.
    expect(await sees(names, { operation: BROKER })).toEqual({ papers: [0, 0], lines: [['50000', true]], claimed: ['0', 1] });
    expect(await sees(names, { operation: OUTSIDER })).toEqual({ papers: [null, 0], lines: undefined, claimed: null });
    // The exporter learns of who imports by its certificate, of who filed by nothing.
    const { operation } = await lotline.data(`{ operation(identifier: "${BROKER}") { id } }`, {}, { operation: EXPORTER });
    expect(operation).toBeNull();
  });

  test.each<[string, Part[][]]>([
    ['all in one folder', [['certificate', 'line', 'paper']]],
    ['line and paper later', [['certificate'], ['paper'], ['line']]],
  ])('by being handed over: %s', async (_order, folders) => {
    const names = await recorded(folders, 'HANDED_OVER');
    expect(await sees(names, { operation: IMPORTER })).toEqual(WHOLE);
    expect(await sees(names, { operation: OUTSIDER })).toEqual({ papers: [null, 0], lines: undefined, claimed: null });
  });

  test('and nobody before', async () => {
    const names = await recorded([['certificate', 'line', 'paper']]);
    expect(await sees(names, { operation: IMPORTER })).toEqual({ papers: [null, 0], lines: undefined, claimed: null });
  });
});

test('the story of a lot tells who certified its producer for a time of no certificate that came later', async () => {
  const own = await startLotline({ heartbeatMs: 50, pollMs: 50 });
  try {
    const operations = [EXPORTER, IMPORTER];
    await own.import({
      'certifiers.csv': csv(['ZZ1', 'ZZ3'].map((certifier) => ({ certifier, name: certifier, scheme: 'NOP' }))),
      'operations.csv': csv(operations.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
      'products.csv': csv([{ product: 'Organic soybeans', hts: HTS, organic: 'yes' }]),
      'operation_certificates.csv': csv([
        { operation: EXPORTER, certifier: 'ZZ1', status: 'certified', effective_from: '2025-01-01' },
        { operation: EXPORTER, certifier: 'ZZ1', status: 'surrendered', effective_from: '2025-10-01' },
      ]),
      'lots.csv': csv([
        {
          code: 'SOLD',
          producer: EXPORTER,
          product: 'Organic soybeans',
          quantity: 9,
          unit: 'TNE',
          kind: 'harvest',
          produced_on: '2025-09-01',
        },
      ]),
      'shipments.csv': csv([{ reference: 'OVER', shipper: EXPORTER, consignee: IMPORTER, booked_on: '2025-09-02' }]),
      'shipment_legs.csv': csv([
        { shipment: 'OVER', sequence: 1, mode: 'maritime', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-09-22', arrived: '' },
      ]),
      'shipment_lots.csv': csv([{ shipment: 'OVER', lot: 'SOLD', quantity: 9, unit: 'TNE' }]),
      'import_certificates.csv': csv(
        [1, 2].map((serial) => ({
          number: number(serial),
          kind: 'SHIPMENT',
          exporter: EXPORTER,
          importer: IMPORTER,
          certifier: 'ZZ3',
          hts: HTS,
          requested_on: '2025-09-10',
          issued_on: serial === 1 ? '2025-09-20' : '2025-10-08',
        })),
      ),
      'import_certificate_lines.csv': csv(
        [1, 2].map((serial) => ({ certificate: number(serial), product: 'Organic soybeans', quantity: serial, unit: 'TNE', lot: 'SOLD' })),
      ),
    });
    const told = async (as: As): Promise<string[]> => {
      const { trace } = (
        await own.data(
          `{ lot(code: "SOLD") { trace(direction: BACK) { steps(kinds: [CERTIFIED]) { nodes { on importCertificate { number } } }
            gaps(kinds: [OUT_OF_ORDER_DATES, NO_IMPORT_CERTIFICATE]) { nodes { kind on } } } } }`,
          {},
          as,
        )
      ).lot;
      return [
        ...trace.steps.nodes.map(({ on, importCertificate }: any) => `${on} ${importCertificate.number}`),
        ...trace.gaps.nodes.map(({ kind, on }: any) => `${kind} ${on}`),
      ];
    };
    expect(await told('analyst')).toEqual([`2025-09-20 ${number(1)}`, `2025-10-08 ${number(2)}`, 'OUT_OF_ORDER_DATES 2025-10-08']);
    expect(await told({ operation: EXPORTER })).toEqual(await told('analyst'));
    // Something is out of order, but what that is came after its time.
    expect(await told(PAST)).toEqual([`2025-09-20 ${number(1)}`, 'OUT_OF_ORDER_DATES null']);
    const after = own.cursors.encode({ position: 0n, command: null, told: null } as any, (await own.viewer(PAST)).name);
    const query = 'subscription ($after: Cursor) { lotEvents(after: $after) { cursor sequence change { kind on } } }';
    const stream = await subscribe(own, { query, variables: { after }, as: PAST });
    await stream.abreast();
    await stream.close();
    expect(stream.changes.filter(({ kind }: any) => kind === 'CERTIFIED').map(({ on }: any) => on)).toEqual(['2025-09-20']);
  } finally {
    await own.close();
  }
});
