import type { Day } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { subjectVisible, type Viewer } from '../access';
import { idOf, noSuch, optional, type Work } from '../commands';
import { recordDocumentLinks } from '../documents';
import { askingParties, type CertificateParties } from './record';

/** Most papers that one command attaches. */
const MOST_DOCUMENTS = 100;

export const papers = optional(z.array(idOf('Document')).max(MOST_DOCUMENTS, `at most ${MOST_DOCUMENTS} documents at once`));

export interface Paper {
  id: string;
  issuedOn: Day;
}

/** Papers that are named, each once, as far as the viewer sees them; what it does not see is refused. */
export async function judgePapers(work: Work, index: number, viewer: Viewer, named: readonly string[] | null): Promise<Paper[]> {
  const found = await work.tx.query<Paper>(
    `select d.id, d.issued_on as "issuedOn" from document d where d.id = any($1) and ${subjectVisible(viewer, 'd.id')} order by d.id`,
    [named ?? []],
  );
  const ids = new Set(found.map(({ id }) => id));
  for (const [place, id] of (named ?? []).entries()) if (!ids.has(id)) work.refuse(index, noSuch('document', 'documents', place));
  return found;
}

/** Papers are about a certificate from now on: who asked for it and who issues it see them. */
export const attachPapers = (work: Work, certificate: CertificateParties, attached: readonly Paper[]): Promise<void> =>
  recordDocumentLinks(
    work,
    attached.map(({ id, issuedOn }) => ({
      id: uuidv7(),
      documentId: id,
      issuedOn,
      noun: 'import_certificate' as const,
      nounId: certificate.id,
      parties: askingParties(certificate),
    })),
  );
