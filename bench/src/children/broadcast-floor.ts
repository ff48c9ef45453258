import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerParent } from '../child';

export interface BroadcastTask {
  /** Messages for each client. */
  messages: number;
  bytes: number;
  clients: number;
}

export interface BroadcastPlace {
  url: string;
}

// The least that could send as much to as many: when a client says so, every message to every client, with no log, rights or filters.
answerParent<BroadcastTask, BroadcastPlace>(async ({ messages, bytes }) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((done) => server.once('listening', done));
  const text = 'x'.repeat(bytes);
  const sent = (client: WebSocket) => new Promise<void>((done) => client.send(text, () => done()));
  server.on('connection', (socket) =>
    socket.on('message', async () => {
      for (let round = 0; round < messages; round++) await Promise.all([...server.clients].map(sent));
    }),
  );
  const close = async () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { answer: { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }, close };
});
