import { Readable } from 'node:stream';
import { Refusal } from '@lotline/schema';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Runner } from '../commands';
import { type Database, explain, Reader } from '../database';
import { type Journal, Notes } from '../journal';
import { type Enter, PRICES } from '../limits';
import { type Cursors, presentPlace } from '../log';
import type { Question } from '../questions';
import { type Address, readAddress } from './address';
import { cutBy, type Ending, type Line, type Table } from './table';

export interface ExportOptions {
  database: Database;
  runner: Runner;
  cursors: Cursors;
  enter: Enter;
  journal: Journal;
  refKey: Buffer;
  /** Longest that one statement of an export may take, milliseconds. */
  questionTimeout: number;
}

/** Longest that an export may take, milliseconds: it holds a view of the database for all of that time. */
const WITHIN_MS = 600_000;
/** How long a client may take nothing of what waits for it, milliseconds. */
const SILENT_FOR_MS = 60_000;
/** Most exports at once: each holds a connection to the database. */
const MOST_AT_ONCE = 3;

/** Serves tables for analysts beside the graph, under the same rights (docs/EXPORTS.md). */
export function serveExports(app: FastifyInstance, options: ExportOptions): void {
  let running = 0;
  app.route<{ Params: { '*': string }; Querystring: Record<string, unknown> }>({
    url: '/export/*',
    method: 'GET',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const question = await questionOf(request, reply, options);
      const address = readAddress(request.params['*'], request.query);
      if (running >= MOST_AT_ONCE)
        throw new Refusal(
          { code: 'BUSY', message: `${MOST_AT_ONCE} exports are being made, the most at once`, remedy: 'try again when one has ended' },
          { retryable: true },
        );
      running++;
      let ended = false;
      const end = async () => {
        if (ended) return;
        ended = true;
        running--;
        options.journal.take(question.notes.by, question.notes.take());
        await question.reader.close();
      };
      // Also where the client goes away before anything is made for it.
      reply.raw.once('close', () => void question.reader.cancel().then(end));
      try {
        return await send(address, question, reply, options.journal, end);
      } catch (error) {
        await end();
        throw error;
      }
    },
  });
}

async function questionOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { database, runner, cursors, enter, refKey, questionTimeout }: ExportOptions,
): Promise<Question> {
  const { viewer, key } = await enter(request, reply, PRICES.export);
  const wanted = request.headers['lotline-at-least'];
  const atLeast = typeof wanted === 'string' ? cursors.decode(wanted, viewer.name).position : null;
  const reader = new Reader(database, { timeout: questionTimeout, atLeast, mayLag: true });
  return { viewer, cursors, runner, refKey, notes: new Notes({ viewer, key }), requestId: request.id, reader };
}

/** Opens the table, and begins to send it. @param end what is done when all is sent, or nobody takes it any more */
async function send(
  address: Address,
  question: Question,
  reply: FastifyReply,
  journal: Journal,
  end: () => Promise<void>,
): Promise<FastifyReply> {
  const { reader, cursors, viewer, notes } = question;
  const { table, file } = await address.open(question);
  const cursor = cursors.encode(await presentPlace(reader), viewer.name);
  const deadline = Date.now() + WITHIN_MS;
  async function* bytes(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of address.format.write(table, (pages) => withEnding(pages, table, deadline, reply))) {
        journal.take(notes.by, notes.take());
        const silent = setTimeout(() => reply.raw.destroy(), SILENT_FOR_MS);
        try {
          yield chunk;
        } finally {
          clearTimeout(silent);
        }
      }
    } finally {
      await end();
    }
  }
  return reply
    .header('content-type', address.format.type)
    .header('content-disposition', `attachment; filename="${file}"`)
    .header('cache-control', 'no-store')
    .header('vary', 'authorization, lotline-acting-for')
    .header('cross-origin-resource-policy', 'same-origin')
    .header('lotline-cursor', cursor)
    .send(Readable.from(bytes(), { objectMode: false }));
}

/** The status is sent by now: what goes wrong from here on is told by the last row. */
async function* withEnding(
  pages: AsyncIterable<readonly Line[]>,
  table: Table,
  deadline: number,
  { log, request }: FastifyReply,
): AsyncGenerator<readonly Line[], Ending> {
  try {
    for await (const page of pages) {
      if (Date.now() > deadline) return cutBy('TIMED_OUT', `an export ends after ${WITHIN_MS / 60_000} minutes; there is more`);
      yield page;
    }
    return await table.ending();
  } catch (error) {
    const explained = explain(error);
    if (explained instanceof Refusal) return cutBy(explained.reasons[0].code, explained.message);
    log.error({ err: error }, 'an export failed');
    return cutBy('INTERNAL_SERVER_ERROR', `something went wrong on our side; the requestId is ${request.id}`);
  }
}
