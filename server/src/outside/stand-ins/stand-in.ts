import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// What both stand-ins are made of: a small server that does as docs/outside.md says, and can be spoilt for tests.

/** How a stand-in misbehaves from now on. */
export interface Mischief {
  /** Cuts every connection without a word, before it has looked at anything. */
  down?: boolean;
  /** Says this status, and does nothing. */
  status?: number;
  /** Does what it is asked, and answers so much later, milliseconds. */
  lateMs?: number;
  /** Does nothing for so long, then what it was asked, milliseconds. */
  slowMs?: number;
  /** Does what it is asked, and cuts the connection instead of an answer. */
  drop?: boolean;
  /** Is asked everything twice at once, as by a proxy that repeats. */
  twice?: boolean;
  /** Customs rejects everything, for this reason. */
  rejects?: string;
  /** Answers this instead of what it should. */
  answer?: unknown;
  /** Is waited for when something was asked, and again when it was done and is not answered yet; where it throws the connection is cut. */
  meanwhile?: (moment: 'ASKED' | 'DONE', asked: Asked) => Promise<void>;
}

export interface Asked {
  method: string;
  path: string;
  body: unknown;
}

export interface Reply {
  status: number;
  body: unknown;
}

export const refused = (status: number, message: string): Reply => ({ status, body: { reasons: [{ message }] } });

/** JSON with its fields in one order: two bodies that say the same are the same text. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each) =>
    each && typeof each === 'object' && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

const LARGEST_BODY = 1024 * 1024;
const wait = (ms: number | undefined) => (ms ? new Promise<void>((done) => setTimeout(done, ms).unref()) : null);

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    return undefined;
  }
}

export interface StandInOptions {
  /** Bearer token that it asks for; none where null. */
  token?: string | null;
  mischief?: Mischief;
}

/** A server of its own on a loopback port. */
export abstract class StandIn {
  /** What it does wrong from now on; nothing where it is empty. */
  mischief: Mischief;
  /** Everything that it was asked, also what it did not do. */
  readonly asked: Asked[] = [];
  private readonly token: string | null;
  private readonly server: Server = createServer((request, response) => {
    this.take(request, response).catch(() => response.destroy());
  });

  constructor({ token = null, mischief = {} }: StandInOptions = {}) {
    this.token = token;
    this.mischief = mischief;
  }

  /** Does what is asked, by the wire contract. */
  protected abstract reply(asked: Asked): Reply;

  async start(): Promise<this> {
    await new Promise<void>((done, failed) => this.server.once('error', failed).listen(0, '127.0.0.1', done));
    this.server.unref();
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mischief = this.mischief;
    const body = request.method === 'PUT' ? await bodyOf(request) : null;
    const asked = { method: request.method!, path: request.url!, body };
    this.asked.push(asked);
    await mischief.meanwhile?.('ASKED', asked);
    if (mischief.down) return void request.socket.destroy();
    if (mischief.status) return answer(response, refused(mischief.status, 'It does not work now.'));
    await wait(mischief.slowMs);
    if (this.token !== null && request.headers.authorization !== `Bearer ${this.token}`)
      return answer(response, refused(401, 'Who are you?'));
    if (body === undefined) return answer(response, refused(400, 'That is no JSON.'));
    if (mischief.twice) this.reply(asked);
    const reply = this.reply(asked);
    await mischief.meanwhile?.('DONE', asked);
    await wait(mischief.lateMs);
    if (mischief.drop) return void request.socket.destroy();
    answer(response, mischief.answer === undefined ? reply : { status: 200, body: mischief.answer });
  }
}

function answer(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
}
