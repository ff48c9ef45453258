import type { FastifyInstance } from 'fastify';

/** How long a client may take to send a file, and anything else, milliseconds. */
export const UPLOAD_WITHIN_MS = 300_000;
const REQUEST_WITHIN_MS = 15_000;

/** Ends requests that do not come to their end in time, as Node ends those that take longer than all may. */
export function withinTime(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const { raw } = request;
    if (request.routeOptions.config.takesFiles || raw.complete) return;
    const late = setTimeout(() => {
      const error = Object.assign(new Error('the request took too long'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      if (!raw.complete) app.server.emit('clientError', error, raw.socket);
    }, REQUEST_WITHIN_MS).unref();
    raw.once('close', () => clearTimeout(late)).once('end', () => clearTimeout(late));
  });
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Does its body take longer than others may? */
    takesFiles?: boolean;
  }
}
