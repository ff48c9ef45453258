import type { Place } from '@lotline/server/log';
import { subscribe } from './live';
import { type As, csv, type Lotline } from './lotline';
import { dayOf, type World } from './world';

// Every question that a viewer can think of, asked of one world, for comparing two that should be the same to it.

const LOT = `fragment Whole on Lot {
  id code kind producedOn country quantity { kilograms value unit } producer { id name country roles identifiers { scheme value } } product { name }
  balance { born used lost onHand elsewhere shipped claimed }
  holdings(first: 3) { totalCount pageInfo { hasNextPage endCursor } nodes { operation { id name } kilograms since } }
  then: holdings(asOf: "2025-04-01") { totalCount nodes { operation { name } kilograms } }
  ownership { totalCount edges { cursor node { owner { name } acquiredFrom { name } document { number } kilograms from until certified } } }
  inputs { totalCount nodes { kilograms on holder { name } input { id code } output { id code } } }
  documents { totalCount nodes { id number } } importCertificates { totalCount nodes { id number drawn remaining lines { nodes { kilograms lot { code } } } } }
  shipments { totalCount nodes { id reference status shipper { name } documents { totalCount nodes { number } } importCertificates { nodes { number } } } } treatments { totalCount nodes { kind on prohibited shipment { reference } } }
  outputs(first: 2) { totalCount pageInfo { endCursor hasNextPage } nodes { kilograms on holder { name } input { code } output { id code } } }
}`;
const PAGE = `query ($first: Int, $after: String, $filter: LotFilter) {
  lots(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { ...Whole } } } } ${LOT}`;
/** The same in short: what a filter finds. */
const FOUND = `query ($first: Int, $after: String, $filter: LotFilter) {
  lots(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node { id code } } } }`;
const SHIPMENTS = `query ($first: Int, $after: String, $filter: ShipmentFilter) { shipments(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id reference status emergencyActions { totalCount nodes { id number } } shipper { name } consignee { name } exporter { name } legs { totalCount nodes { sequence from { name country } to { name } departedOn arrivedOn } }
  lots { totalCount nodes { kilograms lot { id code } } } } } }`;
const DOCUMENTS = `query ($first: Int, $after: String) { documents(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id type number markedOrganic issuedOn issuer { name } lots { totalCount nodes { id code } } } } }`;
const OFFERS = `query ($first: Int, $after: String) { transferOffers(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id status lot { code } sender { name } receiver { name } } } }`;
const CERTIFICATES = `query ($first: Int, $after: String) { importCertificates(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id number kind status hts exporter { name } importer { name } consignee { name } certifier { code } history { status by recipient { name } } revisions { by reason changes { field from to } } neededBy kilograms drawn remaining
  lines { totalCount nodes { kilograms product { name } lot { id code } } } documents { totalCount nodes { number } }
  customsEntries { totalCount nodes { id number filer { name } lines { totalCount nodes { line kilograms importCertificate { number } } } } } } } }`;
const SEARCH = `query ($text: String!, $first: Int, $after: String) { search(text: $text, first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } edges { cursor matched node { __typename ... on Node { id } } } } }`;
const OPERATIONS = `query ($first: Int, $after: String) { operations(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { id name country lots(first: 2) { totalCount nodes { code } pageInfo { endCursor } } certificates { totalCount nodes { status } } importCertificates { totalCount nodes { number } } } } }`;

const STORY = `fragment Story on Lot {
  forward: trace(direction: FORWARD) { ...Walked } next: trace(direction: FORWARD, maxDepth: 1, asOf: "2025-06-01") { ...Walked } }
fragment Walked on Trace { rootRef direction complete
  summary { lots operations depth countries firstOn lastOn modes { mode legs } gaps { kind count } }
  lots(first: 500) { totalCount nodes { ref depth kilograms share lot { id code } withheld { productClass country ownerCertified } } }
  one: lots(first: 1) { totalCount pageInfo { hasNextPage endCursor } nodes { ref } }
  links(first: 500) { totalCount nodes { from to kilograms } }
  steps(first: 500) { totalCount nodes { kind on lot { ref lot { code } } owner { name } from { name } to { name } kilograms mode fromPlace { name } toPlace { name }
    shipment { reference } importCertificate { number } documents { number } certified } }
  gaps(first: 500) { totalCount nodes { kind on message rule lot { ref lot { code } } } }
  holders(first: 500) { totalCount nodes { operation { name } lots held fromRoot inTransit } } }`;
const FORWARD = `query ($id: ID!) { node(id: $id) { ... on Lot { ...Story } } recall(lots: [$id]) { lots kilograms complete
  holders { totalCount nodes { operation { name } held fromRoot } } gaps { totalCount nodes { kind message } } } } ${STORY}`;
const BACK = `query ($id: ID!) { node(id: $id) { ... on Lot { back: trace(direction: BACK) { ...Walked } near: trace(direction: BACK, maxDepth: 1) { ...Walked }
  origin { complete unknown countries { country kilograms share } farms(first: 500) { totalCount nodes { operation { name } country kilograms share lots } } } } } }
  ${STORY.slice(STORY.indexOf('fragment Walked'))}`;
const BALANCE = `query ($operation: ID!, $product: ID!) { massBalance(operation: $operation, product: $product, from: "2025-01-01", to: "2025-12-31") {
  opening born received sent used lost closing unexplained steps { totalCount nodes { kind on kilograms lot { lot { code } } } } } }`;
/** Each kind of change, without the instants at which it was recorded. */
const STREAMS = {
  lotEvents: 'lot { id code } kind on kilograms from { name } to { name } shipment { reference }',
  shipmentStatusChanged: 'shipment { id reference } from to place { name } reason',
  importCertificateStatusChanged: 'importCertificate { id number } from to reason',
} as const;
/** Commands about a noun of somebody else: one that does not exist is refused in the same words. */
const COMMANDS: Record<string, (id: string, operation: string) => object> = {
  offerTransfer: (lot, operation) => ({ lot, sender: operation, receiver: operation, quantity: { value: '1', unit: 'GRM' }, on: dayOf(1) }),
  declareLotInputs: (lot) => ({ lot, inputs: [{ lot, quantity: { value: '1', unit: 'GRM' } }] }),
  recordDeparture: (shipment) => ({ shipment, mode: 'ROAD', fromPlace: 'Here', toPlace: 'There', departed: dayOf(1) }),
  requestImportCertificate: (lot, operation) => ({
    exporter: operation,
    importer: operation,
    certifier: inventedId('Certifier'),
    kind: 'SHIPMENT',
    origin: 'TR',
    destination: 'US',
    hts: '1001990000',
    standard: 'NOP',
    lines: [{ product: inventedId('Product'), lot, quantity: { value: '1', unit: 'GRM' } }],
  }),
  approveImportCertificate: (importCertificate) => ({ importCertificate }),
  handOverImportCertificate: (importCertificate, recipient) => ({ importCertificate, recipient, on: dayOf(1) }),
  voidImportCertificate: (importCertificate) => ({ importCertificate, reason: 'None' }),
  acceptTransfer: (transferOffer) => ({ transferOffer, on: dayOf(1) }),
  revokeKey: (key) => ({ key }),
};
/** The type of noun that each is about. */
const ABOUT: Record<string, string> = {
  offerTransfer: 'Lot',
  declareLotInputs: 'Lot',
  recordDeparture: 'Shipment',
  requestImportCertificate: 'Lot',
  approveImportCertificate: 'ImportCertificate',
  handOverImportCertificate: 'ImportCertificate',
  voidImportCertificate: 'ImportCertificate',
  acceptTransfer: 'TransferOffer',
  revokeKey: 'ApiKey',
};
const NOUNS = 'query ($lots: [String!]) { lots(first: 500, filter: { codes: $lots }) { nodes { id code product { id hts } } } }';
const REVIEW = `query ($id: ID!) { node(id: $id) { ... on ImportCertificate { review { decision blocking findings {
  check verdict message evidenceCount evidence { says subject { ... on Node { id } ... on Lot { code } } } } } } } }`;
const OPERATION = 'query ($identifier: String!) { operation(identifier: $identifier) { id } }';
let invented = 0;
/** The id of a noun that is nowhere. */
const inventedId = (type: string): string =>
  Buffer.from(`${type}:01920000-0000-7000-8000-${(++invented).toString(16).padStart(12, '0')}`).toString('base64url');

export interface Asked {
  /** Every answer as it came, ids and cursors told apart by their order of appearance only. */
  bytes: string[];
  cursorLengths: number[];
}

export interface Asking {
  as: As;
  given: World;
  /** Codes of lots to look up. */
  codes: readonly string[];
  /** Identifiers of operations of another world. */
  strangers: readonly string[];
  /** Where the log stood before this world, to follow from. */
  since: Place;
  /** Are the two worlds the same in what is told of withheld lots, too? */
  back: boolean;
}

/** Everything that the viewer can think of, asked of one world. */
export async function askAll(lotline: Lotline, { as, given, codes, strangers, since, back }: Asking): Promise<Asked> {
  const names = new Map<string, string>();
  const asked: Asked = { bytes: [], cursorLengths: [] };
  const named = (kind: string, text: string) => {
    if (!names.has(text)) names.set(text, `${kind} ${names.size}`);
    return names.get(text);
  };
  const ask = async (query: string, variables: Record<string, unknown> = {}): Promise<any> => {
    const answer = await lotline.ask(query, variables, as);
    note(answer);
    return answer.data;
  };
  const note = (answer: unknown) => {
    asked.bytes.push(
      JSON.stringify(answer, (key, value) => {
        // What is left of a budget hangs on the time, and on nobody else.
        if (key === 'available') return key;
        if (typeof value !== 'string') return value;
        if (key === 'id') return named('id', value);
        if (key === 'requestId') return 'request';
        if (key === 'ref' || key === 'rootRef' || key === 'from' || key === 'to')
          return /^[\w-]{22}$/.test(value) ? named('ref', value) : value;
        if (!/[cC]ursor$/.test(key)) return value;
        asked.cursorLengths.push(value.length);
        return named('cursor', value);
      }),
    );
  };
  const pages = async (query: string, list: string, first: number, filter?: object) => {
    for (let after: string | null = null; ; ) {
      const connection: any = (await ask(query, { first, after, filter }))?.[list];
      if (!connection?.pageInfo.hasNextPage) return;
      after = connection.pageInfo.endCursor;
    }
  };

  await ask('{ viewer { kind scopes operation { name } certifier { name } } }');
  await pages(PAGE, 'lots', 2);
  await pages(PAGE, 'lots', 500);
  await pages(OPERATIONS, 'operations', 40);
  await pages(SHIPMENTS, 'shipments', 2);
  for (const filter of [{ statuses: ['HELD', 'ARRIVED'] }, { statuses: ['BOOKED'] }, { modes: ['ROAD'] }, { departedFrom: dayOf(150) }])
    await pages(SHIPMENTS, 'shipments', 500, filter);
  await pages(DOCUMENTS, 'documents', 2);
  await pages(OFFERS, 'transferOffers', 2);
  await pages(CERTIFICATES, 'importCertificates', 2);
  for (const { reference } of given.shipments ?? [])
    await ask('query ($of: String!) { shipment(reference: $of) { id } }', { of: reference });
  for (const { number } of given.importCertificates ?? [])
    await ask('query ($of: String!) { importCertificate(number: $of) { id } }', { of: number });
  const looked = [codes[0]!.slice(0, -1), 'ZZ1-', '999-', ...(given.documents ?? []).map(({ number }) => number)];
  for (const text of looked)
    for (let after: string | null = null; ; ) {
      const found: any = (await ask(SEARCH, { text, first: 3, after }))?.search;
      if (!found?.pageInfo.hasNextPage) break;
      after = found.pageInfo.endCursor;
    }
  for (const code of codes) {
    await ask(`query ($code: String!) { lot(code: $code) { ...Whole } } ${LOT}`, { code });
    for (const { identifier } of given.operations)
      await ask('query ($code: String!, $by: String) { lot(code: $code, producer: $by) { id } }', { code, by: identifier });
  }
  await pages(FOUND, 'lots', 500, { codes });
  for (const prefix of new Set(codes.map((code) => code.slice(0, -1)))) await pages(FOUND, 'lots', 3, { codePrefix: prefix });
  const ids: string[] = [];
  for (const identifier of [...given.operations.map((each) => each.identifier), ...strangers]) {
    const found = await ask('query ($of: String!) { operation(identifier: $of) { id name roles } }', { of: identifier });
    if (found?.operation) ids.push(found.operation.id);
  }
  for (const id of ids) {
    await pages(FOUND, 'lots', 500, { holders: [id] });
    await pages(FOUND, 'lots', 500, { producers: [id] });
    await ask('query ($id: ID!) { node(id: $id) { id ... on Operation { name lots { totalCount nodes { id } } } } }', { id });
  }
  const [wheat] = await lotline.database.query<{ id: string }>("select id from product where name = 'Wheat'");
  const product = Buffer.from(`Product:${wheat!.id}`).toString('base64url');
  await askStories();
  if (back) await askReviews();
  await askCommands();
  const viewer = await lotline.viewer(as);
  const after = lotline.cursors.encode(since, viewer.name);
  for (const [field, change] of Object.entries(STREAMS)) {
    const query = `subscription ($after: Cursor) { ${field}(after: $after) { cursor sequence change { ${change} } } }`;
    const subscriber = await subscribe(lotline, { query, variables: { after }, as });
    await subscriber.abreast();
    await subscriber.close();
    note(subscriber.changes);
  }
  return asked;

  /** Stories of all lots in sight, mass balances, and what is told of lots that are not. */
  async function askStories() {
    const all = await lotline.data(NOUNS, { lots: codes });
    for (const code of codes) {
      const id = all.lots.nodes.find((lot: any) => lot.code === code)?.id ?? inventedId('Lot');
      await ask(FORWARD, { id });
      if (back) await ask(BACK, { id });
    }
    for (const { identifier } of given.operations) {
      const operation = (await lotline.data(OPERATION, { identifier })).operation?.id ?? inventedId('Operation');
      await ask(BALANCE, { operation, product });
    }
  }

  /** The work sheet of a request for each lot that the first operation sees, in the eyes of the viewer: it or its certifier. */
  async function askReviews() {
    const certifier = typeof as === 'object' && 'certifier' in as ? as.certifier : 'ZZ1';
    const [exporter] = given.operations;
    await lotline.import({ 'operations.csv': csv([{ operation: 'R:IMPORTER', name: 'An importer', country: 'US', roles: 'importer' }]) });
    const idOf = async (identifier: string) => (await lotline.data(OPERATION, { identifier })).operation.id;
    const [issuer] = await lotline.database.query<{ id: string }>('select id from certifier where code = $1', [certifier]);
    const parties = {
      exporter: await idOf(exporter!.identifier),
      importer: await idOf('R:IMPORTER'),
      certifier: Buffer.from(`Certifier:${issuer!.id}`).toString('base64url'),
    };
    const all = await lotline.data(NOUNS, { lots: codes });
    for (const code of codes) {
      const lot = all.lots.nodes.find((each: any) => each.code === code);
      if (!lot) continue;
      const input = {
        ...parties,
        kind: 'SHIPMENT',
        origin: 'TR',
        destination: 'US',
        hts: lot.product.hts,
        standard: 'NOP',
        lines: [{ product: lot.product.id, lot: lot.id, quantity: { value: '1', unit: 'GRM' } }],
        idempotencyKey: `review ${code}`,
      };
      const asked = await lotline.ask(
        'mutation ($input: RequestImportCertificateInput!) { requestImportCertificate(input: $input) { importCertificate { id } } }',
        { input },
        { operation: exporter!.identifier },
      );
      const id = asked.data?.requestImportCertificate?.importCertificate.id;
      if (id) await ask(REVIEW, { id });
    }
  }

  async function askCommands() {
    const all = await lotline.data(NOUNS, { lots: codes });
    const own = (await lotline.data(OPERATION, { identifier: given.operations[0]!.identifier })).operation.id;
    for (const [command, inputOf] of Object.entries(COMMANDS)) {
      const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input`;
      const give = (id: string, key: string) =>
        ask(`mutation ($input: ${type}!) { ${command}(input: $input) { cursor } }`, {
          input: { idempotencyKey: key, ...inputOf(id, own) },
        });
      await give(inventedId(ABOUT[command]!), `${command} ${codes[0]}`);
      if (ABOUT[command] !== 'Lot') continue;
      for (const code of codes)
        await give(all.lots.nodes.find((lot: any) => lot.code === code)?.id ?? inventedId('Lot'), `${command} ${code} ${as}`);
    }
    // A code and a key that others have used are free to this one.
    for (const code of codes.slice(-2))
      await ask('mutation ($input: RecordHarvestInput!) { recordHarvest(input: $input) { lot { code } } }', {
        input: {
          producer: own,
          product,
          code: `${code}-own`,
          quantity: { value: '5', unit: 'GRM' },
          idempotencyKey: `key of ${code}`,
        },
      });
  }
}

/** Where the log stands. */
export async function placeNow(lotline: Lotline): Promise<Place> {
  const [row] = await lotline.database.query<{ position: string; command: string | null }>('select position, command from log_counter');
  return { position: BigInt(row!.position), command: row!.command, told: null } as Place;
}
