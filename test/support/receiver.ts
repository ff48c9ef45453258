import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A message as a receiver got it. */
export interface Received {
  path: string;
  headers: Record<string, string>;
  body: string;
}

/** How a receiver answers. */
export type Answer = { status: number; headers?: Record<string, string> } | 'CUT' | 'STALL' | 'UPGRADE';

/** Receives messages of webhooks on a loopback port. */
export class Receiver {
  readonly received: Received[] = [];
  /** What it answers from now on. */
  answer: (received: Received) => Answer = () => ({ status: 204 });
  /** What is waited for before it answers. */
  hold: (received: Received) => Promise<void> | null = () => null;
  private readonly server: Server = createServer((request, response) => {
    void this.take(request).then(async (received) => {
      this.received.push(received);
      await this.hold(received);
      const answer = this.answer(received);
      if (answer === 'CUT') request.socket.destroy();
      else if (answer === 'UPGRADE')
        request.socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
      else if (answer !== 'STALL') response.writeHead(answer.status, answer.headers).end();
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async take(request: IncomingMessage): Promise<Received> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return { path: request.url!, headers: request.headers as Record<string, string>, body: Buffer.concat(chunks).toString('utf8') };
  }
}
