import { type ImportCertificate, ImportCertificateReview, type ReviewFinding, type ReviewReader } from '@lotline/schema';
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

/** A blocking check that failed. */
export const isBlocking = ({ severity, verdict }: ReviewFinding): boolean => severity === 'BLOCKING' && verdict === 'FAILED';

/**
 * The sheet of one of the two, drawn up from what it sees, as a command has the request before it.
 * @param question of whoever takes the step; what is looked up for the exporter is noted nowhere
 */
export async function drawUpFor(
  whose: ReviewReader,
  question: Question,
  reader: Reader,
  id: string,
  now: Date,
): Promise<ImportCertificateReview> {
  const certificate = (await reader.loader(importCertificateById).load(id))!;
  const { viewer, notes } = question;
  if (whose === 'EXPORTER')
    return drawUp(
      { ...question, reader, viewer: operationViewer(certificate.exporterId), notes: new Notes(notes.by) },
      certificate,
      whose,
      now,
    );
  const certifier = viewer.certifierId === certificate.certifierId ? viewer : certifierViewer(certificate.certifierId);
  return drawUp({ ...question, reader, viewer: certifier }, certificate, whose, now);
}

/** The certifier's sheet, and the exporter's. */
export const drawUpBoth = async (question: Question, reader: Reader, id: string, now: Date): Promise<ImportCertificateReview[]> => [
  await drawUpFor('CERTIFIER', question, reader, id, now),
  await drawUpFor('EXPORTER', question, reader, id, now),
];
