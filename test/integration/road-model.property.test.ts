import { toGlobalId } from '@lotline/schema';
import fc from 'fast-check';
import { type As, csv, fingerprint, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';
import { type Attempt, attemptOf, BUILD_COUNT, type Draw, EVERYBODY, type Ground, trespass } from '../support/road-commands';
import { OPERATIONS, RoadModel, type Who } from '../support/road-model';
import { UNCONSERVED } from '../support/unconserved';

// Whatever is done on the road of certificates and to their lots, by whomever, in whatever order: it is done or refused as a plain model says,
// and afterwards things stand as the model has them. PROPERTY_RUNS and PROPERTY_COMMANDS make it longer, PROPERTY_SEED=new tries other runs.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 20);
const COMMANDS = Number(process.env.PROPERTY_COMMANDS ?? 20);
/** A new database every so many runs, so that looking at all of it stays cheap. */
const RUNS_OF_A_WORLD = 10;
const PRODUCT = 'Organic soybeans';

let lotline: Lotline;
let ground: Ground;
let names: Map<Who, string>;
let runs = 0;
let serial = 0;
/** How often each command was carried out, and refused. */
const carriedOut = new Map<string, number>();
const refusals = new Map<string, number>();

const AS: Record<string, As> = {
  ADMIN: 'admin',
  ANALYST: 'analyst',
  NOBODY: 'nobody',
  ZZ1: { certifier: 'ZZ1' },
  ZZ2: { certifier: 'ZZ2' },
};
const asOf = (who: Who): As => AS[who] ?? { operation: `M:${who}` };

async function makeWorld(): Promise<void> {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZZ1', 'ZZ2'].map((certifier) => ({ certifier, name: `Certifier ${certifier} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv(
      OPERATIONS.map((name) => ({ operation: `M:${name}`, name, country: 'TR', roles: name === 'BROKER' ? 'broker' : 'handler' })),
    ),
    'products.csv': csv([{ product: PRODUCT, hts: '1201900010', organic: 'yes' }]),
    'operation_certificates.csv': csv(
      (
        [
          ['EXPORTER', 'ZZ1'],
          ['IMPORTER', 'ZZ2'],
        ] as const
      ).map(([name, certifier]) => ({
        operation: `M:${name}`,
        certifier,
        status: 'CERTIFIED',
        effective_from: '2020-01-01',
        scope: 'Handling',
        products: PRODUCT,
        standard: 'NOP',
      })),
    ),
  });
  const ids: Record<string, string> = {};
  for (const [type, table, name] of [
    ['Operation', 'operation', 'name'],
    ['Certifier', 'certifier', 'code'],
    ['Product', 'product', "'product'"],
  ] as const)
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${name} as name from ${table}`))
      ids[row.name] = toGlobalId(type, row.id);
  ground = { ids, next: () => ++serial, taken: [] };
  const input = {
    idempotencyKey: 'broker',
    importer: ids.EXPORTER,
    broker: ids.BROKER,
    scopes: ['IMPORT_CERTIFICATES', 'LOTS', 'DOCUMENTS', 'COMMANDS'],
    validUntil: new Date(Date.now() + 30 * 86_400_000).toISOString(),
  };
  await lotline.data('mutation ($input: AssignBrokerInput!) { assignBroker(input: $input) { cursor } }', { input }, asOf('EXPORTER'));
  names = new Map(await Promise.all(EVERYBODY.map(async (who) => [who, (await lotline.viewer(asOf(who))).name] as const)));
}
beforeAll(makeWorld);
afterAll(() => lotline.close());

const give = ({ name, who, input, payload }: Attempt, idempotencyKey: string): Promise<GraphQLAnswer> =>
  lotline.ask(
    `mutation ($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { done: ${name}(input: $input) { cursor ${payload} } }`,
    { input: { idempotencyKey, ...input } },
    asOf(who),
  );
const codesOf = ({ errors }: GraphQLAnswer): string[] =>
  [...new Set((errors ?? []).flatMap(({ extensions }) => (extensions.reasons ?? [extensions]).map(({ code }: any) => code)))].sort();

const LOT = `code holdings { nodes { operation { name } kilograms } } balance { born used lost onHand elsewhere claimed }
  losses { nodes { fact } } treatments { nodes { fact } } inputs { nodes { fact } } ownership { nodes { fact } }`;
const OFFER = 'status difference fact acceptedOn';
const CERTIFICATE = `number status kilograms consignee { name } history { status by reason at recipient { name } }
  revisions { reason changes { field } } lines { nodes { kilograms lot { id } } }`;

/** All that an analyst sees of what a run has made. */
async function seen({ lots, offers, certificates }: RoadModel): Promise<any> {
  const nodes = [
    ...lots.map(({ id }) => `${id}" ) { ... on Lot { ${LOT} } }`),
    ...offers.map(({ id }) => `${id}" ) { ... on TransferOffer { ${OFFER} } }`),
    ...certificates.map(({ id }) => `${id}" ) { ... on ImportCertificate { ${CERTIFICATE} } }`),
  ];
  if (nodes.length === 0) return {};
  return lotline.data(`{ ${nodes.map((node, index) => `n${index}: node(id: "${node}`).join(' ')} }`);
}

/** The same, as the model has it. */
function expected(model: RoadModel): any {
  const ids = (facts: { id: string }[]) => facts.map(({ id }) => ({ fact: id })).sort((a, b) => (a.fact < b.fact ? -1 : 1));
  const kg = (mass: number) => String(mass);
  const lots = model.lots.map((lot) => {
    const standing = model.standing(lot);
    const of = (kind: string) => standing.filter((fact) => fact.kind === kind);
    const sum = (kind: string) => of(kind).reduce((total, { mass }) => total + mass, 0);
    const held = OPERATIONS.map((name) => ({ operation: { name }, mass: model.held(lot, name, '9999-12-31') }));
    return {
      code: lot.code,
      holdings: held.filter(({ mass }) => mass > 0).map(({ operation, mass }) => ({ operation, kilograms: kg(mass) })),
      balance: {
        born: kg(lot.mass),
        used: kg(sum('USE')),
        lost: kg(sum('LOSS')),
        onHand: kg(held.reduce((total, { mass }) => total + mass, 0)),
        elsewhere: '0',
        claimed: kg(model.claimed(lot)),
      },
      losses: ids(of('LOSS')),
      treatments: ids(of('TREATMENT')),
      inputs: ids(model.facts.filter((fact) => fact.output === lot && !fact.retracted)),
      ownership: [{ fact: null }, ...ids(of('TRANSFER'))],
    };
  });
  const offers = model.offers.map((offer) => {
    const transfer = model.transferOf(offer);
    if (!transfer) return { status: 'OPEN', difference: null, fact: null, acceptedOn: null };
    const { difference } = offer;
    return {
      status: difference === null ? 'ACCEPTED' : 'DISPUTED',
      difference: difference === null ? null : kg(difference),
      fact: transfer.id,
      acceptedOn: transfer.on,
    };
  });
  const certificates = model.certificates.map(({ number, consignee, history, revisions, lines }) => ({
    number,
    status: history.at(-1)!.status,
    kilograms: kg(lines.reduce((sum, { mass }) => sum + mass, 0)),
    consignee: { name: consignee },
    history: history.map(({ status, by, reason, recipient, on }) => ({
      status,
      by: by === 'EXPORTER' ? by : 'Certifier ZZ1 (invented)',
      reason,
      on,
      recipient: recipient && { name: recipient },
    })),
    revisions: revisions.map(({ reason, fields }) => ({ reason, changes: fields.map((field) => ({ field })) })),
    lines: lines.map(({ lot, mass }) => `${mass} of ${lot?.id ?? 'any'}`).sort(),
  }));
  return [...lots, ...offers, ...certificates];
}

/** What was seen, with lists in one order: what the order of facts of one day is says another test. */
function settled(picture: Record<string, any>): any[] {
  const facts = ({ nodes }: any) => [...nodes].sort((a, b) => ((a.fact ?? '') < (b.fact ?? '') ? -1 : 1));
  return Object.values(picture).map((node) => {
    if (node.holdings)
      return {
        ...node,
        holdings: [...node.holdings.nodes].sort((a, b) => OPERATIONS.indexOf(a.operation.name) - OPERATIONS.indexOf(b.operation.name)),
        losses: facts(node.losses),
        treatments: facts(node.treatments),
        inputs: facts(node.inputs),
        ownership: facts(node.ownership),
      };
    if (!node.history) return node;
    return {
      ...node,
      history: node.history.map(({ at, ...each }: any) => ({ ...each, on: at.slice(0, 10) })),
      lines: node.lines.nodes.map(({ kilograms, lot }: any) => `${kilograms} of ${lot?.id ?? 'any'}`).sort(),
    };
  });
}

/** What must hold of a picture whatever the model says: grams are conserved, claims are within the mass. */
function isLawful(picture: any[]): void {
  const sum = (all: any[]) => all.reduce((total, { kilograms }) => total + Number(kilograms), 0);
  for (const { code, holdings, balance } of picture.filter((node) => node.balance)) {
    const { born, used, lost, claimed } = balance;
    expect({ code, mass: sum(holdings) + Number(used) + Number(lost) }).toEqual({ code, mass: Number(born) });
    expect(Number(claimed)).toBeLessThanOrEqual(Number(born));
  }
  for (const { history } of picture.filter((node) => node.history)) {
    const days = history.map(({ on }: any) => on);
    expect(days).toEqual([...days].sort());
  }
}

interface LogRow {
  command: string;
  by: string;
  key: string;
  type: string | null;
  subject: string;
  payload: any;
}

/** What the log has after a position: each command once with its events. */
async function logAfter(position: string): Promise<{ command: string; by: string; key: string; events: string[] }[]> {
  const rows = await lotline.database.query<LogRow>(
    `select c.type as command, c.by, c.key, e.type, e.subject, e.payload from command c left join event e on e.command = c.id
     where c.position > $1 order by c.position, e.ordinal`,
    [position],
  );
  const kg = (grams: string) => Number(grams) / 1000;
  const masses = (of: any[]) => of.map(({ grams }) => kg(grams)).join('+');
  const words = (type: string, payload: any): unknown => {
    if (type === 'lot.born') return `${kg(payload.grams)} of ${masses(payload.inputs)}`;
    if (type === 'lot.treated') return payload.prohibited;
    if (type === 'lot.fact-retracted') return payload.retracts;
    if (type === 'lot.inputs-declared') return payload.retracted.length;
    if (type === 'import-certificate.status-changed') return `${payload.from} ${payload.to} ${payload.reason}`;
    if (type === 'import-certificate.revised') return payload.changes.map(({ field }: any) => field).join('+');
    return payload.lines ? masses(payload.lines) : kg(payload.grams);
  };
  const commands = new Map<string, { command: string; by: string; key: string; events: string[] }>();
  for (const { command, by, key, type, subject, payload } of rows) {
    const known = commands.get(`${by} ${key}`) ?? { command, by, key, events: [] };
    commands.set(`${by} ${key}`, known);
    if (type)
      known.events.push(`${type} ${toGlobalId(type.startsWith('lot') ? 'Lot' : 'ImportCertificate', subject)} ${words(type, payload)}`);
  }
  return [...commands.values()];
}

/** An input as a person reads it: names in place of ids. */
function readable(input: object, { lots, certificates, offers }: RoadModel): string {
  const known = [
    ...Object.entries(ground.ids),
    ...lots.map(({ code, id }) => [code, id] as const),
    ...certificates.map(({ id }, index) => [`certificate ${index}`, id] as const),
    ...offers.map(({ id }, index) => [`offer ${index}`, id] as const),
  ];
  return known.reduce((text, [name, id]) => text.replaceAll(id, name), JSON.stringify(input));
}

const positionNow = async (): Promise<string> =>
  (await lotline.database.query<{ position: string }>('select position from log_counter'))[0]!.position;
const count = (map: Map<string, number>, name: string) => map.set(name, (map.get(name) ?? 0) + 1);

async function run(draws: readonly Draw[]): Promise<void> {
  if (++runs % RUNS_OF_A_WORLD === 0) {
    await lotline.close();
    await makeWorld();
  }
  const model = new RoadModel();
  const told: string[] = [];
  const done: { attempt: Attempt; key: string; answer: any }[] = [];
  let position = await positionNow();
  let before = await fingerprint(lotline.database);
  try {
    for (const draw of draws) {
      const attempt = attemptOf(model, ground, draw);
      const { name, who, input, verdict } = attempt;
      const key = `m-${ground.next()}`;
      told.push(`${who} ${name} ${readable(input, model)}: ${verdict.join(' ') || 'done'}`);
      const answer = await give(attempt, key);
      expect({ codes: codesOf(answer), answer }).toEqual({ codes: verdict, answer });
      const after = await fingerprint(lotline.database);
      const log = await logAfter(position);
      if (verdict.length > 0) {
        count(refusals, name);
        expect(answer.data?.done ?? null).toBeNull();
        expect(log).toEqual([]);
        expect(after).toBe(before);
        continue;
      }
      count(carriedOut, name);
      done.push({ attempt, key, answer: answer.data.done });
      expect(log).toEqual([{ command: name, by: names.get(who), key, events: attempt.apply(answer.data.done) }]);
      const picture = settled(await seen(model));
      expect(picture).toEqual(expected(model));
      isLawful(picture);
      expect(await lotline.database.query(UNCONSERVED)).toEqual([]);
      if (draw.who % 5 === 0) {
        // Any command that was carried out, again under its key: the same outcome, and nothing more.
        const earlier = done[draw.command % done.length]!;
        const again = await give(earlier.attempt, earlier.key);
        expect(again.errors).toBeUndefined();
        const of = (data: any) =>
          Object.keys(data)
            .filter((each) => each !== 'cursor')
            .map((each) => data[each]?.id ?? data[each]?.fact);
        if (earlier.attempt.name !== 'acceptTransfer' && earlier.attempt.name !== 'disputeTransfer')
          expect(of(again.data.done)).toEqual(of(earlier.answer));
        expect(await fingerprint(lotline.database)).toBe(after);
      }
      position = await positionNow();
      before = after;
    }
    // Whoever may not takes no step of what came of it.
    for (const who of EVERYBODY) {
      const attempt = trespass(model, ground, draws[0]!, who);
      if (!attempt) continue;
      told.push(`${who} ${attempt.name} ${readable(attempt.input, model)}: ${attempt.verdict.join(' ')}`);
      const answer = await give(attempt, `m-${ground.next()}`);
      expect({ codes: codesOf(answer), answer }).toEqual({ codes: attempt.verdict, answer });
    }
    expect(await fingerprint(lotline.database)).toBe(before);
  } catch (error) {
    throw new Error(`${told.join('\n')}\n${(error as Error).message}`);
  }
}

test('random commands by everybody: done or refused as a plain model says, and nothing else is changed', async () => {
  const draw: fc.Arbitrary<Draw> = fc.noBias(
    fc.record({
      command: fc.nat(BUILD_COUNT - 1),
      who: fc.nat(999),
      numbers: fc.array(fc.nat(9999), { minLength: 16, maxLength: 16 }),
    }),
  );
  const draws = fc.array(draw, { minLength: Math.ceil(COMMANDS / 2), maxLength: COMMANDS, size: 'max' });
  await fc.assert(fc.asyncProperty(draws, run), { numRuns: RUNS, endOnFailure: true });
  process.stderr.write(
    `carried out ${JSON.stringify(Object.fromEntries(carriedOut))}, refused ${JSON.stringify(Object.fromEntries(refusals))}\n`,
  );
}, 7_200_000);
