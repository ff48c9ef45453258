import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Pool } from 'pg';

export interface FloorTask {
  url: string;
}

export interface FloorPlace {
  url: string;
}

/** Serves answers made with a bare pool on loopback. */
export async function serveFloor(
  pool: Pool,
  answer: (request: IncomingMessage) => Promise<string>,
): Promise<{ answer: FloorPlace; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body),
      (error: Error) => response.writeHead(500).end(error.message),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    await pool.end();
  };
  return { answer: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, close };
}
