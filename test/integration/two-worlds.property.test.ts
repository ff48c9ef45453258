import type { Place } from '@lotline/server/log';
import fc from 'fast-check';
import { disguised } from '../support/disguise';
import { type Asking, askAll, placeNow } from '../support/everything';
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

/** Pairs of worlds, over all tests here. */
const PAIRS = Number(process.env.PROPERTY_RUNS ?? 12);
/** Longest for one of them, milliseconds. */
const LONG = 60_000 + PAIRS * 10_000;

let bare: Lotline;
let full: Lotline;
beforeAll(async () => {
  [bare, full] = await Promise.all([startLotline(), startLotline()]);
});
afterAll(() => Promise.all([bare.close(), full.close()]));

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

/** Each pair has a certifier of its own, which sees nothing of the others. */
let certifiersMade = 0;
const newCertifier = (): string => `Y${(++certifiersMade).toString(36).padStart(2, '0').toUpperCase()}`;

/** The same viewer in either world. */
type Viewers = readonly As[];

/** A viewer is told the same in both worlds, whatever it asks. */
async function expectSame({ as, ...asked }: Omit<Asking, 'as' | 'since'> & { as: Viewers }, since: readonly Place[]): Promise<void> {
  const [seen, other] = await Promise.all(
    [bare, full].map((lotline, index) => askAll(lotline, { ...asked, as: as[index]!, since: since[index]! })),
  );
  const differs = seen!.bytes.findIndex((bytes, index) => bytes !== other!.bytes[index]);
  if (differs >= 0) {
    const [one, two] = [seen!.bytes[differs]!, other!.bytes[differs] ?? ''];
    let from = 0;
    while (one[from] === two[from]) from++;
    // What surrounds the first byte that differs says more than two answers in full.
    const around = (bytes: string) => ({ question: differs, around: bytes.slice(Math.max(0, from - 400), from + 400) });
    expect(around(two)).toEqual(around(one));
  }
  expect(other!.bytes.length).toBe(seen!.bytes.length);
  expect(other!.cursorLengths).toEqual(seen!.cursorLengths);
  expect(seen!.bytes.join()).not.toContain('INTERNAL_SERVER_ERROR');
}

const kinds = fc.constantFrom<'OPERATION' | 'PARTNER' | 'BROKER' | 'NOBODY'>('OPERATION', 'OPERATION', 'PARTNER', 'BROKER', 'NOBODY');
const READ = ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES'];
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const idOf = async (lotline: Lotline, identifier: string): Promise<string> =>
  (await lotline.data('query ($identifier: String!) { operation(identifier: $identifier) { id } }', { identifier })).operation.id;

/** A key of an operation with every scope. */
async function partnerOf(lotline: Lotline, identifier: string): Promise<As> {
  const input = {
    operation: await idOf(lotline, identifier),
    name: 'Of a partner',
    scopes: [...READ, 'COMMANDS'],
    expiresOn: inDays(30).slice(0, 10),
    idempotencyKey: identifier,
  };
  const { createKey } = await lotline.data(
    'mutation ($input: CreateKeyInput!) { createKey(input: $input) { secret } }',
    { input },
    'admin',
  );
  return { key: createKey.secret };
}

/** A broker that may see all that an operation does. */
async function brokerOf(lotline: Lotline, identifier: string): Promise<As> {
  const broker = `BROKER:${identifier.slice(2)}`;
  await lotline.import({ 'operations.csv': csv([{ operation: broker, name: 'A broker', country: 'US', roles: 'broker' }]) });
  const input = {
    importer: await idOf(lotline, identifier),
    broker: await idOf(lotline, broker),
    scopes: READ,
    validUntil: inDays(30),
    idempotencyKey: identifier,
  };
  await lotline.data('mutation ($input: AssignBrokerInput!) { assignBroker(input: $input) { cursor } }', { input }, 'admin');
  return { operation: broker };
}

const shapes = fc.record({
  lots: fc.integer({ min: 2, max: 10 }),
  density: fc.integer({ min: 10, max: 60 }),
  operations: fc.integer({ min: 2, max: 5 }),
});
const coins = fc.array(fc.boolean(), { minLength: 150, maxLength: 150 });

test(
  'what an operation is no party to changes no byte of its answers',
  async () => {
    await fc.assert(
      fc.asyncProperty(world(shapes), coins, fc.boolean(), kinds, async (drawn, hide, uncertified, kind) => {
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
        const since = [await placeNow(bare), await placeNow(full)] as const;
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
        const viewerIn = (lotline: Lotline): Promise<As> | As => {
          if (kind === 'PARTNER') return partnerOf(lotline, viewer);
          if (kind === 'BROKER') return brokerOf(lotline, viewer);
          return kind === 'NOBODY' ? 'nobody' : { operation: viewer };
        };
        const as: Viewers = await Promise.all([bare, full].map(viewerIn));
        const asked = { as, given, codes, strangers: [stranger], back: false };
        await expectSame(asked, since);
      }),
      { numRuns: Math.ceil(PAIRS * 0.5), endOnFailure: true },
    );
  },
  LONG,
);

test(
  'what happened after a certifier ceased to certify an operation changes no byte of its answers',
  async () => {
    await fc.assert(
      fc.asyncProperty(world(shapes), coins, fc.integer({ min: 1, max: 300 }), async (drawn, hide, day) => {
        const end = dayOf(day);
        const past = newCertifier();
        const steps = [
          { status: 'CERTIFIED', from: '2024-01-01' },
          { status: 'SURRENDERED', from: end },
        ] as const;
        const certificates = [{ certifier: past, standard: 'NOP', steps: steps.map((step) => ({ ...step, expires: null, products: [] })) }];
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
        const certifiers = { 'certifiers.csv': csv(['ZZ1', 'ZZ2', past].map((certifier) => ({ certifier, name: certifier }))) };
        const since = [await placeNow(bare), await placeNow(full)] as const;
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
        const asked = { as: [{ certifier: past }, { certifier: past }], given, codes, strangers: [], back: false };
        await expectSame(asked, since);
      }),
      { numRuns: Math.ceil(PAIRS * 0.2), endOnFailure: true },
    );
  },
  LONG,
);

const SEEN = `query ($codes: [String!]) { lots(filter: { codes: $codes }, first: 500) { nodes { id code } } operations(first: 500) { nodes { name } }
  documents(first: 500) { nodes { number } } shipments(first: 500) { nodes { reference } } importCertificates(first: 500) { nodes { number exporter { name } importer { name } consignee { name } } } }`;
const OUTLINE = `query ($id: ID!) { node(id: $id) { ... on Lot { trace(direction: BACK) {
  lots(first: 500) { nodes { ref depth kilograms lot { id country product { hts } } } } links(first: 500) { nodes { from to kilograms } }
  steps(kinds: [HARVESTED, PURCHASED, TRANSFORMED], first: 500) { nodes { lot { ref } certified } } gaps(first: 500) { nodes { kind lot { ref } } } }
  origin { unknown } } } }`;

/** The operations that a certificate names. */
const namesIn = (certificate: any): string[] => ['exporter', 'importer', 'consignee'].flatMap((party) => certificate[party]?.name ?? []);

/** What everybody is told of the lots behind those that a viewer sees, as an analyst sees it; null where ties leave their order open. */
async function outlineOf(lotline: Lotline, codes: readonly string[], seen: ReadonlySet<string>): Promise<string | null> {
  const { lots } = await lotline.data('query ($codes: [String!]) { lots(filter: { codes: $codes }, first: 500) { nodes { id code } } }', {
    codes,
  });
  const seenIds = new Set<string>(lots.nodes.filter(({ code }: any) => seen.has(code)).map(({ id }: any) => id));
  const outlines: string[] = [];
  for (const id of seenIds) {
    const { trace, origin } = (await lotline.data(OUTLINE, { id })).node;
    const names = new Map<string, string>();
    for (const { ref, depth, kilograms, lot } of trace.lots.nodes) {
      const verdict = trace.steps.nodes.find((step: any) => step.lot.ref === ref)?.certified;
      const kinds = [...new Set(trace.gaps.nodes.filter((gap: any) => gap.lot.ref === ref).map(({ kind }: any) => kind))].sort();
      const place = `${depth} ${kilograms} ${lot.country} ${lot.product.hts.slice(0, 2)}`;
      if (!seenIds.has(lot.id) && [...names.values()].some((name) => name.startsWith(place))) return null;
      names.set(ref, `${place} ${verdict} ${kinds}${seenIds.has(lot.id) ? [...seenIds].indexOf(lot.id) : ''}`);
    }
    const links = trace.links.nodes.map(({ from, to }: any) => `${names.get(from)} -> ${names.get(to)}`);
    outlines.push(JSON.stringify([[...names.values()].sort(), links.sort(), origin.unknown]));
  }
  return outlines.join('\n');
}

test(
  'names, days and papers of what is withheld behind a lot change no byte of its story',
  async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(world(shapes), coins, fc.boolean(), async (drawn, coin, asCertifier) => {
        const code = newCertifier();
        const own = [
          { certifier: code, standard: 'NOP', steps: [{ status: 'CERTIFIED' as const, from: '2024-01-01', expires: null, products: [] }] },
        ];
        const given: World = {
          ...drawn,
          operations: drawn.operations.map((operation, index) => ({ ...operation, certificates: index === 0 && asCertifier ? own : [] })),
        };
        const as: As = asCertifier ? { certifier: code } : { operation: given.operations[0]!.identifier };
        const codes = given.lots.map(({ code }) => code);
        const certifiers = { 'certifiers.csv': csv(['ZZ1', 'ZZ2', code].map((certifier) => ({ certifier, name: certifier }))) };
        const since = [await placeNow(bare), await placeNow(full)] as const;
        await bare.import({ ...folderOf(given), ...certifiers });
        const seen = await bare.data(SEEN, { codes }, as);
        const there = (nodes: any[], key: string) => new Set<string>(nodes.map((node) => node[key]));
        const seenLots = there(seen.lots.nodes, 'code');
        await full.import({
          ...folderOf(
            disguised(given, coin, {
              lots: seenLots,
              // Whoever a certificate names is known by it.
              operations: new Set([...there(seen.operations.nodes, 'name'), ...seen.importCertificates.nodes.flatMap(namesIn)]),
              documents: there(seen.documents.nodes, 'number'),
              shipments: there(seen.shipments.nodes, 'reference'),
              certificates: there(seen.importCertificates.nodes, 'number'),
            }),
          ),
          ...certifiers,
        });
        const outline = await outlineOf(bare, codes, seenLots);
        const back = outline !== null && outline === (await outlineOf(full, codes, seenLots));
        if (back) compared++;
        await expectSame({ as: [as, as], given, codes, strangers: [], back }, since);
      }),
      { numRuns: Math.ceil(PAIRS * 0.3), endOnFailure: true },
    );
    expect(compared).toBeGreaterThan(PAIRS * 0.1);
  },
  LONG,
);
