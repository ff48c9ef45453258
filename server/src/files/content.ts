import type { DocumentType } from '@lotline/schema';
import { subjectVisible, type Viewer } from '../access';
import type { Reader } from '../database';

/** The stored bytes of a document, and what they are called outside. */
export interface Content {
  sha256: string;
  bytes: number;
  type: string;
  documentType: DocumentType;
  number: string;
}

/** The bytes of a document; null where there is none, it has none, or the viewer may not see it. */
export async function visibleContent(reader: Reader, viewer: Viewer, document: string): Promise<Content | null> {
  const [row] = await reader.query<Content>(
    `select f.sha256, f.bytes, f.type, d.type as "documentType", d.number from document d join stored_file f on f.sha256 = d.content
     where d.id = $1 and ${subjectVisible(viewer, 'd.id')}`,
    [document],
  );
  return row ?? null;
}
