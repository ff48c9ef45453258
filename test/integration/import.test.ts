import { fingerprint, type Lotline, mistakesOf, startLotline } from '../support/lotline';

// What a sound folder promises: whatever a spreadsheet looks like, its facts are stored once, as reported, exact to the gram.

type Files = Record<string, string | Buffer>;
const lines = (...rows: string[]): string => `${rows.join('\n')}\n`;

const FARM = '8150000001';
const TRADER = '8150000002';
const IMPORTER = 'GLN:4012345000009';
const CERTIFIERS = lines('certifier,name,country,scheme', 'ZZA,Agent,US,NOP', 'ZZB,Agentur,DE,NOP;EU');
const OPERATIONS = lines(
  'operation,name,country,roles',
  `${FARM},Farm,UA,PRODUCER`,
  `${TRADER},Trader,TR,HANDLER;EXPORTER`,
  `${IMPORTER},Importer,US,importer`,
);
const PRODUCTS = lines('product,hts,organic,kg_per_bushel', 'Soybeans,1201.90.0010,yes,27.2155', 'Soybean meal,2304000000,1,');
const LOTS = lines(
  'code,producer,product,quantity,unit,kind,produced_on',
  `MEAL,${TRADER},Soybean meal,700,KGM,TRANSFORMATION,2025-10-01`,
  `BEANS,${FARM},Soybeans,1000,KGM,HARVEST,2025-09-01`,
  `MORE,${FARM},Soybeans,1000,KGM,HARVEST,2025-09-02`,
);
const INPUTS = lines('output,input,quantity,unit', 'MEAL,BEANS,600,KGM', 'MEAL,MORE,300,KGM');
const TRANSFERS = lines(
  'lot,from,to,on,quantity,unit,document',
  `BEANS,${FARM},${TRADER},2025-09-10,,,BL-1`,
  `MORE,${FARM},${TRADER},2025-09-11,400,KGM,BL-2`,
);
const LOSSES = lines('lot,holder,kind,on,quantity,unit', `BEANS,${TRADER},MOISTURE,2025-09-12,10,KGM`);
const STATUSES = lines('operation,certifier,status,effective_from,products', `${FARM},ZZA,CERTIFIED,2024-01-01,Soybeans`);
const NOUNS: Files = { 'certifiers.csv': CERTIFIERS, 'operations.csv': OPERATIONS, 'products.csv': PRODUCTS };
const SOUND: Files = {
  ...NOUNS,
  'operation_certificates.csv': STATUSES,
  'lots.csv': LOTS,
  'lot_inputs.csv': INPUTS,
  'transfers.csv': TRANSFERS,
  'lot_adjustments.csv': LOSSES,
};

let lotline: Lotline;
beforeEach(async () => {
  lotline = await startLotline();
});
afterEach(() => lotline.close());

const sum = (counts: Awaited<ReturnType<Lotline['import']>>, of: 'recorded' | 'unchanged') =>
  Object.values(counts).reduce((total, count) => total + count[of], 0);
const lotOf = async (code: string, fields: string, producer: string | null = null) =>
  (
    await lotline.data(`query ($code: String!, $producer: String) { lot(code: $code, producer: $producer) { ${fields} } }`, {
      code,
      producer,
    })
  ).lot;
const BALANCE = 'balance { born used lost onHand } holdings { nodes { operation { name } kilograms } }';
const gapsOf = async (code: string): Promise<string[]> =>
  (await lotOf(code, 'trace(direction: BACK) { gaps { nodes { kind } } }')).trace.gaps.nodes.map((gap: { kind: string }) => gap.kind);
const count = async (table: string): Promise<number> =>
  Number((await lotline.database.query<{ n: string }>(`select count(*) as n from ${table}`))[0]!.n);

describe('the looks of a spreadsheet do not matter', () => {
  test('comma, semicolon or tab, with a byte order mark or without, whatever ends a line', async () => {
    expect(sum(await lotline.import(SOUND), 'recorded')).toBe(16);
    const before = await fingerprint(lotline.database);
    for (const delimiter of [',', ';', '\t']) {
      for (const mark of ['', '\ufeff']) {
        for (const end of ['\n', '\r\n', '\r']) {
          const dressed = (text: string) => {
            const cells = (row: string) => row.split(',').map((cell) => (mark !== '' || cell.includes(';') ? `"${cell}"` : cell));
            return (
              mark +
              text
                .trimEnd()
                .split('\n')
                .map((row) => cells(row).join(delimiter))
                .join(end)
            );
          };
          const files = Object.fromEntries(Object.entries(SOUND).map(([name, text]) => [name, dressed(String(text))]));
          const counts = await lotline.import(files);
          expect([sum(counts, 'recorded'), sum(counts, 'unchanged')]).toEqual([0, 16]);
        }
      }
    }
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('file names and headers in any letter case, blanks around values, quoted cells, blank rows', async () => {
    await lotline.import({
      'Operations.CSV': lines(
        ' OPERATION ,Name,"Country",Roles',
        ` NOP:${FARM} ,"Farm, ""Sonne""; Co", ua , producer; Handler `,
        '',
        ',,,',
      ),
      'products.csv': PRODUCTS,
      'LOTS.csv': lines('Code,PRODUCER,Product,Quantity,Unit,Kind,Produced On', `B 1,${FARM},Soybeans,+1000.50,kgm,harvest,2025-09-01`),
    });
    expect(await lotOf('B 1', 'kind producedOn quantity { kilograms value unit } producer { name country roles nopId }')).toEqual({
      kind: 'HARVEST',
      producedOn: '2025-09-01',
      quantity: { kilograms: '1000.5', value: '1000.5', unit: 'KGM' },
      producer: { name: 'Farm, "Sonne"; Co', country: 'UA', roles: ['PRODUCER', 'HANDLER'], nopId: FARM },
    });
  });

  test('rows in any order: what is made stands before what it is made of', async () => {
    const reversed = Object.fromEntries(
      Object.entries(SOUND).map(([name, text]) => {
        const [header, ...rows] = String(text).trimEnd().split('\n');
        return [name, lines(header!, ...rows.reverse())];
      }),
    );
    await lotline.import(reversed);
    expect((await lotOf('MEAL', 'trace(direction: BACK) { lots { nodes { lot { code } } } }')).trace.lots.nodes).toEqual([
      { lot: { code: 'BEANS' } },
      { lot: { code: 'MORE' } },
    ]);
    const counts = await lotline.import(SOUND);
    expect([sum(counts, 'recorded'), sum(counts, 'unchanged')]).toEqual([0, 16]);
  });

  test('columns of its own are kept as they are, in every file', async () => {
    const own = Object.fromEntries(
      Object.entries(SOUND).map(([name, text]) => {
        const [header, ...rows] = String(text).trimEnd().split('\n');
        return [name, lines(`${header},Field No.,__proto__,Blank`, ...rows.map((row, index) => `${row}, ${index} north ,p,`))];
      }),
    );
    await lotline.import(own);
    for (const table of [
      'certifier',
      'operation',
      'product',
      'operation_certificate_status',
      'lot',
      'lot_input',
      'transfer',
      'lot_adjustment',
    ]) {
      const rows = await lotline.database.query<{ attributes: string }>(`select attributes::text from ${table} order by 1`);
      expect(rows.map((row) => row.attributes)).toEqual(rows.map((_, index) => `{"Field No.": "${index} north", "__proto__": "p"}`));
    }
    const before = await fingerprint(lotline.database);
    await lotline.import(own);
    // A folder without them says nothing about them; their letter case does not matter either.
    await lotline.import(SOUND);
    await lotline.import(Object.fromEntries(Object.entries(own).map(([name, text]) => [name, text.replace('Field No.', 'FIELD no.')])));
    expect(await fingerprint(lotline.database)).toBe(before);
  });
});

describe('a folder is recorded once', () => {
  test('importing it again changes nothing and appends nothing to the log', async () => {
    await lotline.import(SOUND);
    const before = await fingerprint(lotline.database);
    expect(await count('command')).toBe(1);
    const counts = await lotline.import(SOUND);
    expect(counts['lot_inputs.csv']).toEqual({ recorded: 0, unchanged: 2 });
    expect([sum(counts, 'recorded'), sum(counts, 'unchanged')]).toEqual([0, 16]);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('a known row may leave out optional columns, and rows may repeat within a folder', async () => {
    await lotline.import(SOUND);
    const before = await fingerprint(lotline.database);
    const counts = await lotline.import({
      'products.csv': lines('product,hts', 'Soybeans,1201900010', 'Soybeans,1201900010'),
      'lots.csv': lines('code,producer,product,quantity,unit,kind', `BEANS,${FARM},Soybeans,1000.000,KGM,HARVEST`),
      'transfers.csv': lines('lot,from,to,on,document', `BEANS,${FARM},${TRADER},2025-09-10,BL-1`),
    });
    expect([sum(counts, 'recorded'), sum(counts, 'unchanged')]).toEqual([0, 4]);
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('two imports of it at once: one records, the other finds it known', async () => {
    const counts = await Promise.all([lotline.import(SOUND), lotline.import(SOUND)]);
    expect(counts.map((each) => [sum(each, 'recorded'), sum(each, 'unchanged')]).sort()).toEqual([
      [0, 16],
      [16, 0],
    ]);
    expect([await count('command'), await count('transfer'), await count('lot_input'), await count('lot_adjustment')]).toEqual([
      1, 2, 2, 1,
    ]);
  });

  test('facts about known lots, sent by three at once, are recorded once', async () => {
    const lots = Array.from({ length: 60 }, (_, index) => `B${index},${FARM},Soybeans,1000,KGM,HARVEST,2025-09-01`);
    await lotline.import({ ...NOUNS, 'lots.csv': lines('code,producer,product,quantity,unit,kind,produced_on', ...lots) });
    const of = (row: (index: number) => string) => lots.map((_, index) => row(index));
    const facts: Files = {
      'lot_inputs.csv': lines('output,input,quantity,unit', ...of((index) => `B${index},B${index + 1},1,KGM`).slice(0, -1)),
      'transfers.csv': lines('lot,from,to,on', ...of((index) => `B${index},${FARM},${TRADER},2025-09-10`)),
      'lot_adjustments.csv': lines('lot,holder,kind,on,quantity,unit', ...of((index) => `B${index},${FARM},SAMPLE,2025-09-10,1,KGM`)),
    };
    const counts = await Promise.all([lotline.import(facts), lotline.import(facts), lotline.import(facts)]);
    expect(counts.map((each) => [sum(each, 'recorded'), sum(each, 'unchanged')]).sort()).toEqual([
      [0, 179],
      [0, 179],
      [179, 0],
    ]);
    expect([await count('lot_input'), await count('transfer'), await count('lot_adjustment')]).toEqual([59, 60, 60]);
  });

  test('two folders that name the same operations in opposite order, imported at once, are both recorded', async () => {
    const operations = Array.from({ length: 400 }, (_, index) => `FARM:${index},Farm ${index},UA,PRODUCER`);
    const half = (code: string, rows: string[]): Files => ({
      'operations.csv': lines('operation,name,country,roles', ...rows),
      'products.csv': PRODUCTS,
      'lots.csv': lines('code,producer,product,quantity,unit,kind', `${code},FARM:0,Soybeans,1,KGM,HARVEST`),
    });
    const counts = await Promise.all([lotline.import(half('ONE', operations)), lotline.import(half('TWO', [...operations].reverse()))]);
    expect(counts.map((each) => each['operations.csv']!.recorded).sort()).toEqual([0, 400]);
    expect([await count('operation'), await count('lot')]).toEqual([400, 2]);
  });

  test('a trial run stores nothing, and finds every mistake that the import itself would', async () => {
    const before = await fingerprint(lotline.database);
    expect(await lotline.import(SOUND, { dryRun: true })).toEqual(await lotline.import(SOUND, { dryRun: true }));
    expect(await fingerprint(lotline.database)).toBe(before);
    const broken: Files = {
      ...SOUND,
      'lot_inputs.csv': lines('output,input,quantity,unit', 'MEAL,BEANS,600,kg', 'MEAL,NONE,1,KGM', 'BEANS,BEANS,1,KGM'),
    };
    const trial = (await mistakesOf(lotline.import(broken, { dryRun: true }))).lines();
    expect(trial).toHaveLength(4);
    expect(trial).toEqual((await mistakesOf(lotline.import(broken))).lines());
    expect(await fingerprint(lotline.database)).toBe(before);
    expect(sum(await lotline.import(SOUND), 'recorded')).toBe(16);
  });
});

describe('a later folder builds on an earlier one', () => {
  test('it may refer to what the earlier one brought, and give the inputs of its lots', async () => {
    await lotline.import({ ...NOUNS, 'lots.csv': LOTS });
    expect(await gapsOf('MEAL')).toContain('MISSING_INPUTS');
    const counts = await lotline.import({ 'lot_inputs.csv': INPUTS, 'transfers.csv': TRANSFERS });
    expect(sum(counts, 'recorded')).toBe(4);
    expect(await gapsOf('MEAL')).not.toContain('MISSING_INPUTS');
    expect((await lotOf('MEAL', 'inputs { nodes { input { code } kilograms on } }')).inputs.nodes).toEqual(
      expect.arrayContaining([
        { input: { code: 'BEANS' }, kilograms: '600', on: '2025-10-01' },
        { input: { code: 'MORE' }, kilograms: '300', on: '2025-10-01' },
      ]),
    );
    // A use without a day of its own has the birth day of what was made, for rights too.
    expect(
      await lotline.database.query(
        'select distinct p.on_day, o.identifier from party p join lot_input i on i.id = p.fact join operation o on o.id = p.operation',
      ),
    ).toEqual([{ on_day: '2025-10-01', identifier: TRADER }]);
    // A new lot of the later folder, made of a lot of the earlier one.
    await lotline.import({
      'lots.csv': lines('code,producer,product,quantity,unit,kind', `OIL,${TRADER},Soybean meal,10,KGM,TRANSFORMATION`),
      'lot_inputs.csv': lines('output,input,quantity,unit', 'OIL,MEAL,20,KGM'),
    });
    expect((await lotOf('OIL', 'trace(direction: BACK) { summary { lots depth } }')).trace.summary).toEqual({ lots: 3, depth: 2 });
  });

  test('statuses of a certificate come in any order; a row without products keeps the form before it', async () => {
    const header = 'operation,certifier,status,effective_from,products,standard,reason';
    await lotline.import({
      ...NOUNS,
      'operation_certificates.csv': lines(
        header,
        `${FARM},ZZA,CERTIFIED,2024-06-01,,,reinstated`,
        `${FARM},ZZA,CERTIFIED,2024-01-01,Soybeans,,`,
        `${FARM},ZZB,CERTIFIED,2024-02-01,,EU,`,
      ),
    });
    await lotline.import({ 'operation_certificates.csv': lines(header, `${FARM},ZZA,SUSPENDED,2024-03-01,,NOP,records`) });
    const { operation } = await lotline.data(
      `{ operation(identifier: "${FARM}") { certificates { nodes {
        standard certifier { code } status products { nodes { product { name } from until } } history { status effectiveFrom reason }
      } } } }`,
    );
    expect(operation.certificates.nodes).toEqual([
      {
        standard: 'NOP',
        certifier: { code: 'ZZA' },
        status: 'CERTIFIED',
        products: { nodes: [{ product: { name: 'Soybeans' }, from: '2024-01-01', until: null }] },
        history: [
          { status: 'CERTIFIED', effectiveFrom: '2024-01-01', reason: null },
          { status: 'SUSPENDED', effectiveFrom: '2024-03-01', reason: 'records' },
          { status: 'CERTIFIED', effectiveFrom: '2024-06-01', reason: 'reinstated' },
        ],
      },
      {
        standard: 'EU',
        certifier: { code: 'ZZB' },
        status: 'CERTIFIED',
        products: { nodes: [] },
        history: [{ status: 'CERTIFIED', effectiveFrom: '2024-02-01', reason: null }],
      },
    ]);
  });
});

test('a certificate without standard stands on the only scheme of its certifier, on NOP if that names none', async () => {
  await lotline.import({
    'operations.csv': OPERATIONS,
    'certifiers.csv': lines('certifier,name,scheme', 'ZZJ,Japan only,japan', 'ZZN,Names none,'),
    'operation_certificates.csv': lines(
      'operation,certifier,status,effective_from',
      `${FARM},ZZJ,CERTIFIED,2024-01-01`,
      `${FARM},ZZN,CERTIFIED,2024-01-01`,
    ),
  });
  const { operation } = await lotline.data(
    `{ operation(identifier: "${FARM}") { certificates { nodes { certifier { code } standard } } } }`,
  );
  expect(operation.certificates.nodes).toEqual([
    { certifier: { code: 'ZZJ' }, standard: 'JAPAN' },
    { certifier: { code: 'ZZN' }, standard: 'NOP' },
  ]);
});

describe('lots by name', () => {
  const SLASHED = 'FARM:12/3';
  const header = 'code,producer,product,quantity,unit,kind';

  test('a code that several producers use is written OPERATION/code, whatever slashes both hold', async () => {
    await lotline.import({
      ...NOUNS,
      'operations.csv': `${OPERATIONS}${SLASHED},Twelve,MD,PRODUCER\n`,
      'lots.csv': lines(
        header,
        `2025/09/A,${FARM},Soybeans,100,KGM,HARVEST`,
        `2025/09/A,${SLASHED},Soybeans,200,KGM,HARVEST`,
        `OUT/1,${TRADER},Soybeans,50,KGM,TRANSFORMATION`,
      ),
      'lot_inputs.csv': lines(
        'output,input,quantity,unit',
        `OUT/1,${FARM}/2025/09/A,30,KGM`,
        `${TRADER}/OUT/1, farm:12/3 / 2025/09/A ,40,KGM`,
      ),
      'transfers.csv': lines('lot,from,to,on', `NOP:${FARM}/2025/09/A,${FARM},${TRADER},2025-09-10`),
    });
    expect((await lotOf('2025/09/A', BALANCE, FARM)).balance).toEqual({ born: '100', used: '30', lost: '0', onHand: '70' });
    expect((await lotOf('2025/09/A', BALANCE, SLASHED)).balance).toEqual({ born: '200', used: '40', lost: '0', onHand: '160' });
    expect((await lotOf('2025/09/A', BALANCE, FARM)).holdings.nodes).toEqual([{ operation: { name: 'Trader' }, kilograms: '70' }]);
  });

  test('a name is tried whole first: a lot whose code looks like OPERATION/code is itself', async () => {
    await lotline.import({
      ...NOUNS,
      'lots.csv': lines(header, `A,${FARM},Soybeans,100,KGM,HARVEST`, `${FARM}/A,${TRADER},Soybeans,100,KGM,HARVEST`),
      'transfers.csv': lines('lot,from,to,on', `${FARM}/A,${TRADER},${IMPORTER},2025-09-10`, `A,${FARM},${TRADER},2025-09-10`),
    });
    expect((await lotOf(`${FARM}/A`, BALANCE)).holdings.nodes).toEqual([{ operation: { name: 'Importer' }, kilograms: '100' }]);
    expect((await lotOf('A', BALANCE)).holdings.nodes).toEqual([{ operation: { name: 'Trader' }, kilograms: '100' }]);
  });
});

describe('facts as they were reported', () => {
  test('equal rows that both happened are told apart by a reference', async () => {
    const facts: Files = {
      'lot_inputs.csv': lines(
        'output,input,quantity,unit,reference',
        'MEAL,BEANS,100,KGM,load 1',
        'MEAL,BEANS,100,KGM,load 2',
        'MEAL,BEANS,100,KGM,',
      ),
      'transfers.csv': lines(
        'lot,from,to,on,quantity,unit,reference',
        `BEANS,${FARM},${TRADER},2025-09-10,200,KGM,truck 1`,
        `BEANS,${FARM},${TRADER},2025-09-10,200,KGM,truck 2`,
      ),
      'lot_adjustments.csv': lines(
        'lot,holder,kind,on,quantity,unit,reference',
        `BEANS,${TRADER},SAMPLE,2025-09-12,1,KGM,a`,
        `BEANS,${TRADER},SAMPLE,2025-09-12,1,KGM,b`,
      ),
    };
    await lotline.import({ ...NOUNS, 'lots.csv': LOTS });
    expect(sum(await lotline.import(facts), 'recorded')).toBe(7);
    expect((await lotOf('BEANS', BALANCE)).balance).toEqual({ born: '1000', used: '300', lost: '2', onHand: '698' });
    expect((await lotOf('BEANS', BALANCE)).holdings.nodes).toEqual([
      { operation: { name: 'Farm' }, kilograms: '600' },
      { operation: { name: 'Trader' }, kilograms: '98' },
    ]);
    expect(sum(await lotline.import(facts), 'unchanged')).toBe(7);
  });

  test('a transfer without quantity moves the whole lot', async () => {
    await lotline.import({ ...NOUNS, 'lots.csv': LOTS, 'transfers.csv': lines('lot,from,to,on', `BEANS,${FARM},${TRADER},2025-09-10`) });
    expect((await lotOf('BEANS', BALANCE)).holdings.nodes).toEqual([{ operation: { name: 'Trader' }, kilograms: '1000' }]);
  });

  test.each([
    // An avoirdupois pound is 453.59237 g; ounce, short and long ton are 1/16, 2,000 and 2,240 of it.
    ['8164.663', 'KGM', '8164.663'],
    ['5', 'GRM', '0.005'],
    ['1.000001', 'TNE', '1000.001'],
    ['1000000000', 'TNE', '1000000000000'],
    ['100', 'LBR', '45.359'],
    // 22,679,618.5 g and 68,038,855.5 g: half to even goes down, then up.
    ['50000', 'LBR', '22679.618'],
    ['150000', 'LBR', '68038.856'],
    ['0.002', 'LBR', '0.001'],
    ['16', 'ONZ', '0.454'],
    ['1', 'STN', '907.185'],
    ['1', 'LTN', '1016.047'],
    ['300', 'BUA', '8164.65'],
    // 27,215.5 g and 81,646.5 g.
    ['1', 'BUA', '27.216'],
    ['3', 'BUA', '81.646'],
  ])('%s %s are %s kg, exactly', async (value, unit, kilograms) => {
    await lotline.import({
      ...NOUNS,
      'lots.csv': lines('code,producer,product,quantity,unit,kind', `X,${FARM},Soybeans,${value},${unit},HARVEST`),
    });
    expect((await lotOf('X', 'quantity { kilograms value unit }')).quantity).toEqual({ kilograms, value, unit });
  });

  test('an hour with its offset keeps the local day, also where the day in UTC is another', async () => {
    await lotline.import({
      ...NOUNS,
      'lots.csv': lines('code,producer,product,quantity,unit,kind,produced_on', `X,${FARM},Soybeans,10,KGM,HARVEST,2025-02-28T23:30-05:00`),
      'transfers.csv': lines(
        'lot,from,to,on',
        `X,${FARM},${TRADER},2025-03-01T00:30:00+02:00`,
        `X,${TRADER},${IMPORTER},2025-03-01T22:30:00.5Z`,
      ),
    });
    const lot = await lotOf('X', 'producedOn ownership { nodes { owner { name } from until } }');
    expect(lot.producedOn).toBe('2025-02-28');
    expect(lot.ownership.nodes).toEqual([
      { owner: { name: 'Farm' }, from: '2025-02-28', until: '2025-03-01' },
      { owner: { name: 'Trader' }, from: '2025-03-01', until: '2025-03-01' },
      { owner: { name: 'Importer' }, from: '2025-03-01', until: null },
    ]);
    const [row] = await lotline.database.query<{ at: Date }>('select at from transfer order by at limit 1');
    expect(row!.at.toISOString()).toBe('2025-02-28T22:30:00.000Z');
  });

  test("a lot without country has its producer's, one with country its own", async () => {
    await lotline.import({
      ...NOUNS,
      'lots.csv': lines(
        'code,producer,product,quantity,unit,kind,country',
        `X,${FARM},Soybeans,1,KGM,HARVEST,`,
        `Y,${FARM},Soybeans,1,KGM,HARVEST,md`,
      ),
    });
    expect([(await lotOf('X', 'country')).country, (await lotOf('Y', 'country')).country]).toEqual(['UA', 'MD']);
  });

  test('more used, given and lost than there was is stored, and shows as OVERDRAWN', async () => {
    await lotline.import({
      ...SOUND,
      'lot_inputs.csv': lines('output,input,quantity,unit', 'MEAL,BEANS,1600,KGM', 'MEAL,MORE,300,KGM'),
      'transfers.csv': lines(
        'lot,from,to,on,quantity,unit',
        `BEANS,${FARM},${TRADER},2025-09-10,1300,KGM`,
        `MORE,${FARM},${TRADER},2025-09-11,400,KGM`,
      ),
    });
    expect(await lotOf('BEANS', BALANCE)).toEqual({
      balance: { born: '1000', used: '1600', lost: '10', onHand: '-610' },
      holdings: { nodes: [] },
    });
    // The farm gave 1,300 kg of 1,000, the trader used and lost 1,610 kg of 1,300; of MORE nothing is wrong.
    expect((await gapsOf('MEAL')).filter((kind) => kind === 'OVERDRAWN')).toHaveLength(2);
    expect(await lotline.database.query('select grams from holding where grams < 0 order by 1')).toEqual([
      { grams: '-310000' },
      { grams: '-300000' },
    ]);
    // What falls below zero goes on falling.
    await lotline.import({ 'lot_adjustments.csv': lines('lot,holder,kind,on,quantity,unit', `BEANS,${FARM},SPOILAGE,2025-09-20,5,KGM`) });
    expect((await lotOf('BEANS', BALANCE)).balance.onHand).toBe('-615');
  });
});
