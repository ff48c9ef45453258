import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';

// WebSockets whose frames are written by hand.

export interface Socket {
  socket: WebSocket;
  frames: any[];
  closed: Promise<number>;
  send(frame: unknown): void;
  /** Messages of a subscription, so far. */
  of(id: string): any[];
}

const sockets = new Set<WebSocket>();

/** Cuts all that are open. */
export async function cutSockets(): Promise<void> {
  for (const socket of sockets) socket.terminate();
  sockets.clear();
  await sleep(30);
}

/** A socket that is cut with all others. */
export function socketTo(url: string, ...rest: [protocol?: string, options?: ClientOptions]): WebSocket {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, ...rest);
  sockets.add(socket);
  return socket;
}

export async function openSocket(url: string, protocol = 'graphql-transport-ws', options?: ClientOptions): Promise<Socket> {
  const socket = socketTo(url, protocol, options);
  const frames: any[] = [];
  socket.on('message', (data) => frames.push(JSON.parse(String(data))));
  const closed = new Promise<number>((done) => socket.once('close', done));
  await new Promise((done, failed) => socket.once('open', done).once('error', failed));
  socket.on('error', () => {});
  return {
    socket,
    frames,
    closed,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    of: (id) => frames.filter((frame) => frame.id === id),
  };
}

/** Waits until something is so. */
export async function until(what: () => unknown, within = 6000): Promise<void> {
  for (const last = Date.now() + within; !what(); await sleep(10)) if (Date.now() > last) throw new Error(`never: ${what}`);
}
