import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '@lotline/server/config';
import { type BucketSettings, FileBucket, type FileRefused, Uploads } from '@lotline/server/files';
import { TestBucket } from '../support/bucket';
import { createDatabase, type Lotline, startLotline } from '../support/lotline';
import { ServerProcess } from '../support/server-process';

// The bytes of documents in a bucket: what the store does where the bucket does not do what it should. What both stores promise is in
// files.test.ts.

/** What a bucket is given that does not answer. */
const WITHIN_MS = 600;
/** What one is given that does: a busy machine is slow. */
const PATIENT_MS = 20_000;

let bucket: TestBucket;
let lotline: Lotline;
let spool: string;
let made = 0;

const opened = (settings: Partial<BucketSettings> = {}, withinMs = WITHIN_MS): FileBucket =>
  new FileBucket({ ...bucket.settings, ...settings }, 'database', spool, withinMs);
beforeAll(async () => {
  bucket = await TestBucket.start();
  spool = mkdtempSync(join(tmpdir(), 'lotline-spool-'));
  lotline = await startLotline({ files: opened() });
});
afterAll(async () => {
  await lotline.close();
  await bucket.stop();
  rmSync(spool, { recursive: true, force: true });
});
beforeEach(() => {
  bucket.trouble = () => null;
  bucket.asked.length = 0;
});

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pdf = (): Buffer => Buffer.from(`%PDF-1.7\npaper ${++made}\n%%EOF\n`, 'latin1');
const placeOf = (bytes: Buffer) => `lot/line/database/${hashOf(bytes)}`;
async function upload(bytes: Buffer): Promise<{ status: number; body: any }> {
  const response = await fetch(`${lotline.url}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await lotline.token('admin')}` },
    body: bytes as any,
  });
  return { status: response.status, body: await response.json() };
}
const stored = async (bytes: Buffer): Promise<boolean> =>
  (await lotline.database.query('select from stored_file where sha256 = $1', [hashOf(bytes)])).length > 0;
/** Is nothing of it left, in the bucket, on this machine or in the database? */
async function leftOf(bytes: Buffer): Promise<unknown[]> {
  const staged = [...bucket.objects.keys()].filter((name) => name.includes('incoming/'));
  return [await stored(bytes), bucket.objects.has(placeOf(bytes)), staged, readdirSync(spool)];
}
const NOTHING = [false, false, [], []];
async function statusOf(doing: Promise<unknown>): Promise<number> {
  try {
    await doing;
    return 0;
  } catch (error) {
    return (error as FileRefused).status;
  }
}

describe('uploads', () => {
  const troubleIn =
    (method: string, trouble: Exclude<ReturnType<TestBucket['trouble']>, null>, key = /./): TestBucket['trouble'] =>
    (asked, name) =>
      asked === method && key.test(name) ? trouble : null;

  test.each<[string, Parameters<typeof troubleIn>, number, string]>([
    ['out of reach', ['PUT', { status: 500, code: 'InternalError' }], 503, 'the files cannot be reached'],
    ['not ours', ['PUT', { status: 403, code: 'AccessDenied' }], 503, 'the files cannot be reached'],
    ['full, in its words', ['PUT', { status: 403, code: 'QuotaExceeded' }], 507, 'there is no room for the file'],
    ['full, by its status', ['PUT', { status: 507, code: 'XMinioStorageFull' }], 507, 'there is no room for the file'],
    ['silent', ['PUT', 'silent'], 503, 'the files cannot be reached'],
    ['cut off', ['PUT', 'cut'], 503, 'the files cannot be reached'],
    ['silent when the bytes are to be kept', ['PUT', 'silent', /\/[0-9a-f]{64}$/], 503, 'the files cannot be reached'],
    ['full when they are to be kept', ['PUT', { status: 507, code: 'Full' }, /\/[0-9a-f]{64}$/], 507, 'there is no room for the file'],
  ])('a bucket that is %s is said in our words, and nothing is left', async (_, [method, trouble, key], status, message) => {
    const bytes = pdf();
    bucket.trouble = troubleIn(method, trouble, key);
    const { body, ...answer } = await upload(bytes);
    expect(answer.status).toBe(status);
    expect(body.errors[0]).toMatchObject({ message, extensions: { code: 'UNAVAILABLE', retryable: true, remedy: expect.any(String) } });
    expect(JSON.stringify(body)).not.toMatch(/AWS|S3|bucket|papers|127\.0\.0\.1|KEY/i);
    expect(await leftOf(bytes)).toEqual(NOTHING);
    bucket.trouble = () => null;
    expect((await upload(bytes)).status).toBe(201);
    expect(bucket.objects.get(placeOf(bytes))!.bytes).toEqual(bytes);
  });

  test('what passes is waited for: the bytes are sent again', async () => {
    const bytes = pdf();
    let tries = 0;
    bucket.trouble = (method) => (method === 'PUT' && ++tries <= 2 ? (tries === 1 ? { status: 503, code: 'SlowDown' } : 'cut') : null);
    expect((await upload(bytes)).status).toBe(201);
    expect(bucket.objects.get(placeOf(bytes))!.bytes).toEqual(bytes);
  });

  test('a silent bucket keeps nobody from the database', async () => {
    bucket.trouble = () => 'silent';
    const uploads = Array.from({ length: 8 }, () => upload(pdf()));
    await sleep(50);
    const before = Date.now();
    expect((await lotline.ask('{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'ANALYST' } });
    expect(Date.now() - before).toBeLessThan(WITHIN_MS);
    expect((await Promise.all(uploads)).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 503));
  });

  test('the same bytes are written once', async () => {
    const bytes = pdf();
    for (let time = 0; time < 3; time++) expect((await upload(bytes)).status).toBe(201);
    expect(bucket.asked.filter((each) => each === `PUT ${placeOf(bytes)}`)).toHaveLength(1);
  });

  test('what is there by that name and has another length is written anew', async () => {
    const bytes = pdf();
    bucket.objects.set(placeOf(bytes), { bytes: Buffer.from('half'), at: new Date() });
    expect((await upload(bytes)).status).toBe(201);
    expect(bucket.objects.get(placeOf(bytes))!.bytes).toEqual(bytes);
  });

  test.each<[string, Partial<BucketSettings>]>([
    ['secret', { secret: 'another' }],
    ['key', { key: 'OTHER' }],
    ['region', { region: 'us-east-1' }],
    ['bucket', { bucket: 'elsewhere' }],
  ])('with another %s nothing is taken, given or removed', async (_, wrong) => {
    const bytes = pdf();
    await upload(bytes);
    const store = opened(wrong, PATIENT_MS);
    expect(await statusOf(store.receive(Readable.from([bytes]), 1000))).toBe(503);
    expect(await statusOf(store.open(hashOf(bytes)))).toBe(503);
    expect(await statusOf(store.remove(hashOf(bytes)))).toBe(503);
    expect(bucket.objects.get(placeOf(bytes))!.bytes).toEqual(bytes);
  });
});

describe('downloads', () => {
  const LARGE = Buffer.alloc(40 * 1024 * 1024, 'lotline');
  beforeAll(() => void bucket.objects.set(placeOf(LARGE), { bytes: LARGE, at: new Date() }));

  /** Time enough for a machine that stands still for a while. */
  const SLOW_MS = 3000;

  test('whoever reads slowly is sent as much as he reads, and all of it', async () => {
    const bytes = (await opened({}, SLOW_MS).open(hashOf(LARGE)))!;
    bucket.sent = 0;
    const read = bytes[Symbol.asyncIterator]();
    const parts = [(await read.next()).value];
    // Longer than the bucket may be silent.
    await sleep(1.5 * SLOW_MS);
    expect(bucket.sent).toBeLessThan(LARGE.length / 2);
    for (let next = await read.next(); !next.done; next = await read.next()) parts.push(next.value);
    expect(Buffer.concat(parts).equals(LARGE)).toBe(true);
  });

  test('a part is asked for as a part', async () => {
    const part = await opened({}, PATIENT_MS).open(hashOf(LARGE), { first: 7, last: 20 });
    expect(await buffer(part!)).toEqual(LARGE.subarray(7, 21));
  });

  test('what ends too early fails, and does not pass for the whole', async () => {
    bucket.trouble = (method) => (method === 'GET' ? 'half' : null);
    const bytes = await opened({}, PATIENT_MS).open(hashOf(LARGE));
    await expect(buffer(bytes!)).rejects.toThrow('the store sends nothing more');
  });

  test('a silent bucket is said; what is not there is null', async () => {
    bucket.trouble = (method) => (method === 'GET' ? 'silent' : null);
    expect(await statusOf(opened().open(hashOf(LARGE)))).toBe(503);
    bucket.trouble = () => null;
    expect(await opened({}, PATIENT_MS).open('0'.repeat(64))).toBeNull();
  });
});

test('what nobody knows is swept over several pages of a list, and nothing of another database', async () => {
  const old = { bytes: Buffer.from('x'), at: new Date(Date.now() - 31 * 86_400_000) };
  const unknown = Array.from({ length: 7 }, () => placeOf(pdf()));
  const kept = ['lot/line/other/', 'lot/', ''].map((folder) => `${folder}${hashOf(pdf())}`);
  const names = ['lot/line/database/notes.txt', `lot/line/database/incoming/${hashOf(pdf())}`];
  for (const name of [...unknown, ...kept, ...names]) bucket.objects.set(name, old);
  bucket.mostListed = 2;
  await new Uploads(lotline.database, opened({}, PATIENT_MS), 1000).sweep();
  bucket.mostListed = 1000;
  expect(unknown.filter((name) => bucket.objects.has(name))).toEqual([]);
  expect(kept.filter((name) => !bucket.objects.has(name))).toEqual([]);
  expect(names.map((name) => bucket.objects.has(name))).toEqual([true, false]);
});

describe('settings', () => {
  const ALL = { FILES_S3_BUCKET: 'papers', FILES_S3_KEY: 'KEY', FILES_S3_SECRET: 'SECRET' };

  test('name a bucket, or none', () => {
    expect(readConfig({}).bucket).toBeNull();
    expect(readConfig(ALL).bucket).toEqual({
      endpoint: null,
      region: 'us-east-1',
      bucket: 'papers',
      prefix: '',
      key: 'KEY',
      secret: 'SECRET',
    });
    expect(
      readConfig({ ...ALL, FILES_S3_ENDPOINT: 'https://store.example/', FILES_S3_REGION: 'eu-1', FILES_S3_PREFIX: 'a/b-c' }).bucket,
    ).toMatchObject({ endpoint: 'https://store.example', region: 'eu-1', prefix: 'a/b-c' });
  });

  test.each<[NodeJS.ProcessEnv, string]>([
    [{ FILES_S3_BUCKET: 'papers' }, 'FILES_S3_BUCKET: set FILES_S3_KEY, FILES_S3_SECRET with it'],
    [{ FILES_S3_BUCKET: 'papers', FILES_S3_KEY: 'KEY' }, 'set FILES_S3_SECRET with it'],
    [{ FILES_S3_ENDPOINT: 'https://store.example' }, 'FILES_S3_ENDPOINT: set FILES_S3_BUCKET, FILES_S3_KEY, FILES_S3_SECRET with it'],
    [{ ...ALL, FILES_DIR: 'files' }, 'set one of them'],
    [{ ...ALL, FILES_S3_ENDPOINT: 'http://store.example' }, 'write https://'],
    [{ ...ALL, FILES_S3_BUCKET: 'Papers' }, 'FILES_S3_BUCKET=Papers'],
    [{ ...ALL, FILES_S3_PREFIX: '../a' }, 'FILES_S3_PREFIX'],
    [{ ...ALL, FILES_S3_PREFIX: 'a/./b' }, 'FILES_S3_PREFIX'],
    [{ ...ALL, FILES_S3_PREFIX: '/a' }, 'FILES_S3_PREFIX'],
    [{ ...ALL, FILES_S3_PREFIX: 'a b' }, 'FILES_S3_PREFIX'],
  ])('that are not whole or cannot be are told: %p', (env, message) => {
    expect(() => readConfig(env)).toThrow(message);
    expect(() => readConfig(env)).not.toThrow('SECRET=');
  });

  test('the server keeps its files there', async () => {
    const { url, drop } = await createDatabase();
    const { endpoint, region, bucket: name, prefix, key, secret } = bucket.settings;
    const server = new ServerProcess(url, {
      FILES_S3_ENDPOINT: endpoint!,
      FILES_S3_REGION: region,
      FILES_S3_BUCKET: name,
      FILES_S3_PREFIX: prefix,
      FILES_S3_KEY: key,
      FILES_S3_SECRET: secret,
    });
    try {
      await server.start();
      const tokens = JSON.parse(readFileSync(join(server.directory, 'demo-tokens.json'), 'utf8'));
      const bytes = pdf();
      const response = await fetch(`http://127.0.0.1:${server.port}/files`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokens.admin}` },
        body: bytes as any,
      });
      expect(response.status).toBe(201);
      const place = [...bucket.objects.keys()].find((each) => each.endsWith(`/${hashOf(bytes)}`))!;
      expect(place).toMatch(/^lot\/line\/[0-9a-f-]{36}\/[0-9a-f]{64}$/);
    } finally {
      await server.close();
      await drop();
    }
  });
});
