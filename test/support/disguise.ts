import { dayOf, type World, type WorldShipment } from './world';

/** What a viewer sees of a world, by its names. */
export interface Seen {
  lots: ReadonlySet<string>;
  operations: ReadonlySet<string>;
  documents: ReadonlySet<string>;
  shipments: ReadonlySet<string>;
  certificates: ReadonlySet<string>;
}

const DAY_MS = 86_400_000;
const later = (day: string, days: number): string => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/**
 * The same world in which all that a viewer does not see has other names, and by chance other days, kinds and company: what is told of lots
 * that are withheld stays as it was, or so it should.
 */
export function disguised(given: World, coins: readonly boolean[], seen: Seen): World {
  let tossed = 0;
  const coin = () => coins[tossed++ % coins.length]!;
  // Behind what it was, so that whatever is sorted by it keeps its order.
  const renamed = (names: ReadonlySet<string>) => (name: string) => (names.has(name) ? name : `${name}x`);
  const [operation, lot, document, shipment] = [seen.operations, seen.lots, seen.documents, seen.shipments].map(renamed) as [
    (name: string) => string,
    (name: string) => string,
    (name: string) => string,
    (name: string) => string,
  ];
  const certificate = (number: string) => (seen.certificates.has(number) ? number : number.replace(/-0(\d{5})$/, '-9$1'));
  const isHidden = (code: string) => !seen.lots.has(code);
  const moved = <Day extends string | null>(day: Day, hidden: boolean): Day =>
    hidden && day !== null && coin() ? (later(day, coin() ? 1 : -1) as Day) : day;
  const other = { HARVEST: 'HARVEST', TRANSFORMATION: 'PURCHASED', PURCHASED: 'TRANSFORMATION' } as const;
  const stranger = `${given.operations[0]!.identifier}-stranger`;
  const legs = (of: WorldShipment, hidden: boolean) =>
    of.legs
      .map((leg) => ({ ...leg, departed: moved(leg.departed, hidden) }))
      .map((leg) => ({
        ...leg,
        arrived: hidden && leg.arrived !== null && leg.arrived < leg.departed ? leg.departed : leg.arrived,
      }));
  return {
    operations: [
      ...given.operations.map((each) => ({ ...each, identifier: operation(each.identifier) })),
      { identifier: stranger, country: 'UA', roles: 'handler', certificates: [] },
    ],
    lots: given.lots.map((each) => ({
      ...each,
      code: lot(each.code),
      producer: operation(each.producer),
      kind: isHidden(each.code) && coin() ? other[each.kind] : each.kind,
      on: moved(each.on, isHidden(each.code)),
    })),
    uses: given.uses.map((use) => ({
      ...use,
      output: lot(use.output),
      input: lot(use.input),
      on: moved(use.on, isHidden(use.input) && isHidden(use.output)),
    })),
    transfers: [
      ...given.transfers.map((each) => ({
        ...each,
        lot: lot(each.lot),
        from: operation(each.from),
        to: operation(each.to),
        on: moved(each.on, isHidden(each.lot)),
        document: each.document == null ? null : document(each.document),
      })),
      // What its producer sold to others is no part of the story.
      ...given.lots
        .filter(({ code }) => isHidden(code) && coin())
        .map(({ code, producer }) => ({ lot: lot(code), from: operation(producer), to: stranger, kg: 1, on: dayOf(301), document: null })),
    ],
    losses: given.losses
      .filter((loss) => !isHidden(loss.lot) || coin())
      .map((loss) => ({ ...loss, lot: lot(loss.lot), holder: operation(loss.holder) })),
    shipments: given.shipments!.map((each) => ({
      ...each,
      reference: shipment(each.reference),
      shipper: operation(each.shipper),
      consignee: operation(each.consignee),
      lots: each.lots.map((of) => ({ ...of, lot: lot(of.lot) })),
      // What carried a lot that is seen belongs to what is told of that one.
      legs: legs(each, !seen.shipments.has(each.reference) && each.lots.every((of) => isHidden(of.lot))),
    })),
    treatments: given.treatments!.map((each) => ({ ...each, lot: lot(each.lot), on: moved(each.on, isHidden(each.lot)) })),
    documents: given.documents!.map((each) => ({
      ...each,
      number: document(each.number),
      issuer: operation(each.issuer),
      lots: each.lots.map(lot),
      shipments: each.shipments.map(shipment),
      certificates: each.certificates.map(certificate),
    })),
    importCertificates: given.importCertificates!.map((each) => ({
      ...each,
      number: certificate(each.number),
      exporter: operation(each.exporter),
      importer: operation(each.importer),
      consignee: each.consignee === null ? null : operation(each.consignee),
      lines: each.lines.map((line) => ({ ...line, lot: line.lot === null ? null : lot(line.lot) })),
    })),
    entries: given.entries!.map((each) => ({
      ...each,
      filer: each.filer === null ? null : operation(each.filer),
      lines: each.lines.map((line) => ({ ...line, certificate: certificate(line.certificate), lots: line.lots.map(lot) })),
    })),
  };
}
