import { createHash } from 'node:crypto';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber as certificateOf, entryNumber } from '../support/world';

// Papers, import certificates, customs entries and emergency actions: what each side finds in them, and what a trace makes of them.

const FARM = 'P:FARM';
const EXPORTER = 'P:EXPORTER';
const HANDLER = 'P:HANDLER';
const IMPORTER = 'P:IMPORTER';
const BUYER = 'P:BUYER';
const MILL = 'P:MILL';
const BROKER = 'P:BROKER';
const AGENCY = 'P:AGENCY';
const STRANGER = 'P:STRANGER';
const COUNTRIES = { [FARM]: 'TR', [EXPORTER]: 'TR', [HANDLER]: 'TR', [AGENCY]: 'TR' } as Record<string, string>;
const OPERATIONS = [FARM, EXPORTER, HANDLER, IMPORTER, BUYER, MILL, BROKER, AGENCY, STRANGER];

const certificateNumber = (serial: number) => certificateOf(1, serial);
const [HANDED, ISSUED, VOIDED, DRAWN] = [1, 2, 3, 4].map(certificateNumber) as [string, string, string, string];
const ENTRY = entryNumber(1);

const BILL = 'the bytes of a bill of lading';

const FILES = {
  'certifiers.csv': csv(['ZZ1', 'ZZ2', 'ZZ3'].map((certifier) => ({ certifier, name: `Certifier ${certifier}`, scheme: 'NOP' }))),
  'operations.csv': csv(
    OPERATIONS.map((operation) => ({ operation, name: operation, country: COUNTRIES[operation] ?? 'US', roles: 'handler' })),
  ),
  'products.csv': csv([
    { product: 'Organic soybeans', hts: '1201900010', organic: 'yes' },
    { product: 'Organic quinoa', hts: '1008500010', organic: 'yes' },
    { product: 'Soybeans', hts: '1201900090', organic: 'no' },
  ]),
  'lots.csv': csv(
    [
      { code: 'BEANS', product: 'Organic soybeans', quantity: 100, produced_on: '2025-01-10' },
      { code: 'QUINOA', product: 'Organic quinoa', quantity: 50, produced_on: '2025-01-12' },
    ].map((lot) => ({ ...lot, producer: EXPORTER, unit: 'TNE', kind: 'harvest' })),
  ),
  'transfers.csv': csv([
    { lot: 'BEANS', from: EXPORTER, to: IMPORTER, on: '2025-03-05', quantity: 60, unit: 'TNE', document: 'INV-1' },
    { lot: 'BEANS', from: IMPORTER, to: MILL, on: '2025-04-20', quantity: 20, unit: 'TNE', document: 'INV-2' },
  ]),
  'lot_adjustments.csv': csv([
    { lot: 'BEANS', holder: IMPORTER, kind: 'cleaning', on: '2025-04-21', quantity: 1, unit: 'TNE', document: 'WT-1' },
  ]),
  'shipments.csv': csv([
    { reference: 'SEA', shipper: EXPORTER, consignee: IMPORTER },
    { reference: 'TRUCK', shipper: IMPORTER, consignee: MILL },
  ]),
  'shipment_legs.csv': csv([
    {
      shipment: 'SEA',
      sequence: 1,
      mode: 'maritime',
      from_place: 'TRISK',
      to_place: 'USSCK',
      departed: '2025-03-06',
      arrived: '2025-04-07',
    },
  ]),
  'shipment_lots.csv': csv([{ shipment: 'SEA', lot: 'BEANS', quantity: 60, unit: 'TNE' }]),
  'treatments.csv': csv([{ kind: 'cold', on: '2025-03-10', substance: 'cold air', shipment: 'SEA', document: 'FUM-1' }]),
  'documents.csv': csv([
    { type: 'CONTRACT', number: 'CON-1', issuer: IMPORTER, issued_on: '2025-01-05', marked_organic: 'YES', certificates: HANDED },
    {
      type: 'PURCHASE_ORDER',
      number: 'PO-1',
      issuer: IMPORTER,
      issued_on: '2025-01-20',
      marked_organic: 'YES',
      certificates: ISSUED,
      operations: HANDLER,
    },
    { type: 'INVOICE', number: 'INV-1', issuer: EXPORTER, issued_on: '2025-03-05', marked_organic: 'YES', lots: 'BEANS' },
    {
      type: 'BILL_OF_LADING',
      number: 'BL-1',
      issuer: EXPORTER,
      issued_on: '2025-03-06',
      marked_organic: 'YES',
      file: 'bill.txt',
      lots: 'BEANS;QUINOA',
      shipments: 'SEA',
    },
    { type: 'OTHER', number: 'FUM-1', issuer: EXPORTER, issued_on: '2025-03-10', marked_organic: 'NOT_APPLICABLE' },
    {
      type: 'PHYTOSANITARY_CERTIFICATE',
      number: 'PHY-1',
      issuer: AGENCY,
      issued_on: '2025-03-04',
      marked_organic: 'NOT_APPLICABLE',
      lots: 'BEANS',
    },
    { type: 'INVOICE', number: 'INV-2', issuer: IMPORTER, issued_on: '2025-04-20', marked_organic: 'NO' },
    { type: 'WEIGHT_CERTIFICATE', number: 'WT-1', issuer: MILL, issued_on: '2025-04-21', marked_organic: 'UNKNOWN' },
  ]),
  'bill.txt': BILL,
  'import_certificates.csv': csv(
    [
      {
        number: HANDED,
        kind: 'SHIPMENT',
        importer: IMPORTER,
        certifier: 'ZZ1',
        hts: '1201.90.0010',
        issued_on: '2025-03-05T10:00:00+03:00',
        requested_on: '2025-02-20',
        origin: 'TR',
        destination: 'US',
        standard: 'NOP',
        final_handler: HANDLER,
        consignee: MILL,
        status: 'HANDED_OVER',
      },
      {
        number: ISSUED,
        kind: 'PERIOD',
        importer: IMPORTER,
        certifier: 'ZZ1',
        hts: '1008500010',
        issued_on: '2025-03-01',
        valid_from: '2025-03-01',
        valid_to: '2025-06-30',
        quantity: 12,
        unit: 'TNE',
      },
      {
        number: VOIDED,
        kind: 'SHIPMENT',
        importer: IMPORTER,
        certifier: 'ZZ1',
        hts: '1201900010',
        issued_on: '2025-02-01',
        status: 'VOIDED',
      },
      {
        number: DRAWN,
        kind: 'SHIPMENT',
        importer: BUYER,
        certifier: 'ZZ2',
        hts: '1008500010',
        issued_on: '2025-02-10',
        quantity: 1,
        unit: 'TNE',
      },
    ].map((certificate) => ({ ...certificate, exporter: EXPORTER })),
  ),
  'import_certificate_lines.csv': csv([
    { certificate: HANDED, product: 'Organic soybeans', quantity: 60, unit: 'TNE', lot: 'BEANS' },
    { certificate: HANDED, product: 'Organic soybeans', quantity: '0.5', unit: 'KGM', lot: '' },
    { certificate: ISSUED, product: 'Organic quinoa', quantity: 10, unit: 'TNE', lot: 'QUINOA' },
    { certificate: VOIDED, product: 'Organic soybeans', quantity: 30, unit: 'TNE', lot: 'BEANS' },
    { certificate: DRAWN, product: 'Organic quinoa', quantity: 1, unit: 'TNE', lot: '' },
  ]),
  'emergency_actions.csv': csv([
    {
      number: 'EAN-1',
      on: '2025-04-07T09:00:00-07:00',
      ordered: 'Hold for fumigation',
      shipment: 'SEA',
      certifier_notified_on: '2025-04-08',
      disposition: 'RELEASED_ORGANIC',
    },
  ]),
  'customs_entries.csv': csv([
    {
      entry: ENTRY,
      line: 2,
      certificate: DRAWN,
      filed_on: '2025-04-04',
      hts: '1008.50.0010',
      quantity: 800,
      unit: 'KGM',
      filer: BROKER,
      lots: '',
    },
    {
      entry: ENTRY,
      line: 1,
      certificate: DRAWN,
      filed_on: '2025-04-04',
      hts: '1008.50.0010',
      quantity: 700,
      unit: 'KGM',
      filer: BROKER,
      lots: 'QUINOA',
    },
    {
      entry: ENTRY,
      line: 3,
      certificate: HANDED,
      filed_on: '2025-04-04',
      hts: '1201900010',
      quantity: 2,
      unit: 'TNE',
      filer: BROKER,
      lots: 'BEANS',
    },
  ]),
};

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import(FILES);
});
afterAll(() => lotline.close());

const operationId = async (identifier: string): Promise<string> =>
  (await lotline.data('query ($of: String!) { operation(identifier: $of) { id } }', { of: identifier })).operation.id;

/** The nodes of a list, read whole and again in pages of one, which must come to the same. */
async function inPagesOfOne(
  list: 'documents' | 'importCertificates',
  select: string,
  filter: Record<string, unknown> = {},
  as: As = 'analyst',
): Promise<any[]> {
  const type = list === 'documents' ? 'DocumentFilter' : 'ImportCertificateFilter';
  const ask = async (first: number, after: string | null) =>
    (
      await lotline.data(
        `query ($filter: ${type}, $first: Int, $after: String) { list: ${list}(filter: $filter, first: $first, after: $after) {
          totalCount nodes { ${select} } edges { node { ${select} } } pageInfo { hasNextPage endCursor } } }`,
        { filter, first, after },
        as,
      )
    ).list;
  const whole = await ask(500, null);
  expect(whole.totalCount).toBe(whole.nodes.length);
  const nodes: any[] = [];
  for (let after: string | null = null; ; ) {
    const page: any = await ask(1, after);
    expect(page.totalCount).toBe(whole.totalCount);
    expect(page.edges.map(({ node }: any) => node)).toEqual(page.nodes);
    nodes.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) break;
    expect(page.nodes).toHaveLength(1);
    after = page.pageInfo.endCursor;
  }
  expect(nodes).toEqual(whole.nodes);
  return nodes;
}

/** Numbers of what an edge of a noun leads to, in pages of one; something may happen after the first. */
async function onPagesOfOne(
  of: string,
  edge: string,
  as: As = 'analyst',
  happens: () => Promise<unknown> = async () => {},
): Promise<string[]> {
  const numbers: string[] = [];
  for (let after: string | null = null; ; ) {
    const { noun }: any = await lotline.data(
      `query ($after: String) { noun: ${of} { edge: ${edge}(first: 1, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } } } }`,
      { after },
      as,
    );
    numbers.push(...noun.edge.nodes.map(({ number }: any) => number));
    if (!noun.edge.pageInfo.hasNextPage) return numbers;
    if (after === null) await happens();
    after = noun.edge.pageInfo.endCursor;
  }
}

const DOCUMENTS_BY_AGE = ['CON-1', 'PO-1', 'INV-1', 'BL-1', 'FUM-1', 'PHY-1', 'INV-2', 'WT-1'];

describe('documents', () => {
  test('are found by type, number, issuer and mark, oldest first, and in pages', async () => {
    const found = async (filter: Record<string, unknown>) =>
      (await inPagesOfOne('documents', 'number', filter)).map(({ number }) => number);
    expect(await found({})).toEqual(DOCUMENTS_BY_AGE);
    expect(await found({ types: ['INVOICE', 'CONTRACT'] })).toEqual(['CON-1', 'INV-1', 'INV-2']);
    expect(await found({ numbers: ['BL-1', 'PHY-1', 'NONE'] })).toEqual(['BL-1', 'PHY-1']);
    expect(await found({ issuers: [await operationId(AGENCY), await operationId(MILL)] })).toEqual(['PHY-1', 'WT-1']);
    expect(await found({ markedOrganic: ['NO', 'UNKNOWN'] })).toEqual(['INV-2', 'WT-1']);
    expect(await found({ types: ['INVOICE'], markedOrganic: ['YES'], issuers: [await operationId(EXPORTER)] })).toEqual(['INV-1']);
    expect(await found({ numbers: [] })).toEqual([]);
  });

  // The path is ["filter.issuers", 0] instead, here and in every other filter by id (questions/ids.ts, idsOf).
  test('a filter by what is no id is refused with the path of the value, like every other filter', async () => {
    const refused = await lotline.ask('{ documents(filter: { issuers: ["nonsense"] }) { totalCount } }');
    expect(refused.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['filter', 'issuers', 0] });
  });

  test('say who issued them, when, how they are marked, and what their bytes hash to where somebody gave them', async () => {
    const { documents } = await lotline.data(
      '{ documents(filter: { numbers: ["BL-1", "PHY-1"] }) { nodes { id type number issuer { name } issuedOn markedOrganic sha256 lots { totalCount nodes { code } } } } }',
    );
    const [bill, health] = documents.nodes;
    expect(bill).toMatchObject({
      type: 'BILL_OF_LADING',
      number: 'BL-1',
      issuer: { name: EXPORTER },
      issuedOn: '2025-03-06',
      markedOrganic: 'YES',
      sha256: createHash('sha256').update(BILL).digest('hex'),
      lots: { totalCount: 2, nodes: [{ code: 'BEANS' }, { code: 'QUINOA' }] },
    });
    expect(health).toMatchObject({
      type: 'PHYTOSANITARY_CERTIFICATE',
      issuer: { name: AGENCY },
      markedOrganic: 'NOT_APPLICABLE',
      sha256: null,
    });
    const node = 'query ($id: ID!) { node(id: $id) { __typename ... on Document { number } } }';
    expect((await lotline.data(node, { id: bill.id })).node).toEqual({ __typename: 'Document', number: 'BL-1' });
  });

  test('are reached from the lot, the shipment, the certificate, the ownership and the treatment they are about', async () => {
    const { lot, shipment, importCertificate } = await lotline.data(
      `query ($number: String!) {
        lot(code: "BEANS") { documents { totalCount nodes { number } } ownership { nodes { owner { name } document { number } } } treatments { nodes { kind document { number } } } }
        shipment(reference: "SEA") { documents { totalCount nodes { number } } }
        importCertificate(number: $number) { documents { totalCount nodes { number } } } }`,
      { number: HANDED },
    );
    expect(lot.documents).toEqual({ totalCount: 3, nodes: [{ number: 'INV-1' }, { number: 'BL-1' }, { number: 'PHY-1' }] });
    expect(shipment.documents).toEqual({ totalCount: 1, nodes: [{ number: 'BL-1' }] });
    expect(importCertificate.documents).toEqual({ totalCount: 1, nodes: [{ number: 'CON-1' }] });
    expect(lot.ownership.nodes).toEqual([
      { owner: { name: EXPORTER }, document: null },
      { owner: { name: IMPORTER }, document: { number: 'INV-1' } },
      { owner: { name: MILL }, document: { number: 'INV-2' } },
    ]);
    expect(lot.treatments.nodes).toEqual([{ kind: 'COLD', document: { number: 'FUM-1' } }]);
    expect(await onPagesOfOne('lot(code: "BEANS")', 'documents')).toEqual(['INV-1', 'BL-1', 'PHY-1']);
  });
});

describe('import certificates', () => {
  test('are found by their number, which may be copied with spaces around it', async () => {
    const { importCertificate } = await lotline.data(
      `query ($number: String!) { importCertificate(number: $number) {
        number kind status exporter { name } finalHandler { name } importer { name } importerOfRecord { name } consignee { name } certifier { code }
        hts origin destination standard requestedOn issuedOn validFrom validTo } }`,
      { number: ` ${HANDED} ` },
    );
    expect(importCertificate).toEqual({
      number: HANDED,
      kind: 'SHIPMENT',
      status: 'HANDED_OVER',
      exporter: { name: EXPORTER },
      finalHandler: { name: HANDLER },
      importer: { name: IMPORTER },
      importerOfRecord: null,
      consignee: { name: MILL },
      certifier: { code: 'ZZ1' },
      hts: '1201900010',
      origin: 'TR',
      destination: 'US',
      standard: 'NOP',
      requestedOn: '2025-02-20',
      issuedOn: '2025-03-05',
      validFrom: null,
      validTo: null,
    });
    const { known, unknown } = await lotline.data(
      `query ($known: String!, $unknown: String!) { known: importCertificate(number: $known) { id kind status validFrom validTo requestedOn }
        unknown: importCertificate(number: $unknown) { id } }`,
      { known: ISSUED, unknown: certificateNumber(999_999) },
    );
    expect(known).toMatchObject({ kind: 'PERIOD', status: 'ISSUED', validFrom: '2025-03-01', validTo: '2025-06-30', requestedOn: null });
    expect(unknown).toBeNull();
    const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { ... on ImportCertificate { number } } }', { id: known.id });
    expect(node).toEqual({ number: ISSUED });
  });

  test.each([
    ["an operation's NOP ID", '9990000001', /ten digits, as an operation's NOP ID has/, /NNN-NNNNNNNNNN-NNNNNN/],
    ['a number without hyphens', '9990000000001000001', /lacks its hyphens/, new RegExp(HANDED)],
    ['a draft', '999-0000000001-DRAFT1', /draft/, /wait for the number/],
    ['the temporary number', '999-999-T', /ended on 2024-09-19/, /NNN-NNNNNNNNNN-NNNNNN/],
    ['what a spreadsheet made of it', '9.99E+18', /spreadsheet shortened/, /NNN-NNNNNNNNNN-NNNNNN/],
    ['a number one digit short', '999-0000000001-00001', /not the number of an import certificate/, /NNN-NNNNNNNNNN-NNNNNN/],
    ['nothing', '', /not the number of an import certificate/, /NNN-NNNNNNNNNN-NNNNNN/],
  ])('%s is no certificate number, and the answer says what would be', async (_what, number, wrong, remedy) => {
    const answer = await lotline.ask('query ($number: String!) { importCertificate(number: $number) { id } }', { number });
    const [{ message, extensions }] = answer.errors as [{ message: string; extensions: any }];
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['number'] });
    expect(message).toMatch(wrong);
    expect(extensions.remedy).toMatch(remedy);
  });

  test('are listed by id, number, status, party, issuer, HTS code and day of issue, in pages', async () => {
    const found = async (filter: Record<string, unknown>) =>
      (await inPagesOfOne('importCertificates', 'id number', filter)).map(({ number }) => number);
    expect(await found({})).toEqual([HANDED, ISSUED, VOIDED, DRAWN]);
    const { importCertificate } = await lotline.data(
      'query ($number: String!) { importCertificate(number: $number) { id certifier { id } } }',
      { number: DRAWN },
    );
    expect(await found({ ids: [importCertificate.id] })).toEqual([DRAWN]);
    expect(await found({ numbers: [VOIDED, certificateNumber(999_999)] })).toEqual([VOIDED]);
    expect(await found({ statuses: ['ISSUED'] })).toEqual([ISSUED, DRAWN]);
    expect(await found({ statuses: ['HANDED_OVER', 'VOIDED'] })).toEqual([HANDED, VOIDED]);
    expect(await found({ statuses: ['REQUESTED'] })).toEqual([]);
    expect(await found({ exporters: [await operationId(EXPORTER)] })).toHaveLength(4);
    expect(await found({ importers: [await operationId(BUYER)] })).toEqual([DRAWN]);
    expect(await found({ importers: [await operationId(MILL)] })).toEqual([]);
    expect(await found({ certifiers: [importCertificate.certifier.id] })).toEqual([DRAWN]);
    expect(await found({ hts: ['1008.50.0010'] })).toEqual([ISSUED, DRAWN]);
    expect(await found({ hts: ['1201900010', '1008.50.00.10'] })).toHaveLength(4);
    expect(await found({ issuedFrom: '2025-03-01' })).toEqual([HANDED, ISSUED]);
    expect(await found({ issuedFrom: '2025-02-10', issuedTo: '2025-03-01' })).toEqual([ISSUED, DRAWN]);
    expect(await found({ issuedTo: '2025-02-09', hts: ['1008500010'] })).toEqual([]);
    const refused = await lotline.ask('{ importCertificates(filter: { hts: ["1201900010", "12019"] }) { totalCount } }');
    expect(refused.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['filter', 'hts', 1] });
  });

  test('are reached from every operation they name, from their lots, and from the shipment that entered under them', async () => {
    const { exporter, handler, mill, stranger, beans, quinoa, sea, truck } = await lotline.data(`{
      exporter: operation(identifier: "${EXPORTER}") { importCertificates(filter: { statuses: [ISSUED, VOIDED] }) { totalCount nodes { number } } }
      handler: operation(identifier: "${HANDLER}") { importCertificates { nodes { number } } }
      mill: operation(identifier: "${MILL}") { importCertificates { nodes { number } } }
      stranger: operation(identifier: "${STRANGER}") { importCertificates { totalCount nodes { number } } }
      beans: lot(code: "BEANS") { importCertificates { totalCount nodes { number } } }
      quinoa: lot(code: "QUINOA") { importCertificates { nodes { number } } }
      sea: shipment(reference: "SEA") { importCertificates { totalCount nodes { number } } }
      truck: shipment(reference: "TRUCK") { importCertificates { totalCount } } }`);
    const numbers = (of: any) => of.importCertificates.nodes.map(({ number }: any) => number);
    expect(numbers(exporter)).toEqual([ISSUED, VOIDED, DRAWN]);
    expect(exporter.importCertificates.totalCount).toBe(3);
    expect([handler, mill].map(numbers)).toEqual([[HANDED], [HANDED]]);
    expect(stranger.importCertificates).toEqual({ totalCount: 0, nodes: [] });
    // A line names it, and an entry line too: the certificate is one all the same.
    expect(beans.importCertificates).toEqual({ totalCount: 2, nodes: [{ number: HANDED }, { number: VOIDED }] });
    // One by its own line, the other by the entry line that joins the two.
    expect(numbers(quinoa)).toEqual([ISSUED, DRAWN]);
    expect(sea.importCertificates).toEqual({ totalCount: 2, nodes: [{ number: HANDED }, { number: VOIDED }] });
    expect(truck.importCertificates.totalCount).toBe(0);
  });

  test('weigh what they state, else what their lines sum to; what was drawn may exceed it', async () => {
    const { importCertificates } = await lotline.data(
      '{ importCertificates { nodes { number kilograms drawn remaining lines { totalCount nodes { product { name } lot { code } kilograms } } } } }',
    );
    expect(importCertificates.nodes.map(({ kilograms, drawn, remaining }: any) => [kilograms, drawn, remaining])).toEqual([
      ['60000.5', '2000', '58000.5'],
      ['12000', '0', '12000'],
      ['30000', '0', '30000'],
      ['1000', '1500', '-500'],
    ]);
    expect(importCertificates.nodes[0].lines).toEqual({
      totalCount: 2,
      nodes: [
        { product: { name: 'Organic soybeans' }, lot: { code: 'BEANS' }, kilograms: '60000' },
        { product: { name: 'Organic soybeans' }, lot: null, kilograms: '0.5' },
      ],
    });
    const { lot, quinoa } = await lotline.data(
      '{ lot(code: "BEANS") { balance { born claimed shipped } } quinoa: lot(code: "QUINOA") { balance { claimed } } }',
    );
    // A voided certificate claims nothing, and neither does an entry.
    expect(lot.balance).toEqual({ born: '100000', claimed: '60000', shipped: '60000' });
    expect(quinoa.balance).toEqual({ claimed: '10000' });
  });

  test('have a history: hours as given, days from their beginning, and what has no day from when it was told', async () => {
    const { handed, voided } = await lotline.data(
      `query ($handed: String!, $voided: String!) {
        handed: importCertificate(number: $handed) { history { status at by reason } } voided: importCertificate(number: $voided) { issuedOn history { status at } } }`,
      { handed: HANDED, voided: VOIDED },
    );
    expect(handed.history.map(({ status }: any) => status)).toEqual(['REQUESTED', 'ISSUED', 'HANDED_OVER']);
    expect(handed.history[0]).toEqual({ status: 'REQUESTED', at: '2025-02-20T00:00:00.000Z', by: null, reason: null });
    expect(handed.history[1].at).toBe('2025-03-05T07:00:00.000Z');
    expect(voided.history[0]).toEqual({ status: 'ISSUED', at: '2025-02-01T00:00:00.000Z' });
    const [{ at }] = (await lotline.database.query<{ at: Date }>('select min(at) as at from command')) as [{ at: Date }];
    for (const last of [handed.history[2], voided.history[1]]) expect(last.at).toBe(at.toISOString());
    expect(voided.history[1].status).toBe('VOIDED');
    expect(voided.issuedOn).toBe('2025-02-01');
  });
});

describe('customs entries', () => {
  test('have their lines in order, who filed them, and the certificates they draw on', async () => {
    const { importCertificate } = await lotline.data(
      `query ($number: String!) { importCertificate(number: $number) { customsEntries { totalCount nodes {
        id number filedOn filer { name } lines { totalCount nodes { line hts kilograms importCertificate { number } } } } } } }`,
      { number: DRAWN },
    );
    const [{ id, ...entry }] = importCertificate.customsEntries.nodes;
    // Two lines draw on the certificate: one entry all the same.
    expect(importCertificate.customsEntries.totalCount).toBe(1);
    expect(entry).toEqual({
      number: ENTRY,
      filedOn: '2025-04-04',
      filer: { name: BROKER },
      lines: {
        totalCount: 3,
        nodes: [
          { line: 1, hts: '1008500010', kilograms: '700', importCertificate: { number: DRAWN } },
          { line: 2, hts: '1008500010', kilograms: '800', importCertificate: { number: DRAWN } },
          { line: 3, hts: '1201900010', kilograms: '2000', importCertificate: { number: HANDED } },
        ],
      },
    });
    expect((await lotline.data('query ($id: ID!) { node(id: $id) { ... on CustomsEntry { number } } }', { id })).node).toEqual({
      number: ENTRY,
    });
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on CustomsEntry { lines(first: 2) { pageInfo { hasNextPage endCursor } } } } }',
      { id },
    );
    const rest = await lotline.data(
      'query ($id: ID!, $after: String) { node(id: $id) { ... on CustomsEntry { lines(first: 2, after: $after) { totalCount nodes { line } } } } }',
      { id, after: node.lines.pageInfo.endCursor },
    );
    expect(node.lines.pageInfo.hasNextPage).toBe(true);
    expect(rest.node.lines).toEqual({ totalCount: 3, nodes: [{ line: 3 }] });
  });
});

describe('emergency actions', () => {
  const ACTION = 'number on at ordered certifierNotifiedOn dispositions { kind kilograms on } lot { code } shipment { reference }';

  test('say what was ordered, when the certifier was told, and what became of the goods', async () => {
    const { shipment, lot } = await lotline.data(
      `{ shipment(reference: "SEA") { status emergencyActions { totalCount nodes { id ${ACTION} } } } lot(code: "BEANS") { emergencyActions { totalCount } } }`,
    );
    const [{ id, ...action }] = shipment.emergencyActions.nodes;
    expect(action).toEqual({
      number: 'EAN-1',
      on: '2025-04-07',
      at: '2025-04-07T16:00:00.000Z',
      ordered: 'Hold for fumigation',
      certifierNotifiedOn: '2025-04-08',
      dispositions: [{ kind: 'RELEASED_ORGANIC', kilograms: null, on: null }],
      lot: null,
      shipment: { reference: 'SEA' },
    });
    expect(shipment.status).toBe('RELEASED');
    // The action is on the shipment, not on the lot in it.
    expect(lot.emergencyActions.totalCount).toBe(0);
    const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { ... on EmergencyActionNotification { number } } }', { id });
    expect(node).toEqual({ number: 'EAN-1' });
  });

  test('hold a shipment until every one is disposed of: then it is released, or closed if nothing of it was', async () => {
    const ACTIONS: [reference: string, dispositions: string[], status: string][] = [
      ['E-NONE', [], 'ARRIVED'],
      ['E-OPEN', [''], 'HELD'],
      ['E-HALF', ['RELEASED_ORGANIC', ''], 'HELD'],
      ['E-ORGANIC', ['RELEASED_ORGANIC'], 'RELEASED'],
      ['E-CONVENTIONAL', ['RELEASED_CONVENTIONAL', 'DESTROYED'], 'RELEASED'],
      ['E-BACK', ['REEXPORTED'], 'CLOSED'],
      ['E-GONE', ['DESTROYED', 'DONATED'], 'CLOSED'],
    ];
    const action = (number: string, on: object, disposition: string) => ({ number, on: '2025-05-03', ordered: 'hold', ...on, disposition });
    await lotline.import({
      'lots.csv': csv([
        {
          code: 'E-LOT',
          producer: EXPORTER,
          product: 'Organic soybeans',
          quantity: 100,
          unit: 'KGM',
          kind: 'harvest',
          produced_on: '2025-04-01',
        },
      ]),
      'shipments.csv': csv(ACTIONS.map(([reference]) => ({ reference, shipper: EXPORTER, consignee: STRANGER }))),
      'shipment_legs.csv': csv(
        ACTIONS.map(([shipment]) => ({
          shipment,
          sequence: 1,
          mode: 'air',
          from_place: 'TRISK',
          to_place: 'USSCK',
          departed: '2025-05-01',
          arrived: '2025-05-02',
        })),
      ),
      'shipment_lots.csv': csv([{ shipment: 'E-NONE', lot: 'E-LOT', quantity: 1, unit: 'KGM' }]),
      'emergency_actions.csv': csv([
        ...ACTIONS.flatMap(([shipment, dispositions]) =>
          dispositions.map((disposition, index) => action(`${shipment}/${index}`, { shipment, lot: '' }, disposition)),
        ),
        // An action on a lot holds no shipment of it.
        action('E-LOT/0', { shipment: '', lot: 'E-LOT' }, ''),
      ]),
    });
    for (const [reference, , status] of ACTIONS)
      expect([reference, (await lotline.data(`{ shipment(reference: "${reference}") { status } }`)).shipment.status]).toEqual([
        reference,
        status,
      ]);
    const { shipments, lot } = await lotline.data(
      `{ shipments(filter: { statuses: [HELD, CLOSED] }) { nodes { reference } } lot(code: "E-LOT") { emergencyActions { nodes { ${ACTION} } } } }`,
    );
    expect(shipments.nodes.map(({ reference }: any) => reference)).toEqual(['E-OPEN', 'E-HALF', 'E-BACK', 'E-GONE']);
    expect(lot.emergencyActions.nodes).toEqual([
      {
        number: 'E-LOT/0',
        on: '2025-05-03',
        at: null,
        ordered: 'hold',
        certifierNotifiedOn: null,
        dispositions: [],
        lot: { code: 'E-LOT' },
        shipment: null,
      },
    ]);
    expect(await stepsOf('E-LOT', ['HELD', 'DISPOSED'])).toEqual(['HELD 2025-05-03 -']);
  });
});

/** Steps of a lot's story as `KIND day papers`. */
async function stepsOf(code: string, kinds: string[] | null, direction = 'FORWARD', asOf: string | null = null): Promise<string[]> {
  const { lot } = await lotline.data(
    `query ($code: String!, $direction: TraceDirection!, $kinds: [StepKind!], $asOf: Date) { lot(code: $code) { trace(direction: $direction, asOf: $asOf) {
      steps(kinds: $kinds) { nodes { kind on lot { lot { code } } documents { number } } } } } }`,
    { code, direction, kinds, asOf },
  );
  return lot.trace.steps.nodes.map(
    ({ kind, on, documents }: any) => `${kind} ${on} ${documents.map(({ number }: any) => number).join('+') || '-'}`,
  );
}

/** Gaps of a lot's story as `KIND lot day`. */
async function gapsOf(code: string, kinds: string[], direction = 'FORWARD', asOf: string | null = null): Promise<string[]> {
  const { lot } = await lotline.data(
    `query ($code: String!, $direction: TraceDirection!, $kinds: [GapKind!], $asOf: Date) { lot(code: $code) { trace(direction: $direction, asOf: $asOf) {
      gaps(kinds: $kinds) { nodes { kind on lot { lot { code } } } } } } }`,
    { code, direction, kinds, asOf },
  );
  return lot.trace.gaps.nodes.map(({ kind, on, lot: { lot } }: any) => `${kind} ${lot.code} ${on}`);
}

describe('the story of a lot', () => {
  test('tells the certificate, the entry, the hold and its end, each step with its own papers', async () => {
    expect(await stepsOf('BEANS', null)).toEqual([
      // What only names the lot stands with its birth.
      'HARVESTED 2025-01-10 PHY-1',
      'CERTIFIED 2025-02-01 -',
      'TRANSFERRED 2025-03-05 INV-1',
      'CERTIFIED 2025-03-05 CON-1',
      'EXPORTED 2025-03-06 BL-1',
      'DEPARTED 2025-03-06 BL-1',
      'TREATED 2025-03-10 FUM-1',
      'ENTERED 2025-04-04 -',
      'ARRIVED 2025-04-07 BL-1',
      'IMPORTED 2025-04-07 BL-1',
      'HELD 2025-04-07 -',
      'TRANSFERRED 2025-04-20 INV-2',
      'LOST 2025-04-21 WT-1',
      'DISPOSED null -',
    ]);
    const { lot } =
      await lotline.data(`{ lot(code: "BEANS") { trace(direction: FORWARD) { steps(kinds: [CERTIFIED, ENTERED, HELD, DISPOSED]) { nodes {
      kind at owner { name } from { name } to { name } kilograms importCertificate { number } shipment { reference } } } } } }`);
    const [voided, handed, entered, held, disposed] = lot.trace.steps.nodes;
    expect(voided.importCertificate).toEqual({ number: VOIDED });
    const exporter = { name: EXPORTER };
    const importer = { name: IMPORTER };
    const none = { at: null, owner: null, from: null, to: null, kilograms: null, importCertificate: null, shipment: null };
    expect(handed).toEqual({
      ...none,
      kind: 'CERTIFIED',
      at: '2025-03-05T07:00:00.000Z',
      owner: exporter,
      from: exporter,
      to: importer,
      importCertificate: { number: HANDED },
    });
    expect(entered).toEqual({
      ...none,
      kind: 'ENTERED',
      owner: importer,
      to: importer,
      kilograms: '2000',
      importCertificate: { number: HANDED },
    });
    const atSea = { owner: exporter, shipment: { reference: 'SEA' } };
    expect(held).toEqual({ ...none, ...atSea, kind: 'HELD', at: '2025-04-07T16:00:00.000Z' });
    expect(disposed).toEqual({ ...none, ...atSea, kind: 'DISPOSED' });
  });

  test('of a day knows no paper, certificate, entry or hold of a later one', async () => {
    expect(await stepsOf('BEANS', null, 'FORWARD', '2025-03-04')).toEqual(['HARVESTED 2025-01-10 PHY-1', 'CERTIFIED 2025-02-01 -']);
    expect(await stepsOf('BEANS', ['HARVESTED'], 'FORWARD', '2025-03-03')).toEqual(['HARVESTED 2025-01-10 -']);
    expect(await stepsOf('BEANS', ['CERTIFIED', 'ENTERED', 'HELD'], 'FORWARD', '2025-04-06')).toEqual([
      'CERTIFIED 2025-02-01 -',
      'CERTIFIED 2025-03-05 CON-1',
      'ENTERED 2025-04-04 -',
    ]);
  });

  // INV-10 stands before INV-1: the sort compares type, number and id run together (documents/loaders.ts, inNumberOrder).
  test('gives the papers of one step by type and number', async () => {
    const names = await shipped(({ lot, exporter, shipment }) => ({
      documents: ['S-10', 'S-1', 'S-2'].map((number) =>
        paper({ type: 'PACKING_LIST', number, issuer: exporter, shipments: shipment, lots: lot }),
      ),
    }));
    expect(await stepsOf(names.lot, ['DEPARTED'])).toEqual(['DEPARTED 2025-03-06 S-1+S-10+S-2']);
  });
});

interface Names {
  lot: string;
  exporter: string;
  importer: string;
  shipment: string;
  certificate: string;
  entry: string;
}
type Rows = Record<string, Record<string, unknown>[]>;

const paper = (more: Record<string, unknown>) => ({ type: 'INVOICE', issued_on: '2025-03-05', marked_organic: 'YES', ...more });
const leg = (more: Record<string, unknown>) => ({
  sequence: 1,
  mode: 'maritime',
  from_place: 'TRISK',
  to_place: 'USSCK',
  departed: '2025-03-06',
  arrived: '2025-04-07',
  ...more,
});

const KEPT_AT_HOME: Rows = { shipments: [], shipment_legs: [], shipment_lots: [] };

let cases = 0;
/** An organic lot that an exporter of its own ships to an importer of its own in the United States, unless a case says otherwise. */
async function shipped(say: (names: Names) => Rows): Promise<Names> {
  const serial = ++cases;
  const names: Names = {
    lot: `CASE-${serial}`,
    exporter: `E:${serial}`,
    importer: `I:${serial}`,
    shipment: `SHIP-${serial}`,
    certificate: certificateNumber(1000 + serial),
    entry: entryNumber(1000 + serial),
  };
  const { lot, exporter, importer, shipment } = names;
  const rows: Rows = {
    operations: [
      { operation: exporter, name: exporter, country: 'TR', roles: 'handler' },
      { operation: importer, name: importer, country: 'US', roles: 'handler' },
    ],
    lots: [
      {
        code: lot,
        producer: exporter,
        product: 'Organic soybeans',
        quantity: 100,
        unit: 'KGM',
        kind: 'harvest',
        produced_on: '2024-01-01',
      },
    ],
    shipments: [{ reference: shipment, shipper: exporter, consignee: importer }],
    shipment_legs: [leg({ shipment })],
    shipment_lots: [{ shipment, lot, quantity: 50, unit: 'KGM' }],
    ...say(names),
  };
  await lotline.import(
    Object.fromEntries(Object.entries(rows).flatMap(([file, all]) => (all.length === 0 ? [] : [[`${file}.csv`, csv(all)]]))),
  );
  return names;
}
/** A certificate of the exporter for the importer, with one line. */
const certified = ({ exporter, importer, certificate }: Names, more: Record<string, unknown>, line: Record<string, unknown>): Rows => ({
  import_certificates: [
    { number: certificate, kind: 'SHIPMENT', exporter, importer, certifier: 'ZZ1', hts: '1201900010', issued_on: '2025-03-01', ...more },
  ],
  import_certificate_lines: [{ certificate, product: 'Organic soybeans', quantity: 50, unit: 'KGM', ...line }],
});
const entered = ({ entry, certificate }: Names, more: Record<string, unknown>): Rows => ({
  customs_entries: [{ entry, line: 1, certificate, filed_on: '2025-04-08', hts: '1201900010', quantity: 50, unit: 'KGM', ...more }],
});

const TRANSFER = ({ lot, exporter, importer }: Names, document: string) => [
  { lot, from: exporter, to: importer, on: '2025-03-05', document },
];

const UNDOCUMENTED: [what: string, say: (names: Names) => Rows, gaps: string[]][] = [
  ['a transfer without a paper', (names) => ({ ...KEPT_AT_HOME, transfers: TRANSFER(names, '') }), ['2025-03-05']],
  [
    'a transfer whose paper only names the lot',
    (names) => ({
      ...KEPT_AT_HOME,
      transfers: TRANSFER(names, ''),
      documents: [paper({ number: 'ND-1', issuer: names.exporter, lots: names.lot })],
    }),
    ['2025-03-05'],
  ],
  [
    'a transfer with its paper',
    (names) => ({
      ...KEPT_AT_HOME,
      transfers: TRANSFER(names, 'ND-2'),
      documents: [paper({ type: 'OTHER', number: 'ND-2', issuer: names.exporter })],
    }),
    [],
  ],
  ['a shipment without a paper', () => ({}), ['2025-03-06']],
  [
    'a shipment with every paper but a bill of lading',
    ({ exporter, shipment }) => ({
      documents: ['INVOICE', 'PACKING_LIST', 'OTHER'].map((type) => paper({ type, number: 'ND-3', issuer: exporter, shipments: shipment })),
    }),
    ['2025-03-06'],
  ],
  [
    'a shipment whose bill of lading only names the lot',
    ({ exporter, lot }) => ({ documents: [paper({ type: 'BILL_OF_LADING', number: 'ND-4', issuer: exporter, lots: lot })] }),
    ['2025-03-06'],
  ],
  ...['BILL_OF_LADING', 'MASTER_BILL_OF_LADING', 'HOUSE_BILL_OF_LADING'].map((type): [string, (names: Names) => Rows, string[]] => [
    `a shipment with a ${type.toLowerCase().replaceAll('_', ' ')}`,
    ({ exporter, shipment }) => ({ documents: [paper({ type, number: 'ND-5', issuer: exporter, shipments: shipment })] }),
    [],
  ]),
  [
    'a lot that is not organic',
    (names) => ({
      lots: [{ code: names.lot, producer: names.exporter, product: 'Soybeans', quantity: 100, unit: 'KGM', kind: 'harvest' }],
      transfers: TRANSFER(names, ''),
    }),
    [],
  ],
];

test.each(UNDOCUMENTED)('the audit trail is broken where it has no paper: %s', async (_what, say, days) => {
  const { lot } = await shipped(say);
  expect(await gapsOf(lot, ['NO_DOCUMENT'])).toEqual(days.map((day) => `NO_DOCUMENT ${lot} ${day}`));
});

test('a paper that arrives after the transfer that names it closes the gap', async () => {
  const { lot, exporter } = await shipped((names) => ({
    ...KEPT_AT_HOME,
    transfers: TRANSFER(names, 'LATE-1'),
  }));
  expect(await gapsOf(lot, ['NO_DOCUMENT'])).toEqual([`NO_DOCUMENT ${lot} 2025-03-05`]);
  await lotline.import({ 'documents.csv': csv([paper({ number: 'LATE-1', issuer: exporter, issued_on: '2025-03-20' })]) });
  expect(await gapsOf(lot, ['NO_DOCUMENT'])).toEqual([]);
  expect(await stepsOf(lot, ['TRANSFERRED'])).toEqual(['TRANSFERRED 2025-03-05 LATE-1']);
  // The day before it was issued there was no such paper.
  expect(await gapsOf(lot, ['NO_DOCUMENT'], 'FORWARD', '2025-03-19')).toEqual([`NO_DOCUMENT ${lot} 2025-03-05`]);
  expect(await gapsOf(lot, ['NO_DOCUMENT'], 'FORWARD', '2025-03-20')).toEqual([]);
});

const named =
  (type: string, marked_organic: string) =>
  ({ lot, exporter }: Names) => ({
    documents: [paper({ type, number: 'MARK-1', issuer: exporter, marked_organic, lots: lot })],
  });
const MARKS: [what: string, say: (names: Names) => Rows, isGap: boolean][] = [
  ...['BILL_OF_LADING', 'MASTER_BILL_OF_LADING', 'HOUSE_BILL_OF_LADING', 'PURCHASE_ORDER', 'SALES_DOCUMENT', 'INVOICE', 'PACKING_LIST'].map(
    (type): [string, (names: Names) => Rows, boolean] => [`${type} NO`, named(type, 'NO'), true],
  ),
  ['INVOICE UNKNOWN', named('INVOICE', 'UNKNOWN'), true],
  ['INVOICE NOT_APPLICABLE', named('INVOICE', 'NOT_APPLICABLE'), false],
  ['INVOICE YES', named('INVOICE', 'YES'), false],
  ...['CONTRACT', 'WEIGHT_CERTIFICATE', 'PHYTOSANITARY_CERTIFICATE', 'OTHER'].map((type): [string, (names: Names) => Rows, boolean] => [
    `${type} NO`,
    named(type, 'NO'),
    false,
  ]),
  [
    'INVOICE NO of a transfer, which does not name the lot itself',
    (names) => ({
      transfers: TRANSFER(names, 'MARK-2'),
      documents: [paper({ number: 'MARK-2', issuer: names.exporter, marked_organic: 'NO' })],
    }),
    true,
  ],
  [
    'PACKING_LIST NO of a shipment, which does not name the lot itself',
    ({ exporter, shipment }) => ({
      documents: [paper({ type: 'PACKING_LIST', number: 'MARK-3', issuer: exporter, marked_organic: 'NO', shipments: shipment })],
    }),
    true,
  ],
  [
    'INVOICE NO that names the lot, its shipment and its transfer',
    (names) => ({
      transfers: TRANSFER(names, 'MARK-4'),
      documents: [paper({ number: 'MARK-4', issuer: names.exporter, marked_organic: 'NO', lots: names.lot, shipments: names.shipment })],
    }),
    true,
  ],
  [
    'INVOICE NO of a lot that is not organic',
    (names) => ({
      ...named('INVOICE', 'NO')(names),
      lots: [{ code: names.lot, producer: names.exporter, product: 'Soybeans', quantity: 100, unit: 'KGM', kind: 'harvest' }],
    }),
    false,
  ],
];

test.each(MARKS)('papers that go with organic goods say so, others need not: %s', async (_what, say, isGap) => {
  const { lot } = await shipped(say);
  // One gap for a paper, however many facts of the lot it belongs to.
  expect(await gapsOf(lot, ['DOCUMENT_NOT_MARKED_ORGANIC'])).toEqual(isGap ? [`DOCUMENT_NOT_MARKED_ORGANIC ${lot} 2025-03-05`] : []);
});

const arriving =
  (departed: string, arrived: string) =>
  ({ shipment }: Names) => ({ shipment_legs: [leg({ shipment, departed, arrived })] });
const PERIOD = { kind: 'PERIOD', valid_from: '2025-03-01', valid_to: '2025-04-07' };
const UNCOVERED: [what: string, say: (names: Names) => Rows, day: string | null][] = [
  ['without a certificate', () => ({}), '2025-04-07'],
  ['the day before the rule was in force', arriving('2024-03-01', '2024-03-18'), null],
  ['on the first day of the rule', arriving('2024-03-01', '2024-03-19'), '2024-03-19'],
  [
    'not organic',
    ({ lot, exporter }) => ({
      lots: [{ code: lot, producer: exporter, product: 'Soybeans', quantity: 100, unit: 'KGM', kind: 'harvest' }],
    }),
    null,
  ],
  ['inside the United States', ({ shipment }) => ({ shipment_legs: [leg({ shipment, from_place: 'USOAK' })] }), null],
  ['to another country', ({ shipment }) => ({ shipment_legs: [leg({ shipment, to_place: 'CAVAN' })] }), null],
  [
    'by a second leg',
    ({ shipment }) => ({
      shipment_legs: [
        leg({ shipment, to_place: 'CAVAN' }),
        leg({ shipment, sequence: 2, mode: 'road', from_place: 'CAVAN', departed: '2025-04-09', arrived: '' }),
      ],
    }),
    '2025-04-09',
  ],
  ['covered by a line that names it', (names) => certified(names, {}, { lot: names.lot }), null],
  ['named by a voided certificate', (names) => certified(names, { status: 'VOIDED' }, { lot: names.lot }), '2025-04-07'],
  [
    'joined to a certificate by an entry line',
    (names) => ({ ...certified(names, {}, { product: 'Organic quinoa' }), ...entered(names, { lots: names.lot }) }),
    null,
  ],
  [
    'under an entry that does not name it',
    (names) => ({ ...certified(names, {}, { product: 'Organic quinoa' }), ...entered(names, { lots: '' }) }),
    '2025-04-07',
  ],
  [
    'joined to a voided certificate',
    (names) => ({ ...certified(names, { status: 'VOIDED' }, { product: 'Organic quinoa' }), ...entered(names, { lots: names.lot }) }),
    '2025-04-07',
  ],
  ['covered by a line for its product', (names) => certified(names, {}, {}), null],
  ['with a line for another product', (names) => certified(names, {}, { product: 'Organic quinoa' }), '2025-04-07'],
  ['with a line for its product of somebody else', (names) => certified(names, { exporter: STRANGER }, {}), '2025-04-07'],
  ['with a voided line for its product', (names) => certified(names, { status: 'VOIDED' }, {}), '2025-04-07'],
  ['on the last day of a period', (names) => certified(names, PERIOD, {}), null],
  ['on the first day of a period', (names) => certified(names, { ...PERIOD, valid_from: '2025-04-07' }, {}), null],
  ['a day after a period', (names) => certified(names, { ...PERIOD, valid_to: '2025-04-06' }, {}), '2025-04-07'],
  ['a day before a period', (names) => certified(names, { ...PERIOD, valid_from: '2025-04-08', valid_to: '2025-05-08' }, {}), '2025-04-07'],
  ['in a period without an end', (names) => certified(names, { ...PERIOD, valid_to: '' }, {}), null],
  ['after a period whose line names it', (names) => certified(names, { ...PERIOD, valid_to: '2025-04-06' }, { lot: names.lot }), null],
  [
    'by an entry alone, under a live certificate',
    (names) => ({ ...certified(names, {}, { product: 'Organic quinoa' }), ...entered(names, { lots: names.lot }), shipment_legs: [] }),
    null,
  ],
  [
    'by an entry alone, under a voided certificate',
    (names) => ({
      ...certified(names, { status: 'VOIDED' }, { product: 'Organic quinoa' }),
      ...entered(names, { lots: names.lot }),
      shipment_legs: [],
    }),
    '2025-04-08',
  ],
];

test.each(UNCOVERED)('every organic lot that enters the United States needs a live certificate: %s', async (_what, say, day) => {
  const { lot } = await shipped(say);
  expect(await gapsOf(lot, ['NO_IMPORT_CERTIFICATE'])).toEqual(day === null ? [] : [`NO_IMPORT_CERTIFICATE ${lot} ${day}`]);
});

// Iskenderun is three hours ahead of UTC.
const ISSUES: [what: string, issued: string, departed: string, isLate: boolean][] = [
  ['the day before', '2025-03-05', '2025-03-06', false],
  ['the same day, of which no hour is known', '2025-03-06', '2025-03-06', false],
  ['the day after', '2025-03-07', '2025-03-06', true],
  ['an hour later, across offsets', '2025-03-06T12:00:00-05:00', '2025-03-06T19:00:00+03:00', true],
  ['an hour earlier, though on a later local day', '2025-03-07T01:00:00+09:00', '2025-03-06T20:00:00+03:00', false],
  ['at the very instant', '2025-03-06T17:00:00Z', '2025-03-06T20:00:00+03:00', false],
  ['an hour that was the next day at the port', '2025-03-06T23:30:00Z', '2025-03-06', true],
  ['an hour of the next day that was still the same at the port', '2025-03-07T00:30:00+05:00', '2025-03-06', false],
  ['the day after a departure with hour', '2025-03-07', '2025-03-06T23:30:00+03:00', true],
  ['the day on which it left by the clock of the port', '2025-03-07', '2025-03-06T22:00:00Z', false],
];

describe('a certificate is issued before the goods leave for the United States', () => {
  const LATE = ['OUT_OF_ORDER_DATES'];

  test.each(ISSUES)('%s', async (_what, issued_on, departed, isLate) => {
    const { lot } = await shipped((names) => ({
      ...certified(names, { issued_on }, { lot: names.lot }),
      shipment_legs: [leg({ shipment: names.shipment, departed })],
    }));
    const { lot: told } = await lotline.data(
      'query ($code: String!) { lot(code: $code) { trace(direction: BACK) { gaps(kinds: [OUT_OF_ORDER_DATES]) { nodes { on rule message } } } } }',
      { code: lot },
    );
    expect(told.trace.gaps.nodes).toEqual(
      isLate ? [{ on: issued_on.slice(0, 10), rule: '7 CFR 205.273', message: expect.stringContaining('had left') }] : [],
    );
  });

  test('which is asked only of shipments to its importer or consignee, of the leg that crosses, and of organic goods', async () => {
    const late = (names: Names, more: object = {}) => certified(names, { issued_on: '2025-03-07', ...more }, { lot: names.lot });
    const others = await shipped((names) => late(names, { importer: BUYER }));
    expect(await gapsOf(others.lot, LATE)).toEqual([]);
    const consigned = await shipped((names) => late(names, { importer: BUYER, consignee: names.importer }));
    expect(await gapsOf(consigned.lot, LATE)).toEqual([`OUT_OF_ORDER_DATES ${consigned.lot} 2025-03-07`]);
    const transshipped = await shipped((names) => ({
      ...late(names),
      shipment_legs: [
        leg({ shipment: names.shipment, to_place: 'NLRTM', arrived: '2025-03-12' }),
        leg({ shipment: names.shipment, sequence: 2, from_place: 'NLRTM', departed: '2025-03-14' }),
      ],
    }));
    expect(await gapsOf(transshipped.lot, LATE)).toEqual([]);
    const conventional = await shipped((names) => ({
      ...late(names),
      lots: [{ code: names.lot, producer: names.exporter, product: 'Soybeans', quantity: 100, unit: 'KGM', kind: 'harvest' }],
    }));
    expect(await gapsOf(conventional.lot, LATE)).toEqual([]);
  });

  test('and before it was issued, it covered nothing', async () => {
    const { lot } = await shipped((names) => certified(names, { issued_on: '2025-04-10' }, { lot: names.lot }));
    const both = [...LATE, 'NO_IMPORT_CERTIFICATE'];
    expect(await gapsOf(lot, both, 'FORWARD', '2025-04-09')).toEqual([`NO_IMPORT_CERTIFICATE ${lot} 2025-04-07`]);
    expect(await gapsOf(lot, both, 'FORWARD', '2025-04-10')).toEqual([`OUT_OF_ORDER_DATES ${lot} 2025-04-10`]);
    const voided = await shipped((names) => certified(names, { status: 'VOIDED' }, { lot: names.lot }));
    // Nobody said on which day it was voided: it counts as voided on every day.
    expect(await gapsOf(voided.lot, both, 'FORWARD', '2025-04-08')).toEqual([`NO_IMPORT_CERTIFICATE ${voided.lot} 2025-04-07`]);
  });
});

describe('back along the chain', () => {
  const RIVAL = 'B:RIVAL';
  const TRADER = 'B:TRADER';
  const CRUSHER = 'B:CRUSHER';
  const [OWN, OTHER, CONSIGNED] = [501, 502, 503].map(certificateNumber) as [string, string, string];
  const invoice = (number: string, issuer: string, more: object = {}) =>
    paper({ number, issuer, marked_organic: 'NO', issued_on: '2025-03-05', lots: 'B-GRAIN', ...more });
  const crossing = { importer: TRADER, kind: 'SHIPMENT', exporter: EXPORTER, certifier: 'ZZ1', hts: '1201900010', issued_on: '2025-03-01' };

  // The exporter sells one lot to a trader and to a rival; of what the trader sold on, a crusher makes meal, and a third buyer nothing.
  beforeAll(() =>
    lotline.import({
      'operations.csv': csv([RIVAL, TRADER, CRUSHER].map((operation) => ({ operation, name: operation, country: 'US', roles: 'handler' }))),
      'lots.csv': csv(
        [
          { code: 'B-GRAIN', producer: EXPORTER, kind: 'harvest', quantity: 100, produced_on: '2025-01-10' },
          { code: 'B-MEAL', producer: CRUSHER, kind: 'transformation', quantity: 30, produced_on: '2025-05-01' },
        ].map((lot) => ({ ...lot, product: 'Organic soybeans', unit: 'KGM' })),
      ),
      'lot_inputs.csv': csv([{ output: 'B-MEAL', input: 'B-GRAIN', quantity: 30, unit: 'KGM' }]),
      'transfers.csv': csv(
        [
          { from: EXPORTER, to: TRADER, on: '2025-03-02', quantity: 60, document: 'B-ONWARD' },
          { from: TRADER, to: CRUSHER, on: '2025-04-10', quantity: 30, document: 'B-LAST' },
          { from: TRADER, to: STRANGER, on: '2025-04-11', quantity: 20, document: 'B-ELSEWHERE' },
          { from: EXPORTER, to: RIVAL, on: '2025-03-03', quantity: 10, document: 'B-RIVAL' },
        ].map((transfer) => ({ ...transfer, lot: 'B-GRAIN', unit: 'KGM' })),
      ),
      'shipments.csv': csv([
        { reference: 'B-SEA', shipper: EXPORTER, consignee: TRADER },
        { reference: 'B-AWAY', shipper: EXPORTER, consignee: RIVAL },
      ]),
      'shipment_legs.csv': csv(['B-SEA', 'B-AWAY'].map((shipment) => leg({ shipment }))),
      'shipment_lots.csv': csv(['B-SEA', 'B-AWAY'].map((shipment) => ({ shipment, lot: 'B-GRAIN', quantity: 10, unit: 'KGM' }))),
      'treatments.csv': csv([{ kind: 'cold', on: '2025-03-10', substance: 'cold air', shipment: 'B-AWAY', document: 'B-TREATED' }]),
      'documents.csv': csv([
        invoice('B-ONWARD', EXPORTER),
        invoice('B-LAST', TRADER, { issued_on: '2025-04-10' }),
        invoice('B-ELSEWHERE', TRADER),
        invoice('B-RIVAL', EXPORTER),
        invoice('B-ALONE', EXPORTER, { issued_on: '2025-01-11' }),
        invoice('B-BILL', EXPORTER, { type: 'BILL_OF_LADING', shipments: 'B-AWAY' }),
        invoice('B-TREATED', EXPORTER, { type: 'OTHER' }),
      ]),
      'import_certificates.csv': csv([
        { ...crossing, number: OWN, consignee: '' },
        { ...crossing, number: OTHER, importer: RIVAL, consignee: '' },
        { ...crossing, number: CONSIGNED, importer: BUYER, consignee: TRADER },
      ]),
      'import_certificate_lines.csv': csv(
        [OWN, OTHER, CONSIGNED].map((certificate) => ({
          certificate,
          product: 'Organic soybeans',
          quantity: 10,
          unit: 'KGM',
          lot: 'B-GRAIN',
        })),
      ),
      'customs_entries.csv': csv(
        [
          { entry: entryNumber(501), certificate: OWN, filed_on: '2025-04-01', filer: BROKER },
          { entry: entryNumber(502), certificate: OTHER, filed_on: '2025-04-02', filer: BROKER },
          { entry: entryNumber(503), certificate: OTHER, filed_on: '2025-04-03', filer: TRADER },
        ].map((entry) => ({ ...entry, line: 1, hts: '1201900010', quantity: 1, unit: 'KGM', lots: 'B-GRAIN' })),
      ),
    }),
  );

  const UNMARKED = ['DOCUMENT_NOT_MARKED_ORGANIC'];
  const days = (gaps: string[]) => gaps.map((gap) => gap.replace('DOCUMENT_NOT_MARKED_ORGANIC B-GRAIN ', ''));

  test('a paper counts if its transfer leads there, or if it belongs to no fact at all', async () => {
    expect(days(await gapsOf('B-MEAL', UNMARKED, 'BACK'))).toEqual(['2025-01-11', '2025-03-05', '2025-04-10']);
    const [birth] = await stepsOf('B-MEAL', ['HARVESTED'], 'BACK');
    expect(birth).toMatch(/^HARVESTED 2025-01-10 .*B-ALONE/);
    for (const elsewhere of ['B-ELSEWHERE', 'B-RIVAL', 'B-BILL']) expect(birth).not.toMatch(elsewhere);
    expect(await stepsOf('B-MEAL', ['TRANSFERRED'], 'BACK')).toEqual(['TRANSFERRED 2025-03-02 B-ONWARD', 'TRANSFERRED 2025-04-10 B-LAST']);
    // To whoever asks about the lot itself, every paper is part of its story.
    expect(days(await gapsOf('B-GRAIN', UNMARKED))).toEqual(['2025-01-11', ...Array(4).fill('2025-03-05'), '2025-04-10']);
  });

  // Papers of treatments are not among those left out (trace/paperwork.ts, leftOut): the paper of what was done to the rival's shipment
  // is told as one of the birth of the lot.
  test('a paper of the treatment of a shipment that went elsewhere does not count', async () => {
    expect(await stepsOf('B-MEAL', ['HARVESTED'], 'BACK')).toEqual(['HARVESTED 2025-01-10 B-ALONE']);
  });

  test('a certificate counts if it names who passed the lot on, an entry if its certificate does or such a one filed it', async () => {
    const told = async (code: string, direction: string) => {
      const { lot } = await lotline.data(
        'query ($code: String!, $direction: TraceDirection!) { lot(code: $code) { trace(direction: $direction) { steps(kinds: [CERTIFIED, ENTERED]) { nodes { kind on importCertificate { number } } } } } }',
        { code, direction },
      );
      return lot.trace.steps.nodes.map(({ kind, on, importCertificate }: any) => `${kind} ${on} ${importCertificate.number}`);
    };
    expect(await told('B-MEAL', 'BACK')).toEqual([
      `CERTIFIED 2025-03-01 ${OWN}`,
      `CERTIFIED 2025-03-01 ${CONSIGNED}`,
      `ENTERED 2025-04-01 ${OWN}`,
      `ENTERED 2025-04-03 ${OTHER}`,
    ]);
    expect(await told('B-GRAIN', 'FORWARD')).toEqual([
      `CERTIFIED 2025-03-01 ${OWN}`,
      `CERTIFIED 2025-03-01 ${OTHER}`,
      `CERTIFIED 2025-03-01 ${CONSIGNED}`,
      `ENTERED 2025-04-01 ${OWN}`,
      `ENTERED 2025-04-02 ${OTHER}`,
      `ENTERED 2025-04-03 ${OTHER}`,
    ]);
  });
});

describe('who sees what', () => {
  const EVERYBODY: [who: string, as: As, documents: string[], certificates: string[], entries: string[]][] = [
    ['the analyst', 'analyst', DOCUMENTS_BY_AGE, [HANDED, ISSUED, VOIDED, DRAWN], [ENTRY]],
    // It drew on two of its certificates, which the exporter sees in what is left of them.
    ['the exporter', { operation: EXPORTER }, ['CON-1', 'PO-1', 'INV-1', 'BL-1', 'FUM-1'], [HANDED, ISSUED, VOIDED, DRAWN], []],
    ['the certifier that issued three', { certifier: 'ZZ1' }, ['CON-1', 'PO-1'], [HANDED, ISSUED, VOIDED], []],
    ['the certifier that issued one', { certifier: 'ZZ2' }, [], [DRAWN], []],
    ['the importer', { operation: IMPORTER }, ['CON-1', 'PO-1', 'INV-1', 'BL-1', 'FUM-1', 'INV-2', 'WT-1'], [HANDED], [ENTRY]],
    ['the consignee', { operation: MILL }, ['CON-1', 'INV-2', 'WT-1'], [HANDED], [ENTRY]],
    ['the final handler', { operation: HANDLER }, ['CON-1', 'PO-1'], [HANDED], [ENTRY]],
    ['an importer whose entry drew on what was not handed over', { operation: BUYER }, [], [DRAWN], [ENTRY]],
    ['the broker who filed', { operation: BROKER }, [], [HANDED, DRAWN], [ENTRY]],
    ['the agency that issued a paper', { operation: AGENCY }, ['PHY-1'], [], []],
    ['a stranger', { operation: STRANGER }, [], [], []],
    ['a certifier of nobody here', { certifier: 'ZZ3' }, [], [], []],
    ['nobody', 'nobody', [], [], []],
  ];
  const OF_THIS_WORLD = { documents: { numbers: DOCUMENTS_BY_AGE }, certificates: { numbers: [HANDED, ISSUED, VOIDED, DRAWN] } };

  test.each(EVERYBODY)('%s: in lists, by id, by number and in search', async (_who, as, documents, certificates, entries) => {
    const numbers = (nodes: any[]) => nodes.map(({ number }) => number);
    expect(numbers(await inPagesOfOne('documents', 'number', OF_THIS_WORLD.documents, as))).toEqual(documents);
    expect(numbers(await inPagesOfOne('importCertificates', 'number', OF_THIS_WORLD.certificates, as))).toEqual(certificates);

    const all = await lotline.data(
      `query ($documents: DocumentFilter, $certificates: ImportCertificateFilter) { documents(filter: $documents) { nodes { id number } }
        importCertificates(filter: $certificates) { nodes { id number customsEntries { nodes { id number } } } } }`,
      OF_THIS_WORLD,
    );
    const nouns = new Map<string, string>();
    for (const { id, number } of all.documents.nodes) nouns.set(number, id);
    for (const { id, number, customsEntries } of all.importCertificates.nodes) {
      nouns.set(number, id);
      for (const entry of customsEntries.nodes) nouns.set(entry.number, entry.id);
    }
    const seen = new Set([...documents, ...certificates, ...entries]);
    for (const [number, id] of nouns) {
      const isSeen = seen.has(number);
      const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as);
      expect([number, node]).toEqual([number, isSeen ? { id } : null]);
      const { search } = await lotline.data('query ($text: String!) { search(text: $text) { edges { matched } } }', { text: number }, as);
      expect(search.edges).toEqual(isSeen ? [{ matched: number }] : []);
    }
    for (const number of OF_THIS_WORLD.certificates.numbers) {
      const { importCertificate } = await lotline.data(
        'query ($number: String!) { importCertificate(number: $number) { number } }',
        { number },
        as,
      );
      expect(importCertificate).toEqual(seen.has(number) ? { number } : null);
    }
  });

  test('edges lead to what the asker sees, and count no more', async () => {
    const ask = async (as: As) => {
      const { lot, shipment } = await lotline.data(
        `{ lot(code: "BEANS") { documents { totalCount nodes { number } } importCertificates { totalCount } ownership { nodes { document { number } } } }
          shipment(reference: "SEA") { documents { totalCount nodes { number } } importCertificates { totalCount } emergencyActions { totalCount } } }`,
        {},
        as,
      );
      const numbers = (page: any) => [page.totalCount, ...page.nodes.map(({ number }: any) => number)];
      return {
        lot: lot && numbers(lot.documents),
        shipment: shipment && numbers(shipment.documents),
        certificates: [lot, shipment].map((of) => of?.importCertificates.totalCount),
        papers: lot?.ownership.nodes.map(({ document }: any) => document?.number ?? null),
        held: shipment?.emergencyActions.totalCount,
      };
    };
    expect(await ask({ operation: IMPORTER })).toEqual({
      lot: [2, 'INV-1', 'BL-1'],
      shipment: [1, 'BL-1'],
      certificates: [1, 1],
      papers: ['INV-1', 'INV-2'],
      held: 1,
    });
    expect(await ask({ operation: EXPORTER })).toMatchObject({ lot: [2, 'INV-1', 'BL-1'], certificates: [2, 2], held: 1 });
    // The mill has some of the lot; the papers of those before it are not its own.
    expect(await ask({ operation: MILL })).toMatchObject({ lot: [0], shipment: null, papers: ['INV-2'] });
    // The agency's paper names the lot, which makes neither the lot its own nor the paper the lot's holders'.
    expect(await ask({ operation: AGENCY })).toMatchObject({ lot: null, shipment: null });
    expect(await ask({ operation: STRANGER })).toMatchObject({ lot: null, shipment: null });
    const { documents } = await lotline.data(
      '{ documents(filter: { numbers: ["PHY-1"] }) { nodes { issuer { name } lots { totalCount } } } }',
      {},
      { operation: AGENCY },
    );
    expect(documents.nodes).toEqual([{ issuer: { name: AGENCY }, lots: { totalCount: 0 } }]);
  });

  test('exporter and issuer see how much was drawn, and not by which entry', async () => {
    for (const as of [{ operation: EXPORTER }, { certifier: 'ZZ2' }] as const) {
      const { importCertificate } = await lotline.data(
        'query ($number: String!) { importCertificate(number: $number) { drawn remaining customsEntries { totalCount nodes { number } } } }',
        { number: DRAWN },
        as,
      );
      expect(importCertificate).toEqual({ drawn: '1500', remaining: '-500', customsEntries: { totalCount: 0, nodes: [] } });
    }
    const lines = async (as: As) => {
      const { search } = await lotline.data(
        'query ($text: String!) { search(text: $text) { nodes { ... on CustomsEntry { lines { totalCount nodes { line importCertificate { number } } } } } } }',
        { text: ENTRY },
        as,
      );
      const [{ lines }] = search.nodes;
      expect(lines.totalCount).toBe(lines.nodes.length);
      return lines.nodes.map(({ line, importCertificate }: any) => `${line} ${importCertificate.number}`);
    };
    // An entry of a broker holds lines of several importers, each of whom sees its own.
    expect(await lines({ operation: BROKER })).toEqual([`1 ${DRAWN}`, `2 ${DRAWN}`, `3 ${HANDED}`]);
    expect(await lines({ operation: BUYER })).toEqual([`1 ${DRAWN}`, `2 ${DRAWN}`]);
    expect(await lines({ operation: IMPORTER })).toEqual([`3 ${HANDED}`]);
  });

  // Filer and exporter are parties to one fact of the certificate (customs/record.ts), and operationVisible takes them for partners.
  test('an exporter does not learn who filed the entry', async () => {
    const { operation } = await lotline.data(`{ operation(identifier: "${BROKER}") { name } }`, {}, { operation: EXPORTER });
    expect(operation).toBeNull();
  });

  test('lots named on a certificate show to its importer once it is handed over, or an entry names them', async () => {
    const lots = async (as: As) => {
      const found = await lotline.data('{ lots { nodes { code } } }', {}, as);
      return found.lots.nodes.map(({ code }: any) => code).filter((code: string) => code === 'BEANS' || code === 'QUINOA');
    };
    expect(await lots({ operation: HANDLER })).toEqual(['BEANS']);
    expect(await lots({ operation: IMPORTER })).toEqual(['BEANS']);
    expect(await lots({ operation: BUYER })).toEqual(['QUINOA']);
    expect(await lots({ certifier: 'ZZ1' })).toEqual(['BEANS', 'QUINOA']);
    expect(await lots({ operation: STRANGER })).toEqual([]);
    const claims = async (as: As) => (await lotline.data('{ lot(code: "BEANS") { balance { claimed } } }', {}, as)).lot.balance.claimed;
    expect(await claims({ operation: HANDLER })).toBe('60000');
    expect(await claims({ operation: EXPORTER })).toBe('60000');
    const { importCertificates } = await lotline.data(
      'query ($filter: ImportCertificateFilter) { importCertificates(filter: $filter) { nodes { lines { totalCount nodes { kilograms lot { code } } } } } }',
      { filter: { numbers: [DRAWN] } },
      { operation: BUYER },
    );
    expect(importCertificates.nodes).toEqual([{ lines: { totalCount: 1, nodes: [{ kilograms: '1000', lot: null }] } }]);
  });

  test('an entry hands over the lots of its certificate, those of lines before it and after it', async () => {
    const sees = async (code: string) =>
      (await lotline.data('query ($code: String!) { lot(code: $code) { id } }', { code }, { operation: STRANGER })).lot !== null;
    const names = await shipped((of) => ({
      ...certified(of, { importer: STRANGER }, { lot: of.lot }),
      lots: [of.lot, `${of.lot}-B`].map((code) => ({
        code,
        producer: of.exporter,
        product: 'Organic soybeans',
        quantity: 100,
        unit: 'KGM',
        kind: 'harvest',
      })),
    }));
    expect(await sees(names.lot)).toBe(false);
    await lotline.import(
      Object.fromEntries(Object.entries(entered(names, { lots: '' })).map(([file, rows]) => [`${file}.csv`, csv(rows)])),
    );
    expect([await sees(names.lot), await sees(`${names.lot}-B`)]).toEqual([true, false]);
    await lotline.import({
      'import_certificate_lines.csv': csv([
        { certificate: names.certificate, product: 'Organic soybeans', quantity: 1, unit: 'KGM', lot: `${names.lot}-B` },
      ]),
      'documents.csv': csv([paper({ number: 'WITH-LATER-LINE', issuer: names.exporter })]),
    });
    expect(await sees(`${names.lot}-B`)).toBe(true);
  });

  test('an emergency action shows to those for whom the shipment moves, or who have had some of the lot', async () => {
    const { shipment, lot } = await lotline.data(
      '{ shipment(reference: "SEA") { emergencyActions { nodes { id } } } lot(code: "E-LOT") { emergencyActions { nodes { id } } } }',
    );
    const seen = async (id: string, as: As) =>
      (await lotline.data('query ($id: ID!) { node(id: $id) { ... on EmergencyActionNotification { number } } }', { id }, as)).node
        ?.number ?? null;
    const [onShipment, onLot] = [shipment.emergencyActions.nodes[0].id, lot.emergencyActions.nodes[0].id];
    for (const operation of [EXPORTER, IMPORTER]) expect(await seen(onShipment, { operation })).toBe('EAN-1');
    for (const as of [{ operation: MILL }, { operation: STRANGER }, { certifier: 'ZZ3' }, 'nobody'] as const)
      expect(await seen(onShipment, as)).toBeNull();
    expect(await seen(onLot, { operation: EXPORTER })).toBe('E-LOT/0');
    expect(await seen(onLot, { operation: IMPORTER })).toBeNull();
  });
});

describe('lines of a certificate that is known already', () => {
  const line = ({ certificate, lot }: Names) => ({ certificate, product: 'Organic soybeans', quantity: 5, unit: 'KGM', lot });
  const ask = async ({ certificate }: Names) =>
    (
      await lotline.data('query ($number: String!) { importCertificate(number: $number) { kilograms lines { nodes { lot { code } } } } }', {
        number: certificate,
      })
    ).importCertificate;

  test('are added to it', async () => {
    const names = await shipped((of) => certified(of, {}, {}));
    await lotline.import({
      'import_certificate_lines.csv': csv([line(names)]),
      'documents.csv': csv([paper({ number: 'WITH-LINES', issuer: names.exporter })]),
    });
    expect(await ask(names)).toEqual({ kilograms: '55', lines: { nodes: [{ lot: { code: names.lot } }, { lot: null }] } });
  });

  // They are counted as recorded and rolled back: lines alone emit no event (certificates/record.ts, tell), and the runner takes a
  // command without events for one that changed nothing (commands/runner.ts, carryOut).
  test('are added to it in a folder that has nothing else', async () => {
    const names = await shipped((of) => certified(of, {}, {}));
    const counts = await lotline.import({ 'import_certificate_lines.csv': csv([line(names)]) });
    expect(counts['import_certificate_lines.csv']).toEqual({ recorded: 1, unchanged: 0 });
    expect((await ask(names)).kilograms).toBe('55');
  });
});

describe('later pages belong to the state of the first', () => {
  test('a paper recorded since is on none', async () => {
    const { lot, exporter } = await shipped((names) => ({
      documents: ['L-1', 'L-2'].map((number) => paper({ number, issuer: names.exporter, lots: names.lot })),
    }));
    const later = () => lotline.import({ 'documents.csv': csv([paper({ number: 'L-3', issuer: exporter, lots: lot })]) });
    expect(await onPagesOfOne(`lot(code: "${lot}")`, 'documents', 'analyst', later)).toEqual(['L-1', 'L-2']);
  });

  test('a certificate that came to cover a lot since is on none', async () => {
    const { lot, certificate, exporter, importer } = await shipped((names) => certified(names, {}, { lot: names.lot }));
    const [second, third] = [certificateNumber(2001), certificateNumber(2002)];
    const row = { kind: 'SHIPMENT', exporter, importer, certifier: 'ZZ1', hts: '1201900010', issued_on: '2025-03-01' };
    const line = (of: string) => ({
      'import_certificate_lines.csv': csv([{ certificate: of, product: 'Organic soybeans', quantity: 1, unit: 'KGM', lot }]),
      // Without it the line would not be kept: see the test of lines that come alone.
      'documents.csv': csv([paper({ type: 'OTHER', number: `WITH-${of}`, issuer: exporter })]),
    });
    await lotline.import({
      'import_certificates.csv': csv([
        { ...row, number: second },
        { ...row, number: third },
      ]),
      ...line(third),
    });
    const found = await onPagesOfOne(`lot(code: "${lot}")`, 'importCertificates', 'analyst', () => lotline.import(line(second)));
    expect(found).toEqual([certificate, third]);
  });

  // The link is dated by the certificate, not by the line or entry that makes it (certificates/loaders.ts, certificatesOfShipments).
  test('a certificate that came to cover a shipment since is on none', async () => {
    const { lot, shipment, certificate, exporter, importer } = await shipped((names) => certified(names, {}, { lot: names.lot }));
    const [second, third] = [certificateNumber(2003), certificateNumber(2004)];
    const row = { kind: 'SHIPMENT', exporter, importer, certifier: 'ZZ1', hts: '1201900010', issued_on: '2025-03-01' };
    const line = (of: string) => ({
      'import_certificate_lines.csv': csv([{ certificate: of, product: 'Organic soybeans', quantity: 1, unit: 'KGM', lot }]),
      // Without it the line would not be kept: see the test of lines that come alone.
      'documents.csv': csv([paper({ type: 'OTHER', number: `WITH-${of}`, issuer: exporter })]),
    });
    await lotline.import({
      'import_certificates.csv': csv([
        { ...row, number: second },
        { ...row, number: third },
      ]),
      ...line(third),
    });
    const found = await onPagesOfOne(`shipment(reference: "${shipment}")`, 'importCertificates', 'analyst', () =>
      lotline.import(line(second)),
    );
    expect(found).toEqual([certificate, third]);
  });

  // Whether the asker sees a linked noun is asked of the present, whatever the page (questions/facts.ts, linked).
  test('a paper that came into sight since is on none', async () => {
    const { lot, exporter, importer } = await shipped((names) => ({
      transfers: TRANSFER(names, 'SIGHT-3'),
      documents: ['SIGHT-1', 'SIGHT-2', 'SIGHT-3'].map((number) =>
        paper({ number, issuer: names.exporter, lots: names.lot, operations: number === 'SIGHT-1' ? names.importer : '' }),
      ),
    }));
    const sold = () =>
      lotline.import({
        'transfers.csv': csv([{ lot, from: exporter, to: importer, on: '2025-03-09', quantity: 1, unit: 'KGM', document: 'SIGHT-2' }]),
      });
    expect(await onPagesOfOne(`lot(code: "${lot}")`, 'documents', { operation: importer }, sold)).toEqual(['SIGHT-1', 'SIGHT-3']);
  });
});
