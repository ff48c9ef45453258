import type { Readable } from 'node:stream';
import { parseGlobalId, Refusal } from '@lotline/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mayActFor, type Viewer, withinScope } from '../access';
import { type Database, Deadline, Reader } from '../database';
import { bytesOf, type Content, FileRefused, type FileStore, Uploads, visibleContent } from '../files';
import { type Journal, Notes } from '../journal';
import { type Enter, PRICES } from '../limits';

interface FileOptions {
  database: Database;
  files: FileStore;
  /** Most bytes of a file. */
  largestFile: number;
  enter: Enter;
  journal: Journal;
  /** Longest a question may work in the database, milliseconds. */
  questionTimeout: number;
}

/** How often it is swept, milliseconds. */
const SWEEP_EVERY_MS = 3_600_000;
/** What the access journal calls a download. */
const DOWNLOAD = 'Document.content';

/** Serves the bytes of documents beside the graph (docs/FILES.md). @returns what stops the sweeping */
export function serveFiles(app: FastifyInstance, options: FileOptions): () => void {
  const { database, files, largestFile, enter, journal } = options;
  const uploads = new Uploads(database, files, largestFile);
  const sweep = () => void uploads.sweep().catch((error) => app.log.warn({ err: error }, 'files that nobody claimed were not swept'));
  const sweeping = setInterval(sweep, SWEEP_EVERY_MS).unref();
  sweep();

  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
    scope.post('/files', { config: { takesFiles: true } }, async (request, reply) => {
      const { viewer } = await enter(request, reply, PRICES.file);
      const forbidden = mayUpload(viewer);
      if (forbidden) throw new Refusal(forbidden);
      const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = request.headers;
      if (encoding !== undefined && encoding !== 'identity')
        throw new FileRefused(415, {
          code: 'BAD_USER_INPUT',
          message: 'the file is encoded, and nothing is unpacked here',
          remedy: 'send the file as it is, without Content-Encoding',
        });
      const uploaded = await uploads.take(viewer, bytesOf(request.raw), { type, bytes: length === undefined ? null : Number(length) });
      return reply.code(201).header('cache-control', 'no-store').send(uploaded);
    });
  });

  app.route<{ Params: { id: string } }>({
    url: '/documents/:id/content',
    method: ['GET', 'HEAD'],
    handler: async (request, reply) => {
      const { viewer, key } = await enter(request, reply, PRICES.file);
      const notes = new Notes({ viewer, key });
      try {
        const { id, content } = await contentFor(request.params.id, viewer, notes, options);
        const sent = await send(content, request, reply, files);
        notes.read('Document', id);
        return sent;
      } finally {
        journal.take(notes.by, notes.all);
      }
    },
  });
  return () => clearInterval(sweeping);
}

/** Whoever may attach a document may upload its bytes. */
const mayUpload = (viewer: Viewer) => mayActFor(viewer, viewer.operationId);

/** The bytes that a download asks for, under the viewer's rights. @throws Refusal FORBIDDEN or NOT_FOUND */
async function contentFor(
  globalId: string,
  viewer: Viewer,
  notes: Notes,
  { database, questionTimeout }: FileOptions,
): Promise<{ id: string; content: Content }> {
  if (!withinScope(viewer, 'Document')) {
    notes.refused('Document', 'FORBIDDEN', null);
    throw new Refusal({ code: 'FORBIDDEN', message: "the key's scopes do not include DOCUMENTS", remedy: 'use a key with that scope' });
  }
  const parsed = parseGlobalId(globalId, 'Document');
  if (parsed.ok) {
    const { id } = parsed.value;
    const reader = new Reader(database, { deadline: new Deadline(questionTimeout) });
    const content = await visibleContent(reader, viewer, id).finally(() => reader.close());
    if (content) return { id, content };
    notes.refused(DOWNLOAD, 'NOT_FOUND', { type: 'Document', id });
  }
  throw new Refusal({
    code: 'NOT_FOUND',
    message: 'there is no such document with bytes',
    remedy: 'follow the url of Document.content, as an answer gave it',
  });
}

async function send(content: Content, { headers, method }: FastifyRequest, reply: FastifyReply, files: FileStore): Promise<FastifyReply> {
  const { sha256, bytes, type } = content;
  const etag = `"${sha256}"`;
  reply
    .header('etag', etag)
    .header('cache-control', 'private, no-cache')
    .header('vary', 'authorization, lotline-acting-for')
    .header('accept-ranges', 'bytes')
    .header('content-disposition', `attachment; filename="${nameOf(content)}"`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .header('cross-origin-resource-policy', 'same-origin');
  if (headers['if-none-match']?.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, ''))))
    return reply.code(304).send();
  // A range is asked for by GET alone (RFC 9110, 14.2).
  const ranged = method === 'GET' && (headers['if-range'] === undefined || headers['if-range'] === etag);
  const range = ranged ? rangeIn(headers.range, bytes) : null;
  if (range === 'beyond') {
    reply.header('content-range', `bytes */${bytes}`);
    throw new FileRefused(416, { code: 'BAD_USER_INPUT', message: `the file has ${bytes} bytes`, remedy: 'ask for a range within it' });
  }
  const stream = await opened(files, sha256, range);
  if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes}`);
  reply
    .header('content-type', type === 'text/plain' ? 'text/plain; charset=utf-8' : type)
    .header('content-length', range ? range.last - range.first + 1 : bytes);
  if (method === 'GET') return reply.send(stream);
  stream.destroy();
  return reply.send();
}

/** A database that knows bytes which are not there was moved without its files: that is no fault of whoever asks. */
async function opened(files: FileStore, sha256: string, range: Range | null): Promise<Readable> {
  const stream = await files.open(sha256, range ?? undefined);
  if (stream) return stream;
  throw new FileRefused(
    503,
    {
      code: 'UNAVAILABLE',
      message: 'the bytes of this document cannot be reached',
      remedy: 'try again later, or tell whoever runs this server',
    },
    { retryable: true },
  );
}

interface Range {
  first: number;
  last: number;
}

/** One range of bytes (RFC 9110, 14.1.2); null for all: where there is none, or one that is not served. */
function rangeIn(header: string | undefined, bytes: number): Range | 'beyond' | null {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || from + to === '') return null;
  if (from === '') return Number(to) === 0 ? 'beyond' : { first: Math.max(0, bytes - Number(to)), last: bytes - 1 };
  if (to !== '' && Number(to) < Number(from)) return null;
  return Number(from) >= bytes ? 'beyond' : { first: Number(from), last: Math.min(to === '' ? bytes : Number(to), bytes - 1) };
}

const ENDINGS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/tiff': 'tif',
  'text/plain': 'txt',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
};

/** What a saved file is called: letters, digits and hyphens only, whatever its number holds. */
const nameOf = ({ documentType, number, type }: Content): string =>
  `${`${documentType}-${number}`.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 100)}.${ENDINGS[type] ?? 'bin'}`;
