import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseGlobalId, Refusal } from '@lotline/schema';
import { ANALYST, mintToken, SignIn } from '@lotline/server/access';
import { FolderRefused } from '@lotline/server/import';
import { readFolder } from '@lotline/server/import/folder';
import { Cursors, type Place } from '@lotline/server/log';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { mutated } from '../support/mutate';
import { type Choices, choicesOf } from '../support/random';
import { cutSockets, openSocket } from '../support/sockets';

// Whatever comes, changed at random out of what is real: it is read or refused in our words, in time, and nothing that was changed is taken
// for what it was. A moment for each parser; FUZZ_MINUTES says for how long all of them together. PROPERTY_SEED names where it begins.

const { FUZZ_MINUTES, PROPERTY_SEED = '20261126' } = process.env;
const PARSERS = 6;
const FOR_MS = FUZZ_MINUTES ? (Number(FUZZ_MINUTES) * 60_000) / PARSERS : 700;
/** Longest that one input takes, milliseconds: far more than it should. */
const WITHIN_MS = 3000;
const ROOT = resolve(__dirname, '..', '..');
const SEED = PROPERTY_SEED === 'new' ? randomBytes(4).readUInt32BE() : Number(PROPERTY_SEED);

jest.setTimeout(FOR_MS + 60_000);

/** Tries inputs for as long as there is time. An input that fails is shown as it was. */
async function fuzz(name: string, corpus: readonly Buffer[], attempt: (bytes: Buffer, choices: Choices) => Promise<void>): Promise<void> {
  const choices = choicesOf(SEED);
  const until = Date.now() + FOR_MS;
  let tried = 0;
  let longest = 0;
  for (; Date.now() < until; tried++) {
    const bytes = mutated(corpus, choices);
    const begun = performance.now();
    await attempt(bytes, choices).catch((cause) => {
      const shown = bytes.length > 4000 ? `${bytes.subarray(0, 4000).toString('base64')}...` : bytes.toString('base64');
      throw new Error(`${name}, seed ${SEED}, input ${tried}: ${(cause as Error).stack}\nin base64: ${shown}`, { cause });
    });
    const took = performance.now() - begun;
    longest = Math.max(longest, took);
    if (took > WITHIN_MS)
      throw new Error(`${name}, seed ${SEED}, input ${tried}: ${took} ms for ${bytes.toString('base64').slice(0, 4000)}`);
  }
  if (FUZZ_MINUTES) process.stderr.write(`${name}: ${tried} inputs, none longer than ${Math.round(longest)} ms\n`);
  expect(tried).toBeGreaterThan(0);
}

/** What is thrown is ours. */
function expectRefusal(error: unknown, codes?: readonly string[]): void {
  if (!(error instanceof Refusal)) throw error;
  if (codes && !codes.includes(error.reasons[0].code)) throw error;
}

let lotline: Lotline;
let directory: string;
let key: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lotline-fuzz-'));
  lotline = await startLotline({ heartbeatMs: 60_000, pollMs: 1000 });
  await lotline.import({ 'operations.csv': csv([{ operation: 'FUZZ:1', name: 'Farm', country: 'TR', roles: 'producer' }]) });
  const us = { operation: 'FUZZ:1' };
  const { operation } = await lotline.data('{ operation(identifier: "FUZZ:1") { id } }');
  const expiresOn = new Date(Date.now() + 9 * 86_400_000).toISOString().slice(0, 10);
  const input = { idempotencyKey: 'key', operation: operation.id, name: 'app', scopes: ['LOTS'], expiresOn };
  key = (await lotline.data('mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }', { input }, us)).createKey.secret;
});
afterAll(async () => {
  await cutSockets();
  await lotline?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a folder is refused for, a line each. */
function saidBy(mistakes: { check(): void }): string[] {
  try {
    mistakes.check();
  } catch (error) {
    if (error instanceof FolderRefused) return error.lines();
    throw error;
  }
  return [];
}

const progress = { step: () => {}, note: () => {} };

test('files of CSV', async () => {
  const files = readdirSync(join(ROOT, 'samples', 'soybeans')).filter((name) => name.endsWith('.csv'));
  const corpus = files.map((name) => readFileSync(join(ROOT, 'samples', 'soybeans', name)));
  await fuzz('CSV', corpus, async (bytes, { one }) => {
    const name = one(files);
    writeFileSync(join(directory, name), bytes);
    try {
      const { mistakes } = await readFolder(directory, progress);
      for (const wrong of mistakes.count > 0 ? saidBy(mistakes) : []) expect(wrong).not.toMatch(/node_modules|\.js:|undefined/);
    } catch (error) {
      if (!(error instanceof FolderRefused)) throw error;
    } finally {
      rmSync(join(directory, name));
    }
  });
});

test('workbooks', async () => {
  const books = readdirSync(join(ROOT, 'test', 'workbooks')).filter((name) => name.endsWith('.xlsx'));
  const corpus = books.map((name) => readFileSync(join(ROOT, 'test', 'workbooks', name)));
  const path = join(directory, 'book.xlsx');
  await fuzz('workbooks', corpus, async (bytes) => {
    writeFileSync(path, bytes);
    await readFolder(path, progress, 10_000).catch((error) => {
      if (!(error instanceof FolderRefused)) throw error;
    });
  });
  rmSync(path);
});

test('cursors: one that was changed is refused', async () => {
  const { installation } = lotline.database;
  const cursors = new Cursors(installation);
  const place: Place = {
    position: 7n as Place['position'],
    command: '01920000-0000-7000-8000-000000000000' as Place['command'],
    told: null,
  };
  const log = cursors.encode(place, 'me');
  const list = cursors.encodePlace({ position: place.position, key: ['a', 1] }, 'me');
  const others = [cursors.encode(place, 'other'), new Cursors({ ...installation, id: 'other' }).encode(place, 'me')];
  const good = new Set([log, list]);
  await fuzz(
    'cursors',
    [log, list, ...others].map((each) => Buffer.from(each)),
    async (bytes) => {
      const text = bytes.toString('latin1');
      for (const open of [() => cursors.decode(text, 'me'), () => cursors.decodePlace(text, 'me')]) {
        let opened = false;
        try {
          open();
          opened = true;
        } catch (error) {
          expectRefusal(error, ['BAD_USER_INPUT', 'CURSOR_FOREIGN']);
        }
        if (opened && !good.has(text)) throw new Error(`a cursor that was changed was taken: ${text}`);
      }
    },
  );
});

test('a cursor of another database that has the same key is refused, also with our name on it', () => {
  const { installation } = lotline.database;
  const cursors = new Cursors(installation);
  const place: Place = { position: 7n as Place['position'], command: null, told: null };
  const [ours, theirs] = [cursors, new Cursors({ ...installation, id: 'other' })].map((each) =>
    Buffer.from(each.encode(place, 'me'), 'base64url'),
  );
  // Version and database, as they stand before what is sealed.
  const head = 1 + 8;
  const forged = Buffer.concat([ours!.subarray(0, head), theirs!.subarray(head)]).toString('base64url');
  expect(() => cursors.decode(forged, 'me')).toThrow('this is not a cursor');
  expect(cursors.decode(ours!.toString('base64url'), 'me').position).toBe(7n);
});

test('global ids', async () => {
  const ids = ['Lot', 'Operation', 'Document', 'fact'].map((type) =>
    Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url'),
  );
  await fuzz(
    'global ids',
    ids.map((each) => Buffer.from(each)),
    async (bytes) => {
      const parsed = parseGlobalId(bytes.toString('latin1'));
      if (parsed.ok) expect(parsed.value.id).toMatch(/^[0-9a-f-]{36}$/);
      else expect(parsed).toMatchObject({ wrong: expect.any(String), remedy: expect.any(String) });
    },
  );
});

test('tokens and keys: one that was changed is refused', async () => {
  const signIn = new SignIn(lotline.database, { demo: true, oidc: null });
  const token = await mintToken(ANALYST, lotline.database.installation.tokenKey);
  const other = await mintToken(ANALYST, randomBytes(32));
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
  const signature = (text: string) => Buffer.from(text.split('.')[2] ?? '', 'base64url');
  /** The last digit of a signature has bits that say nothing. */
  const isSame = (text: string) =>
    text.split('.').slice(0, 2).join('.') === token.split('.').slice(0, 2).join('.') && signature(text).equals(signature(token));
  const corpus = [token, other, unsigned, key].map((each) => Buffer.from(`Bearer ${each}`));
  await fuzz('tokens', corpus, async (bytes) => {
    const authorization = bytes.toString('latin1');
    let taken = false;
    try {
      await signIn.by({ authorization, actingFor: null });
      taken = true;
    } catch (error) {
      expectRefusal(error, ['UNAUTHENTICATED', 'FORBIDDEN']);
    }
    const [, said = ''] = /^bearer +(\S+)$/i.exec(authorization) ?? [];
    if (taken && said !== key && !isSame(said)) throw new Error(`a token that was changed was taken: ${authorization}`);
  });
});

test('frames of a WebSocket: answered, or closed with a code that says why, and never a fault', async () => {
  const query = 'subscription ($filter: LotFilter) { lotEvents(filter: $filter) { change { kind } cursor } }';
  const frames = [
    { type: 'connection_init', payload: { authorization: `Bearer ${await lotline.token('analyst')}` } },
    { type: 'subscribe', id: '1', payload: { query, variables: { filter: { codePrefix: 'A' } }, operationName: null } },
    { type: 'complete', id: '1' },
    { type: 'ping', payload: { a: 1 } },
    { type: 'pong' },
    { type: 'next', id: '1', payload: { data: null } },
  ].map((frame) => Buffer.from(JSON.stringify(frame)));
  const CLOSES = [1000, 1002, 1003, 1005, 1006, 1007, 1009, 4400, 4401, 4403, 4406, 4408, 4409, 4429];
  await fuzz('frames', frames, async (bytes, choices) => {
    const opened = await openSocket(lotline.url);
    let closed: number | null = null;
    void opened.closed.then((code) => {
      closed = code;
    });
    if (choices.fraction() < 0.7) opened.socket.send(frames[0]!.toString());
    for (let count = choices.between(1, 6); count > 0; count--) {
      if (choices.fraction() < 0.3) opened.socket.send(choices.one(frames).toString());
      else opened.socket.send(count === 1 ? bytes : mutated(frames, choices), { binary: choices.fraction() < 0.2 });
    }
    // What lies beneath the frames is broken, too.
    if (choices.fraction() < 0.2) (opened.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(bytes);
    opened.socket.ping();
    await Promise.race([
      opened.closed,
      new Promise((done) => opened.socket.once('pong', done)),
      sleep(WITHIN_MS / 2, null, { ref: false }),
    ]);
    if (closed !== null && !CLOSES.includes(closed)) throw new Error(`closed with ${closed}`);
    expect(JSON.stringify(opened.frames)).not.toMatch(/INTERNAL_SERVER_ERROR|node_modules/);
    opened.socket.terminate();
  });
  expect((await fetch(`${lotline.url}/healthz`)).status).toBe(200);
});
