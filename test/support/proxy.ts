import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Which way bytes go. */
export type Towards = 'server' | 'client';

/** One connection through a proxy, and what may befall it. */
export interface ProxiedConnection {
  /** Breaks it on both sides without a word. */
  cut(): void;
  /** Holds back for so long everything that goes that way from now on, in order. */
  delay(towards: Towards, ms: number): void;
  /** Ends one direction, as by a FIN from the other side; the other direction stays open. */
  halfClose(towards: Towards): void;
  /** From now on bytes stop, both ways, and nothing closes: neither side is told. */
  swallow(): void;
  /** Holds everything back, as when a way is lost without a word; gives what lets it through after all. */
  freeze(): () => void;
}

/** A way to a server, or to one of several, that a test can spoil: bytes go through until then. */
export interface SpoilableProxy {
  port: number;
  /** Connections that were made through it so far. */
  readonly made: number;
  /** Those that are open, oldest first. */
  readonly connections: readonly ProxiedConnection[];
  /** Breaks every connection, on both sides, without a word. */
  cut(): void;
  /** Freezes every connection; gives what thaws them. */
  freeze(): () => void;
  close(): Promise<void>;
}

/** Most bytes that are held back in one direction before its source has to wait. */
const MOST_HELD = 4 * 1024 * 1024;

/** One direction of a connection: bytes leave in the order in which they came, each at its time, and the end of them last. */
class Direction {
  delayMs = 0;
  /** Nothing goes through any more, neither bytes nor the end of them. */
  shut = false;
  private frozen = false;
  private readonly held: { chunk: Buffer | null; at: number }[] = [];
  private bytes = 0;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
  ) {
    from.on('data', (chunk: Buffer) => this.take(chunk));
    from.on('end', () => this.take(null));
    to.on('drain', () => this.go());
  }

  stop(): void {
    this.shut = true;
    if (this.timer) clearTimeout(this.timer);
    this.held.length = 0;
  }

  freeze(): void {
    this.frozen = true;
  }

  thaw(): void {
    this.frozen = false;
    this.go();
  }

  private take(chunk: Buffer | null): void {
    if (this.shut) return;
    this.held.push({ chunk, at: Date.now() + this.delayMs });
    this.bytes += chunk?.length ?? 0;
    if (this.bytes > MOST_HELD) this.from.pause();
    this.go();
  }

  private go(): void {
    if (this.shut || this.frozen || this.timer) return;
    for (let first = this.held[0]; first && !this.to.writableNeedDrain; first = this.held[0]) {
      const wait = first.at - Date.now();
      if (wait > 0) {
        this.timer = setTimeout(() => {
          this.timer = null;
          this.go();
        }, wait);
        return;
      }
      this.held.shift();
      if (first.chunk === null) return void this.to.end();
      this.bytes -= first.chunk.length;
      this.to.write(first.chunk);
      if (this.bytes <= MOST_HELD && this.from.isPaused()) this.from.resume();
    }
  }
}

export async function startProxy(to: number | (() => number)): Promise<SpoilableProxy> {
  const open = new Map<ProxiedConnection, () => void>();
  let made = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    made++;
    const upstream = connect({ port: typeof to === 'number' ? to : to(), host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const directions = { server: new Direction(client, upstream), client: new Direction(upstream, client) };
    const sockets = [client, upstream];
    let swallowed = false;
    const cut = () => {
      open.delete(connection);
      for (const direction of Object.values(directions)) direction.stop();
      // What was ended already cannot be reset any more: Node would keep it.
      for (const socket of sockets) socket.writableEnded ? socket.destroy() : socket.resetAndDestroy();
    };
    const connection: ProxiedConnection = {
      cut,
      delay: (towards, ms) => {
        directions[towards].delayMs = ms;
      },
      halfClose: (towards) => {
        directions[towards].stop();
        (towards === 'server' ? upstream : client).end();
      },
      swallow: () => {
        swallowed = true;
        for (const direction of Object.values(directions)) direction.stop();
        for (const socket of sockets) socket.pause();
      },
      freeze: () => {
        for (const direction of Object.values(directions)) direction.freeze();
        return () => {
          for (const direction of Object.values(directions)) direction.thaw();
        };
      },
    };
    open.set(connection, cut);
    for (const socket of sockets) {
      socket.on('error', () => {});
      socket.on('close', (broken) => {
        if (swallowed) return;
        // Broken on one side is broken on the other; what was ended in order is ended in order, once what is held back is through.
        if (broken) cut();
        else if (sockets.every(({ closed }) => closed)) open.delete(connection);
      });
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const cut = () => {
    for (const each of [...open.values()]) each();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get made() {
      return made;
    },
    get connections() {
      return [...open.keys()];
    },
    cut,
    freeze: () => {
      const thaws = [...open.keys()].map((connection) => connection.freeze());
      return () => {
        for (const thaw of thaws) thaw();
      };
    },
    close: async () => {
      const closed = new Promise<void>((done) => server.close(() => done()));
      cut();
      await closed;
    },
  };
}
