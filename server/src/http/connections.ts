import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Most connections from one address: a house behind one router has many. */
export const MOST_FROM_ONE = 1000;
/** Whoever is on this machine is not held back by a number of connections. */
const HERE: ReadonlySet<string | undefined> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Ends connections beyond the most from one address, before anything is read of them. @param isProxy all of the world comes from there */
export function boundConnections(server: Server, isProxy: (address: string | undefined) => boolean): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const { remoteAddress: address } = socket;
    if (address === undefined || HERE.has(address) || isProxy(address)) return;
    const others = open.get(address) ?? 0;
    if (others >= MOST_FROM_ONE) return void socket.destroy();
    open.set(address, others + 1);
    socket.once('close', () => {
      const left = open.get(address)! - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
