import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Meters } from './meters';

/** What keeps a server alive or away from traffic: the body of `/readyz`, and whether it is 200. */
export interface Readiness {
  status: 'ready' | 'no database' | 'stopping';
}

export interface MetricsServer {
  url: string;
  stop(): Promise<void>;
}

/** Where metrics are read apart from the server's own port; a null port for nowhere. */
export interface MetricsPlace {
  port: number | null;
  host: string;
}

/** How long a reader may take for its request, milliseconds, and how many are connected at most. */
const WITHIN_MS = 5000;
const MOST_CONNECTIONS = 32;
/** What loopback is called. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)(?::\d+)?$/i;

const send = (response: ServerResponse, status: number, type: string, body: string) =>
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }).end(body);
const json = (response: ServerResponse, status: number, body: object) =>
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body));

/**
 * Listens for whoever watches: `/metrics`, `/healthz` and `/readyz` on a port of their own, which strangers are not led to. Also for a process
 * that serves nothing else.
 */
export async function serveMetrics(
  meters: Meters,
  { port, host }: { port: number; host: string },
  readiness: () => Promise<Readiness>,
): Promise<MetricsServer> {
  const server = createServer(
    { requestTimeout: WITHIN_MS, headersTimeout: WITHIN_MS, keepAliveTimeout: WITHIN_MS },
    (request, response) => {
      const path = request.url?.split('?', 1)[0];
      if (request.method !== 'GET' && request.method !== 'HEAD') return void json(response, 405, { status: 'read only' });
      // A page in a browser of this machine, whose name was led here.
      if (LOOPBACK.test(host) && !LOOPBACK.test(request.headers.host ?? ''))
        return void json(response, 403, { status: 'ask by a name of loopback' });
      const answer = async () => {
        if (path === '/metrics') send(response, 200, meters.contentType, await meters.text());
        else if (path === '/healthz') json(response, 200, { status: 'alive' });
        else if (path === '/readyz') {
          const ready = await readiness();
          json(response, ready.status === 'ready' ? 200 : 503, ready);
        } else json(response, 404, { status: 'there is /metrics, /healthz and /readyz' });
      };
      answer().catch(() => (response.headersSent ? response.destroy() : json(response, 500, { status: 'failed' })));
    },
  );
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      fail(error.code === 'EADDRINUSE' ? new Error(`port ${port} is in use: stop what listens there, or set METRICS_PORT`) : error),
    );
    server.listen(port, host, done);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
