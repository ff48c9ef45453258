import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps the connections that have not asked anything yet. Browsers and fetch open some in advance; Node counts them among the busy ones, so
 * that each would hold a stop up. One that stays silent for too long is closed without a word: an answer would be taken for that to whatever
 * is asked at that moment.
 * @param byTls those that have not agreed on keys yet are not counted: they end by themselves
 * @returns what ends them
 */
export function silentConnections(server: Server, byTls: boolean): () => void {
  const silent = new Set<Socket>();
  server.on(byTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  // Where nobody takes an upgrade Node makes a request of it, unless somebody listens.
  const asking = server.listenerCount('upgrade') > 0 ? ['request', 'upgrade'] : ['request'];
  for (const asked of asking) server.on(asked, ({ socket }: IncomingMessage) => silent.delete(socket));
  server.prependListener('clientError', (_error, socket: Socket) => {
    if (silent.has(socket) && socket.bytesRead === 0) socket.destroy();
  });
  return () => {
    for (const socket of silent) socket.destroy();
  };
}
