import {
  CERTIFIED_KG,
  countryOf,
  ENTERED_KG,
  PRODUCTS,
  type World,
  type WorldCertificate,
  type WorldDocument,
  type WorldImportCertificate,
  type WorldLot,
  type WorldShipment,
  type WorldUse,
} from './world';

// What the answers must be, by the slowest obvious way: every question scans every fact.

export interface OracleTrace {
  depths: Map<string, number>;
  /** Kilograms by `input>output`. */
  links: Map<string, number>;
}

const lotOf = (world: World, code: string): WorldLot => world.lots.find((lot) => lot.code === code)!;

/** A use without a day has its output's birth day; it may have none either. */
const dayOfUse = (world: World, use: WorldUse): string | null => use.on ?? lotOf(world, use.output).on;

export function trace(world: World, root: string, direction: 'BACK' | 'FORWARD', maxDepth = Number.POSITIVE_INFINITY): OracleTrace {
  const depths = new Map([[root, 0]]);
  for (let depth = 1; depth <= Math.min(maxDepth, world.lots.length); depth++) {
    for (const use of world.uses) {
      const [near, far] = direction === 'BACK' ? [use.output, use.input] : [use.input, use.output];
      if (depths.get(near) === depth - 1 && !depths.has(far)) depths.set(far, depth);
    }
  }
  const links = new Map<string, number>();
  for (const use of world.uses) {
    if (!depths.has(use.input) || !depths.has(use.output)) continue;
    const key = `${use.input}>${use.output}`;
    links.set(key, (links.get(key) ?? 0) + use.kg);
  }
  depths.delete(root);
  return { depths, links };
}

interface Change {
  holder: string;
  kg: number;
  on: string | null;
}

function changes(world: World, code: string): Change[] {
  const lot = lotOf(world, code);
  return [
    { holder: lot.producer, kg: lot.kg, on: lot.on },
    ...world.transfers
      .filter((each) => each.lot === code)
      .flatMap((each) => [
        { holder: each.from, kg: -each.kg, on: each.on },
        { holder: each.to, kg: each.kg, on: each.on },
      ]),
    ...world.uses
      .filter((use) => use.input === code)
      .map((use) => ({ holder: lotOf(world, use.output).producer, kg: -use.kg, on: dayOfUse(world, use) })),
    ...world.losses.filter((loss) => loss.lot === code).map((loss) => ({ holder: loss.holder, kg: -loss.kg, on: loss.on })),
  ];
}

/** Kilograms by holder, above zero, at the end of a day. */
export function holdings(world: World, code: string, day: string): Map<string, number> {
  const held = new Map<string, number>();
  for (const { holder, kg, on } of changes(world, code)) if (on === null || on <= day) held.set(holder, (held.get(holder) ?? 0) + kg);
  return new Map([...held].filter(([, kg]) => kg > 0));
}

export function balance(world: World, code: string): { born: number; used: number; lost: number; onHand: number } {
  const born = lotOf(world, code).kg;
  const used = world.uses.filter((use) => use.input === code).reduce((sum, use) => sum + use.kg, 0);
  const lost = world.losses.filter((loss) => loss.lot === code).reduce((sum, loss) => sum + loss.kg, 0);
  return { born, used, lost, onHand: born - used - lost };
}

export const dayAfter = (day: string): string => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);

/** Every day from one to another, both included. */
function* days(from: string, to: string): Generator<string> {
  for (let day = from; day <= to; day = dayAfter(day)) yield day;
}

const BEST_FIRST = ['VALID', 'VALID_EQUIVALENT', 'EXEMPT', 'SUSPENDED', 'REVOKED', 'SURRENDERED', 'EXPIRED', 'OUT_OF_SCOPE'];

/** What one certificate says of a day, read from its first step to the last that has begun. */
function ofCertificate({ standard, steps }: WorldCertificate, product: string, day: string): string | null {
  let status: string | null = null;
  let expires: string | null = null;
  let form: string[] = [];
  for (const step of [...steps].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    if (step.from > day) break;
    ({ status, expires } = step);
    if (step.products.length > 0) form = step.products;
  }
  if (status !== 'CERTIFIED') return status;
  if (standard !== 'NOP' && expires !== null && day > expires) return 'EXPIRED';
  if (form.length > 0 && !form.includes(product)) return 'OUT_OF_SCOPE';
  return standard === 'NOP' ? 'VALID' : 'VALID_EQUIVALENT';
}

/** Was the operation certified for the product on that day? */
export function verdict(world: World, identifier: string, product: string, day: string): string {
  const { certificates = [], roles = 'handler' } = world.operations.find((each) => each.identifier === identifier)!;
  const found = certificates.map((certificate) => ofCertificate(certificate, product, day)).filter((each) => each !== null);
  for (const best of BEST_FIRST) if (found.includes(best)) return best;
  return roles.split(';').every((role) => ['broker', 'carrier', 'warehouse'].includes(role)) ? 'EXEMPT' : 'NONE';
}

const certified = (verdict: string): boolean => ['VALID', 'VALID_EQUIVALENT', 'EXEMPT'].includes(verdict);

/** The first day of a period on which the operation was not certified. */
const firstBadDay = (world: World, owner: string, product: string, from: string, to: string): string | null => {
  for (const day of days(from, to)) if (!certified(verdict(world, owner, product, day))) return day;
  return null;
};

interface Tenure {
  owner: string;
  from: string | null;
  on: string | null;
  kg: number;
  start: string;
  until: string | null;
}

/** Every acquisition, and the first day at whose end its owner holds nothing, as the changes given tell it. */
function tenures(lot: WorldLot, transfers: World['transfers'], all: Change[], today: string): Tenure[] {
  const heldAt = (holder: string, day: string) =>
    all.filter((each) => each.holder === holder && (each.on === null || each.on <= day)).reduce((sum, each) => sum + each.kg, 0);
  const rows = [{ owner: lot.producer, from: null as string | null, on: lot.on, kg: lot.kg }];
  for (const each of transfers) rows.push({ owner: each.to, from: each.from, on: each.on, kg: each.kg });
  return rows.map((row) => {
    const dated = [...new Set(all.filter((each) => each.holder === row.owner && each.on !== null).map((each) => each.on!))].sort();
    const start = row.on ?? dated[0] ?? today;
    const until = [...new Set([start, ...dated])].sort().find((day) => day >= start && heldAt(row.owner, day) <= 0) ?? null;
    return { ...row, start, until };
  });
}

/** Days, both ends included, on which an operation has some of a lot: by each time that it acquired it. */
export const heldFrom = (world: World, code: string, owner: string, today: string): { from: string; to: string; isBirth: boolean }[] =>
  tenures(
    lotOf(world, code),
    world.transfers.filter((each) => each.lot === code),
    changes(world, code),
    today,
  )
    .filter((each) => each.owner === owner)
    .map(({ from, start, until }) => ({ from: start, to: until ?? today, isBirth: from === null }));

/** Every acquisition, as `owner from day kg until verdict`, sorted as text. */
export function ownership(world: World, code: string, today: string): string[] {
  const lot = lotOf(world, code);
  const product = lot.product ?? 'Wheat';
  const transfers = world.transfers.filter((each) => each.lot === code);
  return tenures(lot, transfers, changes(world, code), today)
    .map(({ owner, from, on, kg, start, until }) => {
      const bad = firstBadDay(world, owner, product, start, until ?? today);
      return `${owner} ${from} ${on} ${kg} ${until} ${verdict(world, owner, product, bad ?? start)}`;
    })
    .sort();
}

const countryOfOperation = (world: World, identifier: string): string =>
  world.operations.find((each) => each.identifier === identifier)!.country;
const countryOfLot = (world: World, lot: WorldLot): string => lot.country ?? countryOfOperation(world, lot.producer);

interface Counted {
  /** Do all facts of the lot count? */
  whole: boolean;
  uses: WorldUse[];
  transfers: World['transfers'];
  losses: World['losses'];
  carried: WorldShipment[];
  /** Who passed the lot on; everybody where all facts count. */
  passedOn: (operation: string | null) => boolean;
}

/** The facts about a lot that belong to a trace: all of the root and forward; else what leads to its use on the trace. */
function counted(world: World, code: string, root: string, direction: 'BACK' | 'FORWARD'): Counted {
  const { depths } = trace(world, root, direction);
  const whole = direction === 'FORWARD' || code === root;
  const inTrace = (use: WorldUse) => whole || use.output === root || depths.has(use.output);
  const uses = world.uses.filter((use) => use.input === code && inTrace(use));
  // Back, only the transfers that brought it to its users, walking backwards from them.
  const met = new Set(uses.map((use) => lotOf(world, use.output).producer));
  const ofLot = world.transfers.filter((each) => each.lot === code);
  for (const _ of ofLot) for (const each of ofLot) if (met.has(each.to)) met.add(each.from);
  return {
    whole,
    passedOn: (operation) => whole || (operation !== null && met.has(operation)),
    uses,
    transfers: whole ? ofLot : ofLot.filter((each) => met.has(each.to)),
    losses: whole ? world.losses.filter((each) => each.lot === code) : [],
    carried: (world.shipments ?? []).filter(
      ({ lots, consignee }) => lots.some((each) => each.lot === code) && (whole || met.has(consignee)),
    ),
  };
}

const BILLS = ['BILL_OF_LADING', 'HOUSE_BILL_OF_LADING'];

/** Papers of a lot that count: those of its facts that count, and those that name it and belong to no fact of it. */
function papers(world: World, code: string, of: Counted): WorldDocument[] {
  const { transfers, carried } = of;
  const all = world.documents ?? [];
  const everyone = { ...of, passedOn: () => true };
  const [counting, naming] = [of, everyone].map((each) => certificatesOf(world, code, each).map(({ number }) => number)) as [
    string[],
    string[],
  ];
  const carries = (reference: string) =>
    (world.shipments ?? []).some((each) => each.reference === reference && each.lots.some(({ lot }) => lot === code));
  return all.filter((paper) => {
    const ofCounted =
      transfers.some(({ document }) => document === paper.number) ||
      paper.shipments.some((reference) => carried.some((each) => each.reference === reference));
    const ofAny =
      world.transfers.some(({ lot, document }) => lot === code && document === paper.number) ||
      paper.shipments.some((each) => carries(each)) ||
      // Of a certificate that does not count, and of none that does.
      (paper.certificates.some((each) => naming.includes(each)) && !paper.certificates.some((each) => counting.includes(each)));
    return ofCounted || (paper.lots.includes(code) && !ofAny);
  });
}

/** Import certificates of a lot that count: a line names it, or an entry joins the two. */
function certificatesOf(world: World, code: string, { passedOn }: Counted): WorldImportCertificate[] {
  const joined = (number: string) =>
    (world.entries ?? []).some(({ lines }) => lines.some(({ certificate, lots }) => certificate === number && lots.includes(code)));
  return (world.importCertificates ?? []).filter(
    ({ number, lines, importer, consignee }) =>
      (lines.some(({ lot }) => lot === code) || joined(number)) && (passedOn(importer) || passedOn(consignee)),
  );
}

/** The day by which entries had drawn more on a certificate than it covers. */
function overdrawnOn(world: World, number: string): string | null {
  const draws = (world.entries ?? []).flatMap(({ on, lines }) => lines.filter(({ certificate }) => certificate === number).map(() => on));
  return [...draws].sort().find((day) => draws.filter((on) => on <= day).length * ENTERED_KG > CERTIFIED_KG) ?? null;
}

/** Days on which entries that count name a lot, line by line. */
function entriesOf(world: World, code: string, of: Counted): string[] {
  const counting = certificatesOf(world, code, of).map(({ number }) => number);
  return (world.entries ?? []).flatMap(({ on, filer, lines }) =>
    lines.filter(({ certificate, lots }) => lots.includes(code) && (counting.includes(certificate) || of.passedOn(filer))).map(() => on),
  );
}

const intoTheUnitedStates = ({ from, to }: { from: string; to: string }): boolean =>
  countryOf(to) === 'US' && countryOf(from) !== 'US' && countryOf(from) !== null;

/** Days on which a lot entered the United States without a certificate that covers it. */
function uncovered(world: World, lot: WorldLot, of: Counted): string[] {
  const { carried, passedOn } = of;
  if (certificatesOf(world, lot.code, of).some(({ voided }) => !voided)) return [];
  const legs = carried.flatMap(({ shipper, legs }) =>
    legs.filter(intoTheUnitedStates).map(({ departed, arrived }) => ({ shipper: shipper as string | null, on: arrived ?? departed })),
  );
  const entrances = legs.length > 0 ? legs : entriesOf(world, lot.code, of).map((on) => ({ shipper: null, on }));
  return entrances
    .filter(
      ({ shipper, on }) =>
        !(world.importCertificates ?? []).some(
          ({ voided, exporter, importer, consignee, kind, from, to, lines }) =>
            !voided &&
            exporter === shipper &&
            (passedOn(importer) || passedOn(consignee)) &&
            lines.some((line) => line.lot === null && line.product === (lot.product ?? 'Wheat')) &&
            (kind === 'SHIPMENT' || ((from ?? on) <= on && on <= (to ?? on))),
        ),
    )
    .map(({ on }) => on);
}

/** First departure to last arrival, open while the last leg has not arrived; null without a leg. */
function underWay(legs: WorldShipment['legs']): { from: string; to: string } | null {
  if (legs.length === 0) return null;
  const arrivals = legs.flatMap(({ arrived }) => arrived ?? []).sort();
  return { from: legs.map(({ departed }) => departed).sort()[0]!, to: legs.at(-1)!.arrived === null ? '9999' : arrivals.at(-1)! };
}

const BIRTHS = { HARVEST: 'HARVESTED', PURCHASED: 'PURCHASED', TRANSFORMATION: 'TRANSFORMED' } as const;

/** Steps of a trace as `KIND code day`, sorted. */
export function steps(world: World, root: string, direction: 'BACK' | 'FORWARD'): string[] {
  const found: string[] = [];
  for (const code of [root, ...trace(world, root, direction).depths.keys()]) {
    const lot = lotOf(world, code);
    const of = counted(world, code, root, direction);
    const { transfers, losses, carried } = of;
    for (const { issued } of certificatesOf(world, code, of)) found.push(`CERTIFIED ${code} ${issued}`);
    for (const on of entriesOf(world, code, of)) found.push(`ENTERED ${code} ${on}`);
    found.push(`${BIRTHS[lot.kind]} ${code} ${lot.on}`);
    for (const { on } of transfers) found.push(`TRANSFERRED ${code} ${on}`);
    for (const { on } of losses) found.push(`LOST ${code} ${on}`);
    for (const { on } of (world.treatments ?? []).filter((each) => each.lot === code)) found.push(`TREATED ${code} ${on}`);
    for (const { legs, treatments } of carried) {
      for (const { from, to, departed, arrived } of legs) {
        const [home, abroad] = [countryOf(from), countryOf(to)];
        const crosses = home !== null && abroad !== null && home !== abroad;
        found.push(`DEPARTED ${code} ${departed}`, ...(crosses ? [`EXPORTED ${code} ${departed}`] : []));
        if (arrived !== null) found.push(`ARRIVED ${code} ${arrived}`, ...(crosses ? [`IMPORTED ${code} ${arrived}`] : []));
      }
      const days = underWay(legs);
      for (const { on } of treatments) if (days && on >= days.from && on <= days.to) found.push(`TREATED ${code} ${on}`);
    }
  }
  return found.sort();
}

/** Gaps of a trace as `KIND code day`, sorted. */
export function gaps(world: World, root: string, direction: 'BACK' | 'FORWARD', today: string): string[] {
  const { depths } = trace(world, root, direction);
  const found: string[] = [];
  for (const code of [root, ...depths.keys()]) {
    const lot = lotOf(world, code);
    const inputs = world.uses.filter((use) => use.output === code);
    if (lot.kind !== 'HARVEST' && inputs.length === 0) found.push(`MISSING_INPUTS ${code} ${lot.on}`);
    if (inputs.length > 0 && inputs.reduce((sum, use) => sum + use.kg, 0) < lot.kg) found.push(`MORE_OUT_THAN_IN ${code} ${lot.on}`);

    const product = lot.product ?? 'Wheat';
    const into = inputs.map((use) => ({ kg: use.kg, ...PRODUCTS[lotOf(world, use.input).product ?? 'Wheat'] }));
    const weighed = into.filter(({ hts }) => !hts.startsWith('2201') && !hts.startsWith('2501'));
    const kilograms = (list: { kg: number }[]) => list.reduce((sum, { kg }) => sum + kg, 0);
    if (PRODUCTS[product].organic && kilograms(weighed.filter(({ organic }) => !organic)) * 100 > kilograms(weighed) * 5)
      found.push(`NON_ORGANIC_INPUT ${code} ${lot.on}`);
    const births = inputs.map((use) => lotOf(world, use.input).on);
    if (lot.on !== null && births.some((on) => on !== null && on > lot.on!)) found.push(`OUT_OF_ORDER_DATES ${code} ${lot.on}`);

    const of = counted(world, code, root, direction);
    const { whole, uses, transfers, losses, carried } = of;
    const gifts: Change[] = [
      ...transfers.map((each) => ({ holder: each.from, kg: each.kg, on: each.on })),
      ...uses.map((use) => ({ holder: lotOf(world, use.output).producer, kg: use.kg, on: dayOfUse(world, use) })),
      ...losses.map((each) => ({ holder: each.holder, kg: each.kg, on: each.on })),
    ];
    for (const each of transfers) if (lot.on !== null && each.on < lot.on) found.push(`OUT_OF_ORDER_DATES ${code} ${each.on}`);

    if (PRODUCTS[product].organic) {
      for (const { on, document } of transfers) if (!document) found.push(`NO_DOCUMENT ${code} ${on}`);
      for (const { reference, legs } of carried) {
        const bill = (world.documents ?? []).some(({ type, shipments }) => BILLS.includes(type) && shipments.includes(reference));
        if (!bill) found.push(`NO_DOCUMENT ${code} ${underWay(legs)?.from ?? null}`);
      }
      for (const { type, marked, on } of papers(world, code, of))
        if ([...BILLS, 'INVOICE'].includes(type) && ['NO', 'UNKNOWN'].includes(marked))
          found.push(`DOCUMENT_NOT_MARKED_ORGANIC ${code} ${on}`);
      for (const on of uncovered(world, lot, of)) found.push(`NO_IMPORT_CERTIFICATE ${code} ${on}`);
      for (const { voided, issued, importer, consignee } of certificatesOf(world, code, of)) {
        const toThem = carried.filter((each) => each.consignee === importer || each.consignee === consignee);
        const late = toThem.some(({ legs }) => legs.some((leg) => intoTheUnitedStates(leg) && issued > leg.departed));
        if (!voided && late) found.push(`OUT_OF_ORDER_DATES ${code} ${issued}`);
      }
      const counted = [
        { holder: lot.producer, kg: lot.kg, on: lot.on },
        ...transfers.map((each) => ({ holder: each.to, kg: each.kg, on: each.on as string | null })),
        ...gifts.map((gift) => ({ ...gift, kg: -gift.kg })),
      ];
      for (const { owner, start, until } of tenures(lot, transfers, counted, today)) {
        const passedOn = gifts.filter((gift) => gift.holder === owner).map((gift) => gift.on ?? today);
        if (!whole && passedOn.length === 0) continue;
        const end = until ?? today;
        const last = whole || end < passedOn.sort().at(-1)! ? end : passedOn.sort().at(-1)!;
        const bad = firstBadDay(world, owner, product, start, last);
        if (bad !== null) found.push(`OWNER_NOT_CERTIFIED ${code} ${bad}`);
      }
    }

    for (const { number } of certificatesOf(world, code, of)) {
      const on = overdrawnOn(world, number);
      if (on !== null) found.push(`CERTIFICATE_OVERDRAWN ${code} ${on}`);
    }

    for (const { shipper, legs, treatments } of carried) {
      const on = underWay(legs)?.from ?? null;
      if (shipper !== lot.producer && !transfers.some((each) => each.to === shipper && (on === null || each.on <= on)))
        found.push(`OWNER_CHANGED_WITHOUT_TRANSFER ${code} ${on}`);
      for (const { departed, arrived } of legs)
        if (arrived !== null && arrived < departed) found.push(`OUT_OF_ORDER_DATES ${code} ${arrived}`);
      const arrivals = legs.flatMap(({ arrived }) => arrived ?? []).sort();
      const end = legs.at(-1)?.arrived === null ? '9999' : arrivals.at(-1);
      for (const { kind, prohibited, on: day } of treatments)
        if ((prohibited || kind === 'IRRADIATION') && on !== null && day >= on && day <= end!)
          found.push(`PROHIBITED_TREATMENT ${code} ${day}`);
    }
    for (const { kind, prohibited, on } of (world.treatments ?? []).filter((each) => each.lot === code))
      if (prohibited || kind === 'IRRADIATION') found.push(`PROHIBITED_TREATMENT ${code} ${on}`);

    const born = countryOfLot(world, lot);
    const there = uses.map((use) => ({ country: countryOfLot(world, lotOf(world, use.output)), on: dayOfUse(world, use) }));
    if (whole) {
      for (const [holder] of holdings(world, code, '9999-12-31')) {
        const receipts = [
          ...transfers.filter((each) => each.to === holder).map((each) => each.on as string | null),
          ...(holder === lot.producer ? [lot.on] : []),
        ];
        there.push({ country: countryOfOperation(world, holder), on: receipts.includes(null) ? null : receipts.sort()[0]! });
      }
    }
    for (const country of new Set(there.map((each) => each.country))) {
      if (country === born || carried.some(({ legs }) => legs.some(({ to }) => countryOf(to) === country))) continue;
      const days = there.filter((each) => each.country === country).map((each) => each.on);
      found.push(`NO_TRANSPORT ${code} ${days.includes(null) ? null : days.sort()[0]}`);
    }

    for (const holder of new Set(gifts.map((gift) => gift.holder))) {
      const received = (by: string | null) =>
        (holder === lot.producer ? lot.kg : 0) +
        transfers.filter((each) => each.to === holder && (by === null || each.on <= by)).reduce((sum, each) => sum + each.kg, 0);
      const gave = (by: string | null) =>
        gifts
          .filter((gift) => gift.holder === holder && (by === null || (gift.on !== null && gift.on <= by)))
          .reduce((sum, gift) => sum + gift.kg, 0);
      const days = [...new Set(gifts.filter((gift) => gift.holder === holder && gift.on !== null).map((gift) => gift.on!))].sort();
      const first = days.find((day) => received(day) > 0 && gave(day) > received(day));
      const undated = gifts.some((gift) => gift.holder === holder && gift.on === null);
      if (holder !== lot.producer) {
        for (const gift of gifts.filter((each) => each.holder === holder)) {
          const received = transfers.some((each) => each.to === holder && (gift.on === null || each.on <= gift.on));
          if (!received) found.push(`OWNER_CHANGED_WITHOUT_TRANSFER ${code} ${gift.on}`);
        }
      }
      if (first) found.push(`OVERDRAWN ${code} ${first}`);
      else if (undated && received(null) > 0 && gave(null) > received(null)) found.push(`OVERDRAWN ${code} null`);
    }
  }
  return found.sort();
}

export interface OracleBalance {
  opening: number;
  born: number;
  received: number;
  sent: number;
  used: number;
  lost: number;
  closing: number;
}

/** The mass balance of an operation and product from one day to another, kilograms, fact by fact. */
export function massBalance(world: World, operation: string, product: string, from: string, to: string): OracleBalance {
  const balance: OracleBalance = { opening: 0, born: 0, received: 0, sent: 0, used: 0, lost: 0, closing: 0 };
  const inPeriod = (on: string | null) => on !== null && on >= from && on <= to;
  for (const lot of world.lots.filter((each) => (each.product ?? 'Wheat') === product)) {
    const heldAt = (counts: (on: string) => boolean) =>
      changes(world, lot.code)
        .filter(({ holder, on }) => holder === operation && (on === null || counts(on)))
        .reduce((sum, { kg }) => sum + kg, 0);
    balance.opening += Math.max(
      0,
      heldAt((on) => on < from),
    );
    balance.closing += Math.max(
      0,
      heldAt((on) => on <= to),
    );
    if (lot.producer === operation && inPeriod(lot.on)) balance.born += lot.kg;
    for (const each of world.transfers.filter((transfer) => transfer.lot === lot.code && inPeriod(transfer.on))) {
      if (each.to === operation) balance.received += each.kg;
      if (each.from === operation) balance.sent += each.kg;
    }
    for (const use of world.uses.filter((each) => each.input === lot.code && inPeriod(dayOfUse(world, each))))
      if (lotOf(world, use.output).producer === operation) balance.used += use.kg;
    for (const loss of world.losses.filter((each) => each.lot === lot.code && inPeriod(each.on)))
      if (loss.holder === operation) balance.lost += loss.kg;
  }
  return balance;
}
