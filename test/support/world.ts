import { entryCheckDigit } from '@lotline/schema';
import fc from 'fast-check';
import { csv, type Lotline } from './lotline';

// A random small world of lots, and how it gets into Lotline: most of it as a folder, some inputs late, some corrected.

export interface WorldLot {
  code: string;
  producer: string;
  kind: 'HARVEST' | 'TRANSFORMATION' | 'PURCHASED';
  kg: number;
  on: string | null;
  country: string | null;
  /** Organic wheat where nothing else is said. */
  product?: keyof typeof PRODUCTS;
}

/** What worlds trade in: the tariff code, and whether it is organic. */
export const PRODUCTS = {
  Wheat: { hts: '1001990000', organic: true },
  'Plain wheat': { hts: '1001990000', organic: false },
  Water: { hts: '2201900000', organic: false },
  Salt: { hts: '2501000000', organic: false },
} as const;
const DRAWN = ['Wheat', 'Wheat', 'Wheat', 'Plain wheat', 'Water', 'Salt'] as const;

export interface WorldStep {
  status: 'CERTIFIED' | 'SUSPENDED' | 'REVOKED' | 'SURRENDERED' | 'EXPIRED';
  from: string;
  expires: string | null;
  products: string[];
}

export interface WorldCertificate {
  certifier: string;
  standard: string;
  steps: WorldStep[];
}

export interface WorldOperation {
  identifier: string;
  country: string;
  /** A handler without a certificate where nothing else is said. */
  roles?: string;
  certificates?: WorldCertificate[];
}

export interface WorldUse {
  output: string;
  input: string;
  kg: number;
  on: string | null;
}

export interface WorldTransfer {
  lot: string;
  from: string;
  to: string;
  kg: number;
  on: string;
  /** Number of its paper. */
  document?: string | null;
}

export interface WorldLoss {
  lot: string;
  holder: string;
  kg: number;
  on: string;
}

export interface WorldLeg {
  from: string;
  to: string;
  departed: string;
  arrived: string | null;
}

export interface WorldTreatment {
  on: string;
  kind: 'FUMIGATION' | 'IRRADIATION';
  prohibited: boolean;
}

export interface WorldShipment {
  reference: string;
  shipper: string;
  consignee: string;
  lots: { lot: string; kg: number }[];
  legs: WorldLeg[];
  treatments: WorldTreatment[];
}

export interface WorldDocument {
  type: 'INVOICE' | 'BILL_OF_LADING' | 'HOUSE_BILL_OF_LADING' | 'WEIGHT_CERTIFICATE' | 'CONTRACT';
  number: string;
  issuer: string;
  on: string;
  marked: 'YES' | 'NO' | 'NOT_APPLICABLE' | 'UNKNOWN';
  lots: string[];
  shipments: string[];
  certificates: string[];
}

export interface WorldImportCertificate {
  number: string;
  kind: 'SHIPMENT' | 'PERIOD';
  exporter: string;
  importer: string;
  consignee: string | null;
  issued: string;
  from: string | null;
  to: string | null;
  voided: boolean;
  /** A gram each, so that no lot is claimed beyond its mass. */
  lines: { product: keyof typeof PRODUCTS; lot: string | null }[];
}

export interface WorldEntry {
  number: string;
  on: string;
  filer: string | null;
  lines: { line: number; certificate: string; lots: string[] }[];
}

export interface World {
  operations: WorldOperation[];
  lots: WorldLot[];
  uses: WorldUse[];
  transfers: WorldTransfer[];
  losses: WorldLoss[];
  /** None where nothing is said. */
  shipments?: WorldShipment[];
  /** Treatments of lots themselves. */
  treatments?: (WorldTreatment & { lot: string })[];
  documents?: WorldDocument[];
  importCertificates?: WorldImportCertificate[];
  entries?: WorldEntry[];
}

/** What every import certificate covers, and every line of an entry draws: so that some draw more. */
export const [CERTIFIED_KG, ENTERED_KG] = [2, 1];

/** Set apart from every other world in the same database. */
let worlds = 0;

const COUNTRIES = ['UA', 'TR', 'US', 'CO', 'MX'];
/** A port of each, and a place that is nowhere. */
const PORTS = ['UAODS', 'TRISK', 'USSCK', 'COBUN', 'MXVER', 'Somewhere'];
/** Where a place of a world is; null for nowhere. */
export const countryOf = (place: string): string | null => COUNTRIES[PORTS.indexOf(place)] ?? null;

/** A day of 2025, by its number. */
export const dayOf = (number: number): string => new Date(Date.UTC(2025, 0, 1 + number)).toISOString().slice(0, 10);

/** Certificates of one operation: any steps, on any days, from before the world's first day to after its last. */
export const certificates: fc.Arbitrary<WorldCertificate[]> = fc
  .uniqueArray(
    fc.record({
      certifier: fc.constantFrom('ZZ1', 'ZZ2'),
      standard: fc.constantFrom('NOP', 'NOP', 'EU', 'UK'),
      steps: fc.uniqueArray(
        fc.record({
          status: fc.constantFrom('CERTIFIED', 'CERTIFIED', 'CERTIFIED', 'SUSPENDED', 'REVOKED', 'SURRENDERED', 'EXPIRED'),
          from: fc.integer({ min: -200, max: 320 }).map(dayOf),
          expires: fc.option(fc.integer({ min: -100, max: 400 }).map(dayOf)),
          products: fc.subarray(['Wheat', 'Plain wheat']),
        }),
        { minLength: 1, maxLength: 5, selector: (step) => step.from },
      ),
    }),
    { maxLength: 3, selector: ({ certifier, standard }) => certifier + standard },
  )
  .map((drawn) => drawn as WorldCertificate[]);

/** A day of few, so that things often happen on the same. */
const oneOfFewDays = fc.nat(12).map((number) => number * 25);
/** A port, often one of the United States. */
const port = fc.constantFrom(0, 1, 2, 2, 2, 3, 4, 5);

const treatment: fc.Arbitrary<WorldTreatment> = fc.record({
  on: fc.nat(320).map(dayOf),
  kind: fc.constantFrom('FUMIGATION' as const, 'IRRADIATION' as const),
  prohibited: fc.boolean(),
});

interface Shape {
  lots: number;
  /** Chance that an earlier lot is an input, in percent. */
  density: number;
  operations: number;
}

/** Worlds of lots that may only take lots before them, so that no circle arises; facts otherwise as they come, also wrong ones. */
export const world = (shape: fc.Arbitrary<Shape>): fc.Arbitrary<World> =>
  shape.chain(({ lots, density, operations }) =>
    fc
      .tuple(
        fc.array(
          fc.record({
            producer: fc.nat(operations - 1),
            kind: fc.nat(2),
            kg: fc.integer({ min: 1, max: 9000 }),
            day: fc.option(fc.nat(300)),
            country: fc.option(fc.nat(4)),
            product: fc.constantFrom(...DRAWN),
          }),
          {
            minLength: lots,
            maxLength: lots,
          },
        ),
        fc.array(fc.record({ chance: fc.nat(99), kg: fc.integer({ min: 1, max: 4000 }), day: fc.option(fc.nat(300)) }), {
          minLength: (lots * (lots - 1)) / 2,
          maxLength: (lots * (lots - 1)) / 2,
        }),
        fc.array(
          fc.record({
            lot: fc.nat(lots - 1),
            from: fc.nat(operations - 1),
            hop: fc.integer({ min: 1, max: Math.max(1, operations - 1) }),
            kg: fc.integer({ min: 1, max: 5000 }),
            day: fc.nat(300),
            paper: fc.option(fc.nat(9)),
          }),
          {
            maxLength: lots * 2,
          },
        ),
        fc.array(
          fc.record({ lot: fc.nat(lots - 1), holder: fc.nat(operations - 1), kg: fc.integer({ min: 1, max: 500 }), day: fc.nat(300) }),
          { maxLength: lots },
        ),
        fc.array(fc.record({ roles: fc.constantFrom('handler', 'exporter;broker', 'broker', 'carrier;warehouse'), certificates }), {
          minLength: operations,
          maxLength: operations,
        }),
        fc.array(
          fc.record({
            shipper: fc.nat(operations - 1),
            consignee: fc.nat(operations - 1),
            lots: fc.uniqueArray(fc.record({ lot: fc.nat(lots - 1), kg: fc.integer({ min: 1, max: 900 }) }), {
              minLength: 1,
              maxLength: 3,
              selector: ({ lot }) => lot,
            }),
            legs: fc.array(
              fc.record({ from: port, to: port, departed: oneOfFewDays, arrived: fc.option(fc.integer({ min: -3, max: 40 })) }),
              { maxLength: 3 },
            ),
            treatments: fc.array(treatment, { maxLength: 2 }),
          }),
          { maxLength: lots },
        ),
        fc.array(fc.record({ lot: fc.nat(lots - 1), treatment }), { maxLength: 3 }),
        paperwork(lots, operations),
      )
      .map(([born, pairs, moved, lost, standings, shipped, treated, drawn]): World => {
        const prefix = `W${++worlds}`;
        const names = Array.from({ length: operations }, (_, index) => ({
          identifier: `W:${prefix}-${index}`,
          country: COUNTRIES[index % COUNTRIES.length]!,
          ...standings[index],
        }));
        const codes = born.map((_, index) => `${prefix}-L${index}`);
        const references = shipped.map((_, index) => `${prefix}-S${index}`);
        const papers = paperworkOf(drawn, { codes, references, names: names.map(({ identifier }) => identifier) });
        const uses: WorldUse[] = [];
        let pair = 0;
        for (let output = 1; output < lots; output++) {
          for (let input = 0; input < output; input++) {
            const { chance, kg, day } = pairs[pair++]!;
            if (chance < density) uses.push({ output: codes[output]!, input: codes[input]!, kg, on: day === null ? null : dayOf(day) });
          }
        }
        return {
          operations: names,
          lots: born.map((lot, index) => ({
            code: codes[index]!,
            producer: names[lot.producer]!.identifier,
            kind: (['HARVEST', 'TRANSFORMATION', 'PURCHASED'] as const)[lot.kind]!,
            kg: lot.kg,
            on: lot.day === null ? null : dayOf(lot.day),
            country: lot.country === null ? null : COUNTRIES[lot.country]!,
            product: lot.product,
          })),
          uses,
          transfers: unique(
            moved
              .filter(() => operations > 1)
              .map(({ lot, from, hop, kg, day, paper }) => ({
                lot: codes[lot]!,
                from: names[from]!.identifier,
                to: names[(from + hop) % operations]!.identifier,
                kg,
                on: dayOf(day),
                document: paper === null ? null : (papers.documents[paper]?.number ?? null),
              }))
              .filter(({ from, to }) => from !== to),
          ),
          losses: unique(
            lost.map(({ lot, holder, kg, day }) => ({ lot: codes[lot]!, holder: names[holder]!.identifier, kg, on: dayOf(day) })),
          ),
          shipments: shipped.map((each, index) => ({
            reference: references[index]!,
            shipper: names[each.shipper]!.identifier,
            consignee: names[each.consignee]!.identifier,
            lots: each.lots.map(({ lot, kg }) => ({ lot: codes[lot]!, kg })),
            legs: each.legs.map(({ from, to, departed, arrived }) => ({
              from: PORTS[from]!,
              to: PORTS[to]!,
              departed: dayOf(departed),
              arrived: arrived === null ? null : dayOf(departed + arrived),
            })),
            treatments: unique(each.treatments),
          })),
          treatments: unique(treated.map(({ lot, treatment: done }) => ({ lot: codes[lot]!, ...done }))),
          ...papers,
        };
      }),
  );

/** Documents, import certificates and entries, as numbers into a world's lots, shipments and operations. */
const paperwork = (lots: number, operations: number) => {
  const some = (most: number) => fc.uniqueArray(fc.nat(Math.max(0, most - 1)), { maxLength: 3 });
  const operation = fc.nat(operations - 1);
  return fc.record({
    documents: fc.array(
      fc.record({
        type: fc.constantFrom('INVOICE', 'BILL_OF_LADING', 'HOUSE_BILL_OF_LADING', 'WEIGHT_CERTIFICATE', 'CONTRACT'),
        issuer: operation,
        day: oneOfFewDays,
        marked: fc.constantFrom('YES', 'YES', 'NO', 'NOT_APPLICABLE', 'UNKNOWN'),
        lots: some(lots),
        shipments: some(4),
        certificates: fc.uniqueArray(fc.nat(2), { maxLength: 1 }),
      }),
      { maxLength: 10 },
    ),
    certificates: fc.array(
      fc.record({
        kind: fc.constantFrom('SHIPMENT', 'PERIOD'),
        exporter: operation,
        importer: operation,
        consignee: fc.option(operation),
        issued: oneOfFewDays,
        from: fc.option(fc.nat(300)),
        days: fc.option(fc.nat(200)),
        voided: fc.constantFrom(false, false, true),
        lines: fc.uniqueArray(fc.record({ plain: fc.constantFrom(false, false, true), lot: fc.option(fc.nat(lots - 1)) }), {
          maxLength: 3,
          selector: ({ plain, lot }) => `${plain} ${lot}`,
        }),
      }),
      { maxLength: 3 },
    ),
    entries: fc.array(
      fc.record({
        day: fc.nat(300),
        filer: fc.option(operation),
        lines: fc.array(fc.record({ certificate: fc.nat(2), lots: some(lots) }), { minLength: 1, maxLength: 2 }),
      }),
      { maxLength: 3 },
    ),
  });
};

type DrawnPaperwork = ReturnType<typeof paperwork> extends fc.Arbitrary<infer Drawn> ? Drawn : never;

/** An entry number of its own, check digit included. */
export const entryNumber = (number: number): string => {
  const seven = String(number).padStart(7, '0');
  return `ZZ1-${seven}-${entryCheckDigit(`ZZ1${seven}`)}`;
};

/** An import certificate number of its own. */
export const certificateNumber = (world: number, number: number): string =>
  `999-${String(world).padStart(10, '0')}-${String(number).padStart(6, '0')}`;

function paperworkOf(
  drawn: DrawnPaperwork,
  { codes, references, names }: { codes: string[]; references: string[]; names: string[] },
): Required<Pick<World, 'documents' | 'importCertificates' | 'entries'>> {
  const of = (list: readonly string[], places: readonly number[]) => places.flatMap((place) => list[place] ?? []);
  const importCertificates = drawn.certificates.map((each, index): WorldImportCertificate => {
    const from = each.from === null ? null : dayOf(each.from);
    return {
      number: certificateNumber(worlds, index),
      kind: each.kind as WorldImportCertificate['kind'],
      exporter: names[each.exporter]!,
      importer: names[each.importer]!,
      consignee: each.consignee === null ? null : names[each.consignee]!,
      issued: dayOf(each.issued),
      from,
      to: each.days === null ? null : dayOf((each.from ?? 0) + each.days),
      voided: each.voided,
      lines: each.lines.map(({ plain, lot }) => ({ product: plain ? 'Plain wheat' : 'Wheat', lot: lot === null ? null : codes[lot]! })),
    };
  });
  const numbers = importCertificates.map(({ number }) => number);
  return {
    importCertificates,
    documents: drawn.documents.map((each, index) => ({
      type: each.type as WorldDocument['type'],
      number: `W${worlds}-D${index}`,
      issuer: names[each.issuer]!,
      on: dayOf(each.day),
      marked: each.marked as WorldDocument['marked'],
      lots: of(codes, each.lots),
      shipments: of(references, each.shipments),
      certificates: of(numbers, each.certificates),
    })),
    entries: drawn.entries
      .map((each, index) => ({
        number: entryNumber(worlds * 10 + index),
        on: dayOf(each.day),
        filer: each.filer === null ? null : names[each.filer]!,
        lines: each.lines.flatMap(({ certificate, lots }, line) =>
          numbers[certificate] ? [{ line: line + 1, certificate: numbers[certificate], lots: of(codes, lots) }] : [],
        ),
      }))
      .filter(({ lines }) => lines.length > 0),
  };
}

const unique = <T>(rows: T[]): T[] => [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];

/** The world as a folder, with the uses given. */
export function folderOf(world: World, uses: readonly WorldUse[] = world.uses): Record<string, string> {
  const files: Record<string, string> = {
    'operations.csv': csv(
      world.operations.map(({ identifier, country, roles = 'handler' }) => ({ operation: identifier, name: identifier, country, roles })),
    ),
    'products.csv': csv(Object.entries(PRODUCTS).map(([product, { hts, organic }]) => ({ product, hts, organic: organic ? 'yes' : 'no' }))),
    ...(world.lots.length > 0 && {
      'lots.csv': csv(
        world.lots.map(({ code, producer, kind, kg, on, country, product = 'Wheat' }) => ({
          code,
          producer,
          product,
          quantity: kg,
          unit: 'KGM',
          kind,
          produced_on: on,
          country,
        })),
      ),
    }),
  };
  const statuses = world.operations.flatMap(certificateRows);
  if (statuses.length > 0) {
    files['certifiers.csv'] = csv(['ZZ1', 'ZZ2'].map((certifier) => ({ certifier, name: certifier })));
    files['operation_certificates.csv'] = csv(statuses);
  }
  if (uses.length > 0)
    files['lot_inputs.csv'] = csv(uses.map(({ output, input, kg, on }) => ({ output, input, quantity: kg, unit: 'KGM', on })));
  if (world.transfers.length > 0)
    files['transfers.csv'] = csv(
      world.transfers.map(({ lot, from, to, kg, on, document }) => ({ lot, from, to, on, quantity: kg, unit: 'KGM', document })),
    );
  if (world.losses.length > 0)
    files['lot_adjustments.csv'] = csv(
      world.losses.map(({ lot, holder, kg, on }) => ({ lot, holder, kind: 'MOISTURE', on, quantity: kg, unit: 'KGM' })),
    );
  Object.assign(files, transportOf(world), paperworkFiles(world));
  return files;
}

/** The files of a world's documents, import certificates and entries. */
function paperworkFiles({ documents = [], importCertificates = [], entries = [] }: World): Record<string, string> {
  const files: Record<string, string> = {};
  if (documents.length > 0)
    files['documents.csv'] = csv(
      documents.map(({ on, marked, lots, shipments, certificates, ...rest }) => ({
        ...rest,
        issued_on: on,
        marked_organic: marked,
        lots: lots.join(';'),
        shipments: shipments.join(';'),
        certificates: certificates.join(';'),
      })),
    );
  if (importCertificates.length > 0) {
    files['certifiers.csv'] = csv(['ZZ1', 'ZZ2'].map((certifier) => ({ certifier, name: certifier })));
    files['import_certificates.csv'] = csv(
      importCertificates.map(({ issued, from, to, voided, lines: _, ...rest }) => ({
        ...rest,
        certifier: 'ZZ1',
        hts: '1001990000',
        issued_on: issued,
        valid_from: from,
        valid_to: to,
        quantity: CERTIFIED_KG,
        unit: 'KGM',
        status: voided ? 'VOIDED' : null,
      })),
    );
    const lines = importCertificates.flatMap(({ number, lines }) =>
      lines.map(({ product, lot }) => ({ certificate: number, product, quantity: '0.001', unit: 'KGM', lot })),
    );
    if (lines.length > 0) files['import_certificate_lines.csv'] = csv(lines);
  }
  if (entries.length > 0)
    files['customs_entries.csv'] = csv(
      entries.flatMap(({ number, on, filer, lines }) =>
        lines.map(({ line, certificate, lots }) => ({
          entry: number,
          line,
          certificate,
          filed_on: on,
          hts: '1001990000',
          quantity: ENTERED_KG,
          unit: 'KGM',
          filer,
          lots: lots.join(';'),
        })),
      ),
    );
  return files;
}

/** The files of a world's shipments and treatments. */
function transportOf({ shipments = [], treatments = [] }: World): Record<string, string> {
  const files: Record<string, string> = {};
  const add = (name: string, rows: Record<string, unknown>[]) => {
    if (rows.length > 0) files[name] = csv(rows);
  };
  add(
    'shipments.csv',
    shipments.map(({ reference, shipper, consignee }) => ({ reference, shipper, consignee })),
  );
  add(
    'shipment_legs.csv',
    shipments.flatMap(({ reference, legs }) =>
      legs.map(({ from, to, departed, arrived }, index) => ({
        shipment: reference,
        sequence: index + 1,
        mode: 'ROAD',
        from_place: from,
        to_place: to,
        departed,
        arrived,
      })),
    ),
  );
  add(
    'shipment_lots.csv',
    shipments.flatMap(({ reference, lots }) => lots.map(({ lot, kg }) => ({ shipment: reference, lot, quantity: kg, unit: 'KGM' }))),
  );
  const treated = ({ kind, on, prohibited }: WorldTreatment) => ({ kind, on, substance: 'gas', prohibited: prohibited ? 'yes' : 'no' });
  add('treatments.csv', [
    ...treatments.map((each) => ({ ...treated(each), lot: each.lot, shipment: null })),
    ...shipments.flatMap(({ reference, treatments: done }) => done.map((each) => ({ ...treated(each), lot: null, shipment: reference }))),
  ]);
  return files;
}

/** An operation's certificates as rows of `operation_certificates.csv`. */
export const certificateRows = ({ identifier, certificates = [] }: WorldOperation): Record<string, unknown>[] =>
  certificates.flatMap(({ certifier, standard, steps }) =>
    steps.map(({ status, from, expires, products }) => ({
      operation: identifier,
      certifier,
      standard,
      status,
      effective_from: from,
      expires_on: expires,
      products: products.join(';'),
    })),
  );

/** Global ids of a world's lots, by code. */
export async function idsOf(lotline: Lotline, world: World): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (let at = 0; at < world.lots.length; at += 200) {
    const codes = world.lots.slice(at, at + 200).map((lot) => lot.code);
    const { lots } = await lotline.data('query ($codes: [String!]) { lots(filter: { codes: $codes }, first: 500) { nodes { id code } } }', {
      codes,
    });
    for (const { id, code } of lots.nodes) ids.set(code, id);
  }
  return ids;
}
