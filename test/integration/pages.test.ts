import { csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber, entryNumber } from '../support/world';

// Lists are read in pages: of any size they give the same whole, and later pages belong to the state of the first.

const LOTS = 30;
let lotline: Lotline;
const ids = new Map<string, string>();

const operations = [
  { operation: '9990000001', name: 'Farm', country: 'UA', roles: 'producer' },
  { operation: '9990000002', name: 'Buyer A', country: 'TR', roles: 'handler' },
  { operation: '9990000003', name: 'Buyer B', country: 'US', roles: 'importer' },
];
const lot = (code: string, more: object = {}) => ({
  code,
  producer: '9990000001',
  product: 'Wheat',
  quantity: 100,
  unit: 'KGM',
  kind: 'harvest',
  produced_on: '2025-05-01',
  ...more,
});

const invoice = (index: number) => ({
  type: 'INVOICE',
  number: `INV-${index}`,
  issuer: '9990000001',
  issued_on: '2025-06-01',
  marked_organic: 'yes',
  lots: 'BLEND',
});
const importCertificate = (index: number) => ({
  number: certificateNumber(1, index + 1),
  kind: 'SHIPMENT',
  exporter: '9990000001',
  importer: '9990000003',
  certifier: 'ZZ1',
  hts: '1001990000',
  issued_on: '2025-05-30',
});
const entry = (index: number) => ({
  entry: entryNumber(index + 1),
  line: 1,
  certificate: certificateNumber(1, 1),
  filed_on: '2025-06-05',
  hts: '1001990000',
  quantity: 1,
  unit: 'KGM',
});

async function begin(): Promise<void> {
  lotline = await startLotline();
  await lotline.import({
    'operations.csv': csv(operations),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      ...Array.from({ length: LOTS }, (_, index) => lot(`P-${index}`)),
      lot('BLEND', { kind: 'transformation', quantity: 300, produced_on: '2025-06-01' }),
    ]),
    'lot_inputs.csv': csv(
      Array.from({ length: LOTS }, (_, index) => ({
        output: 'BLEND',
        input: `P-${index}`,
        quantity: 10,
        unit: 'KGM',
        on: index % 3 === 0 ? '2025-05-20' : '',
      })),
    ),
    'transfers.csv': csv(
      Array.from({ length: 9 }, (_, index) => ({
        lot: 'BLEND',
        from: '9990000001',
        to: index % 2 ? '9990000002' : '9990000003',
        on: `2025-06-0${index + 1}`,
        quantity: 10,
        unit: 'KGM',
        document: `INV-${index}`,
      })),
    ),
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier' }]),
    'documents.csv': csv(Array.from({ length: 9 }, (_, index) => invoice(index))),
    'import_certificates.csv': csv(Array.from({ length: 8 }, (_, index) => importCertificate(index))),
    'import_certificate_lines.csv': csv(
      Array.from({ length: 8 }, (_, index) => ({
        certificate: certificateNumber(1, 1),
        product: 'Wheat',
        quantity: index + 1,
        unit: 'KGM',
        lot: `P-${index}`,
      })),
    ),
    'customs_entries.csv': csv(Array.from({ length: 8 }, (_, index) => entry(index))),
  });
  const { operations: all } = await lotline.data('{ operations { nodes { id name } } }');
  for (const { id, name } of all.nodes) ids.set(name, id);
}
const end = () => lotline.close();

/** Every list: the document, and where in its answer the connection is. */
const LISTS: [name: string, document: string, place: string[]][] = [
  [
    'lots',
    'query ($first: Int, $after: String) { lots(first: $first, after: $after) { totalCount nodes { code } edges { cursor } pageInfo { hasNextPage endCursor } } }',
    ['lots'],
  ],
  [
    'lots of a producer',
    'query ($first: Int, $after: String) { operation(identifier: "9990000001") { lots(first: $first, after: $after) { totalCount nodes { code } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['operation', 'lots'],
  ],
  [
    'inputs',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { inputs(first: $first, after: $after) { totalCount nodes { on input { code } } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['lot', 'inputs'],
  ],
  [
    'ownership',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { ownership(first: $first, after: $after) { totalCount nodes { from owner { name } } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['lot', 'ownership'],
  ],
  [
    'holdings',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { holdings(first: $first, after: $after) { totalCount nodes { kilograms operation { name } } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['lot', 'holdings'],
  ],
  [
    'operations',
    'query ($first: Int, $after: String) { operations(first: $first, after: $after) { totalCount nodes { name } edges { cursor } pageInfo { hasNextPage endCursor } } }',
    ['operations'],
  ],
  [
    'lots of a trace',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { trace(direction: BACK) { lots(first: $first, after: $after) { totalCount nodes { ref lot { code } } edges { cursor } pageInfo { hasNextPage endCursor } } } } }',
    ['lot', 'trace', 'lots'],
  ],
  [
    'links of a trace',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { trace(direction: BACK) { links(first: $first, after: $after) { totalCount nodes { from to kilograms } edges { cursor } pageInfo { hasNextPage endCursor } } } } }',
    ['lot', 'trace', 'links'],
  ],
  [
    'gaps of a trace',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { trace(direction: BACK) { gaps(first: $first, after: $after) { totalCount nodes { kind on lot { ref } } edges { cursor } pageInfo { hasNextPage endCursor } } } } }',
    ['lot', 'trace', 'gaps'],
  ],
  [
    'steps of a trace',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { trace(direction: BACK) { steps(first: $first, after: $after) { totalCount nodes { kind on lot { ref } documents { number } } edges { cursor } pageInfo { hasNextPage endCursor } } } } }',
    ['lot', 'trace', 'steps'],
  ],
  [
    'documents',
    'query ($first: Int, $after: String) { documents(first: $first, after: $after) { totalCount nodes { number } edges { cursor } pageInfo { hasNextPage endCursor } } }',
    ['documents'],
  ],
  [
    'documents of a lot',
    'query ($first: Int, $after: String) { lot(code: "BLEND") { documents(first: $first, after: $after) { totalCount nodes { number } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['lot', 'documents'],
  ],
  [
    'import certificates',
    'query ($first: Int, $after: String) { importCertificates(first: $first, after: $after) { totalCount nodes { number status } edges { cursor } pageInfo { hasNextPage endCursor } } }',
    ['importCertificates'],
  ],
  [
    'lines of an import certificate',
    'query ($first: Int, $after: String) { importCertificate(number: "999-0000000001-000001") { lines(first: $first, after: $after) { totalCount nodes { kilograms lot { code } } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['importCertificate', 'lines'],
  ],
  [
    'entries of an import certificate',
    'query ($first: Int, $after: String) { importCertificate(number: "999-0000000001-000001") { customsEntries(first: $first, after: $after) { totalCount nodes { number } edges { cursor } pageInfo { hasNextPage endCursor } } } }',
    ['importCertificate', 'customsEntries'],
  ],
];

const at = (answer: any, place: string[]) => place.reduce((value, step) => value[step], answer);

async function readAll(
  document: string,
  place: string[],
  first: number,
  between: () => Promise<unknown> = async () => {},
): Promise<{ nodes: unknown[]; total: number }> {
  const nodes: unknown[] = [];
  let after: string | null = null;
  for (let pages = 0; ; pages++) {
    const page: any = at(await lotline.data(document, { first, after }), place);
    nodes.push(...page.nodes);
    expect(page.edges).toHaveLength(page.nodes.length);
    if (!page.pageInfo.hasNextPage) return { nodes, total: page.totalCount };
    after = page.pageInfo.endCursor;
    if (pages === 0) await between();
  }
}

describe('of one world', () => {
  beforeAll(begin);
  afterAll(end);

  test.each(LISTS)('%s: pages of 1, 4 and 7 give what one page gives', async (_name, document, place) => {
    const whole = await readAll(document, place, 500);
    expect(whole.total).toBe(whole.nodes.length);
    for (const first of [1, 4, 7]) expect(await readAll(document, place, first)).toEqual(whole);
  });

  test('a cursor of another viewer, or of another list, is refused', async () => {
    const { lots } = await lotline.data('{ lots(first: 1) { pageInfo { endCursor } } }');
    const after = lots.pageInfo.endCursor;
    const other = await lotline.ask('query ($after: String) { lots(after: $after) { totalCount } }', { after }, 'admin');
    expect(other.errors![0]!.extensions).toMatchObject({ code: 'CURSOR_FOREIGN', path: ['after'] });
    const elsewhere = await lotline.ask('query ($after: String) { operations(after: $after) { totalCount } }', { after });
    expect(elsewhere.errors![0]!.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['after'] });
  });

  test('filters are ANDed, and their lists ORed', async () => {
    const codes = async (filter: object) =>
      (
        await lotline.data('query ($filter: LotFilter) { lots(filter: $filter, first: 500) { nodes { code } } }', { filter })
      ).lots.nodes.map((node: any) => node.code);
    expect(await codes({ codes: ['P-1', 'P-2', 'NONE'] })).toEqual(['P-1', 'P-2']);
    expect(await codes({ codePrefix: 'P-2' })).toEqual(['P-2', ...Array.from({ length: 10 }, (_, index) => `P-2${index}`)]);
    expect(await codes({ codePrefix: 'B%' })).toEqual([]);
    expect(await codes({ kinds: ['TRANSFORMATION'], countries: ['UA'] })).toEqual(['BLEND']);
    expect(await codes({ kinds: ['TRANSFORMATION'], countries: ['US'] })).toEqual([]);
    expect(await codes({ producedFrom: '2025-05-02', producedTo: '2025-06-01' })).toEqual(['BLEND']);
    expect(await codes({ holders: [ids.get('Buyer A')] })).toEqual(['BLEND']);
    expect(await codes({ producers: [ids.get('Buyer A')] })).toEqual([]);
    expect(await codes({ codes: [] })).toEqual([]);
  });

  // It changes what the world is: behind all that only reads. All lists have given their first page when it is written.
  describe('what is written after the first page is not on a later one', () => {
    const lists = LISTS.filter(([name]) => !name.includes('trace'));
    const before = new Map<string, unknown>();
    const after = new Map<string, unknown>();
    beforeAll(async () => {
      for (const [name, document, place] of lists) before.set(name, await readAll(document, place, 500));
      let write = () => {};
      const written = new Promise<void>((done) => {
        write = done;
      });
      let begun = 0;
      const reading = lists.map(async ([name, document, place]) => {
        const read = await readAll(document, place, 2, () => {
          if (++begun === lists.length) write();
          return imported;
        });
        after.set(name, read);
      });
      const imported = written.then(() =>
        lotline.import({
          'operations.csv': csv([{ operation: '9990000009', name: 'New', country: 'US', roles: 'importer' }]),
          'lots.csv': csv([lot('P-NEW')]),
          'documents.csv': csv([invoice(99)]),
          'import_certificates.csv': csv([importCertificate(99)]),
          'import_certificate_lines.csv': csv([
            { certificate: certificateNumber(1, 1), product: 'Wheat', quantity: 1, unit: 'KGM', lot: 'P-20' },
          ]),
          'customs_entries.csv': csv([entry(99)]),
          'transfers.csv': csv([
            { lot: 'BLEND', from: '9990000001', to: '9990000009', on: '2025-06-02', quantity: 5, unit: 'KGM' },
            { lot: 'BLEND', from: '9990000003', to: '9990000002', on: '2025-06-09', quantity: 50, unit: 'KGM' },
          ]),
        }),
      );
      await Promise.all(reading);
    });

    test.each(lists.map(([name]) => name))('%s', (name) => {
      expect(after.get(name)).toEqual(before.get(name));
    });
  });
});

describe('of a world that changes', () => {
  beforeEach(begin);
  afterEach(end);

  test('inputs corrected after the first page: later pages still show the set of the first', async () => {
    const [, document, place] = LISTS.find(([name]) => name === 'inputs')!;
    const before = await readAll(document, place, 500);
    const { lot: blend, lots } = await lotline.data('{ lot(code: "BLEND") { id } lots(filter: { codes: ["P-0"] }) { nodes { id } } }');
    const after = await readAll(document, place, 4, () =>
      lotline.data(
        'mutation ($input: DeclareLotInputsInput!) { declareLotInputs(input: $input) { cursor } }',
        {
          input: {
            idempotencyKey: 'again',
            lot: blend.id,
            inputs: [{ lot: lots.nodes[0].id, quantity: { value: '1', unit: 'KGM' } }],
            correctionReason: 'only one',
          },
        },
        'admin',
      ),
    );
    expect(after).toEqual(before);
  });

  test('a lot that changes hands after the first page stays on the pages of its first holder', async () => {
    await lotline.import({
      'transfers.csv': csv(
        Array.from({ length: 5 }, (_, index) => ({
          lot: `P-${index}`,
          from: '9990000001',
          to: '9990000002',
          on: '2025-07-01',
          quantity: 10,
          unit: 'KGM',
        })),
      ),
    });
    const document = `query ($first: Int, $after: String) { lots(filter: { holders: ["${ids.get('Buyer A')}"], codePrefix: "P-" }, first: $first, after: $after) { totalCount nodes { code } edges { cursor } pageInfo { hasNextPage endCursor } } }`;
    const before = await readAll(document, ['lots'], 500);
    expect(before.nodes).toHaveLength(5);
    const after = await readAll(document, ['lots'], 1, () =>
      lotline.import({
        'transfers.csv': csv([{ lot: 'P-3', from: '9990000002', to: '9990000003', on: '2025-07-02', quantity: 10, unit: 'KGM' }]),
      }),
    );
    expect(after).toEqual(before);
    expect((await readAll(document, ['lots'], 500)).nodes).toHaveLength(4);
  });

  test('a trace that changed between two pages says TRACE_CHANGED; another write changes nothing', async () => {
    const document =
      'query ($after: String) { lot(code: "BLEND") { trace(direction: BACK) { lots(first: 5, after: $after) { nodes { lot { code } } pageInfo { endCursor } } } } }';
    const first = await lotline.data(document, {});
    const after = first.lot.trace.lots.pageInfo.endCursor;
    await lotline.import({ 'lots.csv': csv([lot('ELSEWHERE')]) });
    expect((await lotline.data(document, { after })).lot.trace.lots.nodes).toHaveLength(5);
    await lotline.import({
      'lots.csv': csv([lot('SEED')]),
      'lot_inputs.csv': csv([{ output: 'P-29', input: 'SEED', quantity: 1, unit: 'KGM' }]),
    });
    const { errors } = await lotline.ask(document, { after });
    expect(errors![0]!.extensions).toMatchObject({ code: 'TRACE_CHANGED', remedy: expect.any(String) });
  });
});
