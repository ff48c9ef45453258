// Packs the client as npm does, and writes its scalars down: what the server gives away. Nothing is done where nothing has changed.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const packed = join(folder, 'packed');
const stamp = join(packed, 'stamp');

const filesIn = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:js|d\.ts)$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();

const sources = [...filesIn(join(folder, 'dist')), ...['package.json', 'README.md', 'trusted-documents.json', 'pack.mjs'].map((name) => join(folder, name))];
const state = createHash('sha256');
for (const path of sources) state.update(relative(folder, path)).update('\0').update(readFileSync(path)).update('\0');
const wanted = state.digest('hex');

const isThere = [stamp, join(packed, 'client.tgz'), join(packed, 'scalars.json')].every((path) => existsSync(path));
if (!isThere || readFileSync(stamp, 'utf8') !== wanted) {
  mkdirSync(packed, { recursive: true });
  copyFileSync(join(folder, '..', 'LICENSE'), join(folder, 'LICENSE'));
  // Two builds may run at once: each packs by itself, and the last one stays.
  const own = mkdtempSync(join(packed, 'packing-'));
  try {
    pack(own);
    const { scalars } = await import('./dist/codegen.js');
    writeFileSync(join(own, 'scalars.json'), `${JSON.stringify(scalars, null, 2)}\n`);
    renameSync(join(own, readdirSync(own).find((name) => name.endsWith('.tgz'))), join(packed, 'client.tgz'));
    renameSync(join(own, 'scalars.json'), join(packed, 'scalars.json'));
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
}

function pack(destination) {
  // What npm that runs this build was told is not meant for the one that packs.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const npm = process.env.npm_execpath;
  const [program, ...first] = npm && /\.c?js$/.test(npm) ? [process.execPath, npm] : ['npm'];
  const options = ['--pack-destination', destination, '--ignore-scripts', '--offline', '--no-update-notifier', '--loglevel', 'error'];
  execFileSync(program, [...first, 'pack', ...options], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: program === 'npm' && process.platform === 'win32',
  });
}
