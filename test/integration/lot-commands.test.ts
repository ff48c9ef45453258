import { subscribe } from '../support/live';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { UNCONSERVED } from '../support/unconserved';

// What is lost, treated, disputed and taken back: what each command says, to whom, and what is refused.

const SELLER = 'L:SELLER';
const BUYER = 'L:BUYER';
const STRANGER = 'L:STRANGER';
const US: As = { operation: SELLER };
const THEM: As = { operation: BUYER };
const OTHERS: As = { operation: STRANGER };
const HUSK = 'Organic lentils';

let lotline: Lotline;
let ids: Record<'seller' | 'buyer' | 'stranger' | 'theirs' | 'product' | 'paper' | 'theirPaper', string>;
let keys = 0;

beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100 });
  await lotline.import({
    'operations.csv': csv([SELLER, BUYER, STRANGER].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: HUSK, hts: '0713402030', organic: 'yes' }]),
    'lots.csv': csv([
      { code: 'THEIRS', product: HUSK, producer: STRANGER, kind: 'harvest', quantity: 10, unit: 'TNE', produced_on: '2025-01-10' },
    ]),
    'documents.csv': csv(
      [SELLER, STRANGER].map((issuer) => ({
        type: 'weight_certificate',
        number: issuer,
        issuer,
        issued_on: '2025-01-31',
        marked_organic: 'yes',
      })),
    ),
  });
  const { a, b, c, lots, documents } = await lotline.data(
    `{ a: operation(identifier: "${SELLER}") { id } b: operation(identifier: "${BUYER}") { id } c: operation(identifier: "${STRANGER}") { id }
       lots { nodes { id product { id } } } documents { nodes { id number } } }`,
  );
  const paper = (number: string) => documents.nodes.find((each: any) => each.number === number).id;
  ids = {
    seller: a.id,
    buyer: b.id,
    stranger: c.id,
    theirs: lots.nodes[0].id,
    product: lots.nodes[0].product.id,
    paper: paper(SELLER),
    theirPaper: paper(STRANGER),
  };
});
afterAll(() => lotline.close());

const PAYLOAD: Record<string, string> = {
  recordHarvest: 'lot { id }',
  recordTransformation: 'lot { id }',
  declareLotInputs: 'lot { id }',
  recordLoss: 'fact lot { id }',
  recordTreatment: 'treatment { fact kind on prohibited substance }',
  offerTransfer: 'transferOffer { id }',
  acceptTransfer: 'transferOffer { id status fact }',
  disputeTransfer:
    'transferOffer { id status acceptedOn difference disputeReason fact received { kilograms value unit } quantity { kilograms } }',
  bookShipment: 'shipment { id lots { nodes { fact } } }',
  recordDeparture: 'shipment { id status legs { nodes { fact } } }',
  recordArrival: 'shipment { id status legs { nodes { fact } } }',
  retractFact: 'lot { id } shipment { id status }',
};
const tell = (command: string, input: Record<string, unknown>, as: As): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { done: ${command}(input: $input) { cursor ${PAYLOAD[command]} } }`,
    { input: { idempotencyKey: `l-${++keys}`, ...input } },
    as,
  );
const done = async (command: string, input: Record<string, unknown>, as: As): Promise<any> => {
  const { data, errors } = await tell(command, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.done;
};
const tonnes = (value: number) => ({ value: String(value), unit: 'TNE' });
let codes = 0;
/** A lot of ten tonnes, the seller's. */
const harvested = async (): Promise<string> =>
  (
    await done(
      'recordHarvest',
      { producer: ids.seller, product: ids.product, code: `LENTILS-${++codes}`, quantity: tonnes(10), producedOn: '2025-01-10' },
      US,
    )
  ).lot.id;
const offered = async (lot: string, quantity = tonnes(4), receiver = ids.buyer): Promise<string> =>
  (await done('offerTransfer', { lot, sender: ids.seller, receiver, quantity, on: '2025-02-01' }, US)).transferOffer.id;
/** The fact by which some of a lot passed to the buyer. */
const sold = async (lot: string, quantity = tonnes(4)): Promise<string> =>
  (await done('acceptTransfer', { transferOffer: await offered(lot, quantity), on: '2025-02-03' }, THEM)).transferOffer.fact;
const lose = (lot: string, more: object = {}, as: As = US) =>
  tell('recordLoss', { lot, holder: ids.seller, kind: 'MOISTURE', quantity: tonnes(1), on: '2025-03-01', ...more }, as);
const treat = (more: object, as: As = US) =>
  tell('recordTreatment', { operation: ids.seller, kind: 'FUMIGATION', prohibited: true, on: '2025-03-01', ...more }, as);
const retract = (fact: string, as: As = US, reason = 'written down twice') => tell('retractFact', { fact, reason }, as);
const holdings = async (lot: string): Promise<Record<string, string>> => {
  const { node } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { holdings { nodes { operation { name } kilograms } } } } }',
    { id: lot },
  );
  return Object.fromEntries(node.holdings.nodes.map((each: any) => [each.operation.name, each.kilograms]));
};
const sees = async (id: string, as: As): Promise<boolean> =>
  (await lotline.data('query ($id: ID!) { node(id: $id) { id } }', { id }, as)).node !== null;
const reasons = ({ errors }: GraphQLAnswer): { code: string; path?: unknown[]; rule?: string; message: string }[] =>
  errors?.flatMap(({ extensions }) => extensions.reasons ?? [extensions]) ?? [];
const first = (answer: GraphQLAnswer) => reasons(answer)[0];
/** Refuses, says so at a place, and changes nothing. */
async function refused(give: () => Promise<GraphQLAnswer>, code: string, path: string | null): Promise<string> {
  const before = await fingerprint(lotline.database);
  const answer = await give();
  const told = reasons(answer).map((each) => [each.code, each.path?.join('.') ?? '']);
  expect(told).toContainEqual([code, path === null ? '' : `input.${path}`]);
  expect(answer.data?.done ?? null).toBeNull();
  expect(await fingerprint(lotline.database)).toBe(before);
  return JSON.stringify(reasons(answer));
}
/** No holding is another than the sum of the facts that stand. */
async function isConserved(): Promise<void> {
  expect(await lotline.database.query(UNCONSERVED)).toEqual([]);
}
const UNKNOWN = (type: string) => Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url');

describe('a loss', () => {
  test('leaves its holder with less, is told once to who sees it, and is listed by its kind', async () => {
    const lot = await harvested();
    const query = 'subscription { lotEvents { cursor sequence change { kind on kilograms from { name } lot { id } } } }';
    const [ours, others] = await Promise.all([US, OTHERS].map((as) => subscribe(lotline, { query, as })));
    const loss = { idempotencyKey: 'one loss', document: ids.paper };
    const { data } = await lose(lot, loss);
    expect((await lose(lot, loss)).data.done.fact).toBe(data.done.fact);
    expect(await holdings(lot)).toEqual({ [SELLER]: '9000' });
    await Promise.all([ours!, others!].map((stream) => stream.abreast()));
    expect(ours!.changes).toEqual([{ kind: 'LOST', on: '2025-03-01', kilograms: '1000', from: { name: SELLER }, lot: { id: lot } }]);
    expect(others!.changes).toEqual([]);
    await Promise.all([ours!, others!].map((stream) => stream.close()));
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { losses { nodes { fact kind kilograms on holder { name } } } } } }',
      { id: lot },
      US,
    );
    expect(node.losses.nodes).toEqual([
      { fact: data.done.fact, kind: 'MOISTURE', kilograms: '1000', on: '2025-03-01', holder: { name: SELLER } },
    ]);
  });

  test('is refused where it cannot be, and tells every reason', async () => {
    const lot = await harvested();
    await sold(lot, tonnes(8));
    await refused(() => lose(ids.theirs), 'NOT_FOUND', 'lot');
    await refused(() => lose(UNKNOWN('Lot')), 'NOT_FOUND', 'lot');
    await refused(() => lose(lot, { document: ids.theirPaper }), 'NOT_FOUND', 'document');
    await refused(() => lose(lot, {}, THEM), 'FORBIDDEN', null);
    await refused(() => lose(lot, {}, 'analyst'), 'FORBIDDEN', null);
    await refused(() => lose(lot, {}, 'nobody'), 'UNAUTHENTICATED', null);
    await refused(() => lose(lot, { quantity: tonnes(0) }), 'BAD_USER_INPUT', 'quantity');
    expect(await refused(() => lose(lot, { quantity: tonnes(2.5) }), 'REFUSED', 'quantity')).toContain('the holder has 2000 kg');
    await refused(() => lose(lot, { on: '2025-01-09' }), 'REFUSED', 'on');
    await refused(() => lose(lot, { on: '2098-01-01' }), 'REFUSED', 'on');
    // Before it sold the eight it had ten; not that much to spare.
    await refused(() => lose(lot, { quantity: tonnes(2.1), on: '2025-01-20' }), 'REFUSED', 'quantity');
    const several = await lose(lot, { quantity: tonnes(9), on: '2098-01-01', document: ids.theirPaper });
    expect(reasons(several).map(({ code, path }) => `${code} ${path!.at(-1)}`)).toEqual([
      'NOT_FOUND document',
      'REFUSED on',
      'REFUSED quantity',
    ]);
  });

  test('comes out of what is held on its day and later', async () => {
    const lot = await harvested();
    const there = await sold(lot, tonnes(6));
    expect(there).toEqual(expect.any(String));
    // The buyer has six from February 3 on.
    const theirs = { holder: ids.buyer, quantity: tonnes(6) };
    await refused(() => lose(lot, { ...theirs, on: '2025-02-02' }, THEM), 'REFUSED', 'on');
    expect((await lose(lot, { ...theirs, on: '2025-02-03' }, THEM)).errors).toBeUndefined();
    await isConserved();
  });

  test('of many at once never a gram more is lost than is held', async () => {
    const lot = await harvested();
    const answers = await Promise.all(Array.from({ length: 16 }, () => lose(lot, { quantity: tonnes(3) })));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(3);
    expect(new Set(answers.flatMap((answer) => reasons(answer).map(({ code }) => code)))).toEqual(new Set(['REFUSED']));
    expect(await holdings(lot)).toEqual({ [SELLER]: '1000' });
    await isConserved();
  });
});

describe('a disputed transfer', () => {
  const dispute = (transferOffer: string, quantity: object, more: object = {}, as: As = THEM) =>
    tell('disputeTransfer', { transferOffer, quantity, on: '2025-02-03', reason: 'by the weighbridge', ...more }, as);

  test('moves what came, and keeps the difference beside it', async () => {
    const lot = await harvested();
    const query = 'subscription { lotEvents { cursor sequence change { kind kilograms to { name } } } }';
    const streams = await Promise.all([US, THEM, OTHERS].map((as) => subscribe(lotline, { query, as })));
    const id = await offered(lot);
    const answer = await dispute(id, { value: '3950', unit: 'KGM' });
    expect(answer.data.done.transferOffer).toEqual({
      id,
      status: 'DISPUTED',
      acceptedOn: '2025-02-03',
      difference: '-50',
      disputeReason: 'by the weighbridge',
      fact: expect.any(String),
      received: { kilograms: '3950', value: '3950', unit: 'KGM' },
      quantity: { kilograms: '4000' },
    });
    expect(await holdings(lot)).toEqual({ [SELLER]: '6050', [BUYER]: '3950' });
    const listed = async (as: As) =>
      (await lotline.data('{ transferOffers(filter: { statuses: [DISPUTED] }) { nodes { id difference } } }', {}, as)).transferOffers.nodes;
    expect(await listed(US)).toEqual([{ id, difference: '-50' }]);
    expect(await listed(THEM)).toEqual([{ id, difference: '-50' }]);
    expect(await listed(OTHERS)).toEqual([]);
    await Promise.all(streams.map((stream) => stream.abreast()));
    const told = [{ kind: 'TRANSFERRED', kilograms: '3950', to: { name: BUYER } }];
    expect(streams.map(({ changes }) => changes)).toEqual([told, told, []]);
    await Promise.all(streams.map((stream) => stream.close()));
    await isConserved();
  });

  test('of more than was offered moves what was offered: nobody gives what it did not offer, nor learns what there is', async () => {
    const lot = await harvested();
    const id = await offered(lot);
    const { transferOffer } = (await dispute(id, tonnes(1000))).data.done;
    expect(transferOffer).toMatchObject({ status: 'DISPUTED', difference: '996000', received: { kilograms: '1000000' } });
    expect(await holdings(lot)).toEqual({ [SELLER]: '6000', [BUYER]: '4000' });
    await isConserved();
  });

  test('is refused where it cannot be', async () => {
    const lot = await harvested();
    const id = await offered(lot);
    await refused(() => dispute(id, tonnes(4)), 'REFUSED', 'quantity');
    await refused(() => dispute(id, tonnes(0)), 'BAD_USER_INPUT', 'quantity');
    await refused(() => dispute(id, { value: '1', unit: 'BUA' }), 'BAD_USER_INPUT', 'quantity');
    await refused(() => dispute(id, tonnes(3), { reason: ' ' }), 'BAD_USER_INPUT', 'reason');
    await refused(() => dispute(id, tonnes(3), { on: '2025-01-31' }), 'REFUSED', 'on');
    await refused(() => dispute(id, tonnes(3), { on: '2098-01-01' }), 'REFUSED', 'on');
    await refused(() => dispute(id, tonnes(3), {}, US), 'FORBIDDEN', null);
    await refused(() => dispute(id, tonnes(3), {}, OTHERS), 'NOT_FOUND', 'transferOffer');
    // What the sender keeps besides is enough for half of what it offered.
    await done('recordLoss', { lot, holder: ids.seller, kind: 'SPOILAGE', quantity: tonnes(8), on: '2025-02-02' }, US);
    await refused(() => dispute(id, tonnes(3)), 'REFUSED', 'transferOffer');
    expect((await dispute(id, tonnes(2))).errors).toBeUndefined();
    await refused(() => dispute(id, tonnes(1)), 'CONFLICT', 'transferOffer');
    await refused(() => tell('acceptTransfer', { transferOffer: id, on: '2025-02-04' }, THEM), 'CONFLICT', 'transferOffer');
  });

  test('and accepted by many at once, it passes once', async () => {
    const lot = await harvested();
    const id = await offered(lot);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, each) =>
        each % 2 === 0 ? dispute(id, tonnes(3)) : tell('acceptTransfer', { transferOffer: id, on: '2025-02-03' }, THEM),
      ),
    );
    expect(answers.map((answer) => first(answer)?.code ?? 'DONE').sort()).toEqual([...Array(15).fill('CONFLICT'), 'DONE']);
    await isConserved();
  });
});

describe('a treatment', () => {
  test('of a lot is told to whoever had some of it, by any of these', async () => {
    const lot = await harvested();
    await sold(lot);
    const query = 'subscription { lotEvents { cursor sequence change { kind on } } }';
    const [them, others] = await Promise.all([THEM, OTHERS].map((as) => subscribe(lotline, { query, as })));
    const { treatment } = (await treat({ lot, substance: 'gas', document: ids.paper })).data.done;
    expect(treatment).toEqual({ fact: expect.any(String), kind: 'FUMIGATION', on: '2025-03-01', prohibited: true, substance: 'gas' });
    expect((await treat({ lot, operation: ids.buyer, kind: 'HEAT', prohibited: false }, THEM)).errors).toBeUndefined();
    await Promise.all([them!, others!].map((stream) => stream.abreast()));
    expect(them!.changes.map(({ kind }) => kind)).toEqual(['TREATED', 'TREATED']);
    expect(others!.changes).toEqual([]);
    await Promise.all([them!, others!].map((stream) => stream.close()));
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { treatments { nodes { kind } } trace(direction: FORWARD) { gaps { nodes { kind } } } } } }',
      { id: lot },
      THEM,
    );
    expect(node.treatments.nodes).toEqual([{ kind: 'FUMIGATION' }, { kind: 'HEAT' }]);
    expect(node.trace.gaps.nodes.map(({ kind }: any) => kind)).toContain('PROHIBITED_TREATMENT');
  });

  test('is refused where it cannot be', async () => {
    const lot = await harvested();
    await sold(lot);
    const shipment = (
      await done(
        'bookShipment',
        { reference: 'TREATED', shipper: ids.seller, consignee: ids.buyer, lots: [{ lot, quantity: tonnes(1) }], bookedOn: '2025-02-01' },
        US,
      )
    ).shipment.id;
    await refused(() => treat({}), 'BAD_USER_INPUT', 'lot');
    await refused(() => treat({ lot, shipment }), 'BAD_USER_INPUT', 'lot');
    await refused(() => treat({ lot: ids.theirs }), 'NOT_FOUND', 'lot');
    await refused(() => treat({ lot, document: ids.theirPaper }), 'NOT_FOUND', 'document');
    await refused(() => treat({ lot }, THEM), 'FORBIDDEN', null);
    await refused(() => treat({ lot, operation: ids.stranger }, OTHERS), 'NOT_FOUND', 'lot');
    await refused(() => treat({ lot, on: '2025-01-09' }), 'REFUSED', 'on');
    await refused(() => treat({ lot, on: '2098-01-01' }), 'REFUSED', 'on');
    await refused(() => treat({ lot, operation: ids.buyer, on: '2025-02-02' }, THEM), 'REFUSED', 'on');
    expect(await refused(() => treat({ lot, kind: 'IRRADIATION', prohibited: false }), 'REFUSED', 'prohibited')).toContain('205.105(f)');
    await refused(() => treat({ shipment, operation: ids.stranger }, OTHERS), 'NOT_FOUND', 'shipment');
    await refused(() => treat({ shipment }), 'REFUSED', 'on');
    await done('recordDeparture', { shipment, mode: 'ROAD', fromPlace: 'TRISK', toPlace: 'TRMER', departed: '2025-02-10' }, US);
    await refused(() => treat({ shipment, on: '2025-02-09' }), 'REFUSED', 'on');
    expect((await treat({ shipment, on: '2025-02-10', operation: ids.buyer }, THEM)).errors).toBeUndefined();
    await done('recordArrival', { shipment, arrived: '2025-02-12' }, US);
    await refused(() => treat({ shipment, on: '2025-02-13' }), 'REFUSED', 'on');
  });
});

describe('a use', () => {
  test('comes out of what is held on its day and is not given away later', async () => {
    const lot = await harvested();
    await sold(lot, tonnes(6));
    const use = (on: string, quantity: object, more: object = {}) => ({ lot, quantity, on, ...more });
    const make = (inputs: object[], as: As = THEM, producer = ids.buyer) =>
      tell(
        'recordTransformation',
        { producer, product: ids.product, code: `MADE-${++codes}`, quantity: tonnes(1), producedOn: '2025-03-01', inputs },
        as,
      );
    for (const day of ['2025-02-02', '2098-01-01']) await refused(() => make([use(day, tonnes(1))]), 'REFUSED', 'inputs.0.on');
    expect((await make([use('2025-02-03', tonnes(1))])).errors).toBeUndefined();
    // The seller had ten on January 20, and sold six of them later.
    await refused(
      () => make([use('2025-01-20', tonnes(4)), use('2025-01-21', tonnes(0.5))], US, ids.seller),
      'REFUSED',
      'inputs.0.quantity',
    );
    // What it lost on a later day it had not to spare before.
    await done('recordLoss', { lot, holder: ids.buyer, kind: 'SAMPLE', quantity: tonnes(2), on: '2025-04-01' }, THEM);
    const bare = (
      await done('recordHarvest', { producer: ids.buyer, product: ids.product, code: `BARE-${++codes}`, quantity: tonnes(1) }, THEM)
    ).lot.id;
    const declare = (inputs: object[], more: object = {}) => tell('declareLotInputs', { lot: bare, inputs, ...more }, THEM);
    for (const day of ['2025-02-02', '2098-01-01']) await refused(() => declare([use(day, tonnes(3))]), 'REFUSED', 'inputs.0.on');
    expect((await declare([use('2025-02-04', tonnes(3))])).errors).toBeUndefined();
    // What a correction gives back may be used again.
    expect(
      (await declare([use('2025-02-05', tonnes(2)), use('2025-02-06', tonnes(1))], { correctionReason: 'another day' })).errors,
    ).toBeUndefined();
    await isConserved();
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: FORWARD) { gaps { nodes { kind } } } } } }',
      { id: lot },
    );
    const kinds = node.trace.gaps.nodes.map(({ kind }: any) => kind);
    for (const kind of ['OVERDRAWN', 'OWNER_CHANGED_WITHOUT_TRANSFER']) expect(kinds).not.toContain(kind);
  });

  test('of many at once never takes a gram more than is held', async () => {
    const lot = await harvested();
    const answers = await Promise.all(
      Array.from({ length: 16 }, () =>
        tell(
          'recordTransformation',
          {
            producer: ids.seller,
            product: ids.product,
            code: `RACE-${++codes}`,
            quantity: tonnes(3),
            producedOn: '2025-03-01',
            inputs: [{ lot, quantity: tonnes(3), on: '2025-02-20' }],
          },
          US,
        ),
      ),
    );
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(3);
    expect(new Set(answers.flatMap((answer) => reasons(answer).map(({ code }) => code)))).toEqual(new Set(['REFUSED']));
    await isConserved();
  });
});

describe('a fact that is taken back', () => {
  const EVENTS = 'subscription { lotEvents { cursor sequence change { kind retracts reason on kilograms } } }';

  test('a loss: the grams are there again, and who was told is told', async () => {
    const lot = await harvested();
    const stream = await subscribe(lotline, { query: EVENTS, as: US });
    const { fact } = (await lose(lot)).data.done;
    await refused(() => retract(fact, THEM), 'NOT_FOUND', 'fact');
    await refused(() => retract(fact, US, ' '), 'BAD_USER_INPUT', 'reason');
    await refused(() => retract(fact, 'analyst'), 'FORBIDDEN', null);
    await refused(() => retract(fact, 'nobody'), 'UNAUTHENTICATED', null);
    await refused(() => retract(lot), 'BAD_USER_INPUT', 'fact');
    await refused(() => retract(UNKNOWN('LotAdjustment')), 'NOT_FOUND', 'fact');
    expect((await retract(fact)).data.done.lot).toEqual({ id: lot });
    await refused(() => retract(fact), 'CONFLICT', 'fact');
    expect(await holdings(lot)).toEqual({ [SELLER]: '10000' });
    await stream.abreast();
    expect(stream.changes).toEqual([
      { kind: 'LOST', retracts: null, reason: null, on: '2025-03-01', kilograms: '1000' },
      { kind: 'RETRACTED', retracts: 'LOST', reason: 'written down twice', on: '2025-03-01', kilograms: '1000' },
    ]);
    await stream.close();
    await isConserved();
  });

  test('a transfer: by its receiver, not its sender; the lot is out of its sight again, and its offer open', async () => {
    const lot = await harvested();
    const stream = await subscribe(lotline, { query: EVENTS, as: THEM });
    const fact = await sold(lot);
    await treat({ lot });
    await refused(() => retract(fact, US), 'FORBIDDEN', null);
    await refused(() => retract(fact, OTHERS), 'NOT_FOUND', 'fact');
    expect((await retract(fact, THEM, 'it went to another')).errors).toBeUndefined();
    expect(await holdings(lot)).toEqual({ [SELLER]: '10000' });
    await stream.abreast();
    expect(stream.changes.map(({ kind, retracts }) => [kind, retracts])).toEqual([
      ['TRANSFERRED', null],
      ['TREATED', null],
      ['RETRACTED', 'TRANSFERRED'],
    ]);
    await stream.close();
    const { transferOffers } = await lotline.data(
      'query ($lots: [ID!]) { transferOffers(filter: { lots: $lots }) { nodes { status fact } } }',
      { lots: [lot] },
      THEM,
    );
    expect(transferOffers.nodes).toEqual([{ status: 'OPEN', fact: null }]);
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Lot { treatments { nodes { kind } } ownership { nodes { kilograms } } } } }',
      { id: lot },
      THEM,
    );
    expect(node).toEqual({ treatments: { nodes: [] }, ownership: { nodes: [] } });
    await isConserved();
  });

  test('an imported transfer leaves nothing behind that shows the lot', async () => {
    const lot = await harvested();
    const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { code } } }', { id: lot });
    await lotline.import({
      'transfers.csv': csv([{ lot: node.code, from: SELLER, to: STRANGER, on: '2025-02-03', quantity: 1, unit: 'TNE' }]),
    });
    await treat({ lot });
    expect(await sees(lot, OTHERS)).toBe(true);
    const { ownership } = (
      await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { ownership { nodes { fact } } } } }', { id: lot }, OTHERS)
    ).node;
    await retract(ownership.nodes[0].fact, OTHERS);
    expect(await sees(lot, OTHERS)).toBe(false);
    await treat({ lot, on: '2025-03-02' });
    expect(await sees(lot, OTHERS)).toBe(false);
    await isConserved();
  });

  test('a disputed transfer goes with its difference', async () => {
    const lot = await harvested();
    const id = await offered(lot);
    const { fact } = (await done('disputeTransfer', { transferOffer: id, quantity: tonnes(3), on: '2025-02-03', reason: 'a scale' }, THEM))
      .transferOffer;
    await retract(fact, THEM);
    const { transferOffer } = await done('acceptTransfer', { transferOffer: id, on: '2025-02-04' }, THEM);
    expect(transferOffer.status).toBe('ACCEPTED');
    expect(await holdings(lot)).toEqual({ [SELLER]: '6000', [BUYER]: '4000' });
  });

  test('a transfer that others build on stays, and every one of these is named', async () => {
    const lot = await harvested();
    const fact = await sold(lot);
    const { fact: loss } = await done('recordLoss', { lot, holder: ids.buyer, kind: 'COUNT', quantity: tonnes(1), on: '2025-02-10' }, THEM);
    const made = await done(
      'recordTransformation',
      {
        producer: ids.buyer,
        product: ids.product,
        code: `BUILT-${++codes}`,
        quantity: tonnes(1),
        producedOn: '2025-03-01',
        inputs: [{ lot, quantity: tonnes(1) }],
      },
      THEM,
    );
    const booked = await done(
      'bookShipment',
      { reference: 'BUILT', shipper: ids.buyer, consignee: ids.stranger, lots: [{ lot, quantity: tonnes(2) }] },
      THEM,
    );
    const told = await refused(() => retract(fact, THEM), 'REFUSED', 'fact');
    for (const builder of ['a loss of 1000 kg on 2025-02-10', 'a use of 1000 kg on 2025-03-01', 'BUILT']) expect(told).toContain(builder);
    const use = (
      await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { inputs { nodes { fact } } } } }', { id: made.lot.id }, THEM)
    ).node.inputs.nodes[0].fact;
    await refused(() => retract(use, US), 'NOT_FOUND', 'fact');
    for (const each of [loss, use, booked.shipment.lots.nodes[0].fact]) expect((await retract(each, THEM)).errors).toBeUndefined();
    expect((await retract(fact, THEM)).errors).toBeUndefined();
    expect(await holdings(lot)).toEqual({ [SELLER]: '10000' });
    await isConserved();
  });

  test('a treatment is taken back by whoever recorded it, and by nobody else', async () => {
    const lot = await harvested();
    await sold(lot);
    const { treatment } = (await treat({ lot, operation: ids.buyer }, THEM)).data.done;
    await refused(() => retract(treatment.fact, US), 'FORBIDDEN', null);
    expect((await retract(treatment.fact, THEM)).errors).toBeUndefined();
    const { node } = await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { treatments { nodes { kind } } } } }', { id: lot });
    expect(node.treatments.nodes).toEqual([]);
  });

  test('of a shipment the last leg goes first: its arrival, then its departure, then what it carries', async () => {
    const lot = await harvested();
    const query = 'subscription { shipmentStatusChanged { cursor sequence change { from to } } }';
    const [stream, lots] = await Promise.all([subscribe(lotline, { query, as: THEM }), subscribe(lotline, { query: EVENTS, as: THEM })]);
    const { shipment } = await done(
      'bookShipment',
      { reference: 'BACK', shipper: ids.seller, consignee: ids.buyer, lots: [{ lot, quantity: tonnes(1) }] },
      US,
    );
    const leg = { shipment: shipment.id, mode: 'ROAD', fromPlace: 'TRISK', toPlace: 'TRMER' };
    await done('recordDeparture', { ...leg, departed: '2025-02-10' }, US);
    const arrived = await done('recordArrival', { shipment: shipment.id, arrived: '2025-02-12' }, THEM);
    const there = arrived.shipment.legs.nodes[0].fact;
    const { treatment } = (await treat({ shipment: shipment.id, on: '2025-02-11' })).data.done;
    await refused(() => retract(there, OTHERS), 'NOT_FOUND', 'fact');
    expect((await retract(there, THEM)).data.done.shipment.status).toBe('DEPARTED');
    const legs = async () =>
      (
        await lotline.data(
          'query ($id: ID!) { node(id: $id) { ... on Shipment { legs { nodes { fact departedOn arrivedOn } } } } }',
          { id: shipment.id },
          THEM,
        )
      ).node.legs.nodes;
    const [away] = await legs();
    expect(away).toMatchObject({ departedOn: '2025-02-10', arrivedOn: null });
    const carried = shipment.lots.nodes[0].fact;
    await refused(() => retract(carried), 'REFUSED', 'fact');
    await refused(() => retract(away.fact), 'REFUSED', 'fact');
    await retract(treatment.fact);
    await refused(() => retract(away.fact, THEM), 'FORBIDDEN', null);
    expect((await retract(away.fact)).data.done.shipment.status).toBe('BOOKED');
    expect((await retract(carried)).errors).toBeUndefined();
    expect(await legs()).toEqual([]);
    await Promise.all([stream.abreast(), lots.abreast()]);
    expect(stream.changes.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'null BOOKED',
      'BOOKED DEPARTED',
      'DEPARTED ARRIVED',
      'ARRIVED DEPARTED',
      'DEPARTED BOOKED',
    ]);
    expect(lots.changes.map(({ kind, retracts }) => `${kind} ${retracts}`)).toEqual([
      'DEPARTED null',
      'ARRIVED null',
      'TREATED null',
      'RETRACTED ARRIVED',
      'RETRACTED TREATED',
      'RETRACTED DEPARTED',
    ]);
    await Promise.all([stream.close(), lots.close()]);
  });

  test('taken back by many at once, it is taken back once; and given away meanwhile, it is not', async () => {
    const lot = await harvested();
    const fact = await sold(lot, tonnes(10));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, each) =>
        each % 2 === 0 ? retract(fact, THEM) : lose(lot, { holder: ids.buyer, quantity: tonnes(1), on: '2025-02-10' }, THEM),
      ),
    );
    const back = answers.filter((_, each) => each % 2 === 0).filter(({ errors }) => errors === undefined).length;
    const lost = answers.filter((_, each) => each % 2 === 1).filter(({ errors }) => errors === undefined).length;
    expect(back === 0 ? lost : lost * back).toBe(back === 0 ? 8 : 0);
    expect(back).toBeLessThanOrEqual(1);
    const codesTold = new Set(answers.flatMap((answer) => reasons(answer).map(({ code }) => code)));
    for (const code of codesTold) expect(['REFUSED', 'CONFLICT', 'NOT_FOUND']).toContain(code);
    await isConserved();
  });
});
