import { type ImportCertificate, ImportCertificateReview, type ReviewReader } from '@lotline/schema';
import { certifierViewer, operationViewer, seesAll, type Viewer } from '../access';
import { importCertificateById } from '../certificates';
import type { Reader } from '../database';
import { Notes } from '../journal';
import type { Question } from '../questions';
import { findingsOf } from '../rules';
import { requestOf } from './request';

type Parties = Pick<ImportCertificate, 'exporterId' | 'certifierId'>;

/** Which of the two sheets of a review a viewer reads; null where the review is not its work. A key or a broker reads none. */
export function readerOf(viewer: Viewer, { exporterId, certifierId }: Parties): ReviewReader | null {
  if (seesAll(viewer) || viewer.certifierId === certifierId) return 'CERTIFIER';
  return viewer.kind === 'OPERATION' && viewer.operationId === exporterId ? 'EXPORTER' : null;
}

/** The sheet as the rules and what is on record give it now, for one of the two whose work it is. */
export async function drawUp(
  question: Question,
  certificate: ImportCertificate,
  reader: ReviewReader,
  now: Date,
): Promise<ImportCertificateReview> {
  return Object.assign(new ImportCertificateReview(), {
    importCertificateId: certificate.id,
    statusId: null,
    reader,
    at: now,
    findings: findingsOf(await requestOf(question, certificate, now)),
    decision: null,
    reason: null,
  });
}

/**
 * Both sheets of a request, each drawn up from what its reader sees, as a command has it before it.
 * @param question of whoever decides; what the exporter sees is looked up for it, and noted nowhere
 */
export async function drawUpBoth(question: Question, reader: Reader, id: string, now: Date): Promise<ImportCertificateReview[]> {
  const certificate = (await reader.loader(importCertificateById).load(id))!;
  const { viewer, notes } = question;
  const certifier = viewer.certifierId === certificate.certifierId ? viewer : certifierViewer(certificate.certifierId);
  const exporter = operationViewer(certificate.exporterId);
  return [
    await drawUp({ ...question, reader, viewer: certifier }, certificate, 'CERTIFIER', now),
    await drawUp({ ...question, reader, viewer: exporter, notes: new Notes(notes.by) }, certificate, 'EXPORTER', now),
  ];
}
