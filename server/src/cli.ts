import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Refusal } from '@lotline/schema';
import { ADMINISTRATOR, ANALYST, mintToken, viewerInRole } from './access';
import { filesOf, type Instance, openInstance } from './app';
import { type Config, callerDirectory, readConfig } from './config';
import { EMBEDDED_MARK, EmbeddedError, Reader, startEmbedded } from './database';
import { examine, type Finding } from './doctor';
import { exportFolder, writeTemplate } from './export';
import { FolderRefused, type ImportCounts, importFolder } from './import';
import { Journal, Notes } from './journal';
import { lotNamed } from './lots';
import { terminalProgress } from './progress';
import type { Question } from './questions';
import { REPORT_FORMATS, reportOn } from './report';
import { hidingSecrets } from './secrets';
import { SETTINGS, SettingError } from './settings';

const USAGE = `lotline import DIR|FILE.xlsx [--dry-run]
                                  import a folder of CSV files, or a workbook with a sheet for each, all or nothing
lotline export DIR                write everything as such a folder, which must hold none of these files
lotline template FILE.xlsx        write an empty workbook to fill in and import
lotline trace LOT [--forward] [--format table|csv|jsonl]
                                  what a lot was made of, or what was made of it; LOT is its code, or OPERATION/code
lotline doctor [--json] [--quick] look at everything that whoever runs a server could have wrong; changes nothing.
                                  --quick leaves out what reads every fact
lotline token --admin | --analyst | --operation ID | --certifier CODE   print a token of demo mode

Data goes to stdout, all else to stderr. DATA_DIR or DATABASE_URL name the database, as for the server.
Exit codes: 0 done, 1 the input was refused or the doctor found a fault, 2 wrong usage.`;

const DONE = 0;
const REFUSED = 1;
const WRONG_USAGE = 2;

/** Longest that a statement of a trace or an export may take here, milliseconds: nobody else waits for it. */
const PATIENT_MS = 600_000;

class UsageError extends Error {}

const hide = hidingSecrets();
const say = (line: string): void => void process.stderr.write(`${hide(line)}\n`);

async function withInstance<T>(work: (instance: Instance) => Promise<T>): Promise<T> {
  const instance = await openInstance(readConfig(process.env, callerDirectory()), say);
  try {
    return await work(instance);
  } finally {
    await instance.close();
  }
}

function told(counts: ImportCounts): string {
  const parts = Object.entries(counts).filter(([, { recorded, unchanged }]) => recorded + unchanged > 0);
  return parts
    .map(([file, { recorded, unchanged }]) => `${file}: ${recorded} recorded${unchanged > 0 ? `, ${unchanged} known` : ''}`)
    .join('; ');
}

async function importVerb(args: string[]): Promise<number> {
  const { values, positionals } = parse(args, { 'dry-run': { type: 'boolean' } });
  const [directory, ...rest] = positionals;
  if (directory === undefined || rest.length > 0) throw new UsageError('import takes one folder, or one .xlsx file');
  const progress = terminalProgress(process.stderr);
  try {
    const counts = await withInstance(({ runner }) =>
      importFolder(runner, ADMINISTRATOR, resolve(callerDirectory(), directory), { dryRun: values['dry-run'] === true, progress }),
    );
    progress.end();
    say(`${values['dry-run'] ? 'checked, nothing stored' : 'imported'}: ${told(counts)}`);
    return DONE;
  } catch (error) {
    progress.end();
    if (!(error instanceof FolderRefused)) throw error;
    for (const line of error.lines()) say(line);
    return REFUSED;
  }
}

async function exportVerb(args: string[]): Promise<number> {
  const [directory, ...rest] = parse(args, {}).positionals;
  if (directory === undefined || rest.length > 0) throw new UsageError('export takes one folder');
  const progress = terminalProgress(process.stderr);
  const counts = await withInstance(async ({ config, database }) => {
    const reader = new Reader(database, { timeout: PATIENT_MS });
    const notes = new Notes({ viewer: ADMINISTRATOR, key: null });
    const journal = new Journal(database, config, (error, what) => say(`${what}: ${(error as Error).message}`));
    try {
      const keep = () => journal.take(notes.by, notes.take());
      return await exportFolder(resolve(callerDirectory(), directory), { reader, notes, keep, progress });
    } finally {
      progress.end();
      await journal.close();
      await reader.close();
    }
  });
  const files = Object.entries(counts).map(([file, rows]) => `${file}: ${rows}`);
  say(files.length === 0 ? 'there is nothing to export' : `exported: ${files.join('; ')}`);
  return DONE;
}

async function templateVerb(args: string[]): Promise<number> {
  const [file, ...rest] = parse(args, {}).positionals;
  if (file === undefined || rest.length > 0 || !file.toLowerCase().endsWith('.xlsx')) throw new UsageError('template takes one .xlsx file');
  const path = resolve(callerDirectory(), file);
  try {
    await writeTemplate(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    say(`${file} is there already; name another file`);
    return REFUSED;
  }
  say(`written: ${file}; fill in its sheets, then lotline import ${file}`);
  return DONE;
}

async function tokenVerb(args: string[]): Promise<number> {
  const { values, positionals } = parse(args, {
    admin: { type: 'boolean' },
    analyst: { type: 'boolean' },
    operation: { type: 'string' },
    certifier: { type: 'string' },
  });
  if (Object.keys(values).length !== 1 || positionals.length > 0)
    throw new UsageError('token takes one of --admin, --analyst, --operation ID, --certifier CODE');
  return withInstance(async ({ config, database }) => {
    if (!config.demo) {
      say('tokens are minted in demo mode only: on the embedded database, or with LOTLINE_DEMO=yes');
      return REFUSED;
    }
    const role = values.admin ? 'administrator' : values.analyst ? 'analyst' : Object.entries(values)[0]!.join(':');
    const viewer = await viewerInRole(database, role);
    process.stdout.write(`${await mintToken(viewer, database.installation.tokenKey)}\n`);
    return DONE;
  });
}

async function traceVerb(args: string[]): Promise<number> {
  const { values, positionals } = parse(args, { forward: { type: 'boolean' }, format: { type: 'string' } });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError('trace takes one lot');
  const format = String(values.format ?? 'table');
  if (!Object.hasOwn(REPORT_FORMATS, format))
    throw new UsageError(`--format ${format}: write one of ${Object.keys(REPORT_FORMATS).join(', ')}`);
  const report = await withInstance(async ({ config, database, runner, cursors }) => {
    const reader = new Reader(database, { timeout: PATIENT_MS });
    const notes = new Notes({ viewer: ANALYST, key: null });
    const question: Question = { viewer: ANALYST, reader, runner, cursors, notes, refKey: randomBytes(32), requestId: 'trace' };
    const journal = new Journal(database, config, (error, what) => say(`${what}: ${(error as Error).message}`));
    try {
      const lot = await lotNamed(question, name);
      notes.traced(lot.id);
      return await reportOn(question, lot, values.forward ? 'FORWARD' : 'BACK');
    } finally {
      journal.take(notes.by, notes.all);
      await journal.close();
      await reader.close();
    }
  });
  for (const line of REPORT_FORMATS[format as keyof typeof REPORT_FORMATS](report)) {
    if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
  }
  if (!report.complete) say(`the trace is not complete: ${report.gaps.length} gaps`);
  return DONE;
}

function parse(args: string[], options: Record<string, { type: 'boolean' | 'string' }>) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/** What the settings themselves have wrong keeps everything else from being looked at. */
async function findings(quick: boolean): Promise<Finding[]> {
  let config: Config;
  try {
    config = readConfig(process.env, callerDirectory());
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    const remedy = 'see docs/settings.md; nothing starts before';
    return error.message.split('\n').map((says) => ({ about: 'settings', state: 'fail', says, remedy }));
  }
  if (config.databaseUrl === null && !existsSync(join(config.dataDir, EMBEDDED_MARK)))
    return [{ about: 'database', state: 'warn', says: 'there is none yet', remedy: 'npm start makes one; or set DATABASE_URL' }];
  const embedded = config.databaseUrl === null ? await startEmbedded(config.dataDir, { say }) : null;
  try {
    const known = Object.values(SETTINGS).flatMap((area) => Object.keys(area));
    const url = embedded?.url ?? config.databaseUrl!;
    return await examine({ env: process.env, known, config, url, filesOf: (database) => filesOf(config, database), quick });
  } finally {
    await embedded?.stop();
  }
}

async function doctorVerb(args: string[]): Promise<number> {
  const { values, positionals } = parse(args, { json: { type: 'boolean' }, quick: { type: 'boolean' } });
  if (positionals.length > 0) throw new UsageError('doctor takes no names');
  const found = await findings(values.quick === true);
  if (values.json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else
    for (const { about, state, says, remedy } of found)
      process.stdout.write(`${state.padEnd(5)}${about}: ${says}${remedy === null ? '' : `\n     ${remedy}`}\n`);
  return found.some(({ state }) => state === 'fail') ? REFUSED : DONE;
}

const VERBS: Record<string, (args: string[]) => Promise<number>> = {
  import: importVerb,
  export: exportVerb,
  template: templateVerb,
  trace: traceVerb,
  token: tokenVerb,
  doctor: doctorVerb,
};

async function main(args: string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === '--help' || verb === '-h' || verb === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return DONE;
  }
  const run = verb !== undefined && Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  try {
    if (!run) throw new UsageError(verb === undefined ? 'name a verb' : `there is no verb ${verb}`);
    return await run(rest);
  } catch (error) {
    if (error instanceof UsageError) {
      say(`${error.message}\n\n${USAGE}`);
      return WRONG_USAGE;
    }
    if (error instanceof SettingError || error instanceof EmbeddedError) say(error.message);
    else if (error instanceof Refusal) for (const { message, remedy } of error.reasons) say(`${message}${remedy ? `; ${remedy}` : ''}`);
    else say(process.env.LOG_LEVEL === 'debug' ? String((error as Error).stack) : `this failed: ${(error as Error).message}`);
    return error instanceof SettingError ? WRONG_USAGE : REFUSED;
  }
}

// Whoever reads may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? DONE : REFUSED));

main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
