import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Refusal } from '@lotline/schema';
import type { FastifyInstance } from 'fastify';
import { fromPackage } from './packages';

// What a program begins with, before anything is published elsewhere: `npm i http://localhost:4000/client.tgz`.

/** What whoever comes may fetch, as the build left it. */
const FILES: Record<string, { file: string; type: string }> = {
  '/client.tgz': { file: fromPackage('@lotline/client', 'packed', 'client.tgz'), type: 'application/gzip' },
  '/scalars.json': { file: fromPackage('@lotline/client', 'packed', 'scalars.json'), type: 'application/json; charset=utf-8' },
  '/schema.graphql': { file: fromPackage('@lotline/schema', 'schema.graphql'), type: 'text/plain; charset=utf-8' },
};

interface Served {
  bytes: Buffer;
  etag: string;
}

async function load(file: string): Promise<Served> {
  const bytes = await readFile(file).catch((cause) => {
    throw new Refusal(
      { code: 'NOT_FOUND', message: 'it was not built', remedy: 'tell whoever runs this server: npm run build' },
      { cause },
    );
  });
  return { bytes, etag: `"${createHash('sha256').update(bytes).digest('hex')}"` };
}

/** Serves the client, the schema and its scalars. They are public, and the same until the server is built anew. */
export function serveClient(app: FastifyInstance): void {
  for (const [url, { file, type }] of Object.entries(FILES)) {
    let served: Promise<Served> | null = null;
    app.get(url, async (request, reply) => {
      served ??= load(file);
      const { bytes, etag } = await served.catch((error) => {
        served = null;
        throw error;
      });
      reply.header('etag', etag).header('cache-control', 'no-cache');
      const known = request.headers['if-none-match']?.split(',').map((each) => each.trim().replace(/^W\//, ''));
      if (known?.some((each) => each === '*' || each === etag)) return reply.code(304).send();
      return reply.type(type).send(bytes);
    });
  }
}
