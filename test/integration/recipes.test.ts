import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Sent, Stream } from '@lotline/server/live/stream';
import { csv, type Lotline, startLotline } from '../support/lotline';
import { type SpoilableProxy, startProxy } from '../support/proxy';

// The programs of docs/recipes, run as their reader would: whatever breaks beneath them, they tell of each lot once and in order.

const FOLDER = resolve(__dirname, '..', '..', 'docs', 'recipes');
const RECIPES = ['graphql-ws.mjs', 'apollo-client.mjs', 'urql.mjs', 'curl.sh'] as const;

interface Recipe {
  /** The codes of the lots that it told of. */
  heard: string[];
  /** The cursor of the last change that it told of. */
  cursor: string;
  complaints: string;
  child: ChildProcess;
  /** How it ended by itself. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
}

let lotline: Lotline;
let proxy: SpoilableProxy;
const running = new Set<Recipe>();

beforeAll(async () => {
  if (spawnSync('curl', ['--version']).error) throw new Error('a recipe is for curl: install it');
  lotline = await startLotline({ heartbeatMs: 50, streamLimits: { messages: 4, bytes: 4 * 1024 * 1024 } });
  await lotline.import({
    'operations.csv': csv([{ operation: 'C:FARM', name: 'Farm', country: 'UA', roles: 'producer' }]),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
  });
});
afterEach(async () => {
  await Promise.all([...running].map((recipe) => recipe.stop()));
  await proxy?.close();
});
afterAll(() => lotline?.close());

const cursorNow = async (as: 'analyst' | 'admin' = 'analyst') => (await lotline.ask('{ viewer { kind } }', {}, as)).extensions!.cursor!;

function start(name: string, port: number, token: string, after: string): Recipe {
  const [program, ...options] = name.endsWith('.sh') ? ['bash'] : [process.execPath];
  const child = spawn(program!, [...options, resolve(FOLDER, name)], {
    env: { ...process.env, LOTLINE_URL: `http://127.0.0.1:${port}`, LOTLINE_TOKEN: token, AFTER: after, SILENT_SECONDS: '2' },
    // A group of its own, so that a program's own child ends with it.
    detached: true,
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const recipe: Recipe = {
    heard: [],
    cursor: after,
    complaints: '',
    child,
    ended,
    stop: async () => {
      running.delete(recipe);
      if (child.exitCode === null) process.kill(-child.pid!, 'SIGKILL');
      await ended;
    },
  };
  child.stderr.on('data', (text) => {
    recipe.complaints += text;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const told = JSON.parse(line);
    const { cursor, change } = told.data?.lotEvents ?? told;
    recipe.heard.push(change.lot.code);
    recipe.cursor = cursor;
  });
  running.add(recipe);
  return recipe;
}

let recorded = 0;
/** Records lots in one command; says their codes. */
async function record(count = 1): Promise<string[]> {
  const codes = Array.from({ length: count }, () => `LOT-${++recorded}`);
  await lotline.import({
    'lots.csv': csv(codes.map((code) => ({ code, producer: 'C:FARM', product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' }))),
  });
  return codes;
}

async function until(isSo: () => boolean, within = 30_000): Promise<void> {
  for (const last = Date.now() + within; !isSo() && Date.now() < last; ) await sleep(20);
}

/** From now on each stream whose client is abreast has no room for its so many-th message; ends that, and says how many streams ended by it. */
function lagEach(count: number): () => number {
  const { offer } = Stream.prototype;
  const offered = new Map<Stream, number>();
  let lagged = 0;
  jest.spyOn(Stream.prototype, 'offer').mockImplementation(function (this: Stream, message: Sent) {
    const so = (offered.get(this) ?? 0) + 1;
    offered.set(this, so);
    if (so >= count && this.idle) {
      lagged++;
      Object.assign(this, { limits: { messages: 0, bytes: 0 } });
    }
    offer.call(this, message);
  });
  return () => {
    jest.restoreAllMocks();
    return lagged;
  };
}

test('every recipe tells of each lot once and in order: cut, stopped, lost without a word, too slow, and started again', async () => {
  proxy = await startProxy(() => lotline.server.port);
  const [token, after] = [await lotline.token('analyst'), await cursorNow()];
  const recipes = new Map(RECIPES.map((name) => [name, start(name, proxy.port, token, after)]));
  const codes: string[] = [];
  const heardAll = async () => {
    await until(() => [...recipes.values()].every(({ heard, child }) => heard.length >= codes.length || child.exitCode !== null));
    for (const [name, { heard }] of recipes) expect([name, heard]).toEqual([name, codes]);
  };

  // Cut while lots are recorded, then while it is quiet, so that some are recorded while nobody is connected.
  for (let cut = 0; cut < 5; cut++) {
    for (let lot = 0; lot < 5; lot++) {
      codes.push(...(await record()));
      if (lot === cut) proxy.cut();
    }
    await heardAll();
    if (cut % 2 === 0) proxy.cut();
  }
  // Stopped, as for an upgrade.
  await lotline.restart(async () => {
    for (let lot = 0; lot < 5; lot++) codes.push(...(await record()));
  });
  codes.push(...(await record()));
  await heardAll();
  // Too slow, as the server finds: again and again in the middle of one command.
  const lagged = lagEach(7);
  codes.push(...(await record(15)));
  await heardAll();
  expect(lagged()).toBeGreaterThanOrEqual(RECIPES.length * 2);
  // Whoever waits to come back has come back.
  codes.push(...(await record()));
  await heardAll();
  // Lost without a word; what was under way comes after all, when the client has long been elsewhere.
  const thaw = proxy.freeze();
  codes.push(...(await record()));
  await heardAll();
  thaw();
  codes.push(...(await record()));
  await heardAll();
  // Killed, and started again with the cursor of the last line.
  const before = new Map([...recipes].map(([name, { heard }]) => [name, heard]));
  for (const [name, recipe] of recipes) {
    await recipe.stop();
    recipes.set(name, start(name, proxy.port, token, recipe.cursor));
  }
  const restarted = codes.length;
  codes.push(...(await record(3)));
  await until(() => [...recipes.values()].every(({ heard }) => heard.length >= codes.length - restarted));
  // What would come twice would come now.
  await sleep(500);

  for (const [name, { heard }] of recipes) expect([name, [...before.get(name)!, ...heard]]).toEqual([name, codes]);
}, 120_000);

// Last: it makes the whole log old.
test('every recipe stops where it cannot go on, and says why', async () => {
  const [present, foreign, token] = [await cursorNow(), await cursorNow('admin'), await lotline.token('analyst')];
  const saying = async (code: RegExp, given: string, after: string) => {
    for (const recipe of RECIPES.map((name) => start(name, lotline.server.port, given, after))) {
      expect(await recipe.ended).toBe(1);
      expect(recipe.complaints).toMatch(code);
      expect(recipe.heard).toEqual([]);
    }
  };
  await saying(/CURSOR_FOREIGN/, token, foreign);
  await saying(/4403|UNAUTHENTICATED/, 'not.a.token', present);
  await record();
  await lotline.database.query(
    "set session_replication_role = replica; update command set at = at - interval '100 days'; set session_replication_role = origin",
  );
  await saying(/CURSOR_EXPIRED/, token, present);
});
