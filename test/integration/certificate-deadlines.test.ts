import { toGlobalId } from '@lotline/schema';
import { CUT_OFFS } from '@lotline/server/rules';
import { type As, csv, type GraphQLAnswer, type Lotline, startLotline } from '../support/lotline';

// How goods are to travel, how long a certifier takes, and whether a request is early enough: shown before it is sent, and told when it was late.

const [EXPORTER, IMPORTER, STRANGER] = ['D:EXPORTER', 'D:IMPORTER', 'D:STRANGER'] as const;
const BEANS = 'Organic soybeans';
const exporter: As = { operation: EXPORTER };
const certifier: As = { certifier: 'ZD1' };
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const TODAY = inDays(0);

/** So many days from Monday to Friday after a day, counted the slow way. */
function businessDaysAfter(day: string, count: number): string {
  let at = Date.parse(day);
  for (let left = count; left > 0; ) {
    at += DAY_MS;
    if (![0, 6].includes(new Date(at).getUTCDay())) left -= 1;
  }
  return new Date(at).toISOString().slice(0, 10);
}

/** The calendar day of an instant somewhere. */
const dayIn = (zone: string, at: number) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date(at));

let lotline: Lotline;
let id: Record<string, string>;
let keys = 0;

const give = (command: string, payload: string, input: object, as: As): Promise<GraphQLAnswer> => {
  const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
  const query = `mutation ($input: ${type}) { ${command}(input: $input) { ${payload} } }`;
  return lotline.ask(query, { input: { idempotencyKey: `d-${++keys}`, ...input } }, as);
};
const done = async (command: string, payload: string, input: object, as: As): Promise<any> => {
  const { data, errors } = await give(command, payload, input, as);
  if (errors) throw new Error(JSON.stringify(errors));
  return data[command];
};
const reasonsOf = ({ errors }: GraphQLAnswer): any[] =>
  errors?.flatMap(({ extensions }) => extensions.reasons ?? [extensions]).map(({ code, path }: any) => [code, path.join('.')]) ?? [];

const setLeadTime = (input: object, as: As = certifier) =>
  give('setLeadTime', 'certifier { leadTime { from businessDays } leadTimes { from businessDays } }', { certifier: id.ZD1, ...input }, as);

const DEADLINES = 'askedOn businessDays decidedBy askBy cutOffOn cutOffAt cutOff verdict reasons';
const deadlines = (input: object, as: As = exporter): Promise<GraphQLAnswer> =>
  lotline.ask(
    `query ($input: ImportCertificateDeadlinesInput!) { importCertificateDeadlines(input: $input) { ${DEADLINES} } }`,
    { input: { certifier: id.ZD1, ...input } },
    as,
  );
const told = async (input: object): Promise<any> => {
  const { data, errors } = await deadlines(input);
  if (errors) throw new Error(JSON.stringify(errors));
  return data.importCertificateDeadlines;
};

const request = (more: object = {}) => ({
  exporter: id[EXPORTER],
  importer: id[IMPORTER],
  certifier: id.ZD1,
  kind: 'SHIPMENT',
  origin: 'TR',
  destination: 'US',
  hts: '1201.90.0010',
  standard: 'NOP',
  lines: [{ product: id[BEANS], quantity: { value: '100', unit: 'KGM' } }],
  ...more,
});
const TRANSPORT = 'transport { mode portOfLading { name unLocode country } portOfEntry { unLocode } departs arrives }';
const asked = async (more: object): Promise<any> =>
  (
    await done(
      'requestImportCertificate',
      `importCertificate { id status ${TRANSPORT} deadlines { ${DEADLINES} } }`,
      request(more),
      exporter,
    )
  ).importCertificate;
const uuidOf = (globalId: string): string => Buffer.from(globalId, 'base64url').toString().split(':')[1]!;
const eventsOf = (certificate: string): Promise<{ type: string; version: number; payload: any }[]> =>
  lotline.database.query('select type, version, payload from event where subject = $1 order by command, ordinal', [uuidOf(certificate)]);

beforeAll(async () => {
  lotline = await startLotline();
  await lotline.import({
    'certifiers.csv': csv(['ZD1', 'ZD2'].map((code) => ({ certifier: code, name: `Certifier ${code} (invented)`, scheme: 'NOP' }))),
    'operations.csv': csv(
      [EXPORTER, IMPORTER, STRANGER].map((operation) => ({ operation, name: operation.slice(2), country: 'TR', roles: 'handler' })),
    ),
    'products.csv': csv([{ product: BEANS, hts: '1201900010', organic: 'yes' }]),
  });
  id = {};
  const tables = { operation: 'identifier', certifier: 'code', product: 'name' } as const;
  for (const [table, column] of Object.entries(tables))
    for (const row of await lotline.database.query<{ id: string; name: string }>(`select id, ${column} as name from ${table}`))
      id[row.name] = toGlobalId(`${table[0]!.toUpperCase()}${table.slice(1)}` as 'Lot', row.id);
});
afterAll(() => lotline.close());

describe('a lead time', () => {
  test('is unknown until the certifier sets it, and then dated; what is set from a day anew counts', async () => {
    expect(await told({ neededBy: inDays(60) })).toMatchObject({
      businessDays: null,
      decidedBy: null,
      askBy: null,
      verdict: 'UNDETERMINED',
      reasons: expect.arrayContaining(['UNDETERMINED: the certifier has set no lead time.']),
    });
    expect(reasonsOf(await setLeadTime({ from: TODAY, businessDays: 3 }))).toEqual([]);
    expect(reasonsOf(await setLeadTime({ from: inDays(40), businessDays: 10 }))).toEqual([]);
    const { data } = await setLeadTime({ from: TODAY, businessDays: 5 });
    expect(data.setLeadTime.certifier).toEqual({
      leadTime: { from: TODAY, businessDays: 5 },
      leadTimes: [
        { from: TODAY, businessDays: 5 },
        { from: inDays(40), businessDays: 10 },
      ],
    });
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on Certifier { leadTime { businessDays } } } }',
      { id: id.ZD1 },
      'nobody',
    );
    expect(node.leadTime.businessDays).toBe(5);
    expect(await told({ neededBy: inDays(60) })).toMatchObject({
      businessDays: 5,
      decidedBy: businessDaysAfter(TODAY, 5),
      verdict: 'IN_TIME',
    });
  });

  test('is the certifier’s own to set', async () => {
    const others: [As, string][] = [
      [{ certifier: 'ZD2' }, 'FORBIDDEN'],
      [exporter, 'FORBIDDEN'],
      ['analyst', 'FORBIDDEN'],
      ['nobody', 'UNAUTHENTICATED'],
    ];
    for (const [as, code] of others)
      expect((await setLeadTime({ from: TODAY, businessDays: 1 }, as)).errors![0]!.extensions.code).toBe(code);
  });

  test('begins today or later, and is a whole number of days', async () => {
    expect(reasonsOf(await setLeadTime({ from: inDays(-1), businessDays: 1 }))).toEqual([['REFUSED', 'input.from']]);
    for (const businessDays of [-1, 61])
      expect(reasonsOf(await setLeadTime({ from: TODAY, businessDays }))).toEqual([['BAD_USER_INPUT', 'input.businessDays']]);
    expect(reasonsOf(await setLeadTime({ from: 'soon', businessDays: 1 }))).toEqual([['BAD_USER_INPUT', 'input.from']]);
  });
});

describe('a transport', () => {
  test('is kept with the request, and absent where it is not given', async () => {
    const departs = `${inDays(90)}T08:00:00+03:00`;
    const transport = { mode: 'MARITIME', portOfLading: 'tr mer', portOfEntry: 'USSCK', departs, arrives: inDays(120) };
    expect((await asked({ transport })).transport).toEqual({
      mode: 'MARITIME',
      portOfLading: { name: 'Mersin', unLocode: 'TRMER', country: 'TR' },
      portOfEntry: { unLocode: 'USSCK' },
      departs: `${inDays(90)}T05:00:00.000Z`,
      arrives: inDays(120),
    });
    expect((await asked({ transport: { mode: 'AIR', portOfLading: 'TRIST', departs: inDays(90) } })).transport).toMatchObject({
      mode: 'AIR',
      portOfEntry: null,
      departs: inDays(90),
      arrives: null,
    });
    expect(await asked({})).toMatchObject({ transport: null, status: 'REQUESTED' });
  });

  test.each<[string, object, string]>([
    ['a port that is a name', { portOfLading: 'Mersin' }, 'portOfLading'],
    ['a port of lading in the United States', { portOfLading: 'USSCK' }, 'portOfLading'],
    ['a port of entry elsewhere', { portOfEntry: 'TRMER' }, 'portOfEntry'],
    ['an hour without offset', { departs: `${inDays(90)}T08:00` }, 'departs'],
    ['an arrival before the departure', { departs: `${inDays(90)}T08:00:00Z`, arrives: `${inDays(90)}T07:00:00Z` }, 'arrives'],
  ])('is refused with %s, by the question as by the command', async (_, wrong, field) => {
    const transport = { mode: 'MARITIME', portOfLading: 'TRMER', departs: inDays(90), ...wrong };
    const reasons = [['BAD_USER_INPUT', `input.transport.${field}`]];
    expect(reasonsOf(await deadlines({ transport }))).toEqual(reasons);
    expect(reasonsOf(await give('requestImportCertificate', 'cursor', request({ transport }), exporter))).toEqual(reasons);
  });
});

describe('deadlines', () => {
  const noon = (day: string) => `${day}T12:00:00Z`;
  const istanbul = () => dayIn('Europe/Istanbul', Date.now());

  test.each<[string, string, object, number, string, string]>([
    ['by sea 24 hours before lading', 'MARITIME', {}, -24, noon(inDays(90)), '24 hours before lading (19 CFR 4.7(b)(2))'],
    ['by air 4 hours before arrival', 'AIR', { portOfEntry: 'USLAX' }, -4, noon(inDays(91)), '4 hours before arrival (19 CFR 122.48a(b))'],
    ['by rail 2 hours before arrival', 'RAIL', { portOfEntry: 'USLRD' }, -2, noon(inDays(91)), '2 hours before arrival (19 CFR 123.91(b))'],
    ['by road 1 hour before arrival', 'ROAD', { portOfEntry: 'USLRD' }, -1, noon(inDays(91)), '1 hour before arrival (19 CFR 123.92(b))'],
  ])('name the cut-off %s', async (_, mode, more, hours, from, words) => {
    const transport = { mode, portOfLading: 'MXNLD', departs: noon(inDays(90)), arrives: noon(inDays(91)), ...more };
    const { cutOffAt, cutOff, verdict } = await told({ transport });
    expect([cutOffAt, verdict]).toEqual([new Date(Date.parse(from) + hours * 3_600_000).toISOString(), 'IN_TIME']);
    expect(cutOff).toContain(words);
  });

  test.each(CUT_OFFS)('name a cut-off for $mode from $from on, and none before', async ({ mode, from, citation }) => {
    const before = new Date(Date.parse(from) - DAY_MS).toISOString().slice(0, 10);
    const on = (departs: string) => told({ transport: { mode, portOfLading: 'MXNLD', departs, arrives: departs } });
    expect((await on(from)).cutOff).toContain(citation);
    expect((await on(before)).cutOff).toBe(`None is on record for ${mode}.`);
  });

  test('say in words what a bare day does not tell, and what a mode does not have', async () => {
    const transport = { mode: 'MARITIME', portOfLading: 'TRMER', departs: inDays(90) };
    expect(await told({ transport })).toMatchObject({
      cutOffOn: inDays(89),
      cutOffAt: null,
      cutOff: expect.stringMatching(`^UNDETERMINED on ${inDays(89)}, since the hour is not known`),
      verdict: 'IN_TIME',
    });
    expect(await told({ transport: { ...transport, mode: 'AIR' } })).toMatchObject({
      cutOffOn: null,
      cutOff: expect.stringMatching(/^UNDETERMINED: .* no arrival is given/),
      verdict: 'UNDETERMINED',
    });
    expect(await told({ transport: { ...transport, mode: 'AIR', arrives: inDays(90) } })).toMatchObject({
      cutOffOn: inDays(89),
      cutOff: expect.stringContaining(`UNDETERMINED from ${inDays(89)} to ${inDays(90)}`),
      verdict: 'IN_TIME',
    });
    expect(await told({ transport: { ...transport, mode: 'FIXED' } })).toMatchObject({
      cutOffOn: null,
      cutOff: 'None is on record for FIXED.',
      verdict: 'IN_TIME',
    });
  });

  test('are late, undetermined on the very day, or in time; the last day to ask is the last that is in time', async () => {
    const decided = businessDaysAfter(TODAY, 5);
    const from = (days: number) => new Date(Date.parse(decided) + days * DAY_MS).toISOString().slice(0, 10);
    expect(await told({ neededBy: from(-1) })).toMatchObject({
      decidedBy: decided,
      verdict: 'LATE',
      reasons: expect.arrayContaining([`LATE: It is needed by ${from(-1)}, and the certifier decides by ${decided}.`]),
    });
    expect(await told({ neededBy: decided })).toMatchObject({ verdict: 'IN_TIME', decidedBy: decided });
    const verdicts = [];
    const here = businessDaysAfter(istanbul(), 5);
    const day = (days: number) => new Date(Date.parse(here) + days * DAY_MS).toISOString().slice(0, 10);
    for (const departs of [day(-1), day(0), day(1), day(2)])
      verdicts.push((await told({ transport: { mode: 'FIXED', portOfLading: 'TRMER', departs } })).verdict);
    expect(verdicts).toEqual(['LATE', 'UNDETERMINED', 'IN_TIME', 'IN_TIME']);
    // By sea the cargo is declared a day before.
    const bySea = [];
    for (const departs of [day(0), day(1), day(2)])
      bySea.push((await told({ transport: { mode: 'MARITIME', portOfLading: 'TRMER', departs } })).verdict);
    expect(bySea).toEqual(['LATE', 'UNDETERMINED', 'IN_TIME']);

    const neededBy = inDays(80);
    const { askBy } = await told({ neededBy });
    const next = new Date(Date.parse(askBy) + DAY_MS).toISOString().slice(0, 10);
    expect([businessDaysAfter(askBy, 5) <= neededBy, businessDaysAfter(next, 5) <= neededBy]).toEqual([true, false]);
  });

  test('compare days in the zone of the port', async () => {
    // At eight in the evening in UTC it is the next day in Auckland.
    const departs = `${inDays(90)}T20:00:00Z`;
    const local = dayIn('Pacific/Auckland', Date.parse(departs));
    expect(local).toBe(inDays(91));
    const { askedOn, cutOffOn } = await told({ transport: { mode: 'MARITIME', portOfLading: 'NZAKL', departs } });
    expect([askedOn, cutOffOn]).toEqual([dayIn('Pacific/Auckland', Date.now()), inDays(90)]);
    expect((await told({ transport: { mode: 'MARITIME', portOfLading: 'TRMER', departs } })).cutOffOn).toBe(inDays(89));
  });

  test('are for whoever has a token, and of a certifier that there is', async () => {
    const all: As[] = [{ operation: STRANGER }, { certifier: 'ZD2' }, 'analyst', 'admin'];
    for (const as of all) expect((await deadlines({ neededBy: inDays(60) }, as)).errors).toBeUndefined();
    expect((await deadlines({}, 'nobody')).errors![0]!.extensions.code).toBe('UNAUTHENTICATED');
    const nothing = toGlobalId('Certifier', '01920000-0000-7000-8000-000000000000');
    expect(reasonsOf(await deadlines({ certifier: nothing }))).toEqual([['NOT_FOUND', 'input.certifier']]);
    expect(reasonsOf(await deadlines({ certifier: 'nonsense' }))).toEqual([['BAD_USER_INPUT', 'input.certifier']]);
  });

  test('store nothing', async () => {
    const count = async () =>
      (await lotline.database.query('select (select count(*) from command) + (select count(*) from event) as n'))[0];
    const before = await count();
    await told({ neededBy: TODAY });
    expect(await count()).toEqual(before);
  });
});

describe('a late request', () => {
  test('is taken, and the log says so on the certificate; its standing says nothing of it', async () => {
    const late = await asked({ neededBy: TODAY });
    expect(late).toMatchObject({ status: 'REQUESTED', deadlines: { verdict: 'LATE', businessDays: 5 } });
    const events = await eventsOf(late.id);
    expect(events.map(({ type }) => type)).toEqual([
      'import-certificate.recorded',
      'import-certificate.status-changed',
      'import-certificate.requested-late',
    ]);
    expect(events.at(-1)).toMatchObject({
      version: 1,
      payload: { neededBy: TODAY, departsOn: null, cutOffOn: null, decidedBy: businessDaysAfter(TODAY, 5) },
    });
    const { node } = await lotline.data(
      'query ($id: ID!) { node(id: $id) { ... on ImportCertificate { history { status reason } } } }',
      { id: late.id },
      exporter,
    );
    expect(node.history).toEqual([{ status: 'REQUESTED', reason: null }]);

    const soon = await asked({ transport: { mode: 'ROAD', portOfLading: 'MXNLD', departs: TODAY } });
    expect((await eventsOf(soon.id)).at(-1)).toMatchObject({ type: 'import-certificate.requested-late', payload: { departsOn: TODAY } });
  });

  test('is none where it is early enough', async () => {
    const early = await asked({ neededBy: inDays(60) });
    expect(early.deadlines.verdict).toBe('IN_TIME');
    expect((await eventsOf(early.id)).map(({ type }) => type)).not.toContain('import-certificate.requested-late');
  });

  test('keeps the deadlines of its day while it is under way, for who sees it', async () => {
    const { id: certificate } = await asked({ neededBy: TODAY });
    const seenBy = async (as: As) =>
      (
        await lotline.data(
          `query ($id: ID!) { node(id: $id) { ... on ImportCertificate { ${TRANSPORT} deadlines { verdict } } } }`,
          { id: certificate },
          as,
        )
      ).node;
    expect(await seenBy(certifier)).toEqual({ transport: null, deadlines: { verdict: 'LATE' } });
    expect(await seenBy({ operation: IMPORTER })).toBeNull();
    expect(await seenBy({ operation: STRANGER })).toBeNull();
    await done('rejectImportCertificate', 'cursor', { importCertificate: certificate, reasons: ['too late'] }, certifier);
    expect((await seenBy(exporter)).deadlines).toEqual({ verdict: 'LATE' });
  });
});
