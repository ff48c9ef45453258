import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// One field for whatever a person has in hand: what is found, in which order, by whom, and how it is read in pages.

const PUBLIC = '9990000001';
const FARM = 'Q:FARM';
const BUYER = 'Q:BUYER';
const RIVAL = 'Q:RIVAL';
const GROWERS = 'Q:GROWERS';
const STEPPE = 'Q:STEPPE';
const CERTIFICATE = certificateNumber(1, 7);
const NEXT_CERTIFICATE = certificateNumber(1, 8);
const ENTRY = entryNumber(7);
const CONTAINER = 'CSQU3054383';

const NAMES: Record<string, string> = {
  [PUBLIC]: 'Sample Strait Trading',
  [FARM]: 'Meadow Farm',
  [BUYER]: 'Placeholder Organic Imports',
  [RIVAL]: 'Placeholder Organics',
  [GROWERS]: 'BEAN-1 Growers',
  [STEPPE]: 'Український Степ',
};

/** Codes of characters that mean something to a database. */
const ODD = { percent: '50% OFF', underscore: 'A_B', plain: 'AXB', quotes: `O'HARA "7"`, backslash: 'B\\S', emoji: '\u{1F33E} 2025' };

const lot = (code: string, producer: string = FARM) => ({
  code,
  producer,
  product: 'Wheat',
  quantity: 100,
  unit: 'KGM',
  kind: 'harvest',
  produced_on: '2025-01-10',
});
const invoice = (number: string, issuer: string = FARM) => ({
  type: 'INVOICE',
  number,
  issuer,
  issued_on: '2025-03-01',
  marked_organic: 'YES',
});
const given = (code: string, to: string = BUYER) => ({
  lot: `${FARM}/${code}`,
  from: FARM,
  to,
  on: '2025-03-02',
  quantity: 1,
  unit: 'KGM',
});

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier', scheme: 'NOP' }]),
    'operations.csv': csv(Object.entries(NAMES).map(([operation, name]) => ({ operation, name, country: 'UA', roles: 'handler' }))),
    'operation_certificates.csv': csv([{ operation: PUBLIC, certifier: 'ZZ1', status: 'certified', effective_from: '2024-01-01' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      ...['BEAN-1', 'BEAN-10', 'BEAN-1-A', 'RICE-2', 'RICE-20'].map((code) => lot(code)),
      ...Object.values(ODD).map((code) => lot(code)),
      lot('BEAN-1', RIVAL),
    ]),
    'transfers.csv': csv([given('BEAN-10')]),
    'shipments.csv': csv([
      { reference: 'SEA-7', shipper: FARM, consignee: BUYER },
      { reference: 'CSQU30-JOB', shipper: RIVAL, consignee: PUBLIC },
    ]),
    'shipment_legs.csv': csv(
      [
        { shipment: 'SEA-7', sequence: 1 },
        { shipment: 'SEA-7', sequence: 2 },
        { shipment: 'CSQU30-JOB', sequence: 1 },
      ].map((leg) => ({ ...leg, mode: 'maritime', from_place: 'TRISK', to_place: 'USSCK', departed: '2025-03-06', container: CONTAINER })),
    ),
    'documents.csv': csv([invoice('BEAN-1'), invoice('INV-77')]),
    'import_certificates.csv': csv(
      [CERTIFICATE, NEXT_CERTIFICATE].map((number) => ({
        number,
        kind: 'SHIPMENT',
        exporter: FARM,
        importer: BUYER,
        certifier: 'ZZ1',
        hts: '1001990000',
        issued_on: '2025-03-01',
      })),
    ),
    'customs_entries.csv': csv([
      {
        entry: ENTRY,
        line: 1,
        certificate: CERTIFICATE,
        filed_on: '2025-04-01',
        hts: '1001990000',
        quantity: 1,
        unit: 'KGM',
        filer: BUYER,
      },
    ]),
  });
});
afterAll(() => lotline.close());

const SEARCH = `query ($text: String!, $first: Int, $after: String) { search(text: $text, first: $first, after: $after) {
  nodes { __typename } edges { cursor matched node { __typename ... on Lot { code producer { name } } ... on Operation { name } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

/** What is found, as `Type matched`, in order. */
async function found(text: string, as: As = 'analyst'): Promise<string[]> {
  const { search } = await lotline.data(SEARCH, { text }, as);
  expect(search.nodes.map(({ __typename }: any) => __typename)).toEqual(search.edges.map(({ node }: any) => node.__typename));
  return search.edges.map(({ matched, node }: any) => `${node.__typename} ${matched}`);
}

/** What is found in pages of a size; something may happen after the first. */
async function inPages(
  text: string,
  first: number,
  as: As = 'analyst',
  happens: () => Promise<unknown> = async () => {},
): Promise<string[]> {
  const all: string[] = [];
  for (let after: string | null = null; ; ) {
    const { search }: any = await lotline.data(SEARCH, { text, first, after }, as);
    expect(search.pageInfo.hasPreviousPage).toBe(after !== null);
    all.push(...search.edges.map(({ matched, node }: any) => `${node.__typename} ${matched}`));
    if (!search.pageInfo.hasNextPage) return all;
    expect(search.edges).toHaveLength(first);
    if (after === null) await happens();
    after = search.pageInfo.endCursor;
  }
}

const FOUND: [what: string, text: string, answer: string[]][] = [
  ['a lot by its code', 'RICE-20', ['Lot RICE-20']],
  ['a code in lower case', 'rice-20', ['Lot RICE-20']],
  ['a code that was copied with spaces', '  RICE-20 ', ['Lot RICE-20']],
  ['lots by how their codes begin', 'RICE', ['Lot RICE-2', 'Lot RICE-20']],
  ['a certificate by its number', CERTIFICATE, [`ImportCertificate ${CERTIFICATE}`]],
  ['a certificate whose hyphens were left out', CERTIFICATE.replaceAll('-', ''), [`ImportCertificate ${CERTIFICATE}`]],
  [
    'certificates by how their numbers begin',
    '999-0000000001-',
    [`ImportCertificate ${CERTIFICATE}`, `ImportCertificate ${NEXT_CERTIFICATE}`],
  ],
  ['an entry by its number', ENTRY, [`CustomsEntry ${ENTRY}`]],
  ['an entry without hyphens and in lower case', ENTRY.replaceAll('-', '').toLowerCase(), [`CustomsEntry ${ENTRY}`]],
  ['an entry by how its number begins', 'ZZ1-', [`CustomsEntry ${ENTRY}`]],
  ['shipments by the container, each once', CONTAINER, [`Shipment ${CONTAINER}`, `Shipment ${CONTAINER}`]],
  ['a container as it is painted', 'csqu 305438-3', [`Shipment ${CONTAINER}`, `Shipment ${CONTAINER}`]],
  ['a shipment by reference and container, once', 'CSQU30', ['Shipment CSQU30-JOB', `Shipment ${CONTAINER}`]],
  ['a shipment by its reference', 'SEA-7', ['Shipment SEA-7']],
  ['a document by its number', 'INV-77', ['Document INV-77']],
  ['an operation by its NOP ID', PUBLIC, [`Operation ${PUBLIC}`]],
  ['an operation by its NOP ID with the scheme', `NOP:${PUBLIC}`, [`Operation ${PUBLIC}`]],
  ['an operation by another identifier, typed in lower case', 'q:farm', [`Operation ${FARM}`]],
  ['operations by how their identifiers begin', 'Q:GR', [`Operation ${GROWERS}`]],
  ['an operation by its name', 'Sample Strait Trading', ['Operation Sample Strait Trading']],
  ['an operation by a word of its name', 'meadow', ['Operation Meadow Farm']],
  ['an operation by a name with a typing error', 'Smaple Strait Tradign', ['Operation Sample Strait Trading']],
  ['a code with a percent sign', '50%', [`Lot ${ODD.percent}`]],
  ['a code with an underscore, which is no wildcard', 'A_', [`Lot ${ODD.underscore}`]],
  ['a code with quotes', `O'HARA "`, [`Lot ${ODD.quotes}`]],
  ['a code with a backslash', 'B\\', [`Lot ${ODD.backslash}`]],
  ['a code beyond the letters of an alphabet', '\u{1F33E}', [`Lot ${ODD.emoji}`]],
  ['nothing for a percent sign alone', '%', []],
  ['nothing for an underscore alone', '_', []],
  ['nothing for words of SQL', "' or true --", []],
  ['nothing where there is nothing', 'NO-SUCH-THING', []],
];

test.each(FOUND)('finds %s', async (_what, text, answer) => {
  expect(await found(text)).toEqual(answer);
  expect(await inPages(text, 1)).toEqual(answer);
});

describe('names with marks', () => {
  beforeAll(() =>
    lotline.import({
      'operations.csv': csv(
        ['PM Expórter Ñandú', 'Gıda Çiftliği Şti.', 'Łódź Młyn', 'Große Straße Æbler Øst', 'Nguyễn Cà Phê'].map((name, index) => ({
          operation: `M:${index}`,
          name,
          country: 'CO',
          roles: 'handler',
        })),
      ),
    }),
  );

  test.each([
    ['PM Expórter Ñandú', 'PM Expórter Ñandú'],
    ['as typed without them', 'Exporter Nandu', 'PM Expórter Ñandú'],
    ['in capitals', 'EXPÓRTER ÑANDÚ', 'PM Expórter Ñandú'],
    ['with a typing error', 'Expórtr Ñandú', 'PM Expórter Ñandú'],
    ['in another order', 'Ñandú Expórter', 'PM Expórter Ñandú'],
    ['with each mark on its own', 'Expo\u0301rter N\u0303andu\u0301', 'PM Expórter Ñandú'],
    ['of Turkish', 'gida ciftligi', 'Gıda Çiftliği Şti.'],
    ['of Polish', 'lodz mlyn', 'Łódź Młyn'],
    ['of German and Danish', 'grosse strasse aebler ost', 'Große Straße Æbler Øst'],
    ['of Vietnamese', 'nguyen ca phe', 'Nguyễn Cà Phê'],
  ])('are found: %s', async (_how, text, name = text) => {
    expect(await found(text)).toEqual([`Operation ${name}`]);
  });
});

// The embedded cluster has LC_CTYPE C (database/embedded.ts, --no-locale), under which pg_trgm makes no trigram of letters beyond ASCII.
test('finds an operation by a name in another alphabet', async () => {
  expect(await found('Український Степ')).toEqual(['Operation Український Степ']);
});

test('tells what is exactly that first, then what begins so, then names; equal ones by what was matched, lots before documents', async () => {
  expect(await found('BEAN-1')).toEqual([
    'Lot BEAN-1',
    'Lot BEAN-1',
    'Document BEAN-1',
    'Lot BEAN-1-A',
    'Lot BEAN-10',
    'Operation BEAN-1 Growers',
  ]);
  // The name that is closer comes first.
  expect(await found('Placeholder Organic Imports')).toEqual(['Operation Placeholder Organic Imports', 'Operation Placeholder Organics']);
  expect(await found('Placeholder Organics')).toEqual(['Operation Placeholder Organics', 'Operation Placeholder Organic Imports']);
  const { search } = await lotline.data(SEARCH, { text: 'BEAN-1', first: 2 });
  expect(search.edges.map(({ node }: any) => node.producer.name).sort()).toEqual([NAMES[FARM], NAMES[RIVAL]].sort());
});

describe('pages', () => {
  test.each([1, 2, 3, 5, 6, 500])('of %i come to the whole', async (first) => {
    for (const text of ['BEAN', 'BEAN-1', 'Placeholder', 'CSQU', '999']) expect(await inPages(text, first)).toEqual(await found(text));
  });

  test('belong to the state of the first: what was recorded since is on none, and is found by a new search', async () => {
    const since = {
      'operations.csv': csv([{ operation: 'STATE-1:OP', name: 'STATE-1 Mills', country: 'US', roles: 'handler' }]),
      'lots.csv': csv([lot('STATE-2'), lot('STATE-1', BUYER)]),
      'documents.csv': csv([invoice('STATE-1B')]),
      'shipments.csv': csv([{ reference: 'STATE-4', shipper: FARM, consignee: BUYER }]),
      'shipment_legs.csv': csv([
        {
          shipment: 'STATE-5',
          sequence: 1,
          mode: 'rail',
          from_place: 'TRISK',
          to_place: 'USSCK',
          departed: '2025-03-06',
          container: 'MSCU6639870',
        },
      ]),
    };
    await lotline.import({
      'lots.csv': csv(['STATE-1', 'STATE-3'].map((code) => lot(code))),
      'shipments.csv': csv([{ reference: 'STATE-5', shipper: FARM, consignee: BUYER }]),
    });
    const before = await found('STATE-');
    expect(before).toEqual(['Lot STATE-1', 'Lot STATE-3', 'Shipment STATE-5']);
    expect(await inPages('STATE-', 1, 'analyst', () => lotline.import(since))).toEqual(before);
    expect(await found('STATE-')).toEqual([
      'Lot STATE-1',
      'Lot STATE-1',
      'Operation STATE-1:OP',
      'Document STATE-1B',
      'Lot STATE-2',
      'Lot STATE-3',
      'Shipment STATE-4',
      'Shipment STATE-5',
    ]);
    expect(await found('MSCU6639870')).toEqual(['Shipment MSCU6639870']);
  });

  // Whether the asker sees a match is asked of the present, whatever the page (search/search.ts, subjectVisible without `known`).
  test('belong to the state of the first: what came into sight since is on none', async () => {
    await lotline.import({
      'lots.csv': csv([1, 2, 3].map((number) => lot(`SIGHT-${number}`))),
      'transfers.csv': csv([given('SIGHT-1'), given('SIGHT-3')]),
    });
    const sold = () => lotline.import({ 'transfers.csv': csv([given('SIGHT-2')]) });
    expect(await inPages('SIGHT-', 1, { operation: BUYER }, sold)).toEqual(['Lot SIGHT-1', 'Lot SIGHT-3']);
  });

  test('of no length say whether there is anything', async () => {
    const { search } = await lotline.data(SEARCH, { text: 'BEAN', first: 0 });
    expect(search).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  test('go on with a cursor of the same search only', async () => {
    const { search } = await lotline.data(SEARCH, { text: 'BEAN', first: 1 });
    const after = search.pageInfo.endCursor;
    const code = async (query: string, variables: object, as: As = 'analyst') =>
      (await lotline.ask(query, { after, ...variables }, as)).errors?.map(({ extensions }) => [extensions.code, extensions.path]);
    const next = (from: string) => lotline.data(SEARCH, { text: 'BEAN', first: 1, after: from });
    expect((await next(search.edges[0].cursor)).search.edges[0].matched).toBe((await next(after)).search.edges[0].matched);
    // Spaces around a text are no part of it.
    expect(await code(SEARCH, { text: ' BEAN ' })).toBeUndefined();
    expect(await code(SEARCH, { text: 'BEAN-1' })).toEqual([['BAD_USER_INPUT', ['after']]]);
    expect(await code(SEARCH, { text: 'bean' })).toEqual([['BAD_USER_INPUT', ['after']]]);
    expect(await code('query ($after: String) { lots(after: $after) { totalCount } }', {})).toEqual([['BAD_USER_INPUT', ['after']]]);
    expect(await code(SEARCH, { text: 'BEAN' }, { operation: FARM })).toEqual([['CURSOR_FOREIGN', ['after']]]);
    const { lots } = await lotline.data('{ lots(first: 1) { pageInfo { endCursor } } }');
    expect(await code(SEARCH, { text: 'BEAN', after: lots.pageInfo.endCursor })).toEqual([['BAD_USER_INPUT', ['after']]]);
    for (const first of [-1, 501])
      expect(await code(SEARCH, { text: 'BEAN', first, after: null })).toEqual([['BAD_USER_INPUT', ['first']]]);
  });
});

test.each([
  ['an empty text', '', /it is empty/],
  ['spaces', '   ', /it is empty/],
  ['a text of 201 characters', 'x'.repeat(201), /201 characters/],
  ['a line break', 'BEAN\n1', /control character/],
  ['half a character', '\ud83c', /surrogate/],
])('%s is refused, with what would be right', async (_what, text, wrong) => {
  const [{ message, extensions }] = (await lotline.ask(SEARCH, { text })).errors as [{ message: string; extensions: any }];
  expect(message).toMatch(wrong);
  expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['text'], remedy: expect.any(String) });
});

test('a text of 200 characters is looked for', async () => {
  expect(await found('x'.repeat(200))).toEqual([]);
});

describe('each finds what it sees, and nothing tells it of the rest', () => {
  const TEXTS = ['BEAN-1', 'BEAN', CERTIFICATE, ENTRY, CONTAINER, 'SEA-7', 'INV-77', 'Placeholder', PUBLIC, FARM, GROWERS];
  const SEEN: [who: string, as: As, answers: string[][]][] = [
    [
      'the farm',
      { operation: FARM },
      [
        ['Lot BEAN-1', 'Document BEAN-1', 'Lot BEAN-1-A', 'Lot BEAN-10'],
        ['Lot BEAN-1', 'Document BEAN-1', 'Lot BEAN-1-A', 'Lot BEAN-10'],
        [`ImportCertificate ${CERTIFICATE}`],
        [],
        [`Shipment ${CONTAINER}`],
        ['Shipment SEA-7'],
        ['Document INV-77'],
        ['Operation Placeholder Organic Imports'],
        [`Operation ${PUBLIC}`],
        [`Operation ${FARM}`],
        [],
      ],
    ],
    [
      'its buyer',
      { operation: BUYER },
      [
        ['Lot BEAN-10'],
        ['Lot BEAN-10'],
        [`ImportCertificate ${CERTIFICATE}`],
        [`CustomsEntry ${ENTRY}`],
        [`Shipment ${CONTAINER}`],
        ['Shipment SEA-7'],
        [],
        ['Operation Placeholder Organic Imports'],
        [`Operation ${PUBLIC}`],
        [`Operation ${FARM}`],
        [],
      ],
    ],
    [
      'a rival with a lot of the same code',
      { operation: RIVAL },
      [
        ['Lot BEAN-1'],
        ['Lot BEAN-1'],
        [],
        [],
        [`Shipment ${CONTAINER}`],
        [],
        [],
        ['Operation Placeholder Organics'],
        [`Operation ${PUBLIC}`],
        [],
        [],
      ],
    ],
    [
      'the certifier, which issued the certificates',
      { certifier: 'ZZ1' },
      [
        [],
        [],
        [`ImportCertificate ${CERTIFICATE}`],
        [],
        [`Shipment ${CONTAINER}`],
        [],
        [],
        // The partner of an operation that it certifies; a certificate that is not handed over shares nothing with its importer.
        ['Operation Placeholder Organics'],
        [`Operation ${PUBLIC}`],
        [`Operation ${FARM}`],
        [],
      ],
    ],
    ['nobody', 'nobody', [[], [], [], [], [], [], [], [], [`Operation ${PUBLIC}`], [], []]],
  ];

  test.each(SEEN)('%s', async (_who, as, answers) => {
    const told: string[][] = [];
    for (const text of TEXTS) {
      told.push(await found(text, as));
      // What is hidden takes no place on a page either.
      expect(await inPages(text, 1, as)).toEqual(told.at(-1));
    }
    expect(told).toEqual(answers);
  });

  test('nobody finds a public operation by its name', async () => {
    expect(await found('Sample Strait', 'nobody')).toEqual(['Operation Sample Strait Trading']);
    expect(await found('Meadow Farm', 'nobody')).toEqual([]);
  });
});
