import fc from 'fast-check';
import { certificateNumber, dayOf, entryNumber, type World, type WorldDocument, type WorldTransfer } from './world';

// A random chain without a flaw, from farms abroad to a pack in the United States; and everything that may be taken out of it, with the
// gaps that must name exactly that.

/** One thing taken out of a flawless chain. */
export interface Removal {
  what: string;
  /** Lots whose stories it changes: removals of one chain touch different ones. */
  touches: string[];
  apply: (world: World) => World;
  /** As `KIND code day`. */
  gaps: string[];
}

export interface Flawless {
  world: World;
  /** The pack at the end. */
  root: string;
  removals: Removal[];
}

let chains = 1_000_000;

const shape = fc.record({
  farms: fc.array(fc.record({ kg: fc.integer({ min: 100, max: 900 }), day: fc.nat(30), byMiddleman: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
  lost: fc.nat(20),
  packs: fc.integer({ min: 1, max: 3 }),
  /** Days between one event and the next. */
  pace: fc.integer({ min: 1, max: 6 }),
});

/** Farms in Ukraine sell to a trader in Turkey, some by a middleman; it blends, an exporter cleans and ships, an importer sells to a packer. */
export const flawless: fc.Arbitrary<Flawless> = shape.map(({ farms, lost, packs, pace }) => {
  const number = ++chains;
  const name = (what: string) => `D${number}-${what}`;
  const of = (what: string) => `D${number}:${what}`;
  const [MIDDLEMAN, TRADER, EXPORTER, IMPORTER, PACKER] = ['MIDDLEMAN', 'TRADER', 'EXPORTER', 'IMPORTER', 'PACKER'].map(of) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const [BLEND, CLEANED] = [name('BLEND'), name('CLEANED')];
  const day = (step: number) => dayOf(40 + step * pace);
  const certified = (identifier: string, country: string, roles: string) => ({
    identifier,
    country,
    roles,
    certificates: [
      { certifier: 'ZZ1', standard: 'NOP', steps: [{ status: 'CERTIFIED' as const, from: '2024-01-01', expires: null, products: [] }] },
    ],
  });
  const world: Required<World> = {
    operations: [
      certified(MIDDLEMAN, 'UA', 'handler'),
      certified(TRADER, 'TR', 'handler'),
      certified(EXPORTER, 'TR', 'exporter'),
      certified(IMPORTER, 'US', 'importer'),
      certified(PACKER, 'US', 'handler'),
    ],
    lots: [],
    uses: [],
    transfers: [],
    losses: [],
    shipments: [],
    treatments: [],
    documents: [],
    importCertificates: [],
    entries: [],
  };
  const removals: Removal[] = [];
  const remove = (what: string, touches: string[], gaps: string[], apply: (world: World) => World) =>
    removals.push({ what, touches, gaps, apply });

  const paper = (type: WorldDocument['type'], what: string, issuer: string, on: string, of: Partial<WorldDocument>) => {
    const document: WorldDocument = {
      type,
      number: name(what),
      issuer,
      on,
      marked: 'YES',
      lots: [],
      shipments: [],
      certificates: [],
      ...of,
    };
    world.documents.push(document);
    return document.number;
  };
  const without = (paper: string) => (given: World) => ({ ...given, documents: given.documents!.filter(({ number }) => number !== paper) });
  const unmarked = (paper: string, marked: 'NO' | 'UNKNOWN') => (given: World) => ({
    ...given,
    documents: given.documents!.map((each) => (each.number === paper ? { ...each, marked } : each)),
  });
  const isSame = (a: WorldTransfer, b: WorldTransfer) => a.lot === b.lot && a.from === b.from && a.to === b.to;

  /** A transfer with its invoice. Without it, whoever passes the lot on has it from nowhere. */
  const sell = (lot: string, from: string, to: string, kg: number, on: string, passedOn: string, further: string[] = []) => {
    const invoice = paper('INVOICE', `INV-${lot}-${world.documents.length}`, from, on, { lots: [lot] });
    const transfer = { lot, from, to, kg, on, document: invoice };
    world.transfers.push(transfer);
    remove(`the transfer of ${lot} to ${to}`, [lot], [`OWNER_CHANGED_WITHOUT_TRANSFER ${lot} ${passedOn}`, ...further], (given) => ({
      ...given,
      transfers: given.transfers.filter((each) => !isSame(each, transfer)),
    }));
    remove(`the paper of the transfer of ${lot} to ${to}`, [lot], [`NO_DOCUMENT ${lot} ${on}`], (given) => ({
      ...without(invoice)(given),
      transfers: given.transfers.map((each) => (isSame(each, transfer) ? { ...each, document: null } : each)),
    }));
    remove(`the mark of the invoice of ${lot} to ${to}`, [lot], [`DOCUMENT_NOT_MARKED_ORGANIC ${lot} ${on}`], unmarked(invoice, 'NO'));
  };

  /** A voyage with its bill of lading. */
  const ship = (
    lot: string,
    from: string,
    to: string,
    [departed, arrived]: [string, string],
    [port, abroad]: [string, string],
    seen: string,
  ) => {
    const reference = name(`SHIP-${lot}`);
    const leg = { from: port, to: abroad, departed, arrived };
    world.shipments.push({ reference, shipper: from, consignee: to, lots: [{ lot, kg: 1 }], legs: [leg], treatments: [] });
    const bill = paper('BILL_OF_LADING', `BL-${lot}`, from, departed, { lots: [lot], shipments: [reference] });
    const change =
      (legs: (typeof leg)[], treatments: World['treatments'] = []) =>
      (given: World) => ({
        ...given,
        shipments: given.shipments!.map((each) => (each.reference === reference ? { ...each, legs, treatments } : each)),
      });
    remove(`the leg of ${lot}`, [lot], [`NO_TRANSPORT ${lot} ${seen}`, `NO_DOCUMENT ${lot} null`], (given) =>
      without(bill)(change([])(given)),
    );
    remove(`the way of ${lot}`, [lot], [`NO_TRANSPORT ${lot} ${seen}`], change([]));
    remove(`the shipment of ${lot}`, [lot], [`NO_TRANSPORT ${lot} ${seen}`], (given) => ({
      ...given,
      shipments: given.shipments!.filter((each) => each.reference !== reference),
      documents: given.documents!.map((each) => (each.number === bill ? { ...each, shipments: [] } : each)),
    }));
    remove(`the bill of lading of ${lot}`, [lot], [`NO_DOCUMENT ${lot} ${departed}`], without(bill));
    remove(
      `the mark of the bill of lading of ${lot}`,
      [lot],
      [`DOCUMENT_NOT_MARKED_ORGANIC ${lot} ${departed}`],
      unmarked(bill, 'UNKNOWN'),
    );
    remove(
      `the order of days of ${lot}`,
      [lot],
      [`OUT_OF_ORDER_DATES ${lot} ${departed}`],
      change([{ ...leg, departed: arrived, arrived: departed }]),
    );
    const gassed = { kind: 'FUMIGATION' as const, on: arrived, prohibited: true, lot };
    remove(`the care for ${lot}`, [lot], [`PROHIBITED_TREATMENT ${lot} ${arrived}`], change([leg], [gassed]));
  };

  /** Without its certificate an operation was not certified when it acquired these. */
  const certificate = (operation: string, acquired: [lot: string, on: string][]) =>
    remove(
      `the certificate of ${operation}`,
      acquired.map(([lot]) => lot),
      acquired.map(([lot, on]) => `OWNER_NOT_CERTIFIED ${lot} ${on}`),
      (given) => ({
        ...given,
        operations: given.operations.map((each) => (each.identifier === operation ? { ...each, certificates: [] } : each)),
      }),
    );
  const inputs = (lot: string, on: string) =>
    remove(`the inputs of ${lot}`, [lot], [`MISSING_INPUTS ${lot} ${on}`], (given) => ({
      ...given,
      uses: given.uses.filter(({ output }) => output !== lot),
    }));

  const blendedOn = day(5);
  const blended = farms.reduce((sum, { kg }) => sum + kg, 0) - lost;
  const bought: [string, string][] = [];
  const handled: [string, string][] = [];
  farms.forEach(({ kg, day: born, byMiddleman }, index) => {
    const farm = of(`FARM-${index}`);
    const lot = name(`HARVEST-${index}`);
    world.operations.push(certified(farm, 'UA', 'producer'));
    world.lots.push({ code: lot, producer: farm, kind: 'HARVEST', kg, on: dayOf(born), country: 'UA' });
    world.uses.push({ output: BLEND, input: lot, kg, on: null });
    if (byMiddleman) {
      sell(lot, farm, MIDDLEMAN, kg, day(1), day(2));
      handled.push([lot, day(1)]);
    }
    // The farm ships: it has the lot from its birth on, whoever holds the title meanwhile.
    sell(lot, byMiddleman ? MIDDLEMAN : farm, TRADER, kg, day(2), blendedOn);
    ship(lot, farm, TRADER, [day(3), day(4)], ['UAODS', 'TRISK'], blendedOn);
    bought.push([lot, day(2)]);
    certificate(farm, [[lot, dayOf(born)]]);
    const halved = { lot, from: byMiddleman ? MIDDLEMAN : farm, to: TRADER, kg, on: day(2) };
    remove(`half of what ${TRADER} received of ${lot}`, [lot], [`OVERDRAWN ${lot} ${blendedOn}`], (given) => ({
      ...given,
      transfers: given.transfers.map((each) => (isSame(each, halved) ? { ...each, kg: kg / 2 } : each)),
    }));
    if (farms.length > 1)
      remove(`the use of ${lot}`, [BLEND], [`MORE_OUT_THAN_IN ${BLEND} ${blendedOn}`], (given) => ({
        ...given,
        uses: given.uses.filter(({ input }) => input !== lot),
      }));
    if (kg * 20 > farms.reduce((sum, each) => sum + each.kg, 0))
      remove(`the organic field of ${lot}`, [lot, BLEND], [`NON_ORGANIC_INPUT ${BLEND} ${blendedOn}`], (given) => ({
        ...given,
        lots: given.lots.map((each) => (each.code === lot ? { ...each, product: 'Plain wheat' as const } : each)),
      }));
  });
  if (handled.length > 0) certificate(MIDDLEMAN, handled);

  world.lots.push({ code: BLEND, producer: TRADER, kind: 'TRANSFORMATION', kg: blended, on: blendedOn, country: 'TR' });
  inputs(BLEND, blendedOn);
  certificate(TRADER, [...bought, [BLEND, blendedOn]]);
  sell(BLEND, TRADER, EXPORTER, blended, day(6), day(7));
  world.lots.push({ code: CLEANED, producer: EXPORTER, kind: 'TRANSFORMATION', kg: blended, on: day(7), country: 'TR' });
  world.uses.push({ output: CLEANED, input: BLEND, kg: blended, on: null });
  inputs(CLEANED, day(7));
  certificate(EXPORTER, [
    [BLEND, day(6)],
    [CLEANED, day(7)],
  ]);

  const packedOn = day(12);
  sell(CLEANED, EXPORTER, IMPORTER, blended, day(8), day(11));
  ship(CLEANED, EXPORTER, IMPORTER, [day(9), day(10)], ['TRMER', 'USSCK'], packedOn);
  // Without the last sale nobody on the way is the importer: what it received is no part of the story any more.
  sell(CLEANED, IMPORTER, PACKER, blended, day(11), packedOn, [`NO_TRANSPORT ${CLEANED} ${packedOn}`]);
  certificate(IMPORTER, [[CLEANED, day(8)]]);
  const number21 = certificateNumber(number, 0);
  world.importCertificates.push({
    number: number21,
    kind: 'SHIPMENT',
    exporter: EXPORTER,
    importer: IMPORTER,
    consignee: null,
    issued: day(8),
    from: null,
    to: null,
    voided: false,
    lines: [{ product: 'Wheat', lot: CLEANED }],
  });
  world.entries.push({
    number: entryNumber(number),
    on: day(10),
    filer: IMPORTER,
    lines: [{ line: 1, certificate: number21, lots: [CLEANED] }],
  });
  const uncovered = [`NO_IMPORT_CERTIFICATE ${CLEANED} ${day(10)}`];
  const certificates = (given: World, change: object) => given.importCertificates!.map((each) => ({ ...each, ...change }));
  remove('the import certificate', [CLEANED], uncovered, (given) => ({ ...given, importCertificates: [], entries: [] }));
  remove('the life of the import certificate', [CLEANED], uncovered, (given) => ({
    ...given,
    importCertificates: certificates(given, { voided: true }),
  }));
  remove('what joins certificate and lot', [CLEANED], uncovered, (given) => ({
    ...given,
    importCertificates: certificates(given, { lines: [] }),
    entries: [],
  }));
  remove('the haste of the certifier', [CLEANED], [`OUT_OF_ORDER_DATES ${CLEANED} ${day(10)}`], (given) => ({
    ...given,
    importCertificates: certificates(given, { issued: day(10) }),
  }));

  const pack = Math.floor(blended / packs);
  const codes = Array.from({ length: packs }, (_, index) => name(`PACK-${index}`));
  for (const code of codes) {
    world.lots.push({ code, producer: PACKER, kind: 'TRANSFORMATION', kg: pack, on: packedOn, country: 'US' });
    world.uses.push({ output: code, input: CLEANED, kg: pack, on: null });
  }
  const root = codes[0]!;
  inputs(root, packedOn);
  certificate(PACKER, [
    [CLEANED, day(11)],
    [root, packedOn],
  ]);
  return { world, root, removals };
});
