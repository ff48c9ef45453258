import { once, setMaxListeners } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import { quote, type Reason, Refusal } from '@lotline/schema';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Viewer } from '../access';
import type { Runner } from '../commands';
import { bytesOf, explainStore, FileRefused } from '../files';
import { type Enter, PRICES } from '../limits';
import type { Cursors } from '../log';
import { FORMATS } from './columns';
import { FolderRefused, placeOf } from './errors';
import { importWithPlace, mayImport } from './import';

export interface ImportServing {
  runner: Runner;
  cursors: Cursors;
  enter: Enter;
}

/** Most bytes of all files of a request, and most rows in them: larger ones go through `lotline import`. */
const MOST_BYTES = 64 * 2 ** 20;
const MOST_ROWS = 200_000;

const bad = (status: number, message: string, remedy: string, path?: string[]) =>
  new FileRefused(status, { code: 'BAD_USER_INPUT', message, remedy, ...(path && { path }) });

/** Imports over HTTP what the command line imports from a folder or a workbook (docs/EXPORTS.md). */
export function serveImport(app: FastifyInstance, { runner, cursors, enter }: ImportServing): void {
  let isRunning = false;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
    scope.post<{ Querystring: Record<string, unknown> }>('/import', { config: { takesFiles: true } }, async (request, reply) => {
      const { viewer } = await enter(request, reply, PRICES.import);
      const forbidden = mayImport(viewer);
      if (forbidden) throw new Refusal(forbidden);
      const dryRun = dryRunIn(request.query);
      if (isRunning)
        throw new Refusal(
          { code: 'BUSY', message: 'another import is being taken', remedy: 'try again when it has ended' },
          { retryable: true },
        );
      isRunning = true;
      const { place, ...answer } = await taken(request, viewer, dryRun).finally(() => {
        isRunning = false;
      });
      return reply
        .header('cache-control', 'no-store')
        .header('lotline-cursor', cursors.encode(place, viewer.name))
        .send({ dryRun, ...answer });
    });
  });

  /** Imports what a request brings; nothing of it stays on the disk. */
  async function taken(request: FastifyRequest, viewer: Viewer, dryRun: boolean) {
    const directory = await mkdtemp(join(tmpdir(), 'lotline-import-'));
    const notes: string[] = [];
    const progress = { step: () => {}, note: (line: string) => void notes.push(line) };
    try {
      const path = await received(request, directory);
      const { counts, place } = await importWithPlace(runner, viewer, path, { dryRun, progress, mostRows: MOST_ROWS });
      const files = Object.entries(counts).map(([file, count]) => ({ file, ...count }));
      return { place, files: files.filter(({ recorded, unchanged }) => recorded + unchanged > 0), notes };
    } catch (error) {
      throw error instanceof FolderRefused ? refusalOf(error, directory) : explainStore(error);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
}

function dryRunIn({ dryRun, ...rest }: Record<string, unknown>): boolean {
  const [other] = Object.keys(rest);
  if (other !== undefined) throw bad(400, `an import takes no ${quote(other)}`, 'it takes dryRun', [other]);
  if (dryRun !== undefined && dryRun !== 'true' && dryRun !== 'false')
    throw bad(400, 'dryRun is neither true nor false', 'write true, or leave it out', ['dryRun']);
  return dryRun === 'true';
}

/** Every mistake as a reason of its own, with its place. */
function refusalOf({ shown, count, message }: FolderRefused, directory: string): FileRefused {
  const reasons = shown.map((found): Reason => {
    // Where it lies here is nobody's business.
    const mistake = { ...found, file: found.file === directory ? 'the form' : found.file };
    const { file, line, column, cell, code, wrong, remedy } = mistake;
    const path = [file, ...(cell === undefined ? [line, column] : [cell])].filter((step) => step !== null);
    return { code, message: `${placeOf(mistake)}: ${wrong}`, path, remedy };
  });
  if (count > shown.length)
    reasons.push({ code: 'BAD_USER_INPUT', message: `... and ${count - shown.length} more: ${message}`, remedy: 'repair these first' });
  return new FileRefused(422, reasons);
}

const WHAT_TO_SEND = 'send multipart/form-data with CSV files named like those of the format, or with one .xlsx';
/** What a file may be called, so that it lies where it is put. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9 _.-]{0,99}$/;

/** Writes the files of a form into a folder. @returns the folder, or the one workbook in it */
async function received(request: FastifyRequest, directory: string): Promise<string> {
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = request.headers;
  if (!/^multipart\/form-data\s*;/i.test(type)) throw bad(415, 'the body is no form', WHAT_TO_SEND);
  if (encoding !== 'identity')
    throw bad(415, 'the form is encoded, and nothing is unpacked here', 'send it as it is, without Content-Encoding');
  const names = new Map<string, string>();
  const writing: Promise<void>[] = [];
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  let refused: Error | null = null;
  const refuse = (error: Error) => {
    refused ??= error;
    stop.abort();
  };
  const form = busboyFor(type);
  form.on('file', (_field, file, name) => {
    const lower = String(name).toLowerCase();
    if (!NAME.test(String(name))) refuse(bad(400, `a file is called ${quote(String(name))}`, WHAT_TO_SEND));
    else if (names.has(lower)) refuse(bad(400, `${quote(name)} is there twice`, 'send each file once'));
    file.once('limit', () => refuse(tooLarge()));
    if (refused) return void file.resume();
    names.set(lower, name);
    writing.push(pipeline(file, createWriteStream(join(directory, name), { flags: 'wx' }), { signal: stop.signal }).catch(refuse));
  });
  form.on('field', (name) => refuse(bad(400, `the form has a field ${quote(name)} that is no file`, WHAT_TO_SEND)));
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    form.on(limit, () => refuse(bad(400, `the form has more than ${FORMATS.length} files`, WHAT_TO_SEND)));
  form.on('error', () => refuse(bad(400, 'the form cannot be read', WHAT_TO_SEND)));
  const finished = once(form, 'finish', { signal: stop.signal }).catch(() => {});
  try {
    for await (const chunk of bounded(bytesOf(request.raw))) {
      if (stop.signal.aborted) break;
      if (!form.write(chunk)) await once(form, 'drain', { signal: stop.signal });
    }
    form.end();
    await finished;
  } catch (error) {
    refuse(error as Error);
  }
  await Promise.all(writing);
  if (refused) throw refused;
  if (names.size === 0) throw bad(400, 'the form holds no file', WHAT_TO_SEND);
  const workbooks = [...names].flatMap(([lower, name]) => (lower.endsWith('.xlsx') ? [name] : []));
  if (workbooks.length > 0 && names.size > 1) throw bad(400, 'a workbook is sent alone', 'send CSV files, or one .xlsx');
  return workbooks.length > 0 ? join(directory, workbooks[0]!) : directory;
}

function busboyFor(type: string) {
  try {
    const limits = { files: FORMATS.length, fields: 1, fieldSize: 100, parts: FORMATS.length + 1, headerPairs: 20, fileSize: MOST_BYTES };
    return new Busboy({ headers: { 'content-type': type }, limits });
  } catch {
    throw bad(400, 'the form says no boundary', WHAT_TO_SEND);
  }
}

const tooLarge = () => bad(413, `the files have more than ${MOST_BYTES} bytes`, 'send less at once, or use lotline import');

async function* bounded(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of bytes) {
    total += chunk.length;
    if (total > MOST_BYTES) throw tooLarge();
    yield chunk;
  }
}
