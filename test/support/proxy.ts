import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A way to a server, or to one of several, that a test can cut: bytes go through until then. */
export interface CuttableProxy {
  port: number;
  /** Connections that were made through it so far. */
  readonly made: number;
  /** Breaks every connection, on both sides, without a word. */
  cut(): void;
  close(): Promise<void>;
}

export async function startProxy(to: number | (() => number)): Promise<CuttableProxy> {
  const open = new Set<Socket>();
  let made = 0;
  const server = createServer((client) => {
    made++;
    const upstream = connect(typeof to === 'number' ? to : to(), '127.0.0.1');
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get made() {
      return made;
    },
    cut,
    close: async () => {
      cut();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
