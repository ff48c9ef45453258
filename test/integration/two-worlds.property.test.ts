import fc from 'fast-check';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';
import {
  dayOf,
  folderOf,
  type World,
  type WorldDocument,
  type WorldEntry,
  type WorldImportCertificate,
  type WorldUse,
  world,
} from '../support/world';

// Competitors share one graph: two worlds that differ only in facts an operation is no party to give that operation the same bytes.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 12);

let bare: Lotline;
let full: Lotline;
beforeAll(async () => {
  [bare, full] = await Promise.all([startLotline(), startLotline()]);
});
afterAll(() => Promise.all([bare.close(), full.close()]));

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
const SHIPMENTS = `query ($first: Int, $after: String, $filter: ShipmentFilter) { shipments(first: $first, after: $after, filter: $filter) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id reference status emergencyActions { totalCount nodes { id number } } shipper { name } consignee { name } exporter { name } legs { totalCount nodes { sequence from { name country } to { name } departedOn arrivedOn } }
  lots { totalCount nodes { kilograms lot { id code } } } } } }`;
const DOCUMENTS = `query ($first: Int, $after: String) { documents(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id type number markedOrganic issuedOn issuer { name } lots { totalCount nodes { id code } } } } }`;
const OFFERS = `query ($first: Int, $after: String) { transferOffers(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id status lot { code } sender { name } receiver { name } } } }`;
const CERTIFICATES = `query ($first: Int, $after: String) { importCertificates(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes {
  id number kind status hts exporter { name } importer { name } consignee { name } certifier { code } history { status } kilograms drawn remaining
  lines { totalCount nodes { kilograms product { name } lot { id code } } } documents { totalCount nodes { number } }
  customsEntries { totalCount nodes { id number filer { name } lines { totalCount nodes { line kilograms importCertificate { number } } } } } } } }`;
const SEARCH = `query ($text: String!, $first: Int, $after: String) { search(text: $text, first: $first, after: $after) {
  pageInfo { hasNextPage endCursor } edges { cursor matched node { __typename ... on Node { id } } } } }`;
const OPERATIONS = `query ($first: Int, $after: String) { operations(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor } nodes { id name country lots(first: 2) { totalCount nodes { code } pageInfo { endCursor } } certificates { totalCount nodes { status } } importCertificates { totalCount nodes { number } } } } }`;

interface Asked {
  /** Every answer as it came, ids and cursors told apart by their order of appearance only. */
  bytes: string[];
  cursorLengths: number[];
}

/** Everything that the operation can think of, asked of one world. */
async function askAll(lotline: Lotline, as: As, given: World, codes: readonly string[], strangers: readonly string[]): Promise<Asked> {
  const names = new Map<string, string>();
  const asked: Asked = { bytes: [], cursorLengths: [] };
  const named = (kind: string, text: string) => {
    if (!names.has(text)) names.set(text, `${kind} ${names.size}`);
    return names.get(text);
  };
  const ask = async (query: string, variables: Record<string, unknown> = {}): Promise<any> => {
    const answer = await lotline.ask(query, variables, as);
    asked.bytes.push(
      JSON.stringify(answer, (key, value) => {
        if (typeof value !== 'string') return value;
        if (key === 'id') return named('id', value);
        if (key === 'requestId') return 'request';
        if (!/[cC]ursor$/.test(key)) return value;
        asked.cursorLengths.push(value.length);
        return named('cursor', value);
      }),
    );
    return answer.data;
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
  await pages(OPERATIONS, 'operations', 3);
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
    await ask('query ($code: String!) { lot(code: $code) { trace(direction: BACK) { complete } } }', { code });
  }
  await pages(PAGE, 'lots', 500, { codes });
  for (const prefix of new Set(codes.map((code) => code.slice(0, -1)))) await pages(PAGE, 'lots', 3, { codePrefix: prefix });
  const ids: string[] = [];
  for (const identifier of [...given.operations.map((each) => each.identifier), ...strangers]) {
    const found = await ask('query ($of: String!) { operation(identifier: $of) { id name roles } }', { of: identifier });
    if (found?.operation) ids.push(found.operation.id);
  }
  for (const id of ids) {
    await pages(PAGE, 'lots', 500, { holders: [id] });
    await pages(PAGE, 'lots', 500, { producers: [id] });
    await ask('query ($id: ID!) { node(id: $id) { id ... on Operation { name lots { totalCount nodes { id } } } } }', { id });
  }
  return asked;
}

/** Others offer each other some of every lot that they produced, the viewer's partners among them, and accept every second offer. */
async function offerAmongOthers(lotline: Lotline, viewer: string): Promise<void> {
  const { operations, lots } = await lotline.data(
    '{ operations { nodes { id identifiers { scheme value } } } lots { nodes { id code producer { id } } } }',
  );
  const isViewer = ({ scheme, value }: { scheme: string; value: string }) => value === viewer || `${scheme}:${value}` === viewer;
  const others: string[] = operations.nodes.filter((each: any) => !each.identifiers.some(isViewer)).map(({ id }: any) => id);
  for (const [index, { id: lot, producer }] of lots.nodes.entries()) {
    const receiver = others[(others.indexOf(producer.id) + 1) % others.length]!;
    if (!others.includes(producer.id) || receiver === producer.id) continue;
    const input = { lot, sender: producer.id, receiver, quantity: { value: '1', unit: 'GRM' }, on: dayOf(400), idempotencyKey: lot };
    const offer = await lotline.ask(
      'mutation ($input: OfferTransferInput!) { offerTransfer(input: $input) { transferOffer { id } } }',
      { input },
      'admin',
    );
    const transferOffer = offer.data?.offerTransfer?.transferOffer.id;
    if (transferOffer === undefined || index % 2 === 0) continue;
    await lotline.ask(
      'mutation ($input: AcceptTransferInput!) { acceptTransfer(input: $input) { cursor } }',
      { input: { transferOffer, on: dayOf(401), idempotencyKey: `${lot} accepted` } },
      'admin',
    );
  }
}

const shapes = fc.record({
  lots: fc.integer({ min: 2, max: 10 }),
  density: fc.integer({ min: 10, max: 60 }),
  operations: fc.integer({ min: 2, max: 5 }),
});
const coins = fc.array(fc.boolean(), { minLength: 150, maxLength: 150 });

test('what an operation is no party to changes no byte of its answers', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), coins, fc.boolean(), async (drawn, hide, uncertified) => {
      // Whoever has a certificate is public; the others are known to their partners only.
      const given: World = uncertified
        ? { ...drawn, operations: drawn.operations.map((operation) => ({ ...operation, certificates: [] })) }
        : drawn;
      const viewer = given.operations[0]!.identifier;
      const holderOf = (use: WorldUse) => given.lots.find((lot) => lot.code === use.output)!.producer;
      const isParty = ({ shipper, consignee }: { shipper: string; consignee: string }) => shipper === viewer || consignee === viewer;
      const holds = (code: string) =>
        given.lots.some((lot) => lot.code === code && lot.producer === viewer) ||
        given.transfers.some((each) => each.lot === code && (each.from === viewer || each.to === viewer)) ||
        given.uses.some((use) => use.input === code && holderOf(use) === viewer) ||
        given.losses.some((loss) => loss.lot === code && loss.holder === viewer);
      // An entry hands its certificate over, with the lots that it names.
      const files = (certificate: WorldImportCertificate, filer: string | null) =>
        [filer, certificate.importer, certificate.consignee].includes(viewer);
      const certificateOf = (number: string) => given.importCertificates!.find((each) => each.number === number)!;
      const entersBy = ({ filer, lines }: WorldEntry) => lines.filter(({ certificate }) => files(certificateOf(certificate), filer));
      const has = (certificate: WorldImportCertificate) =>
        certificate.exporter === viewer ||
        given.entries!.some((entry) => entersBy(entry).some((line) => line.certificate === certificate.number));
      // Its importer and consignee have it by an entry, whoever filed it, and its papers with it.
      const receives = (certificate: WorldImportCertificate) =>
        files(certificate, null) && given.entries!.some(({ lines }) => lines.some((line) => line.certificate === certificate.number));
      const sees = (code: string) =>
        holds(code) ||
        given.shipments!.some((each) => isParty(each) && each.lots.some(({ lot }) => lot === code)) ||
        given.importCertificates!.some((each) => has(each) && each.lines.some(({ lot }) => lot === code)) ||
        given.entries!.some((entry) => entersBy(entry).some(({ lots }) => lots.includes(code)));
      // The exporter knows of every entry on its certificate how much it drew.
      const knows = ({ filer, lines }: WorldEntry) =>
        lines.some(({ certificate }) => files(certificateOf(certificate), filer) || certificateOf(certificate).exporter === viewer);
      const reads = ({ number, issuer, shipments, certificates }: WorldDocument) =>
        issuer === viewer ||
        given.shipments!.some((each) => isParty(each) && shipments.includes(each.reference)) ||
        given.transfers.some(({ document, from, to }) => document === number && (from === viewer || to === viewer)) ||
        certificates.some((each) => certificateOf(each).exporter === viewer || receives(certificateOf(each)));
      let coin = 0;
      const hidden = new Set(given.lots.filter((lot) => !sees(lot.code) && hide[coin++]).map((lot) => lot.code));
      const kept = <Fact>(facts: Fact[], own: (fact: Fact) => boolean, lots: (fact: Fact) => string[]) =>
        facts.filter((fact) => !lots(fact).some((code) => hidden.has(code)) && (own(fact) || !hide[coin++ % hide.length]));
      const less: World = {
        ...given,
        lots: given.lots.filter((lot) => !hidden.has(lot.code)),
        uses: kept(
          given.uses,
          (use) => holderOf(use) === viewer,
          (use) => [use.output, use.input],
        ),
        transfers: kept(
          given.transfers,
          (each) => each.from === viewer || each.to === viewer,
          (each) => [each.lot],
        ),
        losses: kept(
          given.losses,
          (loss) => loss.holder === viewer,
          (loss) => [loss.lot],
        ),
        shipments: kept(
          given.shipments!.map((each) => ({ ...each, lots: each.lots.filter(({ lot }) => !hidden.has(lot)) })),
          isParty,
          () => [],
        ),
        treatments: kept(
          given.treatments!,
          ({ lot }) => holds(lot),
          ({ lot }) => [lot],
        ),
        documents: kept(given.documents!, reads, () => []),
        importCertificates: kept(given.importCertificates!, has, () => []),
        entries: kept(given.entries!, knows, () => []),
      };
      const there = <Named>(names: Named[], among: Named[]) => names.filter((each) => among.includes(each));
      const shipmentsThere = less.shipments!.map(({ reference }) => reference);
      const certificatesThere = less.importCertificates!.map(({ number }) => number);
      const lotsThere = less.lots.map(({ code }) => code);
      less.documents = less.documents!.map((each) => ({
        ...each,
        lots: there(each.lots, lotsThere),
        shipments: there(each.shipments, shipmentsThere),
        certificates: there(each.certificates, certificatesThere),
      }));
      less.transfers = less.transfers.map((each) => ({
        ...each,
        document: less.documents!.some(({ number }) => number === each.document) ? each.document : null,
      }));
      less.importCertificates = less.importCertificates!.map((each) => ({
        ...each,
        lines: each.lines.filter(({ lot }) => lot === null || lotsThere.includes(lot)),
      }));
      less.entries = less
        .entries!.map((each) => ({
          ...each,
          lines: each.lines
            .filter(({ certificate }) => certificatesThere.includes(certificate))
            .map(({ lots, ...line }) => ({ ...line, lots: there(lots, lotsThere) })),
        }))
        .filter(({ lines }) => lines.length > 0);
      await bare.import(folderOf(less));
      await full.import(folderOf(given));
      // The same codes at a competitor that nobody else has heard of, and much else that goes on in the log.
      const stranger = `HIDDEN:${viewer}`;
      await full.import({
        'operations.csv': csv([{ operation: stranger, name: 'Hidden', country: 'US', roles: 'handler' }]),
        'lots.csv': csv(
          given.lots.map(({ code }) => ({ code, producer: stranger, product: 'Wheat', quantity: 1, unit: 'KGM', kind: 'harvest' })),
        ),
        ...(given.documents!.length > 0 && {
          'documents.csv': csv(
            given.documents!.map(({ type, number, on }) => ({ type, number, issuer: stranger, issued_on: on, marked_organic: 'NO' })),
          ),
        }),
      });
      await offerAmongOthers(full, viewer);
      const codes = given.lots.map((lot) => lot.code);
      const [seen, other] = [
        await askAll(bare, { operation: viewer }, given, codes, [stranger]),
        await askAll(full, { operation: viewer }, given, codes, [stranger]),
      ];
      expect(other.bytes).toEqual(seen.bytes);
      expect(other.cursorLengths).toEqual(seen.cursorLengths);
      expect(seen.bytes.join()).not.toContain('INTERNAL_SERVER_ERROR');
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
}, 300_000);

test('what happened after a certifier ceased to certify an operation changes no byte of its answers', async () => {
  await fc.assert(
    fc.asyncProperty(world(shapes), coins, fc.integer({ min: 1, max: 300 }), async (drawn, hide, day) => {
      const end = dayOf(day);
      const steps = [
        { status: 'CERTIFIED', from: '2024-01-01' },
        { status: 'SURRENDERED', from: end },
      ] as const;
      const certificates = [{ certifier: 'ZZ4', standard: 'NOP', steps: steps.map((step) => ({ ...step, expires: null, products: [] })) }];
      const given: World = {
        ...drawn,
        operations: drawn.operations.map((operation, index) => ({ ...operation, certificates: index === 0 ? certificates : [] })),
      };
      let coin = 0;
      const kept = <Fact>(facts: Fact[], on: (fact: Fact) => string) =>
        facts.filter((fact) => on(fact) < end || !hide[coin++ % hide.length]);
      const less: World = {
        ...given,
        // The first leg dates what was shipped; those after it are left out from the last on.
        shipments: given.shipments!.map(({ legs, treatments, ...each }) => {
          const onTheWay = [...legs];
          while (onTheWay.length > 1 && onTheWay.at(-1)!.departed >= end && hide[coin++ % hide.length]) onTheWay.pop();
          return { ...each, legs: onTheWay, treatments: kept(treatments, ({ on }) => on) };
        }),
        treatments: kept(given.treatments!, ({ on }) => on),
        entries: kept(given.entries!, ({ on }) => on),
      };
      const certifiers = { 'certifiers.csv': csv(['ZZ1', 'ZZ2', 'ZZ4'].map((certifier) => ({ certifier, name: certifier }))) };
      await bare.import({ ...folderOf(less), ...certifiers });
      await full.import({
        ...folderOf(given),
        ...certifiers,
        ...(given.shipments!.length > 0 && {
          'emergency_actions.csv': csv(
            given.shipments!.map(({ reference, shipper }) => ({
              number: `EAN-${reference}`,
              on: end,
              ordered: 'hold',
              lot: '',
              shipment: `${shipper}/${reference}`,
            })),
          ),
        }),
      });
      const codes = given.lots.map((lot) => lot.code);
      const [seen, other] = [
        await askAll(bare, { certifier: 'ZZ4' }, given, codes, []),
        await askAll(full, { certifier: 'ZZ4' }, given, codes, []),
      ];
      expect(other.bytes).toEqual(seen.bytes);
      expect(other.cursorLengths).toEqual(seen.cursorLengths);
      expect(seen.bytes.join()).not.toContain('INTERNAL_SERVER_ERROR');
    }),
    { numRuns: Math.ceil(RUNS / 3), endOnFailure: true },
  );
}, 300_000);
