import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileStore, Uploads } from '@lotline/server/files';
import { STORES, type TestStore } from '../support/file-stores';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { certificateNumber } from '../support/world';

// docs/FILES.md: the bytes of documents, over HTTP as anybody sends and fetches them.

const [SELLER, BUYER, STRANGER, CARRIER, BROKER] = ['F:SELLER', 'F:BUYER', 'F:STRANGER', 'F:CARRIER', 'F:BROKER'] as const;
const by = (operation: string): As => ({ operation });
const CERTIFICATE = certificateNumber(1, 1);
const LAST_DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const pdf = (text: string): Buffer => Buffer.from(`%PDF-1.7\n${text}\n%%EOF\n`, 'latin1');

/** A ZIP as its directory says it is: what its parts hold is nobody's business here. */
function zip(parts: Record<string, number>): Buffer {
  const names = Object.entries(parts);
  const local = Buffer.concat(
    names.map(([name]) => {
      const head = Buffer.alloc(30);
      head.writeUInt32LE(0x04034b50);
      head.writeUInt16LE(name.length, 26);
      return Buffer.concat([head, Buffer.from(name)]);
    }),
  );
  const directory = Buffer.concat(
    names.map(([name, unpacked]) => {
      const head = Buffer.alloc(46);
      head.writeUInt32LE(0x02014b50);
      head.writeUInt32LE(unpacked, 24);
      head.writeUInt16LE(name.length, 28);
      return Buffer.concat([head, Buffer.from(name)]);
    }),
  );
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  end.writeUInt16LE(names.length, 8);
  end.writeUInt16LE(names.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, directory, end]);
}

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(20)]);
const XLSX = zip({ '[Content_Types].xml': 500, 'xl/workbook.xml': 900 });
const DOCX = zip({ 'word/document.xml': 900, '[Content_Types].xml': 500 });

describe.each(STORES)('in %s', (_store, store) => {
  let kept: TestStore;
  let lotline: Lotline;
  let ids: Record<'seller' | 'buyer' | 'stranger' | 'carrier' | 'lot' | 'theirs' | 'shipment' | 'certificate' | 'imported', string>;
  let made = 0;

  beforeAll(async () => {
    kept = await store();
    lotline = await startLotline({ journalLimits: { everyMs: 20 }, largestFile: 100_000, files: kept.open() });
    await lotline.import({
      'certifiers.csv': csv(['ZZF', 'ZZG'].map((certifier) => ({ certifier, name: certifier, scheme: 'NOP' }))),
      'operations.csv': csv(
        [SELLER, BUYER, STRANGER, CARRIER, BROKER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' })),
      ),
      'operation_certificates.csv': csv([{ operation: SELLER, certifier: 'ZZF', status: 'certified', effective_from: '2024-01-01' }]),
      'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
      'lots.csv': csv(
        [SELLER, STRANGER].map((producer) => ({
          code: `LOT-${producer.slice(2)}`,
          producer,
          product: 'Wheat',
          quantity: 5,
          unit: 'TNE',
          kind: 'harvest',
        })),
      ),
      'shipments.csv': csv([{ reference: 'SHIP', shipper: SELLER, consignee: BUYER }]),
      'shipment_lots.csv': csv([{ shipment: 'SHIP', lot: 'LOT-SELLER', quantity: 1, unit: 'TNE' }]),
      'import_certificates.csv': csv([
        {
          number: CERTIFICATE,
          kind: 'shipment',
          exporter: SELLER,
          importer: BUYER,
          certifier: 'ZZF',
          hts: '1001990000',
          issued_on: '2025-01-10',
          status: 'handed_over',
        },
      ]),
      'documents.csv': csv([
        {
          type: 'invoice',
          number: 'IMPORTED',
          issuer: SELLER,
          issued_on: '2025-01-01',
          marked_organic: 'yes',
          file: 'invoice.txt',
          lots: 'LOT-SELLER',
        },
      ]),
      'invoice.txt': 'as it was imported',
    });
    const found = await lotline.data(`{ ${[SELLER, BUYER, STRANGER, CARRIER]
      .map((each) => `${each.slice(2).toLowerCase()}: operation(identifier: "${each}") { id }`)
      .join(' ')}
    lot(code: "LOT-SELLER") { id } theirs: lot(code: "LOT-STRANGER") { id } shipment(reference: "SHIP") { id }
    certificate: importCertificate(number: "${CERTIFICATE}") { id } documents { nodes { id } } }`);
    const { documents, ...nouns } = found;
    ids = {
      ...(Object.fromEntries(Object.entries(nouns).map(([name, { id }]: any) => [name, id])) as typeof ids),
      imported: documents.nodes[0].id,
    };
  });
  afterAll(async () => {
    await lotline.close();
    await kept.stop();
  });

  interface Answer {
    status: number;
    body: any;
  }

  async function upload(bytes: Buffer | ReadableStream, as: As = by(SELLER), headers: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${lotline.url}/files`, {
      method: 'POST',
      headers: { ...(as !== 'nobody' && { authorization: `Bearer ${await lotline.token(as)}` }), ...headers },
      body: bytes as any,
      ...(bytes instanceof ReadableStream && { duplex: 'half' }),
    } as RequestInit);
    return { status: response.status, body: await response.json() };
  }
  const uploaded = async (bytes: Buffer, as?: As): Promise<string> => {
    const { status, body } = await upload(bytes, as);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.sha256;
  };

  const DOCUMENT = 'id type number sha256 issuer { name } content { url bytes type sha256 } lots { nodes { code } }';
  const attach = (input: object, as: As = by(SELLER)): Promise<GraphQLAnswer> =>
    lotline.ask(
      `mutation ($input: AttachDocumentInput!) { attachDocument(input: $input) { cursor document { ${DOCUMENT} } } }`,
      { input: { idempotencyKey: `attach-${++made}`, operation: ids.seller, ...input } },
      as,
    );
  const paper = (number: string, more: object = {}) => ({
    paper: { type: 'INVOICE', number, issuer: ids.seller, issuedOn: '2025-02-01', markedOrganic: 'YES', ...more },
  });
  const attached = async (input: object, as?: As): Promise<any> => {
    const answer = await attach(input, as);
    if (answer.errors) throw new Error(JSON.stringify(answer.errors, null, 2));
    return answer.data.attachDocument.document;
  };
  /** Codes of a refusal, each with the place in its input. */
  const refused = ({ errors }: GraphQLAnswer) =>
    errors?.flatMap(({ extensions }) =>
      (extensions.reasons ?? [extensions]).map(({ code, path = [] }: any) => [code, path.slice(1).join('.')].filter(Boolean).join(' ')),
    );
  const download = async (document: string, as: As = by(SELLER), headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${lotline.url}/documents/${document}/content`, {
      headers: { ...(as !== 'nobody' && { authorization: `Bearer ${await lotline.token(as)}` }), ...headers },
    });
  const key = async (scopes: string[], operation = ids.seller, as: As = by(SELLER)): Promise<As> => {
    const input = { idempotencyKey: `key-${++made}`, operation, name: 'App', scopes, expiresOn: LAST_DAY };
    const answer = await lotline.data('mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }', { input }, as);
    return { key: answer.createKey.secret };
  };

  const stored = async () =>
    (await lotline.database.query<{ sha256: string }>('select sha256 from stored_file order by 1')).map(({ sha256 }) => sha256);
  async function until(what: () => Promise<boolean> | boolean): Promise<void> {
    for (const last = Date.now() + 10_000; !(await what()); await sleep(20)) if (Date.now() > last) throw new Error('it did not come');
  }
  /** Nothing of an upload is left, on disk or in the database. */
  async function nothingMore<T>(doing: () => Promise<T>): Promise<T> {
    const before = [await fingerprint(lotline.database), kept.names().sort()];
    const done = await doing();
    await until(() => kept.names().length === (before[1] as string[]).length);
    expect([await fingerprint(lotline.database), kept.names().sort()]).toEqual(before);
    return done;
  }

  describe('1. upload', () => {
    test('a paper is uploaded, attached, and downloaded by those who see it, byte for byte', async () => {
      const bytes = pdf('the invoice');
      const before = Date.now();
      const { status, body } = await upload(bytes, by(SELLER), { 'content-type': 'application/pdf' });
      expect([status, body]).toEqual([
        201,
        { sha256: hashOf(bytes), bytes: bytes.length, type: 'application/pdf', keptUntil: expect.any(String) },
      ]);
      expect(Date.parse(body.keptUntil) - before).toBeGreaterThanOrEqual(86_400_000);
      const document = await attached({ ...paper('ROUND'), sha256: body.sha256, lots: [ids.lot], shipments: [ids.shipment] });
      expect(document).toMatchObject({
        type: 'INVOICE',
        number: 'ROUND',
        sha256: body.sha256,
        issuer: { name: SELLER },
        lots: { nodes: [{ code: 'LOT-SELLER' }] },
      });
      expect(document.content).toEqual({
        url: `/documents/${document.id}/content`,
        bytes: bytes.length,
        type: 'application/pdf',
        sha256: body.sha256,
      });
      for (const as of [by(SELLER), by(BUYER), { certifier: 'ZZF' }, 'analyst', 'admin'] as As[]) {
        const response = await download(document.id, as);
        expect(response.status).toBe(200);
        expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
      }
    });

    test.each<[string, Buffer, string]>([
      ['PDF', pdf('x'), 'application/pdf'],
      ['PNG', PNG, 'image/png'],
      ['JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]), 'image/jpeg'],
      ['TIFF', Buffer.from('II*\0rest', 'latin1'), 'image/tiff'],
      ['CSV', Buffer.from('\ufefflot,kg\r\n"Übersee",5\r\n'), 'text/plain'],
      ['XML', Buffer.from('<?xml version="1.0"?><invoice/>'), 'text/plain'],
      ['XLSX', XLSX, 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
      ['DOCX', DOCX, 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ])('%s is known by its bytes', async (_, bytes, type) => {
      expect((await upload(bytes)).body).toMatchObject({ type });
      expect((await upload(bytes, by(SELLER), { 'content-type': type })).status).toBe(201);
    });

    const HALF_A_LETTER = Buffer.concat([Buffer.alloc(65_535, 'a'), Buffer.from([0xc3])]);
    test.each<[string, Buffer, Record<string, string>, number]>([
      ['a picture that says it is a PDF', PNG, { 'content-type': 'application/pdf' }, 415],
      ['a PDF that says it is text', pdf('x'), { 'content-type': 'text/csv' }, 415],
      ['a program', Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1'), {}, 415],
      ['text that is no UTF-8', Buffer.from([0x61, 0xe9, 0x62]), {}, 415],
      ['text that ends within a letter', HALF_A_LETTER, {}, 415],
      ['text with a NUL', Buffer.from('a\0b'), {}, 415],
      ['a ZIP of anything', zip({ 'a.txt': 5 }), {}, 415],
      ['a ZIP without a directory', XLSX.subarray(0, 60), {}, 415],
      ['a ZIP whose directory lies elsewhere', Buffer.concat([XLSX, Buffer.alloc(70_000)]), {}, 415],
      ['a bomb that says what it is', zip({ '[Content_Types].xml': 500, 'xl/workbook.xml': 4_000_000_000 }), {}, 415],
      [
        'a bomb of many parts',
        zip(
          Object.fromEntries(
            ['[Content_Types].xml', 'xl/workbook.xml', ...Array.from({ length: 300 }, (_, at) => `${at}`)].map((name) => [name, 50_000]),
          ),
        ),
        {},
        415,
      ],
      ['what is packed on its way', pdf('x'), { 'content-encoding': 'gzip' }, 415],
      ['nothing', Buffer.alloc(0), {}, 400],
      ['too much', pdf('x'.repeat(100_000)), {}, 413],
    ])('%s is refused, and nothing of it is left', async (_, bytes, headers, status) => {
      const { body, ...answer } = await nothingMore(() => upload(bytes, by(SELLER), headers));
      expect(answer.status).toBe(status);
      expect(body.errors[0].extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        remedy: expect.any(String),
        requestId: expect.any(String),
      });
    });

    test('too much is refused where nobody said how much it would be, too', async () => {
      let sent = 0;
      const endless = new ReadableStream({
        pull: (controller) => {
          controller.enqueue(pdf('x'.repeat(30_000)));
          if (++sent === 10) controller.close();
        },
      });
      expect(await nothingMore(() => upload(endless))).toMatchObject({ status: 413 });
    });

    test('a name is part of no path: it is not asked for, and where it is sent it is not looked at', async () => {
      const names = { 'content-disposition': 'attachment; filename="../../../etc/passwd"', 'x-file-name': '../evil' };
      const { body } = await upload(pdf('named'), by(SELLER), names);
      expect(kept.names()).toContain(kept.nameOf(body.sha256));
      const document = await attached({ ...paper('../../..\\evil"\r\nX-Header: 1'.replace('\r\n', ' ')), sha256: body.sha256 });
      const response = await download(document.id);
      expect(response.headers.get('content-disposition')).toBe('attachment; filename="INVOICE-evil-X-Header-1.pdf"');
      for (const path of ['..%2f..%2fetc%2fpasswd', '%2e%2e', 'null', '%00', body.sha256])
        expect(
          (
            await fetch(`${lotline.url}/documents/${path}/content`, {
              headers: { authorization: `Bearer ${await lotline.token('admin')}` },
            })
          ).status,
        ).toBe(404);
    });

    test('a connection that is cut leaves nothing, and a silent one is no harm to others', async () => {
      const token = await lotline.token({ operation: SELLER });
      const { port } = new URL(lotline.url);
      const socket = connect(Number(port), '127.0.0.1');
      await nothingMore(async () => {
        socket.write(
          `POST /files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Length: 50000\r\n\r\n%PDF-1.7\n`,
        );
        await until(() => kept.coming() > 0);
        expect((await lotline.ask('{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'ANALYST' } });
        socket.destroy();
      });
    });

    test('many who send the same bytes at once store them once; each may claim them, and nobody hears of the others', async () => {
      const bytes = pdf('the same');
      const senders = [by(SELLER), by(BUYER), by(STRANGER), 'admin'] as As[];
      const answers = await Promise.all(Array.from({ length: 16 }, (_, at) => upload(bytes, senders[at % senders.length])));
      expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, { ...body, keptUntil: '' }]))).size).toBe(1);
      expect(kept.names().filter((name) => name.includes(hashOf(bytes)))).toHaveLength(1);
      expect(kept.bytesOf(hashOf(bytes))).toEqual(bytes);
      expect((await lotline.database.query('select from upload where sha256 = $1', [hashOf(bytes)])).length).toBe(4);
    });

    test('a full disk is said, nothing is left, and the server lives on', async () => {
      const handle = await open(__filename);
      const FileHandle = Object.getPrototypeOf(handle);
      await handle.close();
      for (const [method, code, status] of [
        ['writeFile', 'ENOSPC', 507],
        ['sync', 'EDQUOT', 507],
        ['writeFile', 'EIO', 503],
      ] as const) {
        const full = jest.spyOn(FileHandle, method).mockRejectedValueOnce(Object.assign(new Error(code), { code, syscall: 'write' }));
        const { body, ...answer } = await nothingMore(() => upload(pdf('no room')));
        full.mockRestore();
        expect(answer.status).toBe(status);
        expect(body.errors[0].extensions).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
      }
      expect((await upload(pdf('no room'))).status).toBe(201);
    });

    test('who may not attach may not upload', async () => {
      const codeOf = async (as: As, headers = {}) => {
        const { status, body } = await nothingMore(() => upload(pdf('not yours'), as, headers));
        return [status, body.errors[0].extensions.code];
      };
      expect(await codeOf('nobody')).toEqual([401, 'UNAUTHENTICATED']);
      expect(await codeOf('nobody', { authorization: 'Bearer x' })).toEqual([401, 'UNAUTHENTICATED']);
      expect(await codeOf('analyst')).toEqual([403, 'FORBIDDEN']);
      expect(await codeOf({ certifier: 'ZZF' })).toEqual([403, 'FORBIDDEN']);
      const narrow = await key(['DOCUMENTS']);
      expect(await codeOf(narrow)).toEqual([403, 'FORBIDDEN']);
      expect((await upload(pdf('by key'), await key(['COMMANDS']))).status).toBe(201);
    });

    test('beyond what may wait for a document nothing more is taken, until it is claimed', async () => {
      const sha256 = await uploaded(pdf('a large one'), by(CARRIER));
      await lotline.database.query('update stored_file set bytes = 1073741823 where sha256 = $1', [sha256]);
      expect(await nothingMore(() => upload(pdf('another'), by(CARRIER)))).toMatchObject({
        status: 429,
        body: { errors: [{ extensions: { code: 'RATE_LIMITED' } }] },
      });
      expect((await upload(pdf('another'), by(BUYER))).status).toBe(201);
      await attached({ operation: ids.carrier, ...paper('LARGE', { issuer: ids.carrier }), sha256 }, by(CARRIER));
      expect((await upload(pdf('another'), by(CARRIER))).status).toBe(201);
    });
  });

  describe('2. download', () => {
    let document: string;
    const bytes = pdf('0123456789');
    beforeAll(async () => {
      document = (await attached({ ...paper('RIGHTS'), sha256: await uploaded(bytes), lots: [ids.lot] })).id;
    });

    test('what may not be seen is as what is not there, in the same words', async () => {
      const nowhere = Buffer.from('Document:01920000-0000-7000-8000-000000000000').toString('base64url');
      const without = ids.imported;
      const words = async (id: string, as: As) => {
        const response = await download(id, as);
        const [{ message, extensions }] = ((await response.json()) as any).errors;
        return JSON.stringify([response.status, message, { ...extensions, requestId: '' }]);
      };
      const unknown = await words(nowhere, 'admin');
      expect(unknown).toContain('NOT_FOUND');
      for (const as of [
        by(BUYER),
        by(STRANGER),
        { certifier: 'ZZG' },
        'nobody',
        await key(['DOCUMENTS'], ids.stranger, by(STRANGER)),
      ] as As[])
        expect(await words(document, as)).toBe(unknown);
      for (const id of [without, ids.lot, 'x']) expect(await words(id, 'admin')).toBe(unknown);
    });

    test('a key needs DOCUMENTS, revoked it opens nothing', async () => {
      expect((await download(document, await key(['DOCUMENTS']))).status).toBe(200);
      const narrow = await download(document, await key(['LOTS', 'COMMANDS']));
      expect([narrow.status, ((await narrow.json()) as any).errors[0].extensions.code]).toEqual([403, 'FORBIDDEN']);
      expect((await download(document, 'nobody', { authorization: `Bearer lotline_${'0'.repeat(32)}_${'a'.repeat(43)}` })).status).toBe(
        401,
      );
    });

    test('it is sent so that no browser runs it, with its hash, and in ranges', async () => {
      const whole = await download(document);
      expect(Object.fromEntries(whole.headers)).toMatchObject({
        'content-type': 'application/pdf',
        'content-length': String(bytes.length),
        'content-disposition': 'attachment; filename="INVOICE-RIGHTS.pdf"',
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'cache-control': 'private, no-cache',
        etag: `"${hashOf(bytes)}"`,
      });
      await whole.arrayBuffer();
      const part = async (headers: Record<string, string>) => {
        const response = await download(document, by(SELLER), headers);
        return [response.status, response.headers.get('content-range'), await response.text()];
      };
      const all = bytes.toString();
      const size = bytes.length;
      expect(await part({ range: 'bytes=9-12' })).toEqual([206, `bytes 9-12/${size}`, '0123']);
      expect(await part({ range: 'bytes=-6' })).toEqual([206, `bytes ${size - 6}-${size - 1}/${size}`, '%%EOF\n']);
      expect(await part({ range: `bytes=${size - 1}-999999` })).toEqual([206, `bytes ${size - 1}-${size - 1}/${size}`, '\n']);
      expect((await part({ range: `bytes=${size}-` })).slice(0, 2)).toEqual([416, `bytes */${size}`]);
      expect(await part({ range: 'bytes=1-2,4-5' })).toEqual([200, null, all]);
      expect(await part({ range: 'bytes=9-12', 'if-range': '"other"' })).toEqual([200, null, all]);
      expect(await part({ 'if-none-match': `"other", "${hashOf(bytes)}"` })).toEqual([304, null, '']);
      const response = await download(document, by(STRANGER), { 'if-none-match': `"${hashOf(bytes)}"` });
      expect(response.status).toBe(404);
    });

    test('HEAD is answered as GET is, under the same rights, without the bytes', async () => {
      const head = async (id: string, as: As, headers: Record<string, string> = {}) => {
        const authorization: Record<string, string> = as === 'nobody' ? {} : { authorization: `Bearer ${await lotline.token(as)}` };
        const response = await fetch(`${lotline.url}/documents/${id}/content`, {
          method: 'HEAD',
          headers: { ...authorization, ...headers },
        });
        return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
      };
      const got = await download(document);
      await got.arrayBuffer();
      const OF_THE_CONNECTION = new Set(['date', 'connection', 'keep-alive', 'x-request-id']);
      const told = (headers: Record<string, string>) => Object.entries(headers).filter(([name]) => !OF_THE_CONNECTION.has(name));
      const whole = await head(document, by(SELLER));
      expect([whole.status, whole.body]).toEqual([200, '']);
      expect(told(whole.headers)).toEqual(told(Object.fromEntries(got.headers)));
      expect((await head(document, by(SELLER), { range: 'bytes=0-1' })).headers['content-length']).toBe(String(bytes.length));
      expect((await head(document, by(SELLER), { 'if-none-match': `"${hashOf(bytes)}"` })).status).toBe(304);
      for (const as of [by(STRANGER), 'nobody'] as As[]) expect((await head(document, as)).status).toBe(404);
      expect((await head(document, await key(['LOTS']))).status).toBe(403);
      expect((await head(ids.imported, 'admin')).status).toBe(404);
    });

    test('who fetched the bytes, and who was refused, is told to whom they concern', async () => {
      const paperOf = (await attached({ ...paper('JOURNAL'), sha256: await uploaded(bytes) })).id;
      await (await download(paperOf, 'analyst')).arrayBuffer();
      await download(paperOf, by(STRANGER));
      const journal = async () =>
        (
          await lotline.data(
            `{ operation(identifier: "${SELLER}") { accesses(first: 500) { nodes { act viewerKind operation { name } what code subject { id } } } } }`,
            {},
            by(SELLER),
          )
        ).operation.accesses.nodes.filter(({ subject }: any) => subject?.id === paperOf);
      await until(async () => (await journal()).length >= 3);
      expect(await journal()).toEqual(
        expect.arrayContaining([
          { act: 'READ', viewerKind: 'ANALYST', operation: null, what: null, code: null, subject: { id: paperOf } },
          {
            act: 'REFUSED',
            viewerKind: 'OPERATION',
            operation: { name: STRANGER },
            what: 'Document.content',
            code: 'NOT_FOUND',
            subject: { id: paperOf },
          },
        ]),
      );
    });

    test('where the bytes are gone from the disk that is said, and is no fault of the server', async () => {
      const lost = pdf('lost');
      const { id } = await attached({ ...paper('LOST'), sha256: await uploaded(lost) });
      const back = kept.hide(hashOf(lost));
      expect((await download(id)).status).toBe(503);
      back();
      expect((await download(id)).status).toBe(200);
    });
  });

  describe('attachDocument', () => {
    test('the same key gives the same document; its log names issuer and keeper', async () => {
      const input = { idempotencyKey: 'once', ...paper('ONCE'), sha256: await uploaded(pdf('once')), lots: [ids.lot] };
      const [first, again] = [await attached(input), await attached(input)];
      expect(again).toEqual(first);
      expect(refused(await attach({ ...input, lots: [] }))).toEqual(['IDEMPOTENCY_KEY_REUSED idempotencyKey']);
      const events = await lotline.database.query(
        `select e.type, e.version, e.payload from event e join document d on d.id = e.subject where d.number = 'ONCE' order by ordinal`,
      );
      expect(events).toMatchObject([
        { type: 'document.recorded', version: 2, payload: { number: 'ONCE' } },
        { type: 'document.stored', version: 1, payload: { sha256: hashOf(pdf('once')) } },
        { type: 'document.linked', version: 2 },
      ]);
    });

    test('bytes are claimed by who uploaded them: to know a hash is not enough', async () => {
      const secret = await uploaded(pdf('a secret of the stranger'), by(STRANGER));
      expect(refused(await nothingMore(() => attach({ ...paper('STOLEN'), sha256: secret })))).toEqual(['NOT_FOUND sha256']);
      expect(refused(await attach({ ...paper('STOLEN'), sha256: '0'.repeat(64) }))).toEqual(['NOT_FOUND sha256']);
      expect(refused(await attach({ ...paper('STOLEN'), sha256: '../../etc/passwd' }))).toEqual(['BAD_USER_INPUT sha256']);
      const byKey = await uploaded(pdf('by key'), await key(['COMMANDS']));
      expect((await attached({ ...paper('BY-KEY'), sha256: byKey })).content.sha256).toBe(byKey);
      // That somebody has the same bytes with a document makes no content of another's that only names their hash.
      const asImported = await uploaded(Buffer.from('as it was imported'), by(STRANGER));
      await attached({ operation: ids.stranger, ...paper('COPY', { issuer: ids.stranger }), sha256: asImported }, by(STRANGER));
      const { node } = await lotline.data(
        `query ($id: ID!) { node(id: $id) { ... on Document { ${DOCUMENT} } } }`,
        { id: ids.imported },
        by(SELLER),
      );
      expect([node.sha256, node.content]).toEqual([asImported, null]);
    });

    test('every reason is told: what is out of sight is as what is not there', async () => {
      const nowhere = (type: string) => Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url');
      const hidden = await nothingMore(() =>
        attach({
          ...paper('HIDDEN', { type: 'WEIGHT_CERTIFICATE', issuedOn: '2099-01-01', issuer: nowhere('Operation') }),
          lots: [ids.lot, ids.theirs, ids.lot],
          operations: [ids.buyer],
          importCertificates: [nowhere('ImportCertificate')],
        }),
      );
      expect(refused(hidden)!.sort()).toEqual(
        [
          'NOT_FOUND lots.1',
          'CONFLICT lots.2',
          'NOT_FOUND operations.0',
          'NOT_FOUND importCertificates.0',
          'NOT_FOUND paper.issuer',
          'REFUSED paper.issuedOn',
        ].sort(),
      );
      const unknown = await attach({ ...paper('HIDDEN'), lots: [nowhere('Lot')] });
      expect(unknown.errors![0]!.message).toBe((await attach({ ...paper('HIDDEN'), lots: [ids.theirs] })).errors![0]!.message);
    });

    test('what is between two sides names the other one, who sees it then', async () => {
      const contract = (await attached({ ...paper('BETWEEN', { type: 'CONTRACT' }), operations: [ids.seller, ids.buyer] })).id;
      const seenBy = async (who: string) =>
        (await lotline.data('query ($id: ID!) { node(id: $id) { ... on Document { number } } }', { id: contract }, by(who))).node;
      expect([await seenBy(SELLER), await seenBy(BUYER), await seenBy(STRANGER)]).toEqual([
        { number: 'BETWEEN' },
        { number: 'BETWEEN' },
        null,
      ]);
    });

    test.each<[string, () => object, string[]]>([
      ['neither a paper nor a document', () => ({ lots: [ids.lot] }), ['BAD_USER_INPUT document']],
      ['both', () => ({ ...paper('BOTH'), document: ids.imported }), ['BAD_USER_INPUT document']],
      ['nothing to attach', () => ({ document: ids.imported }), ['BAD_USER_INPUT document']],
      ['the id of something else', () => ({ ...paper('ELSE'), lots: [ids.shipment] }), ['BAD_USER_INPUT lots.0']],
      ['a number of nothing', () => paper(' '), ['BAD_USER_INPUT paper.number']],
      ['a day that does not exist', () => paper('DAY', { issuedOn: '2025-02-30' }), ['BAD_USER_INPUT']],
      ['what it is about already', () => ({ document: ids.imported, lots: [ids.lot] }), ['CONFLICT lots.0']],
      ['a number that is used', () => paper('IMPORTED'), ['CONFLICT paper.number']],
    ])('%s is refused', async (_, input, codes) => {
      const answer = await nothingMore(() => attach(input()));
      expect(refused(answer)!.map((each: string) => (codes[0] === 'BAD_USER_INPUT' ? each.split(' ')[0] : each))).toEqual(codes);
    });

    test('two who use one number at once: one document', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => attach(paper('RACE'))));
      expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
      for (const answer of answers.filter(({ errors }) => errors)) expect(refused(answer)![0]).toMatch(/^CONFLICT/);
    });

    test("a paper of somebody else's is a copy in one's own records: it takes no number from its issuer, and tells none", async () => {
      const BILL = { type: 'BILL_OF_LADING', issuer: ids.carrier };
      const own = await attached({ operation: ids.carrier, ...paper('BL-1', BILL) }, by(CARRIER));
      // The seller does not see the carrier's own, and hears nothing of it.
      const copy = await attached({ ...paper('BL-1', BILL), shipments: [ids.shipment] });
      expect(copy.id).not.toBe(own.id);
      expect(refused(await attach(paper('BL-1', BILL)))).toEqual(['CONFLICT paper.number']);
      // The carrier sees what is kept in its name, and may go on counting.
      const seen = await lotline.data('{ documents(filter: {numbers: ["BL-1", "BL-2"]}) { nodes { id } } }', {}, by(CARRIER));
      expect(seen.documents.nodes.map(({ id }: any) => id).sort()).toEqual([own.id, copy.id].sort());
      await attached(paper('BL-2', BILL));
      await attached({ operation: ids.carrier, ...paper('BL-2', BILL) }, by(CARRIER));
      // A folder names the issuer's own.
      const again = await lotline.import({
        'documents.csv': csv([{ type: 'bill_of_lading', number: 'BL-1', issuer: CARRIER, issued_on: '2025-02-01', marked_organic: 'yes' }]),
      });
      expect(again['documents.csv']).toEqual({ recorded: 0, unchanged: 1 });
    });

    test("who has another's paper says nothing of what it is about", async () => {
      const { id } = await attached({ ...paper('SHARED'), shipments: [ids.shipment] });
      const answer = await attach({ operation: ids.buyer, document: id, shipments: [ids.shipment] }, by(BUYER));
      expect(refused(answer)).toContain('REFUSED document');
      expect(refused(await attach({ operation: ids.stranger, document: id, lots: [ids.theirs] }, by(STRANGER)))).toEqual([
        'NOT_FOUND document',
      ]);
    });

    test('a paper about a certificate is for whoever has the certificate', async () => {
      const { id } = await attached({ ...paper('CONTRACT', { type: 'CONTRACT' }), sha256: await uploaded(pdf('contract')) });
      expect((await download(id, by(BUYER))).status).toBe(404);
      await attached({ document: id, importCertificates: [ids.certificate] });
      expect((await download(id, by(BUYER))).status).toBe(200);
      expect((await download(id, by(STRANGER))).status).toBe(404);
    });

    test('bytes come later to a paper on record, if they are those that were hashed; other bytes never take their place', async () => {
      expect(refused(await attach({ document: ids.imported, sha256: await uploaded(pdf('others')) }))).toEqual(['CONFLICT sha256']);
      const document = await attached({ document: ids.imported, sha256: await uploaded(Buffer.from('as it was imported')) });
      expect(await (await download(document.id)).text()).toBe('as it was imported');
      expect(refused(await attach({ document: ids.imported, sha256: await uploaded(pdf('others')) }))).toEqual(['CONFLICT sha256']);
      const later = await attached(paper('LATER'));
      expect([later.sha256, later.content]).toEqual([null, null]);
      const bytes = pdf('later');
      expect(await attached({ document: later.id, sha256: await uploaded(bytes) })).toMatchObject({
        sha256: hashOf(bytes),
        content: { bytes: bytes.length },
      });
    });

    test('a broker uploads as itself and attaches for who assigned it, as far as its scopes go', async () => {
      const sha256 = await uploaded(pdf('by the broker'), by(BROKER));
      const input = { operation: ids.buyer, ...paper('BROKERED', { issuer: ids.buyer }), sha256, shipments: [ids.shipment] };
      expect(refused(await attach(input, by(BROKER)))).toEqual(['FORBIDDEN']);
      const { broker } = await lotline.data(`{ broker: operation(identifier: "${BROKER}") { id } }`, {}, 'admin');
      const assign = async (scopes: string[]) =>
        (
          await lotline.data(
            'mutation ($input: AssignBrokerInput!) { assignBroker(input: $input) { brokerAssignment { id } } }',
            {
              input: {
                idempotencyKey: `assign-${++made}`,
                importer: ids.buyer,
                broker: broker.id,
                scopes,
                validUntil: `${LAST_DAY}T00:00:00Z`,
              },
            },
            by(BUYER),
          )
        ).assignBroker;
      const { brokerAssignment } = await assign(['DOCUMENTS', 'COMMANDS']);
      expect(refused(await attach(input, by(BROKER)))).toEqual(['NOT_FOUND shipments.0']);
      await lotline.data(
        'mutation ($input: EndBrokerAssignmentInput!) { endBrokerAssignment(input: $input) { cursor } }',
        { input: { idempotencyKey: `end-${++made}`, brokerAssignment: brokerAssignment.id } },
        by(BUYER),
      );
      await assign(['DOCUMENTS', 'COMMANDS', 'SHIPMENTS']);
      const document = await attached(input, by(BROKER));
      for (const as of [by(BUYER), by(SELLER), by(BROKER)]) expect((await download(document.id, as)).status).toBe(200);
    });
  });

  describe('3. keeping', () => {
    const sweep = () => lotline.restart();
    const aDayLater = (sha256: string) =>
      lotline.database.query("update upload set at = at - interval '25 hours' where sha256 = $1", [sha256]);

    test('after a restart everything is there, and may be claimed still', async () => {
      const bytes = pdf('over the restart');
      const claimed = await attached({ ...paper('BEFORE'), sha256: await uploaded(pdf('before')) });
      const sha256 = await uploaded(bytes);
      await lotline.restart();
      expect(Buffer.from(await (await download(claimed.id)).arrayBuffer())).toEqual(pdf('before'));
      const document = await attached({ ...paper('AFTER'), sha256 });
      expect(Buffer.from(await (await download(document.id)).arrayBuffer())).toEqual(bytes);
    });

    test('what no document claims within a day is swept; what one has, or is young, stays', async () => {
      const [old, young, claimed] = await Promise.all(['old', 'young', 'claimed'].map((text) => uploaded(pdf(`swept ${text}`))));
      const { id } = await attached({ ...paper('KEPT'), sha256: claimed });
      for (const sha256 of [old!, claimed!]) await aDayLater(sha256);
      await sweep();
      await until(async () => !(await stored()).includes(old!) && !kept.names().includes(kept.nameOf(old!)));
      expect(await stored()).toEqual(expect.arrayContaining([young, claimed]));
      expect(kept.names()).toEqual(expect.arrayContaining([kept.nameOf(young!), kept.nameOf(claimed!)]));
      expect(refused(await attach({ ...paper('TOO-LATE'), sha256: old }))).toEqual(['NOT_FOUND sha256']);
      expect((await download(id)).status).toBe(200);
      expect(await uploaded(pdf('swept old'))).toBe(old);
    });

    test('what an upload left that did not end is swept when none can be going on; so is, after a month, what the database does not know', async () => {
      const [left, going] = ['incoming/left', 'incoming/going'] as const;
      const [unknown, recent] = ['unknown', 'recent'].map((text) => kept.nameOf(hashOf(pdf(text)))) as [string, string];
      kept.put(left, 1);
      kept.put(going, 0);
      kept.put(unknown, 31);
      kept.put(recent, 29);
      await sweep();
      await until(() => ![left, unknown].some((path) => kept.names().includes(path)));
      expect(kept.names()).toEqual(expect.arrayContaining([going, recent]));
    });

    test('what somebody uploads while it is about to be swept stays', async () => {
      const [gone, back] = [pdf('gone'), pdf('back')];
      const store = kept.open();
      const interrupted: FileStore = Object.assign(Object.create(store), {
        async *keptBefore() {
          yield [hashOf(gone), hashOf(back)];
        },
        async remove(sha256: string) {
          if (sha256 === hashOf(gone)) await uploaded(back);
          await store.remove(sha256);
        },
      });
      await new Uploads(lotline.database, interrupted, 1).sweep();
      expect(kept.bytesOf(hashOf(back))).toEqual(back);
      expect(await stored()).toContain(hashOf(back));
    });

    test('claims, uploads and sweeps of the same bytes at once: what is claimed is there', async () => {
      const uploads = new Uploads(lotline.database, kept.open(), 100_000);
      let claimed = 0;
      for (let round = 0; round < 20; round++) {
        const bytes = pdf(`round ${round}`);
        const sha256 = await uploaded(bytes);
        await aDayLater(sha256);
        const [answer, , again] = await Promise.all([
          attach({ ...paper(`ROUND-${round}`), sha256 }),
          sleep(Math.random() * 20).then(() => uploads.sweep()),
          upload(bytes, by(BUYER)),
        ]);
        expect(again.status).toBe(201);
        expect(kept.bytesOf(sha256)).toEqual(bytes);
        if (answer.errors) expect(refused(answer)).toEqual(['NOT_FOUND sha256']);
        else claimed++;
      }
      expect(claimed).toBeGreaterThan(0);
    });
  });
});
