import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { Refusal } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { refusalBody } from '../questions';
import { safetyHeaders } from './headers';

const bad = (message: string, remedy: string) => new Refusal({ code: 'BAD_USER_INPUT', message, remedy });

const TIMEOUT = bad('the request took too long', 'send it faster, or less at once');
const TOO_LARGE = bad('the headers of the request are larger than 16 KiB', 'send shorter ones, and what is long in the body');
const NO_HTTP = bad('this is no HTTP that can be read', 'send one request of HTTP/1.1 with one length');
const EXPECTS = bad('the request expects what is not promised here', 'leave the header Expect out');
const BY_CODE: Record<string, { status: string; refusal: Refusal }> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', refusal: TIMEOUT },
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', refusal: TOO_LARGE },
};

/** Answers what is no request, so that no route of ours sees it, and ends its connection: where the next begins nobody knows. */
export function answerBroken(error: Error & { code?: string }, socket: Socket): void {
  const { _httpMessage: begun } = socket as Socket & { _httpMessage?: ServerResponse | null };
  // What came after an answer that has begun must not end up within it.
  if (error.code === 'ECONNRESET' || !socket.writable || begun?.headersSent) return void socket.destroy();
  const { status, refusal } = BY_CODE[error.code ?? ''] ?? { status: '400 Bad Request', refusal: NO_HTTP };
  const id = uuidv7();
  const body = JSON.stringify(refusalBody(refusal, id));
  const headers = {
    ...safetyHeaders((socket as TLSSocket).encrypted === true),
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'x-request-id': id,
    connection: 'close',
  };
  socket.once('error', () => {});
  // Who does not hang up then is not waited for.
  socket.once('finish', () => socket.destroy());
  socket.end([`HTTP/1.1 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n'));
}

/** Answers a request that expects what nobody promises (RFC 9110, 10.1.1), which Node would do without a word. */
export function answerExpectations(server: Server, headersOf: (request: IncomingMessage) => Record<string, string>): void {
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const id = uuidv7();
    const type = 'application/json; charset=utf-8';
    response
      .writeHead(417, { ...headersOf(request), 'content-type': type, 'x-request-id': id, connection: 'close' })
      .end(JSON.stringify(refusalBody(EXPECTS, id)));
  });
}
