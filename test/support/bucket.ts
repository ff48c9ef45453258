import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { BucketSettings } from '@lotline/server/files';

// A bucket of a test's own, by Amazon's documentation of the REST API of S3: what the store asks of it, and no more. It looks at every
// signature (Signature Version 4), and at the bytes it signs.

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();
/** As a signature has them (RFC 3986). */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

const PIECE = 64 * 1024;

interface Kept {
  bytes: Buffer;
  at: Date;
}

/** What goes wrong with a request before the bucket looks at it. */
export type Trouble =
  | { status: number; code: string }
  /** Answers nothing, or with its head and half of its bytes and nothing more. */
  | 'silent'
  | 'half'
  /** Ends the connection. */
  | 'cut';

export class TestBucket {
  readonly objects = new Map<string, Kept>();
  /** What was asked, in its order, e.g. `PUT folder/abc`. */
  readonly asked: string[] = [];
  /** Says what goes wrong with a request; nothing does where it says null. */
  trouble: (method: string, key: string) => Trouble | null = () => null;
  /** Bytes that have left for whoever asked. */
  sent = 0;
  /** Most names of one answer. */
  mostListed = 1000;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  static async start(): Promise<TestBucket> {
    const bucket = new TestBucket();
    await new Promise<void>((done) => bucket.server.listen(0, '127.0.0.1', done));
    return bucket;
  }

  get settings(): BucketSettings {
    const { port } = this.server.address() as AddressInfo;
    return {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'eu-test-1',
      bucket: 'papers',
      prefix: 'lot/line',
      key: 'KEY',
      secret: 'a secret',
    };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://bucket');
    const [, bucket, ...path] = decodeURIComponent(url.pathname).split('/');
    const key = path.join('/');
    const method = request.method!;
    this.asked.push(`${method} ${key}`);
    const fail = (status: number, code: string) =>
      response
        .writeHead(status, { 'content-type': 'application/xml' })
        .end(method === 'HEAD' ? undefined : `<Error><Code>${code}</Code></Error>`);
    const trouble = this.trouble(method, key);
    if (trouble === 'cut') return void request.socket.destroy();
    if (trouble === 'silent') return;
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    if (trouble !== null && trouble !== 'half') return void fail(trouble.status, trouble.code);
    const wrong = this.unsigned(request, url, body);
    if (wrong) return void fail(403, wrong);
    if (bucket !== this.settings.bucket) return void fail(404, 'NoSuchBucket');
    if (method === 'GET' && key === '') return void this.list(url.searchParams, response);
    const kept = this.objects.get(key);
    if (method === 'DELETE') {
      this.objects.delete(key);
      return void response.writeHead(204).end();
    }
    if (method === 'PUT') {
      const source = request.headers['x-amz-copy-source'];
      const copied = typeof source === 'string' ? this.objects.get(decodeURIComponent(source).replace(`${bucket}/`, '')) : null;
      if (copied === undefined) return void fail(404, 'NoSuchKey');
      this.objects.set(key, { bytes: copied?.bytes ?? body, at: new Date() });
      return void response.writeHead(200).end(copied ? '<CopyObjectResult><ETag>"x"</ETag></CopyObjectResult>' : undefined);
    }
    if (!kept) return void fail(404, 'NoSuchKey');
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const bytes = first === undefined ? kept.bytes : kept.bytes.subarray(Number(first), Number(last) + 1);
    response.writeHead(first === undefined ? 200 : 206, { 'content-length': bytes.length, 'last-modified': kept.at.toUTCString() });
    if (method === 'HEAD') return void response.end();
    if (trouble === 'half') return void response.write(bytes.subarray(0, bytes.length / 2));
    await pipeline(this.counted(bytes), response).catch(() => {});
  }

  private async *counted(bytes: Buffer): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += PIECE) {
      const piece = bytes.subarray(at, at + PIECE);
      this.sent += piece.length;
      yield piece;
    }
  }

  private list(asked: URLSearchParams, response: ServerResponse): void {
    const [prefix, delimiter, after] = ['prefix', 'delimiter', 'continuation-token'].map((name) => asked.get(name) ?? '') as [
      string,
      string,
      string,
    ];
    const names = [...this.objects.keys()]
      .sort()
      .filter((name) => name.startsWith(prefix) && !(delimiter && name.slice(prefix.length).includes(delimiter)) && name > after);
    const some = names.slice(0, this.mostListed);
    const isCut = some.length < names.length;
    response
      .writeHead(200, { 'content-type': 'application/xml' })
      .end(
        `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><IsTruncated>${isCut}</IsTruncated>${
          isCut ? `<NextContinuationToken>${some.at(-1)}</NextContinuationToken>` : ''
        }${some
          .map((name) => `<Contents><Key>${name}</Key><LastModified>${this.objects.get(name)!.at.toISOString()}</LastModified></Contents>`)
          .join('')}</ListBucketResult>`,
      );
  }

  /** What is wrong with a signature, or with the bytes that it signs; null where nothing is. */
  private unsigned({ headers, method }: IncomingMessage, url: URL, body: Buffer): string | null {
    const { key, secret, region } = this.settings;
    const [, credential, signed, signature] =
      /^AWS4-HMAC-SHA256 Credential=([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? '') ?? [];
    if (credential === undefined) return 'AccessDenied';
    const [name, day, ...scope] = credential.split('/');
    if (name !== key || scope.join('/') !== `${region}/s3/aws4_request`) return 'InvalidAccessKeyId';
    const names = signed!.split(';');
    const query = [...url.searchParams].map(([each, value]) => `${encoded(each)}=${encoded(value)}`).sort();
    const asked = [
      method,
      url.pathname,
      query.join('&'),
      ...names.map((each) => `${each}:${String(headers[each]).trim()}`),
      '',
      signed,
      headers['x-amz-content-sha256'],
    ].join('\n');
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], [day, ...scope].join('/'), sha256(asked)].join('\n');
    const signing = [day!, ...scope].reduce<string | Buffer>((by, each) => hmac(by, each), `AWS4${secret}`);
    if (hmac(signing, toSign).toString('hex') !== signature) return 'SignatureDoesNotMatch';
    // Bytes that nobody signed are not taken.
    return headers['x-amz-content-sha256'] === sha256(body) ? null : 'XAmzContentSHA256Mismatch';
  }
}
