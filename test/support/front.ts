import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What comes in place of an answer: a status with headers and a body; the connection broken; nothing at all. `pass` lets the answer through. */
export type Instead = 'pass' | 'break' | 'break after' | 'silence' | { status: number; headers?: Record<string, string>; body?: string };

export interface Front {
  url: string;
  /** What was asked so far: body and headers. */
  readonly asked: { body: any; headers: IncomingMessage['headers']; at: number }[];
  /** What comes in place of the next answers, in turn; after these they pass. */
  next(...instead: Instead[]): void;
  close(): Promise<void>;
}

/** Stands before a server and answers in its place where a test says so. */
export async function startFront(to: () => number): Promise<Front> {
  const asked: Front['asked'] = [];
  let queue: Instead[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    asked.push({ body: JSON.parse(body.toString() || 'null'), headers: request.headers, at: Date.now() });
    const instead = queue.shift() ?? 'pass';
    if (instead === 'silence') return;
    if (instead === 'break') return void request.socket.destroy();
    if (typeof instead === 'object') return void response.writeHead(instead.status, instead.headers).end(instead.body ?? '');
    passOn(request, body, response, to(), instead === 'break after');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    next: (...instead) => {
      asked.length = 0;
      queue = instead;
    },
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

function passOn(request: IncomingMessage, body: Buffer, response: ServerResponse, port: number, isBroken: boolean): void {
  const { host: _, connection: __, ...headers } = request.headers;
  const passed = ask({
    port,
    host: '127.0.0.1',
    method: request.method,
    path: request.url,
    headers: { ...headers, host: `127.0.0.1:${port}` },
  });
  passed.on('response', (answer) => {
    // The server has done it, and the client does not learn that.
    if (isBroken) return void answer.resume().on('end', () => request.socket.destroy());
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  passed.on('error', () => response.destroy());
  response.on('close', () => passed.destroy());
  passed.end(body);
}
