import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import { sampleUntil } from '../support/sample-until';
import { certificateNumber } from '../support/world';

// docs/PRINT.md: what the graph says of a certificate, its review and a lot's story, as a page made for print.

const [MAKER, BUYER, RIVAL, BLENDER] = ['P:MAKER', 'P:BUYER', 'P:RIVAL', 'P:BLENDER'] as const;
const by = (operation: string): As => ({ operation });
const NUMBER = certificateNumber(1, 1);
const LAST_DAY = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
const EVIL = `<script>alert("1")</script> O'Neil & Sons \u202egnp.exe \u05d0\u05d1`;
const COFFEE = { exporter: '9990100004', importer: '9990100005', certificate: '999-0100000001-000001', lot: 'COF-EXCELSO-0123' };

let lotline: Lotline;
let made = 0;

beforeAll(async () => {
  lotline = await startLotline({ journalLimits: { everyMs: 20 } });
  const lot = (code: string, producer: string, quantity: number | string, kind = 'harvest') => ({
    code,
    producer,
    product: 'Wheat',
    quantity,
    unit: 'KGM',
    kind,
    produced_on: kind === 'harvest' ? '2025-01-01' : '2025-01-05',
  });
  const many = Array.from({ length: 501 }, (_, at) => `FIELD-${at}`);
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZP', name: 'Certifier', scheme: 'NOP' }]),
    'operations.csv': csv(
      [MAKER, BUYER, RIVAL, BLENDER].map((operation) => ({
        operation,
        name: operation === MAKER ? EVIL : operation,
        country: 'TR',
        roles: 'handler',
      })),
    ),
    'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
    'lots.csv': csv([
      lot('LOT', MAKER, '1234567.891'),
      lot('SAME', MAKER, 1),
      lot('SAME', RIVAL, 1),
      lot('a/b c?', MAKER, 5),
      lot('BLEND', BLENDER, 501, 'transformation'),
      ...many.map((code) => lot(code, BLENDER, 1)),
    ]),
    'lot_inputs.csv': csv(many.map((input) => ({ output: 'BLEND', input, quantity: 1, unit: 'KGM', on: '2025-01-05' }))),
    'treatments.csv': csv([{ kind: 'fumigation', on: '2024-12-31', substance: 'phosphine', lot: 'FIELD-99' }]),
    'import_certificates.csv': csv([
      {
        number: NUMBER,
        kind: 'shipment',
        exporter: MAKER,
        importer: BUYER,
        certifier: 'ZZP',
        hts: '1001990000',
        issued_on: '2025-01-10',
        status: 'handed_over',
      },
    ]),
    'import_certificate_lines.csv': csv([{ certificate: NUMBER, product: 'Wheat', quantity: '1000.001', unit: 'KGM', lot: 'LOT' }]),
    'documents.csv': csv([
      { type: 'invoice', number: '"><img src=x>', issuer: MAKER, issued_on: '2025-01-01', marked_organic: 'yes', certificates: NUMBER },
    ]),
  });
  await lotline.import(sampleUntil('coffee', '2026-01-25'));
});
afterAll(() => lotline.close());

async function get(path: string, as: As = 'analyst', headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(`${lotline.url}/print/${path}`, {
    method,
    headers: { ...(as !== 'nobody' && { authorization: `Bearer ${await lotline.token(as)}` }), ...headers },
  });
}
async function page(path: string, as?: As): Promise<{ html: string; hash: string; said: string }> {
  const response = await get(path, as);
  const html = whole(await response.text());
  if (response.status !== 200) throw new Error(html);
  return { html, hash: response.headers.get('lotline-content-hash')!, said: spoken(html) };
}
/** Without the places where long words may be broken. */
const whole = (html: string): string => html.replaceAll('<wbr>', '');
/** What a reader reads, without the marks of the page. */
const spoken = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" })[name as 'amp']!)
    .replace(/\s+/g, ' ');
const textOf = async (path: string, as?: As): Promise<string[][]> =>
  (await (await get(path, as, { accept: 'text/plain' })).text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const headings = (html: string): string[] => [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, each]) => each!);
async function refusal(path: string, as?: As): Promise<[number, string, string]> {
  const response = await get(path, as);
  const { errors } = (await response.json()) as any;
  expect(errors[0].extensions).toMatchObject({ remedy: expect.any(String), requestId: expect.any(String) });
  return [response.status, errors[0].extensions.code, errors[0].message];
}
const command = async (name: string, input: object, as: As, answer: string): Promise<any> => {
  const query = `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${answer} } }`;
  return (await lotline.data(query, { input: { idempotencyKey: `print-${++made}`, ...input } }, as))[name];
};
const lossOf = async (code: string, producer: string): Promise<void> => {
  const query = 'query ($code: String!, $producer: String!) { lot(code: $code, producer: $producer) { id producer { id } } }';
  const { lot } = await lotline.data(query, { code, producer });
  await command(
    'recordLoss',
    { lot: lot.id, holder: lot.producer.id, kind: 'SPOILAGE', quantity: { value: '1', unit: 'KGM' }, on: '2025-02-01' },
    by(producer),
    'cursor',
  );
};

/** Asks for a certificate of the coffee, as its exporter does. */
async function requested(): Promise<string> {
  const { exporter, importer, lot, certifiers, documents } = await lotline.data(`{
    exporter: operation(identifier: "${COFFEE.exporter}") { id } importer: operation(identifier: "${COFFEE.importer}") { id }
    lot(code: "${COFFEE.lot}") { id product { id hts } }
    certifiers: operation(identifier: "${COFFEE.exporter}") { certificates { nodes { certifier { id code } } } }
    documents(filter: {numbers: ["FVC-CON-2026-04"]}) { nodes { id } } }`);
  const input = {
    exporter: exporter.id,
    importer: importer.id,
    certifier: certifiers.certificates.nodes[0].certifier.id,
    kind: 'SHIPMENT',
    origin: 'CO',
    destination: 'US',
    hts: lot.product.hts,
    standard: 'NOP',
    lines: [{ product: lot.product.id, lot: lot.id, quantity: { value: '1000', unit: 'KGM' } }],
    documents: documents.nodes.map(({ id }: any) => id),
  };
  return (await command('requestImportCertificate', input, by(COFFEE.exporter), 'importCertificate { id }')).importCertificate.id;
}

describe('an import certificate', () => {
  test('says what the graph says, in exact masses, to whom and as of when', async () => {
    const before = new Date().toISOString();
    const { html, hash, said } = await page(`importCertificate/${NUMBER}`, by(BUYER));
    expect(headings(html)).toEqual([
      'This print',
      'The certificate',
      'Parties',
      'What it covers',
      'What customs entries drew on it',
      'Customs entries',
      'History',
      'Revisions',
      'Arrivals',
      'Papers that are expected',
      'Documents',
      'What fell due',
    ]);
    for (const part of [`Import certificate ${NUMBER}`, 'handed over', '1000.001 kg', '1001990000', 'operation P:BUYER', `SHA-256 ${hash}`])
      expect(said).toContain(part);
    const at = /Reflects the records of (\S+)/.exec(said)![1]!;
    expect(at >= before && at <= new Date().toISOString()).toBe(true);
    // The cursor is one to go on after.
    const cursor = /State of the log (\S+)/.exec(said)![1]!;
    expect((await lotline.ask('{ viewer { kind } }', {}, by(BUYER), { 'lotline-at-least': cursor })).errors).toBeUndefined();
  });

  test('is printed of a request too, which has no number yet', async () => {
    const id = await requested();
    const { said } = await page(`importCertificate/${id}`, by(COFFEE.exporter));
    expect(said).toContain('Import certificate without a number');
    expect(said).toContain('requested');
  });

  test('nothing that anybody was called does anything', async () => {
    const response = await get(`importCertificate/${NUMBER}`);
    const html = whole(await response.text());
    expect(html).not.toMatch(/<script|<img|javascript:|\u202e/i);
    expect(html).toContain(
      '<bdi>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; O&#39;Neil &amp; Sons [U+202E]gnp.exe \u05d0\u05d1, TR, P MAKER</bdi>',
    );
    expect(html).toContain('<bdi>&quot;&gt;&lt;img src=x&gt;</bdi>');
    expect(html).not.toMatch(/\b(?:src|href|on\w+)=(?!x)|url\(|@import/);
    const policy = response.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox');
    const style = /<style>([\s\S]*)<\/style>/.exec(html)![1]!;
    expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  });
});

describe('the review sheet', () => {
  test("is the one of whoever asks, and is nobody else's", async () => {
    const id = await requested();
    const certifier = await page(`review/${id}`, { certifier: 'ZZC' });
    const exporter = await page(`review/${id}`, by(COFFEE.exporter));
    expect(certifier.said).toContain('the certifier, by what it may see');
    expect(exporter.said).toContain('the exporter, by what it may see');
    for (const { said } of [certifier, exporter])
      for (const part of [
        'products verified',
        '7 CFR 205.273, 205.404(b), since 2024-03-19',
        'none yet',
        'Organic green coffee, labelled as',
      ])
        expect(said).toContain(part);
    const unknown = await refusal(`review/${Buffer.from('ImportCertificate:01920000-0000-7000-8000-000000000000').toString('base64url')}`);
    for (const as of [by(COFFEE.importer), by(RIVAL), 'nobody'] as As[]) expect(await refusal(`review/${id}`, as)).toEqual(unknown);
    expect(unknown.slice(0, 2)).toEqual([404, 'NOT_FOUND']);
  });

  test('an open one has the same hash from one look to the next; the decision gives it another, which stays', async () => {
    const id = await requested();
    const look = async () => (await page(`review/${id}`, { certifier: 'ZZC' })).hash;
    const open = await look();
    await sleep(5);
    expect(await look()).toBe(open);
    await command('approveImportCertificate', { importCertificate: id }, { certifier: 'ZZC' }, 'cursor');
    const decided = await page(`review/${id}`, { certifier: 'ZZC' });
    expect(decided.hash).not.toBe(open);
    expect(decided.said).toContain('Decision approved');
    expect(await look()).toBe(decided.hash);
  });
});

describe('a trace', () => {
  test('back says where the mass was harvested, what was withheld, and which gaps there are', async () => {
    const whole = await page(`trace/${COFFEE.lot}?direction=BACK`, by(COFFEE.exporter));
    for (const part of ['19250 kg', 'COF-MILL-HUILA', '8820 kg', 'Origin by farm', 'Mass of unknown origin', 'Share']) {
      expect(whole.said).toContain(part);
    }
    expect(whole.said).not.toContain('withheld;');
    const lines = await textOf('trace/LOT?direction=BACK', by(MAKER));
    expect(lines).toContainEqual(['row', 'Mass at birth', '1234567.891 kg']);
  });

  test("what is not the viewer's is withheld on paper as it is in the graph", async () => {
    // The importer has some of the coffee, and saw nothing of how it was made.
    const { lot } = await lotline.data(`{ lot(code: "${COFFEE.lot}") { id producer { id } } }`);
    const { importer } = await lotline.data(`{ importer: operation(identifier: "${COFFEE.importer}") { id } }`);
    const { transferOffer } = await command(
      'offerTransfer',
      { lot: lot.id, sender: lot.producer.id, receiver: importer.id, quantity: { value: '10', unit: 'KGM' }, on: '2026-01-26' },
      by(COFFEE.exporter),
      'transferOffer { id }',
    );
    await command('acceptTransfer', { transferOffer: transferOffer.id, on: '2026-01-26' }, by(COFFEE.importer), 'cursor');
    const { said, html } = await page(`trace/${COFFEE.lot}?direction=BACK`, by(COFFEE.importer));
    for (const part of ['withheld; certified: valid', 'class 09', 'withheld, together by country', '1: withheld'])
      expect(said).toContain(part);
    expect(html).not.toContain('HUILA');
  });

  test('forward says who has it now', async () => {
    const { html, said } = await page('trace/FIELD-7?direction=FORWARD', by(BLENDER));
    expect(headings(html)).toEqual(['This print', 'The lot', 'In short', 'Gaps', 'Who has it now', 'Lots', 'Links', 'Steps']);
    expect(said).toContain('What became of lot FIELD-7');
    expect(said).toContain('P:BLENDER 1 501 kg 1 kg 0 kg');
  });

  test('what is longer than a page of the graph is cut, and says so', async () => {
    const lines = await textOf('trace/BLEND?direction=BACK');
    const from = lines.findIndex(([kind, heading]) => kind === 'section' && heading === 'Lots');
    expect(lines[from + 1]).toEqual(['says', 'Only the first 500 of 501 are printed; the graph has the others.']);
    expect(lines).toContainEqual(['row', 'Lots met', '501']);
    // What is told of the one that is left out says so.
    expect(lines).toContainEqual(expect.arrayContaining(['row', '2024-12-31', 'treated', 'FIELD-99, not among the lots printed']));
  });

  test('a code that several have needs its producer, and may hold anything', async () => {
    expect((await refusal('trace/SAME?direction=BACK')).slice(0, 2)).toEqual([400, 'AMBIGUOUS']);
    expect((await page(`trace/SAME?direction=BACK&producer=${RIVAL}`)).said).toContain('Producer P:RIVAL');
    const { said } = await page(`trace/${encodeURIComponent('a/b c?')}?direction=BACK`, by(MAKER));
    expect(said).toContain('GET /print/trace/a%2Fb%20c%3F?direction=BACK&hash=');
  });
});

describe('the hash', () => {
  const PATH = `importCertificate/${NUMBER}`;

  test('is the SHA-256 of the canonical text, in a header, in the ETag and on the page', async () => {
    const response = await get(PATH, by(BUYER), { accept: 'text/plain' });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    const text = await response.text();
    const hash = createHash('sha256').update(text).digest('hex');
    expect(response.headers.get('lotline-content-hash')).toBe(hash);
    expect(response.headers.get('etag')).toBe(`W/"${hash}"`);
    expect(response.headers.get('vary')).toBe('authorization, lotline-acting-for, accept, Origin');
    const { html } = await page(PATH, by(BUYER));
    // Once at its head, once in how to verify it, once at the foot of every page.
    expect(html.split(hash)).toHaveLength(4);
    expect((await get(PATH, by(BUYER), { 'if-none-match': `W/"${hash}"` })).status).toBe(304);
    expect((await get(PATH, by(BUYER), {}, 'HEAD')).headers.get('lotline-content-hash')).toBe(hash);
  });

  test('is the same whenever the same viewer looks, whatever else happens; another viewer has another', async () => {
    const { hash } = await page(PATH, by(BUYER));
    await lossOf('SAME', RIVAL);
    expect((await page(PATH, by(BUYER))).hash).toBe(hash);
    expect((await page(PATH, by(MAKER))).hash).not.toBe(hash);
  });

  test('of a print is verified against what is on record now', async () => {
    const path = 'trace/LOT?direction=BACK';
    const { hash, said } = await page(path, by(MAKER));
    const verify = /GET \/print\/(\S+)/.exec(said)![1]!;
    expect(verify).toBe(`${path}&hash=${hash}`);
    expect((await get(verify, by(MAKER))).status).toBe(200);
    await lossOf('LOT', MAKER);
    expect((await refusal(verify, by(MAKER))).slice(0, 2)).toEqual([409, 'CONFLICT']);
    expect((await get(path, by(MAKER), { 'if-none-match': `W/"${hash}"` })).status).toBe(200);
    expect((await refusal(`${path}&hash=abc`, by(MAKER))).slice(0, 2)).toEqual([400, 'BAD_USER_INPUT']);
  });
});

describe('who may', () => {
  test('what is invisible is as what is unknown', async () => {
    const unknown = await refusal(`importCertificate/${certificateNumber(9, 9)}`);
    expect(unknown.slice(0, 2)).toEqual([404, 'NOT_FOUND']);
    for (const as of [by(RIVAL), 'nobody'] as As[]) expect(await refusal(`importCertificate/${NUMBER}`, as)).toEqual(unknown);
    expect(await refusal('trace/LOT?direction=BACK', by(RIVAL))).toEqual(unknown);
    expect(await refusal('trace/NO-SUCH-LOT?direction=BACK', by(RIVAL))).toEqual(unknown);
    for (const path of ['nothing/1', 'constructor/1', '__proto__/1']) expect(await refusal(path)).toEqual(unknown);
  });

  test('a token that is none, a parameter that is none, and a way that is none are refused', async () => {
    const broken = await fetch(`${lotline.url}/print/importCertificate/${NUMBER}`, { headers: { authorization: 'Bearer x.y.z' } });
    expect(broken.status).toBe(401);
    for (const path of [
      'trace/LOT',
      'trace/LOT?direction=UP',
      'trace/LOT?direction=BACK&direction=BACK',
      'trace/LOT?direction=BACK&asOf=2025-01-01',
      `importCertificate/${NUMBER}?direction=BACK`,
      'importCertificate/12',
    ])
      expect((await refusal(path)).slice(0, 2)).toEqual([400, 'BAD_USER_INPUT']);
  });

  test('a key needs the scopes of everything that a page says', async () => {
    const { operation } = await lotline.data(`{ operation(identifier: "${BUYER}") { id } }`);
    const key = async (...scopes: string[]): Promise<As> => {
      const { secret } = await command(
        'createKey',
        { operation: operation.id, name: 'App', scopes, expiresOn: LAST_DAY },
        by(BUYER),
        'secret',
      );
      return { key: secret };
    };
    const [status, code, message] = await refusal(`importCertificate/${NUMBER}`, await key('IMPORT_CERTIFICATES', 'LOTS'));
    expect([status, code]).toEqual([403, 'FORBIDDEN']);
    expect(message).toMatch(/scopes do not include/);
    const all = await key('IMPORT_CERTIFICATES', 'LOTS', 'SHIPMENTS', 'DOCUMENTS', 'CUSTOMS_ENTRIES');
    expect((await page(`importCertificate/${NUMBER}`, all)).said).toContain('Printed for partner P:BUYER');
  });

  test('the access journal has it as it has a question', async () => {
    const looked = async () =>
      (
        await lotline.data(
          'query ($of: String!) { operation(identifier: $of) { accesses(first: 100) { nodes { act noun times viewerKind } } } }',
          {
            of: MAKER,
          },
        )
      ).operation.accesses.nodes;
    await page(`importCertificate/${NUMBER}`, { certifier: 'ZZP' });
    await page('trace/LOT?direction=BACK');
    for (const [act, noun] of [
      ['READ', 'ImportCertificate'],
      ['TRACED', 'Lot'],
    ]) {
      const isNoted = async () => (await looked()).some((each: any) => each.act === act && each.noun === noun);
      for (const last = Date.now() + 10_000; !(await isNoted()); await sleep(20)) if (Date.now() > last) throw new Error(`no ${act}`);
    }
  });
});
