import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Refusal } from '@lotline/schema';

/** The documents that a server answers, where it answers no others: by the SHA-256 of their text, hexadecimal. */
export type TrustedDocuments = ReadonlyMap<string, string>;

const HASH = /^(?:sha256:)?([0-9a-f]{64})$/i;
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Reads a manifest: `{"sha256:HASH": "document"}` as the client preset of graphql-codegen writes it, with or without the prefix, or
 * `{"operations": [{"id", "body"}]}` as Apollo's generate-persisted-query-manifest does.
 * @throws Error for what is neither, or an id that is not the hash of its document
 */
export function readManifest(path: string): TrustedDocuments {
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  const entries = Array.isArray(manifest.operations)
    ? (manifest.operations as { id?: unknown; body?: unknown }[]).map(({ id, body }) => [id, body] as const)
    : Object.entries(manifest);
  const documents = new Map<string, string>();
  for (const [id, text] of entries) {
    const hash = typeof id === 'string' ? HASH.exec(id)?.[1]?.toLowerCase() : undefined;
    if (hash === undefined || typeof text !== 'string' || hashOf(text) !== hash)
      throw new Error(`${path}: ${JSON.stringify(id)} is not the SHA-256 of a document that stands with it`);
    documents.set(hash, text);
  }
  return documents;
}

/** Is a document one of a manifest, to the letter? */
export const isTrusted = (document: string, trusted: TrustedDocuments): boolean => trusted.has(hashOf(document));

/** What a client sends for a document. */
interface Named {
  query?: unknown;
  documentId?: unknown;
}

const refuse = (code: 'BAD_USER_INPUT' | 'FORBIDDEN' | 'NOT_FOUND', message: string, remedy: string, path: string) =>
  new Refusal({ code, message, path: [path], remedy });

/**
 * The text of the document that is meant.
 * @param trusted null where every document is answered
 * @throws Refusal FORBIDDEN for a text that is not in the manifest, NOT_FOUND for an id that is not; BAD_USER_INPUT for an id without a manifest
 */
export function documentMeant({ query, documentId }: Named, trusted: TrustedDocuments | null): unknown {
  if (documentId == null) {
    if (trusted === null || typeof query !== 'string' || isTrusted(query, trusted)) return query;
    throw refuse('FORBIDDEN', 'this server answers documents of its manifest only', 'send one of them, by documentId or as it is', 'query');
  }
  if (trusted === null)
    throw refuse('BAD_USER_INPUT', 'this server knows no documents by an id', 'send the document itself as query', 'documentId');
  if (query != null) throw refuse('BAD_USER_INPUT', 'there are a query and a documentId', 'send one of them', 'documentId');
  const hash = typeof documentId === 'string' ? HASH.exec(documentId)?.[1]?.toLowerCase() : undefined;
  const document = hash === undefined ? undefined : trusted.get(hash);
  if (document !== undefined) return document;
  throw refuse(
    'NOT_FOUND',
    'the manifest of this server has no such document',
    'send sha256: and the hash of a document of it',
    'documentId',
  );
}
