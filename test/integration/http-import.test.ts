import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type As, csv, fingerprint, type Lotline, startLotline } from '../support/lotline';

// `POST /import`: what the command line imports, without a shell, for who may.

const WORKBOOKS = join(__dirname, '..', 'workbooks');
const FILES = {
  'operations.csv': csv([{ operation: 'H:1', name: 'One', country: 'TR', roles: 'producer' }]),
  'products.csv': csv([{ product: 'Rye', hts: '1002900000', organic: 'yes' }]),
  'lots.csv': csv([{ code: 'H1', producer: 'H:1', product: 'Rye', quantity: '5', unit: 'TNE', kind: 'harvest' }]),
};

/** Folders that requests are taken into, while they are. */
const taking = () => readdirSync(tmpdir()).filter((name) => name.startsWith('lotline-import-') && !others.includes(name));
const others: string[] = readdirSync(tmpdir());
let lotline: Lotline;
beforeAll(async () => {
  lotline = await startLotline();
});
afterAll(() => lotline.close());
// Whatever becomes of a request, nothing of it stays.
afterEach(() => expect(taking()).toEqual([]));

const form = (files: Record<string, string | Buffer>): FormData => {
  const made = new FormData();
  for (const [name, content] of Object.entries(files)) made.append('file', new Blob([content as never]), name);
  return made;
};
async function post(
  body: FormData | string,
  query = '',
  as: As = 'admin',
  headers: object = {},
): Promise<{ status: number; cursor: string | null; body: any }> {
  const response = await fetch(`${lotline.url}/import${query}`, {
    method: 'POST',
    body,
    headers: { ...(as !== 'nobody' && { authorization: `Bearer ${await lotline.token(as)}` }), ...headers },
  });
  return { status: response.status, cursor: response.headers.get('lotline-cursor'), body: await response.json() };
}
const extensions = (answer: { body: any }) => answer.body.errors[0].extensions;

test('with dryRun checks and stores nothing; without, imports; again, it is no change', async () => {
  const before = await fingerprint(lotline.database);
  const dry = await post(form(FILES), '?dryRun=true');
  const counted = (recorded: number) =>
    ['operations', 'products', 'lots'].map((file) => ({ file: `${file}.csv`, recorded, unchanged: 1 - recorded }));
  expect(dry).toMatchObject({ status: 200, body: { dryRun: true, files: counted(1), notes: [] } });
  expect(await fingerprint(lotline.database)).toBe(before);
  const done = await post(form(FILES));
  expect(done).toMatchObject({ status: 200, body: { dryRun: false, files: counted(1), notes: [] } });
  const { data } = await lotline.ask('{ lot(code: "H1") { quantity { kilograms } } }', {}, 'admin', { 'lotline-at-least': done.cursor! });
  expect(data.lot).toEqual({ quantity: { kilograms: '5000' } });
  expect((await post(form(FILES), '?dryRun=false')).body.files).toEqual(counted(0));
});

test('takes a workbook, and says the cells of one that it refuses', async () => {
  const workbook = (name: string) => form({ [name]: readFileSync(join(WORKBOOKS, name)) });
  expect(await post(workbook('typed.xlsx'), '?dryRun=true')).toMatchObject({
    status: 200,
    body: { files: expect.arrayContaining([{ file: 'lots.csv', recorded: 3, unchanged: 0 }]) },
  });
  const before = await fingerprint(lotline.database);
  const refused = await post(workbook('digits.xlsx'));
  expect(refused.status).toBe(422);
  expect(extensions(refused)).toMatchObject({
    code: 'BAD_USER_INPUT',
    path: ['lots', 'A2'],
    retryable: false,
    requestId: expect.any(String),
  });
  expect(extensions(refused).reasons).toHaveLength(7);
  expect(extensions(refused).reasons[1]).toEqual({
    code: 'BAD_USER_INPUT',
    message: 'lots!B3 producer: "8.15E+09" is a number that a spreadsheet shortened',
    path: ['lots', 'B3'],
    remedy: 'format the column as text and write all ten digits of the NOP ID',
  });
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('says the line and column of a file, shows a hundred mistakes and counts the rest', async () => {
  const lots = csv(
    Array.from({ length: 120 }, (_, index) => ({
      ...{ code: `X${index}`, producer: 'H:1', product: 'Rye', unit: 'TNE', kind: 'harvest' },
      quantity: 'much',
    })),
  );
  const refused = await post(form({ 'lots.csv': lots }));
  const { reasons } = extensions(refused);
  expect([refused.status, reasons.length, reasons[0].path, reasons.at(-1)]).toEqual([
    422,
    101,
    ['lots.csv', 2, 'quantity'],
    { code: 'BAD_USER_INPUT', message: '... and 20 more: 120 mistakes in the folder; nothing was stored', remedy: 'repair these first' },
  ]);
  const conflict = await post(form({ 'lots.csv': FILES['lots.csv'].replace(',5,', ',6,') }));
  expect([conflict.status, extensions(conflict).code]).toEqual([422, 'CONFLICT']);
});

test('is for the administrator, who is known before anything is read', async () => {
  for (const as of ['analyst', { operation: 'H:1' }, 'nobody'] as As[]) {
    const refused = await post(form(FILES), '', as);
    expect([refused.status, extensions(refused).code]).toEqual(as === 'nobody' ? [401, 'UNAUTHENTICATED'] : [403, 'FORBIDDEN']);
  }
  const keyed = await fetch(`${lotline.url}/import`, { method: 'GET' });
  expect(keyed.status).toBe(404);
});

const part = (name: string, content = 'x') =>
  `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n`;
const multipart = { 'content-type': 'multipart/form-data; boundary=b' };

test.each<[string, FormData | string, object, string, number, string]>([
  ['no form', '{}', { 'content-type': 'application/json' }, '', 415, 'the body is no form'],
  ['no type', '{}', { 'content-type': 'text/csv' }, '', 415, 'the body is no form'],
  ['a packed form', form(FILES), { 'content-encoding': 'gzip' }, '', 415, 'the form is encoded, and nothing is unpacked here'],
  ['no boundary', 'x', { 'content-type': 'multipart/form-data; charset=utf-8' }, '', 400, 'the form says no boundary'],
  ['no end', part('lots.csv'), multipart, '', 400, 'the form cannot be read'],
  ['no file', '--b--\r\n', multipart, '', 400, 'the form holds no file'],
  [
    'a field',
    '--b\r\ncontent-disposition: form-data; name="dryRun"\r\n\r\ntrue\r\n--b--\r\n',
    multipart,
    '',
    400,
    'the form has a field "dryRun" that is no file',
  ],
  ['a name that leads out', `${part('.env')}--b--\r\n`, multipart, '', 400, 'a file is called ".env"'],
  ['a file twice', `${part('lots.csv')}${part('LOTS.csv')}--b--\r\n`, multipart, '', 400, '"LOTS.csv" is there twice'],
  ['a workbook among files', form({ 'a.xlsx': 'x', 'lots.csv': 'y' }), {}, '', 400, 'a workbook is sent alone'],
  [
    'too many files',
    form(Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`f${index}.csv`, 'x']))),
    {},
    '',
    400,
    'the form has more than 17 files',
  ],
  ['another parameter', form(FILES), {}, '?dry-run=true', 400, 'an import takes no "dry-run"'],
  ['another value', form(FILES), {}, '?dryRun=yes', 400, 'dryRun is neither true nor false'],
  ['files of other names', form({ 'letters.csv': 'x' }), {}, '', 422, 'the form: it holds none of the files'],
])('refuses %s', async (_, body, headers, query, status, message) => {
  const before = await fingerprint(lotline.database);
  const refused = await post(body, query, 'admin', headers);
  expect([refused.status, refused.body.errors[0].message]).toEqual([status, expect.stringContaining(message)]);
  expect(extensions(refused).remedy).toEqual(expect.any(String));
  expect(await fingerprint(lotline.database)).toBe(before);
});

test('names that lead out of the folder are names within it', async () => {
  const answer = await post(`${part('../../operations.csv', FILES['operations.csv'])}--b--\r\n`, '?dryRun=true', 'admin', multipart);
  expect(answer).toMatchObject({ status: 200, body: { files: [{ file: 'operations.csv', unchanged: 1 }] } });
  // A document may name a file of the folder, and no other.
  const documents = csv([
    { type: 'invoice', number: 'D', issuer: 'H:1', issued_on: '2025-01-01', marked_organic: 'yes', file: '/etc/hostname' },
  ]);
  expect(extensions(await post(form({ 'documents.csv': documents }))).reasons[0].path).toEqual(['documents.csv', 2, 'file']);
});

test('more bytes than are taken are refused as soon as they come, and one import is taken at a time', async () => {
  const large = form({ 'lots.csv': Buffer.alloc(64 * 2 ** 20 + 1, 'x') });
  const refused = await post(large);
  expect([refused.status, refused.body.errors[0].message]).toEqual([413, 'the files have more than 67108864 bytes']);

  const slow = connect(lotline.server.port, '127.0.0.1');
  slow.on('error', () => {});
  slow.write(
    `POST /import HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${await lotline.token('admin')}\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: 1000\r\n\r\n--b\r\n`,
  );
  while (taking().length === 0) await sleep(10);
  const second = await post(form(FILES), '?dryRun=true');
  expect([second.status, extensions(second)]).toEqual([503, expect.objectContaining({ code: 'BUSY', retryable: true })]);
  slow.destroy();
  for (const last = Date.now() + 5000; (await post(form(FILES), '?dryRun=true')).status !== 200; await sleep(20))
    if (Date.now() > last) throw new Error('the place of an import that was cut is kept');
});
