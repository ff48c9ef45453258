import { type Reason, Refusal } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayCommand, type Viewer } from '../access';
import type { Command, Done, Runner } from '../commands';
import { bindPapers } from '../documents';
import type { Book, Count } from './book';
import { importCertifiers, importOperations, importProducts } from './catalogue';
import { checkCustoms } from './customs';
import { checkDocuments } from './documents';
import { Mistakes } from './errors';
import { type Folder, readFolder } from './folder';
import { checkImportCertificates } from './import-certificates';
import { checkLots } from './lots';
import { importOperationCertificates } from './operation-certificates';
import type { Progress } from './progress';
import { type Coded, lookUpBroken } from './references';
import { checkShipments } from './shipments';

/** Rows that were recorded and rows that were known, by file. */
export type ImportCounts = Record<string, Count>;

export interface ImportOptions {
  /** Checks everything and stores nothing. */
  dryRun?: boolean;
  progress?: Progress;
  /** Most rows over all files; a million where nothing else is said. */
  mostRows?: number;
}

const digest = z.object({ digest: z.string() });

/** Why somebody may not import; null for who may. */
export const mayImport = (viewer: Viewer): Reason | null =>
  mayCommand(viewer) ??
  (viewer.kind === 'ADMINISTRATOR'
    ? null
    : { code: 'FORBIDDEN', message: 'only an administrator imports', remedy: 'use a token of the administrator' });

/** A folder as one command: all of it, or nothing. Its facts are stored as reported, so that fraud can be found. */
const importFolderCommand = (folder: Folder, progress: Progress): Command<z.infer<typeof digest>, ImportCounts> => ({
  name: 'import',
  input: digest,
  reported: true,
  may: mayImport,
  async run(work) {
    const book: Book = {
      work,
      folder,
      progress,
      mistakes: new Mistakes(folder.mistakes),
      certifiers: new Map(),
      operations: new Map(),
      products: new Map(),
      importCertificates: new Map(),
      counts: {},
      latePapers: [],
      papersNamed: new Map(),
    };
    progress.step('checking operations');
    await importCertifiers(book);
    await importOperations(book);
    await importProducts(book);
    await importOperationCertificates(book);
    const documents = await checkDocuments(book);
    const lots = await checkLots(book, documents.references);
    const shipments = await checkShipments(book, lots.references, documents.references);
    const coded: Coded = { lot: lots.references, shipment: shipments.references, document: documents.references };
    const certificates = await checkImportCertificates(book, coded);
    const links = await documents.checkLinks(coded);
    const customs = await checkCustoms(book, coded);
    lookUpBroken(book, coded);
    book.mistakes.check();
    for (const [file, count] of book.papersNamed)
      progress.note(
        `${file}: ${count === 1 ? '1 paper is' : `${count} papers are`} named and not on record; the name is kept until a paper of a party to the fact has it`,
      );
    for (const part of [documents, lots, shipments, certificates, links, customs]) await part.store();
    await bindPapers(work, book.latePapers);
    return [book.counts];
  },
});

const SILENT: Progress = { step: () => {}, note: () => {} };
/** Rows after which the planner must hear that its tables have grown, before its own rounds come to it. */
const MANY = 5000;
/** How often an import is tried again when another one stored the same names meanwhile. */
const ATTEMPTS = 3;

/**
 * Imports a folder of CSV files, or a workbook with a sheet for each.
 * @throws FolderRefused with every mistake and its place; nothing is stored then
 */
export async function importFolder(runner: Runner, viewer: Viewer, path: string, options: ImportOptions = {}): Promise<ImportCounts> {
  return (await importWithPlace(runner, viewer, path, options)).counts;
}

/** The same, and where it stands in the log. */
export async function importWithPlace(
  runner: Runner,
  viewer: Viewer,
  path: string,
  options: ImportOptions,
): Promise<{ counts: ImportCounts; place: Done<ImportCounts>['place'] }> {
  const progress = options.progress ?? SILENT;
  const folder = await readFolder(path, progress, options.mostRows);
  for (let attempt = 1; ; attempt++) {
    try {
      const done = await runner.execute(importFolderCommand(folder, progress), viewer, [{ digest: folder.digest }], uuidv7(), {
        dryRun: options.dryRun,
      });
      const counts = done.outcomes[0]!;
      const recorded = Object.values(counts).reduce((sum, count) => sum + count.recorded, 0);
      if (recorded > MANY && !options.dryRun) await runner.refreshStatistics();
      return { counts, place: done.place };
    } catch (error) {
      // A name that was free when we looked and is taken now: look again, it may be the same row.
      const raced = error instanceof Refusal && error.reasons[0].code === 'CONFLICT';
      if (!raced || attempt === ATTEMPTS) throw error;
    }
  }
}
