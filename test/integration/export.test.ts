import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EndOf, type Line, sheetsOf, workbook } from '@lotline/server/export';
import { cellsOf, download } from '../support/download';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';
import { cellsIn, partsOf } from '../support/zip';

// Tables for analysts (docs/EXPORTS.md): what the graph says, to the same viewer, in the same order, and an end that says it is one.

const [FARM, MILL, SHOP, STRANGER] = ['X:FARM', 'X:MILL', 'X:SHOP', 'X:STRANGER'];
const by = (operation: string): As => ({ operation });
const CERTIFICATE = certificateNumber(1, 1);
/** Names as nobody should write them, and as everybody's spreadsheet would run them. */
const NASTY = ['=1+1', '+2', '-3', '@SUM(A1)', "'=already", '="a,b"', 'plain, with "quotes"'];

let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline({ journalLimits: { everyMs: 20 } });
  const operation = (operation: string, name = operation) => ({ operation, name, country: 'TR', roles: 'exporter;importer' });
  const lot = (code: string, producer: string, quantity: string, more = {}) => ({
    code,
    producer,
    product: 'Wheat',
    quantity,
    unit: 'KGM',
    kind: 'transformation',
    ...more,
  });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZX', name: 'Certifier', scheme: 'NOP' }]),
    'operations.csv': csv([FARM, MILL, SHOP, STRANGER].map((each) => operation(each!, `=${each}`))),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      lot('GRAIN', FARM!, '999999999999.999', { kind: 'harvest', produced_on: '2025-01-01' }),
      lot('FLOUR', MILL!, '100', { produced_on: '2025-03-01' }),
      lot('a/b.csv', MILL!, '1'),
      lot('SAME', MILL!, '1'),
      lot('SAME', SHOP!, '1'),
      ...NASTY.map((code) => lot(code.replace(/^'/, "''"), STRANGER!, '0.001')),
    ]),
    'transfers.csv': csv([
      { lot: 'GRAIN', from: FARM, to: MILL, on: '2025-02-01', quantity: 120, unit: 'KGM', document: 'PAPER' },
      { lot: 'FLOUR', from: MILL, to: SHOP, on: '2025-04-01T10:00:00+03:00' },
    ]),
    'lot_inputs.csv': csv([{ output: 'FLOUR', input: 'GRAIN', quantity: 110, unit: 'KGM' }]),
    'shipments.csv': csv([{ reference: 'SHIP', shipper: MILL, consignee: SHOP }]),
    'shipment_lots.csv': csv([{ shipment: 'SHIP', lot: 'FLOUR', quantity: 100, unit: 'KGM' }]),
    'shipment_legs.csv': csv([
      {
        shipment: 'SHIP',
        sequence: 1,
        mode: 'maritime',
        from_place: 'TRISK',
        to_place: 'USSCK',
        departed: '2025-04-02',
        arrived: '2025-04-20',
      },
    ]),
    'documents.csv': csv([
      { type: 'invoice', number: 'PAPER', issuer: FARM, issued_on: '2025-01-01', marked_organic: 'yes', lots: 'GRAIN' },
    ]),
    'import_certificates.csv': csv([
      {
        number: CERTIFICATE,
        kind: 'shipment',
        exporter: MILL,
        importer: SHOP,
        certifier: 'ZZX',
        hts: '1001990000',
        issued_on: '2025-03-20',
        status: 'handed_over',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE, product: 'Wheat', quantity: 50, unit: 'KGM', lot: 'FLOUR' }]),
  });
});
afterAll(() => lotline.close());

const STORY = `query ($direction: TraceDirection!) { lot(code: "FLOUR") { trace(direction: $direction) { rootRef complete
  lots(first: 500) { nodes { ref depth kilograms share lot { code producer { name } } withheld { country productClass } } }
  links(first: 500) { nodes { from to kilograms } }
  steps(first: 500) { nodes { kind on certified owner { name } from { name } to { name } kilograms shipment { reference } importCertificate { number } documents { number } } }
  gaps(first: 500) { nodes { kind on message rule lot { ref } } } } } }`;

describe('the story of a lot', () => {
  test.each(['BACK', 'FORWARD'])('is as the graph tells it to whoever asks, %s', async (direction) => {
    for (const as of ['analyst', by(MILL!), by(SHOP!)] as As[]) {
      const { trace } = (await lotline.data(STORY, { direction }, as)).lot;
      const table = (what: string) => download(lotline, `${what}/FLOUR.csv?direction=${direction}`, as);
      const bare = (ref: string) => ref.replace(/^'-/, '-');
      const lots = await table('trace');
      expect(
        lots.rows
          .slice(1)
          .map(({ ref, depth, kilograms, code, country, withheld }) => [bare(ref!), depth, kilograms, code, country, withheld]),
      ).toEqual(
        trace.lots.nodes.map((node: any) => [
          node.ref,
          String(node.depth),
          node.kilograms,
          node.lot?.code ?? '',
          node.withheld?.country ?? 'TR',
          node.withheld?.productClass ?? '',
        ]),
      );
      expect(bare(lots.rows[0]!.ref!)).toBe(trace.rootRef);
      expect(lots.rows[0]).toMatchObject({ row: 'lot', depth: '0', lot: 'X:MILL/FLOUR', producerName: "'=X:MILL" });
      expect(lots.last.slice(0, 3)).toEqual(['complete', String(trace.complete), String(lots.rows.length)]);

      const links = await table('links');
      expect(links.rows.map(({ from, to, kilograms }) => ({ from: bare(from!), to: bare(to!), kilograms }))).toEqual(trace.links.nodes);

      const steps = await table('steps');
      const id = (operation: any) => operation?.name.slice(1) ?? '';
      expect(
        steps.rows.map((step) =>
          ['kind', 'on', 'certified', 'owner', 'from', 'to', 'kilograms', 'shipment', 'importCertificate', 'documents'].map(
            (column) => step[column],
          ),
        ),
      ).toEqual(
        trace.steps.nodes.map((node: any) => [
          node.kind,
          node.on ?? '',
          node.certified ?? '',
          id(node.owner),
          id(node.from),
          id(node.to),
          node.kilograms ?? '',
          node.shipment?.reference ?? '',
          node.importCertificate?.number ?? '',
          node.documents.map(({ number }: any) => `INVOICE/${number}`).join(';'),
        ]),
      );

      const gaps = await table('gaps');
      expect(gaps.rows.map(({ kind, ref, on, message, rule }) => ({ kind, ref: bare(ref!), on, message, rule }))).toEqual(
        trace.gaps.nodes.map((node: any) => ({ ...node, lot: undefined, ref: node.lot.ref, on: node.on ?? '', rule: node.rule ?? '' })),
      );
      for (const { last } of [links, steps, gaps]) expect(last[1]).toBe(String(trace.complete));
    }
  });

  test('says why it is not complete', async () => {
    expect((await download(lotline, 'trace/FLOUR.csv', by(SHOP!))).last).toEqual(
      expect.arrayContaining(['complete', 'false', '2', 'WITHHELD: 1 gap']),
    );
    const cut = await download(lotline, 'trace/FLOUR.csv?maxDepth=0');
    expect(cut.last[3]).toContain('TRUNCATED: The walk ended 0 links from the lot');
    expect((await download(lotline, 'trace/GRAIN.csv?asOf=2024-12-31')).status).toBe(200);
  });

  test('as lines of JSON ends with a line of its own', async () => {
    const { text, headers } = await download(lotline, 'trace/FLOUR.jsonl?direction=back');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(headers.get('content-type')).toBe('application/x-ndjson');
    expect(lines[0]).toMatchObject({
      row: 'lot',
      code: 'FLOUR',
      producerName: '=X:MILL',
      organic: true,
      kilograms: '100',
      depth: 0,
      share: 1,
    });
    expect(lines.at(-1)).toEqual({ row: 'complete', complete: true, why: [], rows: 2 });
  });

  test('is found by a code with slashes and points, and by OPERATION/code; what is meant of several must be said', async () => {
    for (const name of ['a/b.csv.csv', 'a%2Fb.csv.csv', 'X:MILL/a/b.csv.csv', 'X%3AMILL%2FSAME.csv'])
      expect(await download(lotline, `trace/${name}`)).toMatchObject({ status: 200, rows: [{ producer: MILL }] });
    const several = await download(lotline, 'trace/SAME.csv');
    expect(several.status).toBe(400);
    expect(JSON.parse(several.text).errors[0]).toMatchObject({
      message: expect.stringContaining('X:MILL, X:SHOP'),
      extensions: {
        code: 'AMBIGUOUS',
        path: ['code'],
        remedy: 'write it as OPERATION/code',
        retryable: false,
        requestId: expect.any(String),
      },
    });
    // To whom sees one of them only, it is no question.
    expect((await download(lotline, 'trace/SAME.csv', by(SHOP!))).rows).toMatchObject([{ lot: 'X:SHOP/SAME' }]);
  });
});

describe('lists', () => {
  test('hold what the viewer sees, oldest first, with exact kilograms and identifiers as text', async () => {
    for (const as of ['analyst', by(FARM!), by(STRANGER!), 'nobody'] as As[]) {
      const { lots } = await lotline.data('{ lots(first: 500) { nodes { id code quantity { kilograms } producer { name } } } }', {}, as);
      const { rows, last } = await download(lotline, 'lots.csv', as);
      expect(rows.map(({ id, kilograms, producer }) => [id, kilograms, producer])).toEqual(
        lots.nodes.map((lot: any) => [lot.id, lot.quantity.kilograms, lot.producer.name.slice(1)]),
      );
      expect(last.slice(0, 3)).toEqual(['complete', 'true', String(rows.length)]);
    }
    expect((await download(lotline, 'lots.csv', by(FARM!))).rows[0]).toMatchObject({ kilograms: '999999999999.999', hts: '1001990000' });
    const { importCertificates } = await lotline.data(
      '{ importCertificates { nodes { number status kilograms drawn remaining issuedOn exporter { name } } } }',
      {},
      by(SHOP!),
    );
    const certificates = (await download(lotline, 'certificates.csv', by(SHOP!))).rows;
    const { exporter, ...plain } = importCertificates.nodes[0];
    expect(certificates).toMatchObject([{ ...plain, exporter: exporter.name.slice(1), exporterName: "'=X:MILL" }]);
    expect((await download(lotline, 'certificates.csv', by(FARM!))).rows).toEqual([]);
  });

  test('hold no cell that a spreadsheet would run, and lose nothing by that', async () => {
    const { text, rows } = await download(lotline, 'lots.csv', by(STRANGER!));
    expect(rows.map(({ code }) => code)).toEqual(["'=1+1", "'+2", "'-3", "'@SUM(A1)", "''=already", `'="a,b"`, 'plain, with "quotes"']);
    expect(
      cellsOf(text)
        .flat()
        .filter((cell) => /^[=+\-@\t\r]/.test(cell)),
    ).toEqual([]);
    const lines = (await download(lotline, 'lots.jsonl', by(STRANGER!))).text.trimEnd().split('\n');
    expect(lines.slice(0, -1).map((line) => JSON.parse(line).code)).toEqual(NASTY);
  });

  test('of a mass balance are its facts and its sums', async () => {
    const path = `mass-balance/${MILL}.csv?product=Wheat&from=2025-01-01&to=2025-12-31`;
    const { rows, last } = await download(lotline, path, by(MILL!));
    expect(rows.map(({ row, kind, kilograms, document }) => [row, kind, kilograms, document])).toEqual([
      ['fact', 'TRANSFERRED', '120', 'INVOICE/PAPER'],
      ['fact', 'TRANSFORMED', '100', ''],
      ['fact', 'TRANSFORMED', '110', ''],
      ['fact', 'TRANSFERRED', '100', ''],
      ['sum', 'OPENING', '2', ''],
      ['sum', 'BORN', '100', ''],
      ['sum', 'RECEIVED', '120', ''],
      ['sum', 'SENT', '100', ''],
      ['sum', 'USED', '110', ''],
      ['sum', 'LOST', '0', ''],
      ['sum', 'CLOSING', '12', ''],
      ['sum', 'UNEXPLAINED', '0', ''],
    ]);
    expect(last.slice(0, 3)).toEqual(['complete', 'true', '12']);
    expect(await download(lotline, path, by(SHOP!))).toMatchObject({ status: 403 });
    expect(await download(lotline, path.replace('MILL', 'NONE'), by(SHOP!))).toMatchObject({ status: 404 });
  });
});

describe('as a workbook', () => {
  const sheet = async (path: string, as: As): Promise<Record<string, string>> => {
    const response = await fetch(`${lotline.url}/export/${path}`, {
      headers: { authorization: `Bearer ${await lotline.token(as as never)}` },
    });
    expect(response.headers.get('content-type')).toBe('application/vnd.openxmlformats-officedocument.spreadsheetml.sheet');
    return partsOf(Buffer.from(await response.arrayBuffer()));
  };

  test('texts are text, kilograms too; no cell is a formula; the last row says complete', async () => {
    const parts = await sheet('lots.xlsx', by(STRANGER!));
    expect(parts['xl/workbook.xml']).toContain('<sheet name="lots" sheetId="1" r:id="rId1"/>');
    const xml = parts['xl/worksheets/sheet1.xml']!;
    const rows = cellsIn(xml);
    expect(rows[0]!.slice(0, 4)).toEqual(['A inlineStr row', 'B inlineStr id', 'C inlineStr lot', 'D inlineStr code']);
    expect(rows.slice(1, -1).map((cells) => cells[3])).toEqual(
      NASTY.map((code) => `D inlineStr ${/^'?[=+\-@]/.test(code) ? "'" : ''}${code}`),
    );
    expect(rows[1]!.at(-1)).toBe('O inlineStr 0.001');
    expect(rows.at(-1)).toEqual(['A inlineStr complete', 'B inlineStr true', `C n ${NASTY.length}`]);
    expect(xml).not.toMatch(/<f[ >]/);
    // The same rows are the same bytes: nothing in it tells when it was made.
    expect(await sheet('lots.xlsx', by(STRANGER!))).toEqual(parts);
  });

  test('a story, with numbers where they are numbers', async () => {
    const rows = cellsIn((await sheet('trace/FLOUR.xlsx', by(SHOP!)))['xl/worksheets/sheet1.xml']!);
    expect(rows[2]!.filter((cell) => /^[CNOP] /.test(cell))).toEqual(['C n 1', 'N inlineStr 100', 'O n 1', 'P inlineStr 10']);
    expect(rows.at(-1)).toEqual(['A inlineStr complete', 'B inlineStr false', 'C n 2', 'D inlineStr WITHHELD: 1 gap']);
  });

  test('of more rows than a sheet holds it goes on in the next, and says so', async () => {
    const sheets = async (count: number) => {
      async function* pages() {
        for (let at = 0; at < count; at += 2)
          yield Array.from({ length: Math.min(2, count - at) }, (_, index): Line => ['lot', `L${at + index}`]);
      }
      const table = { name: 'lots', columns: ['row', 'code'], pages, ending: async () => ({ complete: true, why: [] }) };
      const chunks: Buffer[] = [];
      const whole: EndOf = async function* (all) {
        for await (const page of all) yield page;
        return table.ending();
      };
      for await (const chunk of workbook(sheetsOf(table, whole, 3))) chunks.push(chunk);
      const parts = partsOf(Buffer.concat(chunks));
      const names = [...parts['xl/workbook.xml']!.matchAll(/<sheet name="(.*?)"/g)].map(([, name]) => name!);
      return names.map((name, at) => [
        name,
        ...cellsIn(parts[`xl/worksheets/sheet${at + 1}.xml`]!).map((cells) =>
          cells.map((cell) => cell.split(' ').slice(2).join(' ')).join('|'),
        ),
      ]);
    };
    const goesOn = (rows: number, sheet: number) => `continues|${rows}|in the sheet lots ${sheet}: a sheet holds 1048576 rows`;
    expect(await sheets(0)).toEqual([['lots', 'row|code', 'complete|true|0']]);
    expect(await sheets(3)).toEqual([['lots', 'row|code', 'lot|L0', 'lot|L1', 'lot|L2', 'complete|true|3']]);
    expect(await sheets(7)).toEqual([
      ['lots', 'row|code', 'lot|L0', 'lot|L1', 'lot|L2', goesOn(3, 2)],
      ['lots 2', 'row|code', 'lot|L3', 'lot|L4', 'lot|L5', goesOn(6, 3)],
      ['lots 3', 'row|code', 'lot|L6', 'complete|true|7'],
    ]);
  });

  test('a sheet has no row more than a spreadsheet reads', async () => {
    const page: Line[] = Array(10_000).fill(['lot', 'L']);
    async function* pages() {
      for (let at = 0; at < 105; at++) yield page;
    }
    const table = { name: 'lots', columns: ['row', 'code'], pages, ending: async () => ({ complete: true, why: [] }) };
    const whole: EndOf = async function* (all) {
      yield* all;
      return table.ending();
    };
    const rows: number[] = [];
    for await (const sheet of sheetsOf(table, whole)) {
      let count = 1;
      for await (const lines of sheet.pages) count += lines.length;
      rows.push(count);
    }
    expect(rows).toEqual([1_048_576, 1 + 1_050_000 - 1_048_574 + 1]);
  });
});

describe('what is refused', () => {
  test.each([
    ['trace/NOWHERE.csv', 404, 'NOT_FOUND', undefined],
    ['trace.csv', 404, 'NOT_FOUND', undefined],
    ['lots/x.csv', 404, 'NOT_FOUND', undefined],
    ['lots.pdf', 404, 'NOT_FOUND', undefined],
    ['constructor.csv', 404, 'NOT_FOUND', undefined],
    ['trace/FLOUR.csv?direction=UP', 400, 'BAD_USER_INPUT', ['direction']],
    ['trace/FLOUR.csv?direction=BACK&direction=BACK', 400, 'BAD_USER_INPUT', ['direction']],
    ['trace/FLOUR.csv?depth=3', 400, 'BAD_USER_INPUT', ['depth']],
    ['trace/FLOUR.csv?maxDepth=-1', 400, 'BAD_USER_INPUT', ['maxDepth']],
    ['trace/FLOUR.csv?asOf=1.2.2025', 400, 'BAD_USER_INPUT', ['asOf']],
    ['lots.csv?first=3', 400, 'BAD_USER_INPUT', ['first']],
    ['mass-balance/815.csv?product=Wheat&from=2025-01-01&to=2025-12-31', 400, 'BAD_USER_INPUT', ['operation']],
    ['mass-balance/X:MILL.csv?product=Rye&from=2025-01-01&to=2025-12-31', 404, 'NOT_FOUND', ['product']],
    ['mass-balance/X:MILL.csv?product=Wheat&from=2025-01-01', 400, 'BAD_USER_INPUT', ['to']],
    ['mass-balance/X:MILL.csv?product=Wheat&from=2025-02-01&to=2025-01-01', 400, 'BAD_USER_INPUT', ['to']],
  ])('%s', async (path, status, code, at) => {
    const answer = await download(lotline, path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text).errors[0].extensions).toMatchObject({ code, ...(at && { path: at }), remedy: expect.any(String) });
  });

  test('a lot that the viewer may not see is as one that there is not', async () => {
    const bare = ({ status, text }: { status: number; text: string }) => [
      status,
      text.replace(/"requestId":"[^"]*"/, '').replace(/GRAIN|NONE!/g, ''),
    ];
    expect(bare(await download(lotline, 'trace/GRAIN.csv', by(SHOP!)))).toEqual(
      bare(await download(lotline, 'trace/NONE!.csv', by(SHOP!))),
    );
    expect(await download(lotline, 'trace/GRAIN.csv', 'nobody')).toMatchObject({ status: 404 });
    const forged = await fetch(`${lotline.url}/export/lots.csv`, { headers: { authorization: 'Bearer forged' } });
    expect(forged.status).toBe(401);
  });

  test('what a key has no scope for', async () => {
    const { operation } = await lotline.data(`{ operation(identifier: "${MILL}") { id } }`);
    const expiresOn = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
    const input = { idempotencyKey: 'key', operation: operation.id, name: 'App', scopes: ['LOTS'], expiresOn };
    const { createKey } = await lotline.data(
      'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
      { input },
      by(MILL!),
    );
    const key: As = { key: createKey.secret };
    expect((await download(lotline, 'trace/FLOUR.csv', key)).rows).toHaveLength(2);
    for (const path of ['steps/FLOUR.csv', 'certificates.csv']) {
      const { status, text } = await download(lotline, path, key);
      expect([status, JSON.parse(text).errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
    }
  });
});

test('an export is of one state, and says which', async () => {
  const { headers } = await download(lotline, 'lots.csv', by(MILL!));
  const answer = await lotline.ask('{ viewer { kind } }', {}, by(MILL!), { 'lotline-at-least': headers.get('lotline-cursor')! });
  expect(answer.errors).toBeUndefined();
  expect(headers.get('content-disposition')).toBe('attachment; filename="lots.csv"');
  expect(headers.get('cache-control')).toBe('no-store');
  const cursor = answer.extensions!.cursor!;
  expect((await download(lotline, 'lots.csv', by(MILL!), { 'lotline-at-least': cursor })).status).toBe(200);
  expect((await download(lotline, 'lots.csv', by(SHOP!), { 'lotline-at-least': cursor })).status).toBe(400);
});

test('the access journal has what an export showed, as it has of the graph', async () => {
  await download(lotline, 'steps/FLOUR.csv', by(MILL!));
  await download(lotline, 'certificates.csv', by(SHOP!));
  const accesses = async (): Promise<string[]> => {
    const query = `{ operation(identifier: "${SHOP}") { accesses(first: 500) { nodes { act operation { name } subject { __typename } } } } }`;
    const { nodes } = (await lotline.data(query, {}, by(SHOP!))).operation.accesses;
    return nodes.map((node: any) => `${node.operation?.name.slice(1)} ${node.act} ${node.subject?.__typename}`);
  };
  const wanted = [`${MILL} TRACED Lot`, `${MILL} READ ImportCertificate`];
  for (const last = Date.now() + 5000; ; await sleep(20)) {
    const found = await accesses();
    if (wanted.every((each) => found.includes(each))) break;
    if (Date.now() > last) expect(found).toEqual(expect.arrayContaining(wanted));
  }
});

describe('a client that goes away', () => {
  const running = async () =>
    (await lotline.database.query("select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'")).length;

  test('ends the statement that was made for it, and gives its place to another', async () => {
    // Every row of the list waits: a view of its own stands before the table.
    await lotline.database.query('alter table lot rename to lot_kept');
    await lotline.database.query('create view lot as select * from lot_kept where pg_sleep(20) is not null');
    try {
      const authorization = `Bearer ${await lotline.token('analyst')}`;
      const requests = Array.from({ length: 3 }, () =>
        get(`${lotline.url}/export/lots.csv`, { headers: { authorization } }).on('error', () => {}),
      );
      while ((await running()) < 3) await sleep(20);
      const busy = await download(lotline, 'lots.csv');
      expect([busy.status, JSON.parse(busy.text).errors[0].extensions]).toMatchObject([503, { code: 'BUSY', retryable: true }]);
      for (const request of requests) request.destroy();
      const gone = Date.now();
      while ((await running()) > 0) await sleep(20);
      expect(Date.now() - gone).toBeLessThan(10_000);
    } finally {
      await lotline.database.query('drop view lot');
      await lotline.database.query('alter table lot_kept rename to lot');
    }
    const after = await download(lotline, 'lots.csv');
    expect(after.last[1]).toBe('true');
  });

  test('and what fails on the way is the last row', async () => {
    await lotline.database.query('alter table lot rename to lot_kept');
    await lotline.database.query("create view lot as select * from lot_kept where 1 / (case when code = 'FLOUR' then 0 else 1 end) = 1");
    try {
      const { status, last } = await download(lotline, 'lots.csv');
      expect([status, last.slice(0, 3)]).toEqual([200, ['complete', 'false', '0']]);
      expect(last[3]).toMatch(/^INTERNAL_SERVER_ERROR: something went wrong on our side; the requestId is [0-9a-f-]{36}$/);
    } finally {
      await lotline.database.query('drop view lot');
      await lotline.database.query('alter table lot_kept rename to lot');
    }
  });
});

describe('an export that takes too long', () => {
  /** Every row of the list waits, in seconds. */
  const slowly = async (of: Lotline, seconds: number, work: () => Promise<void>) => {
    await of.database.query('alter table lot rename to lot_kept');
    await of.database.query(`create view lot as select * from lot_kept where pg_sleep(${seconds}) is not null`);
    try {
      await work();
    } finally {
      await of.database.query('drop view lot');
      await of.database.query('alter table lot_kept rename to lot');
    }
  };

  test('ends between two pages, and says so', () =>
    slowly(lotline, 0.05, async () => {
      const coming = download(lotline, 'lots.csv');
      const sleeping = "select from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
      while ((await lotline.database.query(sleeping)).length === 0) await sleep(10);
      const real = Date.now;
      const later = jest.spyOn(Date, 'now').mockImplementation(() => real() + 601_000);
      const { status, last } = await coming.finally(() => later.mockRestore());
      expect([status, last]).toEqual([
        200,
        expect.arrayContaining(['complete', 'false', '0', 'TIMED_OUT: an export ends after 10 minutes; there is more']),
      ]);
    }));

  test('in one statement is ended in that, and says so', async () => {
    const own = await startLotline({ questionTimeout: 300 });
    try {
      await own.import({
        'operations.csv': csv([{ operation: FARM, name: 'Farm', country: 'TR', roles: 'producer' }]),
        'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
        'lots.csv': csv([{ code: 'ONE', producer: FARM, product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }]),
      });
      await slowly(own, 3, async () => {
        const { last } = await download(own, 'lots.csv');
        expect(last.slice(0, 4)).toEqual(['complete', 'false', '0', expect.stringMatching(/^TIMED_OUT: /)]);
      });
    } finally {
      await own.close();
    }
  });
});
