import type { IncomingMessage } from 'node:http';
import { type ErrorCode, Refusal } from '@lotline/schema';
import { type Peer, Proxies } from './proxies';

export interface DoorSettings {
  /** What this server is called outside, e.g. https://lotline.example; null where it answers to every name. */
  publicUrl: string | null;
  /** Origins, besides its own, whose pages may ask. */
  origins: readonly string[];
  /** Addresses and networks of the proxies before it. */
  proxies: readonly string[];
}

export const OPEN_DOOR: DoorSettings = { publicUrl: null, origins: [], proxies: [] };

/** Most headers of a request. */
const MOST_HEADERS = 100;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** Whoever watches over servers asks each by its address. */
const FOR_WATCHERS = /^\/(?:healthz|readyz|metrics)(?:\?|$)/;
const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/** What pages of listed origins may send and read (https://fetch.spec.whatwg.org/#http-cors-protocol). */
const CORS_METHODS = 'GET, HEAD, POST';
const CORS_HEADERS = [
  'accept',
  'apollo-require-preflight',
  'authorization',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'if-range',
  'last-event-id',
  'lotline-acting-for',
  'lotline-at-least',
  'range',
  'traceparent',
  'tracestate',
  'x-apollo-operation-name',
].join(', ');
const CORS_EXPOSED = [
  'accept-ranges',
  'content-disposition',
  'content-range',
  'etag',
  'lotline-content-hash',
  'lotline-cursor',
  'retry-after',
  'x-request-id',
].join(', ');
/** How long a browser may remember what it was allowed, seconds. */
const CORS_REMEMBERED_S = 600;

const refusal = (code: ErrorCode, message: string, remedy: string) => new Refusal({ code, message, remedy });
const BAD_TARGET = refusal('BAD_USER_INPUT', 'the request asks for no path', 'ask for a path that begins with /');
const TWO_HOSTS = refusal('BAD_USER_INPUT', 'the request names more than one host', 'send the header Host once');
const NO_HOST = refusal('BAD_USER_INPUT', 'the request names no host', 'send the header Host');
const MANY_HEADERS = refusal('BAD_USER_INPUT', `a request has at most ${MOST_HEADERS} headers`, 'send fewer');
const ELSEWHERE = refusal('FORBIDDEN', 'demo mode answers on this machine only', 'use the address that the server printed at its start');
const NOT_ITS_NAME = refusal('FORBIDDEN', 'the server is not called that', 'use its public address');
const FOREIGN_PAGE = refusal(
  'FORBIDDEN',
  'pages of other origins may not ask here',
  'ask from a page of this server, or have whoever runs it list the origin',
);

/** Decides, before anything is read of a request, whether it is let in: the same for HTTP, WebSockets and event streams. */
export class Door {
  readonly proxies: Proxies;
  private readonly listed: ReadonlySet<string>;
  private readonly publicUrl: URL | null;

  /** @param demo only names of loopback are served */
  constructor(
    settings: DoorSettings,
    private readonly demo: boolean,
  ) {
    this.proxies = new Proxies(settings.proxies);
    this.listed = new Set(settings.origins);
    this.publicUrl = settings.publicUrl === null || demo ? null : new URL(settings.publicUrl);
  }

  /** Is a request known to have come by TLS, or is that how this server is reached? */
  isSecure(request: IncomingMessage): boolean {
    return this.publicUrl?.protocol === 'https:' || this.proxies.peerOf(request).secure;
  }

  /** Why a request is not let in; null where it is. */
  refusalOf(request: IncomingMessage): Refusal | null {
    const { rawHeaders, url = '' } = request;
    if (!url.startsWith('/')) return BAD_TARGET;
    if (rawHeaders.length > MOST_HEADERS * 2) return MANY_HEADERS;
    if (rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) return TWO_HOSTS;
    if (request.headers.host === undefined && request.httpVersion !== '1.0') return NO_HOST;
    const peer = this.proxies.peerOf(request);
    // A page of a name that was led here may say in the other header whatever it likes.
    if (this.demo && ![peer.host, request.headers.host].every((host) => LOOPBACK.test(host ?? ''))) return ELSEWHERE;
    if (this.publicUrl && !FOR_WATCHERS.test(url) && hostOf(peer, this.publicUrl) !== this.publicUrl.host) return NOT_ITS_NAME;
    return this.isForeign(request, peer) ? FOREIGN_PAGE : null;
  }

  /** Headers that let a page of a listed origin read the answer; every answer differs by who asks. */
  corsOf({ headers: { origin } }: IncomingMessage): Record<string, string> {
    if (origin === undefined || !this.listed.has(origin)) return { vary: 'Origin' };
    return { vary: 'Origin', 'access-control-allow-origin': origin, 'access-control-expose-headers': CORS_EXPOSED };
  }

  /** The answer to a browser that asks whether a page may ask; null where it does not ask that. */
  preflightOf({ method, headers }: IncomingMessage): Record<string, string> | null {
    if (method !== 'OPTIONS' || headers.origin === undefined || headers['access-control-request-method'] === undefined) return null;
    return {
      'access-control-allow-methods': CORS_METHODS,
      'access-control-allow-headers': CORS_HEADERS,
      'access-control-max-age': String(CORS_REMEMBERED_S),
    };
  }

  /** Was it sent by a page of another origin? A program says nothing of an origin. */
  private isForeign({ method, url, headers }: IncomingMessage, peer: Peer): boolean {
    const { origin } = headers;
    if (origin !== undefined) return !this.listed.has(origin) && !this.isOwn(origin, peer);
    const site = headers['sec-fetch-site'];
    if (site !== 'cross-site' && site !== 'same-site') return false;
    // Somebody who follows a link from elsewhere means a page, and sees it himself.
    const follows =
      SAFE_METHODS.has(method) && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document' && !isGraph(url!);
    return !follows;
  }

  /** Without a public URL the scheme is not compared: a proxy that nobody told us of may have taken the TLS off. */
  private isOwn(origin: string, peer: Peer): boolean {
    if (this.publicUrl) return origin === this.publicUrl.origin;
    const parsed = /^https?:\/\//.test(origin) && URL.canParse(origin) ? new URL(origin) : null;
    return parsed !== null && parsed.host === hostOf(peer, parsed);
  }
}

/** Is it where questions are asked, however its letters are written? */
const isGraph = (url: string): boolean => /^\/graphql(?:[/?]|$)/.test(decoded(url.split('?', 1)[0]!));

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A name or an address, and a port (RFC 9110, 7.2): whatever else a URL may hold is none of a host. */
const HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d*)?$/i;

/** The host that a request names, without a port that its scheme has anyway. */
function hostOf({ host }: Peer, { protocol }: URL): string | null {
  if (host === null || !HOST.test(host)) return null;
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : null;
}
