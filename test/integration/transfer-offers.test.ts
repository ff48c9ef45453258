import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// A lot changes hands in two steps: its owner offers, the receiver accepts. What each says, to whom, and what is refused.

const SELLER = 'T:SELLER';
const BUYER = 'T:BUYER';
const STRANGER = 'T:STRANGER';
const US: As = { operation: SELLER };
const THEM: As = { operation: BUYER };

let lotline: Lotline;
let ids: Record<'seller' | 'buyer' | 'stranger' | 'lot' | 'theirs' | 'contract' | 'theirPaper', string>;
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
  await lotline.import({
    'operations.csv': csv([SELLER, BUYER, STRANGER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic lentils', hts: '0713402030', organic: 'yes' }]),
    'lots.csv': csv(
      [SELLER, STRANGER].map((producer) => ({
        code: 'LENTILS',
        product: 'Organic lentils',
        producer,
        kind: 'harvest',
        quantity: 10,
        unit: 'TNE',
        produced_on: '2025-01-10',
      })),
    ),
    'documents.csv': csv(
      [SELLER, STRANGER].map((issuer) => ({
        type: 'sales_document',
        number: `SD-${issuer.slice(2)}`,
        issuer,
        issued_on: '2025-01-31',
        marked_organic: 'yes',
      })),
    ),
  });
  const { a, b, c, lots, documents } = await lotline.data(
    `{ a: operation(identifier: "${SELLER}") { id } b: operation(identifier: "${BUYER}") { id } c: operation(identifier: "${STRANGER}") { id }
       lots { nodes { id producer { name } } } documents { nodes { id number } } }`,
  );
  const lotOf = (name: string) => lots.nodes.find((each: any) => each.producer.name === name).id;
  const paper = (number: string) => documents.nodes.find((each: any) => each.number === number).id;
  ids = {
    seller: a.id,
    buyer: b.id,
    stranger: c.id,
    lot: lotOf(SELLER),
    theirs: lotOf(STRANGER),
    contract: paper('SD-SELLER'),
    theirPaper: paper('SD-STRANGER'),
  };
});
afterAll(() => lotline.close());

const OFFER =
  'id status acceptedOn offeredOn quantity { kilograms value unit } lot { code } sender { name } receiver { name } document { number }';
const tell = (command: string, input: Record<string, unknown>, as: As): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { ${command}(input: $input) { cursor transferOffer { ${OFFER} } } }`,
    { input: { idempotencyKey: `t-${++keys}`, ...input } },
    as,
  );
const tonnes = (value: number) => ({ value: String(value), unit: 'TNE' });
const offer = (more: object = {}, as: As = US) =>
  tell('offerTransfer', { lot: ids.lot, sender: ids.seller, receiver: ids.buyer, quantity: tonnes(1), on: '2025-02-01', ...more }, as);
const offered = async (more: object = {}): Promise<string> => (await offer(more)).data.offerTransfer.transferOffer.id;
const accept = (transferOffer: string, on = '2025-02-03', as: As = THEM) => tell('acceptTransfer', { transferOffer, on }, as);
const listed = async (filter: object, as: As): Promise<string[]> =>
  (
    await lotline.data('query ($filter: TransferOfferFilter) { transferOffers(filter: $filter) { nodes { id } } }', { filter }, as)
  ).transferOffers.nodes.map(({ id }: { id: string }) => id);
const holdings = async (): Promise<Record<string, string>> => {
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { holdings { nodes { operation { name } kilograms } } } } }',
    { id: ids.lot },
  );
  return Object.fromEntries(node.holdings.nodes.map((each: any) => [each.operation.name, each.kilograms]));
};
const reason = ({ errors }: GraphQLAnswer) => errors?.[0]?.extensions;

test('an offer shows the lot to its receiver and moves nothing; accepted, the grams pass and the transfer is told once', async () => {
  const query = 'subscription { lotEvents { cursor sequence change { kind on kilograms lot { code } } } }';
  const streams = await Promise.all([US, THEM, { operation: STRANGER }].map((as) => subscribe(lotline, { query, as })));
  const lotSeen = async () => (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id: ids.lot }, THEM)).node;
  expect(await lotSeen()).toBeNull();
  const before = await holdings();

  const made = await offer({ quantity: tonnes(4), document: ids.contract });
  const { id } = made.data.offerTransfer.transferOffer;
  expect(made.data.offerTransfer.transferOffer).toEqual({
    id,
    status: 'OPEN',
    acceptedOn: null,
    offeredOn: '2025-02-01',
    quantity: { kilograms: '4000', value: '4', unit: 'TNE' },
    lot: { code: 'LENTILS' },
    sender: { name: SELLER },
    receiver: { name: BUYER },
    document: { number: 'SD-SELLER' },
  });
  expect(await holdings()).toEqual(before);
  expect(await lotSeen()).toEqual({ id: ids.lot });
  expect(await listed({ statuses: ['OPEN'] }, THEM)).toEqual([id]);
  expect(await listed({ senders: [ids.seller], receivers: [ids.buyer], lots: [ids.lot] }, US)).toEqual([id]);
  expect(await listed({}, { operation: STRANGER })).toEqual([]);
  expect(await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, { operation: STRANGER })).toEqual({ node: null });

  const accepted = (await accept(id)).data.acceptTransfer.transferOffer;
  expect(accepted).toMatchObject({ id, status: 'ACCEPTED', acceptedOn: '2025-02-03', document: { number: 'SD-SELLER' } });
  expect(await holdings()).toEqual({ [SELLER]: '6000', [BUYER]: '4000' });
  expect(await listed({ statuses: ['OPEN'] }, THEM)).toEqual([]);
  expect(await listed({ statuses: ['ACCEPTED'] }, US)).toEqual([id]);
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { ownership { nodes { owner { name } acquiredFrom { name } kilograms from document { number } } } } } }',
    { id: ids.lot },
    THEM,
  );
  expect(node.ownership.nodes).toEqual([
    { owner: { name: BUYER }, acquiredFrom: { name: SELLER }, kilograms: '4000', from: '2025-02-03', document: { number: 'SD-SELLER' } },
  ]);

  await Promise.all(streams.map((stream) => stream.abreast()));
  const told = [{ kind: 'TRANSFERRED', on: '2025-02-03', kilograms: '4000', lot: { code: 'LENTILS' } }];
  expect(streams.map(({ changes }) => changes)).toEqual([told, told, []]);
  await Promise.all(streams.map((stream) => stream.close()));
});

test.each<[what: string, code: string, path: string, more: () => object, as: () => As]>([
  ['of a lot that is not seen', 'NOT_FOUND', 'input.lot', () => ({ lot: ids.theirs }), () => US],
  ['by somebody else', 'FORBIDDEN', '', () => ({}), () => THEM],
  ['by an analyst', 'FORBIDDEN', '', () => ({}), () => 'analyst'],
  ['without a token', 'UNAUTHENTICATED', '', () => ({}), () => 'nobody'],
  ['to oneself', 'REFUSED', 'input.receiver', () => ({ receiver: ids.seller }), () => US],
  [
    'to nobody there is',
    'NOT_FOUND',
    'input.receiver',
    () => ({ receiver: Buffer.from(`Operation:${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`).toString('base64url') }),
    () => US,
  ],
  ['to a lot', 'BAD_USER_INPUT', 'input.receiver', () => ({ receiver: ids.lot }), () => US],
  ['of more than is held', 'REFUSED', 'input.quantity', () => ({ quantity: tonnes(11) }), () => US],
  ['of nothing', 'BAD_USER_INPUT', 'input.quantity', () => ({ quantity: tonnes(0) }), () => US],
  ['before the lot was born', 'REFUSED', 'input.on', () => ({ on: '2025-01-09' }), () => US],
  ['in a year to come', 'REFUSED', 'input.on', () => ({ on: '2098-01-01' }), () => US],
  ['under a paper that is not seen', 'NOT_FOUND', 'input.document', () => ({ document: ids.theirPaper }), () => US],
])('an offer %s is refused: %s at %s, and changes nothing', async (_what, code, path, more, as) => {
  const before = await fingerprint(lotline.database);
  const refused = await offer(more(), as());
  expect(reason(refused)).toMatchObject({ code, remedy: expect.any(String) });
  expect((reason(refused) as { path?: string[] }).path?.join('.') ?? '').toBe(path);
  expect(refused.data?.offerTransfer ?? null).toBeNull();
  expect(await fingerprint(lotline.database)).toEqual(before);
});

test('an offer is accepted by its receiver only, once, not before it was made, and only while the sender has as much', async () => {
  const id = await offered();
  expect(reason(await accept(id, '2025-02-03', US))?.code).toBe('FORBIDDEN');
  expect(reason(await accept(id, '2025-02-03', { operation: STRANGER }))?.code).toBe('NOT_FOUND');
  expect(reason(await accept(id, '2025-01-31'))).toMatchObject({ code: 'REFUSED', path: ['input', 'on'] });
  expect(reason(await accept(id, '2098-01-01'))).toMatchObject({ code: 'REFUSED', path: ['input', 'on'] });
  expect(reason(await accept(ids.lot))).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'transferOffer'] });

  // The same key again gives the same outcome; another key finds it accepted.
  const once = { transferOffer: id, on: '2025-02-04', idempotencyKey: 'accept once' };
  const first = await tell('acceptTransfer', once, THEM);
  const after = await holdings();
  expect((await tell('acceptTransfer', once, THEM)).data).toMatchObject({ acceptTransfer: { transferOffer: { id, status: 'ACCEPTED' } } });
  expect(first.data.acceptTransfer.transferOffer.acceptedOn).toBe('2025-02-04');
  expect(reason(await accept(id))).toMatchObject({ code: 'CONFLICT', path: ['input', 'transferOffer'] });
  expect(await holdings()).toEqual(after);

  // Two offers of all there is: the first accepted leaves nothing for the second.
  const all = { quantity: tonnes(Number(after[SELLER]) / 1000) };
  const [one, other] = [await offered(all), await offered(all)];
  expect((await accept(one)).errors).toBeUndefined();
  expect(reason(await accept(other))).toMatchObject({ code: 'REFUSED', path: ['input', 'transferOffer'] });
  expect(await holdings()).toEqual({ [BUYER]: '10000' });
});

test('of many who accept one offer at once, one succeeds, and nobody is told of anything but a conflict', async () => {
  await lotline.import({
    'lots.csv': csv([
      { code: 'RACE', product: 'Organic lentils', producer: SELLER, kind: 'harvest', quantity: 1, unit: 'TNE', produced_on: '2025-01-10' },
    ]),
  });
  const { lot } = await lotline.data('{ lot(code: "RACE") { id } }');
  const id = await offered({ lot: lot.id });
  const answers = await Promise.all(Array.from({ length: 16 }, () => accept(id)));
  const codes = answers.map((answer) => reason(answer)?.code ?? 'DONE').sort();
  expect(codes).toEqual([...Array(15).fill('CONFLICT'), 'DONE']);
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { holdings { nodes { operation { name } kilograms } } } } }',
    { id: lot.id },
  );
  expect(node.holdings.nodes).toEqual([{ operation: { name: BUYER }, kilograms: '1000' }]);
});

test('a later page of the open offers belongs to the state of the first, whatever was accepted meanwhile', async () => {
  await lotline.import({
    'lots.csv': csv([
      { code: 'PAGES', product: 'Organic lentils', producer: SELLER, kind: 'harvest', quantity: 5, unit: 'TNE', produced_on: '2025-01-10' },
    ]),
  });
  const { lot } = await lotline.data('{ lot(code: "PAGES") { id } }');
  const all: string[] = [];
  for (let each = 0; each < 4; each++) all.push(await offered({ lot: lot.id }));
  const page = async (after: string | null): Promise<{ nodes: { id: string }[]; totalCount: number; pageInfo: { endCursor: string } }> =>
    (
      await lotline.data(
        `query ($filter: TransferOfferFilter, $after: String) { transferOffers(filter: $filter, first: 2, after: $after) {
           totalCount nodes { id } pageInfo { endCursor } } }`,
        { filter: { statuses: ['OPEN'], lots: [lot.id] }, after },
        THEM,
      )
    ).transferOffers;
  const first = await page(null);
  await accept(all[1]!);
  await accept(all[3]!);
  const second = await page(first.pageInfo.endCursor);
  expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(all);
  expect([first.totalCount, second.totalCount]).toEqual([4, 4]);
  expect((await page(null)).nodes.map(({ id }) => id)).toEqual([all[0], all[2]]);
});

test('nothing passes on a day on which the sender did not have it, nor what it gave away later; the receiver is not told what it had', async () => {
  const dated = { lot: 'DATED', unit: 'TNE' };
  await lotline.import({
    'lots.csv': csv([
      {
        code: 'DATED',
        product: 'Organic lentils',
        producer: STRANGER,
        kind: 'harvest',
        quantity: 10,
        unit: 'TNE',
        produced_on: '2025-01-10',
      },
    ]),
    'transfers.csv': csv([
      { ...dated, from: STRANGER, to: SELLER, on: '2025-06-01', quantity: 4 },
      { ...dated, from: SELLER, to: STRANGER, on: '2025-07-01', quantity: 3 },
      { ...dated, from: STRANGER, to: SELLER, on: '2025-08-01', quantity: 3 },
    ]),
  });
  const { lot } = await lotline.data('{ lot(code: "DATED") { id } }');
  const all = { lot: lot.id, quantity: tonnes(4) };
  const refused = async (answer: () => Promise<GraphQLAnswer>) => {
    const before = await fingerprint(lotline.database);
    const { code, path, rule, remedy } = reason(await answer()) as Record<string, unknown>;
    expect({ code, path, rule }).toEqual({ code: 'REFUSED', path: ['input', 'on'], rule: '7 CFR 205.103(b)(2)' });
    expect(remedy).toEqual(expect.any(String));
    expect(await fingerprint(lotline.database)).toBe(before);
  };
  await refused(() => offer({ ...all, on: '2025-02-01' }));
  await refused(() => offer({ ...all, on: '2025-05-31' }));
  await refused(() => offer({ ...all, on: '2025-07-31' }));
  const id = await offered({ ...all, on: '2025-06-01' });
  // On the first two it had as much, but gave some of it away; it has it to give since it came back.
  for (const on of ['2025-06-01', '2025-06-30', '2025-07-31']) {
    await refused(() => accept(id, on));
    const { message, remedy } = { ...(await accept(id, on)).errors![0]!, ...reason(await accept(id, on)) } as Record<string, string>;
    expect(`${message} ${remedy}`).not.toMatch(/\d/);
  }
  expect((await accept(id, '2025-08-01')).errors).toBeUndefined();
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: FORWARD) { gaps { nodes { kind on } } } } } }',
    { id: lot.id },
  );
  const kinds = node.trace.gaps.nodes.map(({ kind }: { kind: string }) => kind);
  for (const kind of ['OWNER_CHANGED_WITHOUT_TRANSFER', 'OVERDRAWN', 'OUT_OF_ORDER_DATES']) expect(kinds).not.toContain(kind);
});

describe('an open offer is over', () => {
  const ENDED = 'id status endedOn endReason lot { code } document { number }';
  const end = (command: 'declineTransfer' | 'withdrawTransfer', input: object, as: As): Promise<GraphQLAnswer> =>
    lotline.ask(
      `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { ${command}(input: $input) { transferOffer { ${ENDED} } } }`,
      { input: { idempotencyKey: `t-${++keys}`, ...input } },
      as,
    );
  const today = () => new Date().toISOString().slice(0, 10);
  const sees = async (id: string, as: As) => (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).node !== null;
  let lot: string;
  let fresh = 0;
  const anOffer = async (more: object = {}): Promise<string> => offered({ lot, ...more });
  beforeEach(async () => {
    const code = `OVER-${++fresh}`;
    await lotline.import({
      'lots.csv': csv([
        { code, product: 'Organic lentils', producer: SELLER, kind: 'harvest', quantity: 5, unit: 'TNE', produced_on: '2025-01-10' },
      ]),
      'documents.csv': csv([
        { type: 'sales_document', number: `SD-${code}`, issuer: SELLER, issued_on: '2025-01-31', marked_organic: 'yes' },
      ]),
    });
    lot = (await lotline.data('query ($code: String!) { lot(code: $code) { id } }', { code })).lot.id;
  });

  test.each([
    ['declineTransfer', 'DECLINED', () => THEM, () => US],
    ['withdrawTransfer', 'WITHDRAWN', () => US, () => THEM],
  ] as const)('by %s: both sides keep it, and the receiver sees the lot and its paper no more', async (command, status, by, other) => {
    const { documents } = await lotline.data(`{ documents(filter: { numbers: ["SD-OVER-${fresh}"] }) { nodes { id } } }`);
    const document = documents.nodes[0].id;
    const id = await anOffer({ document });
    expect([await sees(lot, THEM), await sees(document, THEM)]).toEqual([true, true]);
    expect(reason(await end(command, { transferOffer: id }, other()))).toMatchObject({ code: 'FORBIDDEN' });
    expect(reason(await end(command, { transferOffer: id }, { operation: STRANGER }))).toMatchObject({ code: 'NOT_FOUND' });
    const done = (await end(command, { transferOffer: id, reason: 'not what we want' }, by())).data[command].transferOffer;
    expect(done).toMatchObject({ id, status, endedOn: today(), endReason: 'not what we want' });
    for (const [as, hasLot] of [
      [US, true],
      [THEM, false],
    ] as const) {
      const { node } = await lotline.data(
        `query ($id: ID!) { node(id: $id) { ... on TransferOffer { ${ENDED} acceptedOn received { value } fact } } }`,
        { id },
        as,
      );
      expect(node).toMatchObject({ status, endedOn: today(), acceptedOn: null, received: null, fact: null });
      expect([node.lot !== null, node.document !== null]).toEqual([hasLot, hasLot]);
      expect(await listed({ statuses: [status], receivers: [ids.buyer] }, as)).toContain(id);
      expect(await listed({ statuses: ['OPEN'] }, as)).not.toContain(id);
      expect([await sees(lot, as), await sees(document, as)]).toEqual([hasLot, hasLot]);
    }
  });

  test('nothing comes of it any more; nor does an accepted one end', async () => {
    const declined = await anOffer();
    await end('declineTransfer', { transferOffer: declined }, THEM);
    const accepted = await anOffer();
    expect((await accept(accepted)).errors).toBeUndefined();
    const before = await fingerprint(lotline.database);
    const conflict = { code: 'CONFLICT', path: ['input', 'transferOffer'] };
    expect(reason(await accept(declined))).toMatchObject(conflict);
    expect(
      reason(await tell('disputeTransfer', { transferOffer: declined, quantity: tonnes(2), on: '2025-02-03', reason: 'scale' }, THEM)),
    ).toMatchObject(conflict);
    for (const id of [declined, accepted]) {
      expect(reason(await end('declineTransfer', { transferOffer: id }, THEM))).toMatchObject(conflict);
      expect(reason(await end('withdrawTransfer', { transferOffer: id }, US))).toMatchObject(conflict);
    }
    expect(await fingerprint(lotline.database)).toBe(before);
  });

  test('of many who answer it at once one succeeds', async () => {
    const id = await anOffer();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        [
          () => accept(id),
          () => end('declineTransfer', { transferOffer: id }, THEM),
          () => end('withdrawTransfer', { transferOffer: id }, US),
        ][index % 3]!(),
      ),
    );
    expect(answers.map((answer) => reason(answer)?.code ?? 'DONE').sort()).toEqual([...Array(11).fill('CONFLICT'), 'DONE']);
  });
});
