import fc from 'fast-check';
import { fingerprint, type Lotline, startLotline } from '../support/lotline';
import { dayOf, folderOf, type World, world } from '../support/world';

// However a world is cut into folders, and in whatever order its rows stand, Lotline says the same of it.

const RUNS = Number(process.env.PROPERTY_RUNS ?? 12);

let whole: Lotline;
let split: Lotline;
beforeAll(async () => {
  [whole, split] = await Promise.all([startLotline(), startLotline()]);
});
afterAll(async () => {
  await Promise.all([whole.close(), split.close()]);
});

const QUESTION = `query ($code: String!, $day: Date!) { lot(code: $code) {
  code kind producedOn country quantity { kilograms value unit } producer { name country } product { name }
  balance { born used lost onHand elsewhere }
  now: holdings(first: 500) { nodes { operation { name } kilograms since } }
  then: holdings(asOf: $day, first: 500) { nodes { operation { name } kilograms since } }
  ownership(first: 500) { nodes { owner { name } acquiredFrom { name } document { number } from until kilograms } }
  documents(first: 500) { nodes { number markedOrganic } } importCertificates(first: 500) { nodes { number status drawn } } shipments(first: 500) { nodes { reference status } }
  inputs(first: 500) { nodes { input { code } holder { name } kilograms on } }
  outputs(first: 500) { nodes { output { code } holder { name } kilograms on } }
  back: trace(direction: BACK) { ...Walked }
  forward: trace(direction: FORWARD) { ...Walked }
} }
fragment Walked on Trace {
  rootRef complete
  summary { lots operations depth countries firstOn lastOn gaps { kind count } }
  lots(first: 500) { nodes { ref depth lot { code } } }
  links(first: 500) { nodes { from to kilograms } }
  gaps(first: 500) { nodes { kind on message rule lot { ref lot { code } } } }
}`;

type Answer = any;

/** Nodes by their content and refs by the lots they stand for: ids, and what is ordered by them, differ from one database to the other. */
function plain(answer: Answer): Answer {
  for (const trace of [answer.back, answer.forward]) {
    const names = new Map<string, string>([[trace.rootRef, answer.code]]);
    for (const { ref, lot } of trace.lots.nodes) names.set(ref, lot.code);
    trace.rootRef = answer.code;
    for (const node of trace.lots.nodes) node.ref = names.get(node.ref);
    for (const node of trace.gaps.nodes) node.lot.ref = names.get(node.lot.ref);
    for (const node of trace.links.nodes) [node.from, node.to] = [names.get(node.from), names.get(node.to)];
    trace.links.nodes = sorted(trace.links.nodes);
  }
  for (const list of [answer.ownership, answer.inputs, answer.outputs, answer.documents, answer.importCertificates, answer.shipments])
    list.nodes = sorted(list.nodes);
  return answer;
}
const sorted = (nodes: Answer[]): Answer[] => nodes.map((node) => JSON.stringify(node)).sort();

const answers = async (lotline: Lotline, given: World, day: string): Promise<Answer[]> => {
  const found: Answer[] = [];
  for (const { code } of given.lots) found.push(plain((await lotline.data(QUESTION, { code, day })).lot));
  return found;
};

/**
 * Two worlds out of one, the second referring to the first: a row stands in the second if it is drawn, or names one that stands there.
 * The inputs of a lot are one set, which is not cut.
 */
function cut(given: World, drawn: () => boolean): [World, World] {
  const later = new Set<string>();
  const place = (name: string, ...named: string[]) => {
    if (drawn() || named.some((each) => later.has(each))) later.add(name);
  };
  for (const { identifier } of given.operations) place(identifier);
  for (const { code, producer } of given.lots) place(code, producer);
  for (const output of new Set(given.uses.map((use) => use.output)))
    place(`inputs of ${output}`, output, ...given.uses.filter((use) => use.output === output).map((use) => use.input));
  for (const { reference, shipper, consignee, lots } of given.shipments!)
    place(reference, shipper, consignee, ...lots.map(({ lot }) => lot));
  for (const { number, exporter, importer, consignee, lines } of given.importCertificates!)
    place(number, exporter, importer, consignee ?? '', ...lines.map(({ lot }) => lot ?? ''));
  for (const { number, issuer, lots, shipments, certificates } of given.documents!)
    place(number, issuer, ...lots, ...shipments, ...certificates);
  for (const { number, filer, lines } of given.entries!)
    place(number, filer ?? '', ...lines.flatMap(({ certificate, lots }) => [certificate, ...lots]));
  const lateTreatments = new Set(given.treatments!.filter(({ lot }) => drawn() || later.has(lot)));
  const lateTransfers = new Set(
    given.transfers.filter(({ lot, from, to, document }) => drawn() || [lot, from, to, document ?? ''].some((each) => later.has(each))),
  );
  const lateLosses = new Set(given.losses.filter(({ lot, holder }) => drawn() || [lot, holder].some((each) => later.has(each))));
  const part = (second: boolean): World => ({
    operations: given.operations.filter(({ identifier }) => later.has(identifier) === second),
    lots: given.lots.filter(({ code }) => later.has(code) === second),
    uses: given.uses.filter(({ output }) => later.has(`inputs of ${output}`) === second),
    transfers: given.transfers.filter((each) => lateTransfers.has(each) === second),
    losses: given.losses.filter((each) => lateLosses.has(each) === second),
    treatments: given.treatments!.filter((each) => lateTreatments.has(each) === second),
    shipments: given.shipments!.filter(({ reference }) => later.has(reference) === second),
    importCertificates: given.importCertificates!.filter(({ number }) => later.has(number) === second),
    documents: given.documents!.filter(({ number }) => later.has(number) === second),
    entries: given.entries!.filter(({ number }) => later.has(number) === second),
  });
  return [part(false), part(true)];
}

/** The world's files with their rows in an order of their own; a file without rows is left out. */
function shuffled(given: World, random: () => number): Record<string, string> {
  const files: Record<string, string> = {};
  for (const [name, text] of Object.entries(folderOf(given))) {
    const [header, ...rows] = text.split('\n');
    if (rows.length === 0) continue;
    const order = rows.map((row) => ({ row, key: random() })).sort((a, b) => a.key - b.key);
    files[name] = [header, ...order.map(({ row }) => row)].join('\n');
  }
  return files;
}

/** Whole numbers that follow from a seed (mulberry32), as parts of one. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const worlds = world(
  fc.record({ lots: fc.integer({ min: 1, max: 9 }), density: fc.integer({ min: 0, max: 60 }), operations: fc.integer({ min: 1, max: 5 }) }),
);

test('a folder cut in two, its rows shuffled, gives the answers of the whole one; imported twice it gives those of once', async () => {
  let cuts = 0;
  await fc.assert(
    fc.asyncProperty(worlds, fc.nat(2 ** 31 - 1), fc.nat(300), async (given, seed, day) => {
      const random = randomOf(seed);
      const folder = folderOf(given);
      await whole.import(folder);
      const once = await fingerprint(whole.database);
      await whole.import(shuffled(given, random));
      expect(await fingerprint(whole.database)).toBe(once);

      const [first, second] = cut(given, () => random() < 0.3);
      if (second.lots.length > 0 && first.lots.length > 0) cuts++;
      await split.import(shuffled(first, random));
      await split.import(shuffled(second, random));
      await split.import(folder);

      expect(await answers(split, given, dayOf(day))).toEqual(await answers(whole, given, dayOf(day)));
    }),
    { numRuns: RUNS, endOnFailure: true },
  );
  // Otherwise nothing was tested: some worlds had lots on both sides of the cut.
  expect(cuts).toBeGreaterThan(RUNS / 10);
}, 300_000);
