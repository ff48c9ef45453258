import { toGlobalId } from '@lotline/schema';
import { takeStep } from '@lotline/server/certificates';
import { requestImportCertificate } from '@lotline/server/certificates/request';
import { type Command, idOf } from '@lotline/server/commands';
import { offerTransfer } from '@lotline/server/lots/offer-transfer';
import { z } from 'zod';
import { type As, csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { choicesOf } from '../support/random';
import { UNCONSERVED } from '../support/unconserved';
import { certificateNumber } from '../support/world';

// Many at once, about one thing: never a gram too much, one effect of one key, and nobody is told of a deadlock. ROUNDS makes it longer.

const ROUNDS = Number(process.env.ROUNDS ?? 3);
const MANY = 64;
/** Whole kilograms that each round is about. */
const MASS = 1000;
const [EXPORTER, IMPORTER, MILL] = ['O:EXPORTER', 'O:IMPORTER', 'O:MILL'] as const;
const HOLDERS = [EXPORTER, IMPORTER, MILL] as const;
const exporter: As = { operation: EXPORTER };
const certifier: As = { certifier: 'ZZ1' };

const choices = choicesOf(20261126);
let lotline: Lotline;
let id: Record<string, string>;
let serial = 0;

beforeAll(async () => {
  lotline = await startLotline({ poolSize: 20 });
  await lotline.import({
    'certifiers.csv': csv([{ certifier: 'ZZ1', name: 'Certifier ZZ1 (invented)', scheme: 'NOP' }]),
    'operations.csv': csv(HOLDERS.map((operation) => ({ operation, name: operation, country: 'TR', roles: 'handler' }))),
    'products.csv': csv([{ product: 'Organic soybeans', hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      HOLDERS.map((operation) => ({ operation, certifier: 'ZZ1', status: 'CERTIFIED', effective_from: '2020-01-01', standard: 'NOP' })),
    ),
  });
  id = {};
  for (const [type, table, name] of [
    ['Operation', 'operation', 'identifier'],
    ['Certifier', 'certifier', 'code'],
    ['Product', 'product', "'product'"],
  ] as const)
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${name} as name from ${table}`))
      id[row.name] = toGlobalId(type, row.id);
});
afterAll(() => lotline.close());

const kilograms = (mass: number) => ({ value: String(mass), unit: 'KGM' });
const key = () => `o-${++serial}`;
const give = (command: string, input: object, payload: string, as: As): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${command[0]!.toUpperCase()}${command.slice(1)}Input!) { done: ${command}(input: $input) { cursor ${payload} } }`,
    { input: { idempotencyKey: key(), ...input } },
    as,
  );
const done = async (...of: Parameters<typeof give>): Promise<any> => {
  const { data, errors } = await give(...of);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.done;
};
/** Many of one command, prepared in one transaction. */
const batch = async <Outcome>(command: Command<any, Outcome>, inputs: object[], as: As): Promise<Outcome[]> =>
  (
    await lotline.runner.execute(
      command,
      await lotline.viewer(as),
      inputs.map((input) => ({ idempotencyKey: key(), ...input })),
      key(),
    )
  ).outcomes;
const many = <Value>(make: (index: number) => Value): Value[] => Array.from({ length: MANY }, (_, index) => make(index));

const harvested = async (): Promise<string> => {
  const input = { producer: id[EXPORTER], product: id.product, code: `O-${++serial}`, quantity: kilograms(MASS), producedOn: '2025-01-10' };
  return (await done('recordHarvest', input, 'lot { id }', exporter)).lot.id;
};
/** An approval without the sheets of its review, which take long and are no matter here. */
const approve = takeStep({
  command: 'approveImportCertificate',
  input: z.object({ importCertificate: idOf('ImportCertificate') }),
  told: () => ({ reason: 'all is there' }),
});

/** Approved certificates that each cover a part of one lot. */
async function approved(lot: string, parts: readonly number[]): Promise<string[]> {
  const requests = parts.map((mass) => ({
    exporter: id[EXPORTER],
    importer: id[IMPORTER],
    certifier: id.ZZ1,
    kind: 'SHIPMENT',
    origin: 'TR',
    destination: 'US',
    hts: '1201900010',
    standard: 'NOP',
    lines: [{ product: id.product, lot, quantity: kilograms(mass) }],
  }));
  const certificates = (await batch(requestImportCertificate, requests, exporter)).map(({ importCertificate }) =>
    toGlobalId('ImportCertificate', importCertificate),
  );
  await batch(
    approve,
    certificates.map((importCertificate) => ({ importCertificate })),
    certifier,
  );
  return certificates;
}

/** The reasons of those that were refused; a fault of ours, or what might do if it were tried again, is none. */
function refusals(answers: readonly GraphQLAnswer[]): { code: string; path: unknown; rule: unknown; remedy: string }[] {
  const errors = answers.flatMap((answer) => answer.errors ?? []);
  expect(errors.filter(({ extensions }) => extensions.retryable || extensions.code === 'INTERNAL_SERVER_ERROR')).toEqual([]);
  return errors.map(({ extensions: { code, path = null, rule = null, remedy } }) => ({ code, path, rule, remedy }));
}

/** Of parts of one whole that were asked for at once: none too many, and none too few. */
function fill(whole: number, parts: readonly number[], answers: readonly GraphQLAnswer[]): number {
  const sum = parts.reduce((total, part, index) => total + (answers[index]!.errors ? 0 : part), 0);
  expect(sum).toBeLessThanOrEqual(whole);
  const left = parts.filter((part, index) => answers[index]!.errors && part <= whole - sum);
  expect({ sum, left }).toEqual({ sum, left: [] });
  return sum;
}

const lotOf = async (lot: string): Promise<{ balance: Record<string, string>; holdings: Record<string, number> }> => {
  const { node } = await lotline.data(
    `query ($id: ID!) { node(id: $id) { ... on Lot { balance { onHand claimed } holdings { nodes { operation { name } kilograms } } } } }`,
    { id: lot },
  );
  return {
    balance: node.balance,
    holdings: Object.fromEntries(node.holdings.nodes.map(({ operation, kilograms }: any) => [operation.name, Number(kilograms)])),
  };
};
const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);

test.each(rounds)(`round %i: ${MANY} certificates that claim one lot at once fill it, and never pass it`, async () => {
  const lot = await harvested();
  const parts = many(() => choices.between(5, 60));
  const certificates = await approved(lot, parts);
  const answers = await Promise.all(
    certificates.map((importCertificate) =>
      give(
        'issueImportCertificate',
        { importCertificate, number: certificateNumber(8, ++serial), reason: 'seen' },
        'importCertificate { status history { status } }',
        certifier,
      ),
    ),
  );
  const sum = fill(MASS, parts, answers);
  expect((await lotOf(lot)).balance.claimed).toBe(String(sum));
  const refused = refusals(answers);
  expect(refused.length).toBeGreaterThan(0);
  for (const each of refused) expect(each).toEqual({ code: 'REFUSED', path: null, rule: '7 CFR 205.273', remedy: expect.any(String) });
  for (const { data } of answers.filter(({ errors }) => !errors))
    expect(data.done.importCertificate).toEqual({
      status: 'ISSUED',
      history: ['REQUESTED', 'APPROVED', 'ISSUED'].map((status) => ({ status })),
    });
});

/** One command of each kind that a partner repeats, about things of its own. */
const REPEATED: [string, (lot: string, certificate: string) => object, string, As][] = [
  [
    'recordHarvest',
    () => ({ producer: id[EXPORTER], product: id.product, code: `O-${++serial}`, quantity: kilograms(1) }),
    'lot { id }',
    exporter,
  ],
  ['recordLoss', (lot) => ({ lot, holder: id[EXPORTER], kind: 'SAMPLE', quantity: kilograms(1), on: '2025-02-01' }), 'fact', exporter],
  [
    'offerTransfer',
    (lot) => ({ lot, sender: id[EXPORTER], receiver: id[MILL], quantity: kilograms(1), on: '2025-02-01' }),
    'transferOffer { id }',
    exporter,
  ],
  [
    'issueImportCertificate',
    (_, importCertificate) => ({ importCertificate, number: certificateNumber(8, ++serial), reason: 'seen' }),
    'importCertificate { id status history { status } }',
    certifier,
  ],
];

test.each(rounds)(`round %i: one command ${MANY} times at once under one key has one effect, and all are told the same`, async (round) => {
  const lot = await harvested();
  const [certificate] = await approved(lot, [MASS]);
  const [command, inputOf, payload, as] = REPEATED[round % REPEATED.length]!;
  const input = { ...inputOf(lot, certificate!), idempotencyKey: key() };
  const { name } = await lotline.viewer(as);
  const place = (cursor: string) => String(lotline.cursors.decode(cursor, name).position);
  const answers = await Promise.all(many(() => give(command, input, payload, as)));
  expect(refusals(answers)).toEqual([]);
  const told = answers.map(
    ({
      data: {
        done: { cursor, ...outcome },
      },
    }) => JSON.stringify({ ...outcome, place: place(cursor) }),
  );
  expect(new Set(told).size).toBe(1);
  const [{ commands, events }] = (await lotline.database.query<{ commands: number; events: number }>(
    `select count(distinct c.id)::int as commands, count(*)::int as events from command c join event e on e.command = c.id where c.by = $1 and c.key = $2`,
    [name, input.idempotencyKey],
  )) as [{ commands: number; events: number }];
  expect({ commands, events }).toEqual({ commands: 1, events: 1 });
  const { balance } = await lotOf(lot);
  expect(balance).toEqual({
    onHand: String(command === 'recordLoss' ? MASS - 1 : MASS),
    claimed: command === 'issueImportCertificate' ? String(MASS) : '0',
  });
});

/** Offers as they are accepted at once, each by its receiver. */
const accept = (offers: readonly { offer: string; receiver: (typeof HOLDERS)[number] }[]): Promise<GraphQLAnswer[]> =>
  Promise.all(
    offers.map(({ offer, receiver }) =>
      give('acceptTransfer', { transferOffer: offer, on: '2025-02-05' }, 'transferOffer { status }', { operation: receiver }),
    ),
  );
const offer = async (
  lot: string,
  offers: readonly { sender: string; receiver: (typeof HOLDERS)[number]; mass: number }[],
): Promise<{ offer: string; receiver: (typeof HOLDERS)[number] }[]> =>
  (
    await batch(
      offerTransfer,
      offers.map(({ sender, receiver, mass }) => ({
        lot,
        sender: id[sender],
        receiver: id[receiver],
        quantity: kilograms(mass),
        on: '2025-02-05',
      })),
      'admin',
    )
  ).map(({ transferOffer }, index) => ({ offer: toGlobalId('TransferOffer', transferOffer), receiver: offers[index]!.receiver }));

test.each(rounds)(`round %i: ${MANY} transfers out of one holding at once empty it, and never pass it`, async () => {
  const lot = await harvested();
  const parts = many(() => choices.between(5, 60));
  const receivers = many(() => choices.one([IMPORTER, MILL]));
  const answers = await accept(
    await offer(
      lot,
      parts.map((mass, index) => ({ sender: EXPORTER, receiver: receivers[index]!, mass })),
    ),
  );
  const sum = fill(MASS, parts, answers);
  const refused = refusals(answers);
  expect(refused.length).toBeGreaterThan(0);
  for (const each of refused)
    expect(each).toEqual({ code: 'REFUSED', path: ['input', 'transferOffer'], rule: '7 CFR 205.403(d)(4)', remedy: expect.any(String) });
  const got = (receiver: string) =>
    parts.reduce((total, part, index) => total + (receivers[index] === receiver && !answers[index]!.errors ? part : 0), 0);
  const expected = { [EXPORTER]: MASS - sum, [IMPORTER]: got(IMPORTER), [MILL]: got(MILL) };
  expect((await lotOf(lot)).holdings).toEqual(Object.fromEntries(Object.entries(expected).filter(([, mass]) => mass > 0)));
});

test.each(rounds)(`round %i: ${MANY} transfers at once in circles wait for each other, and no gram comes or goes`, async () => {
  const lot = await harvested();
  const third = Math.floor(MASS / 3);
  await accept(
    await offer(
      lot,
      [IMPORTER, MILL].map((receiver) => ({ sender: EXPORTER, receiver: receiver as typeof MILL, mass: third })),
    ),
  );
  const circle = many((index) => {
    const sender = HOLDERS[index % 3]!;
    return { sender, receiver: choices.one(HOLDERS.filter((each) => each !== sender)), mass: choices.between(5, 60) };
  });
  const answers = await accept(await offer(lot, circle));
  for (const { code } of refusals(answers)) expect(code).toBe('REFUSED');
  const expected: Record<string, number> = { [EXPORTER]: MASS - 2 * third, [IMPORTER]: third, [MILL]: third };
  circle.forEach(({ sender, receiver, mass }, index) => {
    if (answers[index]!.errors) return;
    expected[sender]! -= mass;
    expected[receiver]! += mass;
  });
  expect(Math.min(...Object.values(expected))).toBeGreaterThanOrEqual(0);
  expect((await lotOf(lot)).holdings).toEqual(Object.fromEntries(Object.entries(expected).filter(([, mass]) => mass > 0)));
});

test('everything of all rounds is in order: holdings are the sums of the facts', async () => {
  expect(await lotline.database.query(UNCONSERVED)).toEqual([]);
});
