import { type Day, type Grams, grams, localDay, type Moment, quote, type Reason, toKilograms } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { onBehalfOf } from '../access';
import { noSuch, type Work } from '../commands';
import { freeOf } from './free';
import { type NewClaim, receivingParties } from './record';
import { lockCertificates, type Standing } from './standing';

// A certificate for a period claims lots as each shipment departs; one for a shipment claimed them at its issue.

const RULE = '7 CFR 205.273';
const IN_FORCE: ReadonlySet<string> = new Set(['ISSUED', 'HANDED_OVER', 'ENTERED']);

/** A shipment that departs under certificates. */
interface Departing {
  shipment: { id: string; shipperId: string; consigneeId: string };
  departed: Moment;
  fromUnLocode: string | null;
  /** Ids of certificates. */
  named: readonly string[];
}

/** A certificate with what it covers, and what departed under it so far. */
interface Period extends Standing {
  place: number;
  issuedOn: Day | null;
  issuedAt: Date | null;
  /** Whole grams that it covers. */
  mass: bigint;
  departed: bigint;
  lines: { product: string; lot: string | null; grams: bigint; departed: bigint }[];
}

interface Shipped {
  id: string;
  lot: string;
  code: string;
  product: string;
  organic: boolean;
  grams: string;
  value: string;
  unit: string;
  /** Is it claimed, as it was shipped? */
  isClaimed: boolean;
  /** Does another certificate of its shipper name the lot? */
  isNamed: boolean;
  /** Of the whole lot, what backs no certificate. */
  unclaimed: string;
}

/** Why a certificate is not one under which the shipment may depart; null if it is. */
function notInForce(
  certificate: Standing & Pick<Period, 'issuedOn' | 'issuedAt'>,
  { shipment, departed, fromUnLocode }: Departing,
): Reason | null {
  const { kind, exporterId, status, validFrom, validTo, issuedOn, issuedAt } = certificate;
  const refused = (message: string, remedy: string): Reason => ({ code: 'REFUSED', message, rule: RULE, remedy });
  if (exporterId !== shipment.shipperId) return refused('the shipper is not its exporter', 'name a certificate that the shipper asked for');
  if (kind !== 'PERIOD') return refused('it is for a shipment, and claimed its lots at its issue', 'leave it out');
  if (!IN_FORCE.has(status))
    return { code: 'CONFLICT', message: `the certificate is ${status}`, rule: RULE, remedy: 'name one that is in force' };
  if (!receivingParties(certificate).includes(shipment.consigneeId))
    return refused('the shipment goes to nobody whom it names as receiving', 'name one that is for the consignee of the shipment');
  const isOver = (validFrom !== null && departed.on < validFrom) || (validTo !== null && departed.on > validTo);
  if (isOver)
    return refused(`it is for ${validFrom ?? 'any day'} to ${validTo ?? 'any day'}`, 'name one that is for the day of the departure');
  const issued = (issuedAt && localDay(issuedAt, fromUnLocode)) ?? issuedOn;
  const isLate = departed.at && issuedAt ? departed.at < issuedAt : issued !== null && departed.on < issued;
  return isLate ? refused(`it was issued on ${issued}, when the shipment had left`, 'name one that was issued before') : null;
}

/** Certificates under which a shipment may depart, with the reasons against the others refused. */
async function periodsOf(work: Work, index: number, departing: Departing): Promise<Period[]> {
  const { shipment, named } = departing;
  const found = await lockCertificates({ ...work, viewer: onBehalfOf(work.viewer, shipment.shipperId) }, named);
  const ids = [...found.keys()];
  const issues = await work.tx.query<{ id: string; issuedOn: Day | null; issuedAt: Date | null }>(
    `select s.import_certificate as id, s.on_day as "issuedOn", s.at as "issuedAt" from import_certificate_status s
     where s.import_certificate = any($1) and s.status = 'ISSUED' and s.retracted_by is null`,
    [ids],
  );
  const lines = await work.tx.query<{ certificate: string; product: string; lot: string | null; grams: string; departed: string }>(
    `select x.import_certificate as certificate, x.product, x.lot, sum(x.grams) filter (where x.shipped_lot is null) as grams,
       coalesce(sum(x.grams) filter (where x.shipped_lot is not null), 0) as departed
     from import_certificate_line x where x.import_certificate = any($1) and x.retracted_by is null group by 1, 2, 3`,
    [ids],
  );
  const periods: Period[] = [];
  for (const [place, id] of named.entries()) {
    const refuse = (reason: Reason) => work.refuse(index, { ...reason, path: ['importCertificates', place] });
    const certificate = found.get(id);
    if (!certificate) refuse(noSuch('import certificate', 'importCertificates', place));
    else if (named.indexOf(id) < place) refuse({ code: 'CONFLICT', message: 'this certificate is named twice', remedy: 'name it once' });
    else {
      const { issuedOn = null, issuedAt = null } = issues.find((each) => each.id === id) ?? {};
      const reason = notInForce({ ...certificate, issuedOn, issuedAt }, departing);
      if (reason) {
        refuse(reason);
        continue;
      }
      const own = lines.filter((line) => line.certificate === id);
      const sum = (of: (line: (typeof own)[number]) => string) => own.reduce((total, line) => total + BigInt(of(line)), 0n);
      periods.push({
        ...certificate,
        place,
        issuedOn,
        issuedAt,
        mass: certificate.grams === null ? sum(({ grams: some }) => some ?? '0') : BigInt(certificate.grams),
        departed: sum(({ departed }) => departed),
        lines: own.flatMap((line) =>
          line.grams === null ? [] : [{ ...line, grams: BigInt(line.grams), departed: BigInt(line.departed) }],
        ),
      });
    }
  }
  return periods;
}

/** What a shipment carries, by code. */
const carriedBy = ({ tx }: Work, { id, shipperId }: Departing['shipment']): Promise<Shipped[]> =>
  tx.query<Shipped>(
    `select x.id, l.id as lot, l.code, l.product, p.organic, x.grams, x.value, x.unit,
       exists (select from import_certificate_line c where c.shipped_lot = x.id and c.retracted_by is null and claims(c.import_certificate)) as "isClaimed",
       exists (select from import_certificate_line c join import_certificate k on k.id = c.import_certificate and k.exporter = $2
         where c.lot = l.id and c.shipped_lot is null and c.retracted_by is null and claims(k.id)) as "isNamed",
       l.grams - coalesce((select sum(c.grams) from import_certificate_line c
         where c.lot = l.id and c.retracted_by is null and claims(c.import_certificate) and claiming(c)), 0) as unclaimed
     from shipped_lot x join lot l on l.id = x.lot join product p on p.id = l.product join operation o on o.id = l.producer
     where x.shipment = $1 and x.retracted_by is null order by l.code, o.identifier, x.id`,
    [id, shipperId],
  );

const kilograms = (mass: bigint): string => `${toKilograms(mass as Grams)} kg`;

/**
 * What certificates for a period claim of a shipment as it departs, each reason against it refused. Each lot goes under the first of them that
 * names it, else the first that has its product; what departed under one before, on another leg, stays there. A lot that is not organic, or that
 * another certificate of the shipper names, needs none.
 */
export async function judgeClaims(work: Work, index: number, departing: Departing): Promise<NewClaim[]> {
  const { shipment, departed } = departing;
  const periods = await periodsOf(work, index, departing);
  if (periods.length < departing.named.length) return [];
  const refuse = (message: string, remedy: string, ...path: (string | number)[]) =>
    work.refuse(index, { code: 'REFUSED', message, path: ['importCertificates', ...path], rule: RULE, remedy });
  const claims: NewClaim[] = [];
  const carried = await carriedBy(work, shipment);
  const free = await freeOf(
    work.tx,
    shipment.shipperId,
    carried.map(({ lot }) => lot),
    null,
  );
  const taken = new Map<string, bigint>();
  for (const { id, lot, code, product, organic, isClaimed, isNamed, value, unit, ...shipped } of carried) {
    if (isClaimed) continue;
    const mass = grams(shipped.grams);
    const covers = periods.filter(({ lines }) => lines.some((line) => line.product === product && (line.lot === null || line.lot === lot)));
    const naming = (period: Period) => period.lines.find((line) => line.lot === lot);
    const period = covers.find(naming) ?? covers[0];
    if (!period) {
      if (organic && !isNamed)
        refuse(
          `lot ${quote(code)} is on the lines of none of them`,
          'name a certificate that covers its product as well, or ask the certifier for a revision',
        );
      continue;
    }
    const line = naming(period);
    if (line) {
      line.departed += mass;
      if (line.departed > line.grams)
        refuse(
          `the certificate names ${kilograms(line.grams)} of lot ${quote(code)}, and ${kilograms(line.departed)} would have departed`,
          'ask the certifier for a revision',
          period.place,
        );
    } else {
      const before = taken.get(lot) ?? 0n;
      taken.set(lot, before + mass);
      if (before + mass > free.get(lot)!.free)
        refuse(
          `the shipper holds less than ${kilograms(before + mass)} of lot ${quote(code)} that stand behind no certificate of its own`,
          'ship at most what it holds beside what its other certificates claim',
          period.place,
        );
      else if (before + mass > BigInt(shipped.unclaimed))
        refuse(
          `less than ${kilograms(before + mass)} of lot ${quote(code)} is unclaimed: a gram may back one certificate only`,
          'ship at most what no other certificate claims, or void the other one',
          period.place,
        );
    }
    period.departed += mass;
    claims.push({
      id: uuidv7(),
      certificate: period,
      productId: product,
      lotId: lot,
      grams: mass,
      value,
      unit,
      reference: null,
      attributes: null,
      shipped: { id, shipment: shipment.id, on: departed.on },
    });
  }
  for (const { id, place, mass, departed: total } of periods) {
    if (!claims.some(({ certificate }) => certificate.id === id))
      refuse('it covers nothing of the shipment that is not claimed', 'leave it out', place);
    else if (total > mass)
      refuse(
        `it covers ${kilograms(mass)}, and ${kilograms(total)} would have departed under it`,
        'ask the certifier for a revision',
        place,
      );
  }
  return claims;
}

/** The departure of a leg is taken back: what certificates claimed by it is free again. */
export async function releaseClaims(
  work: Work,
  { shipment, leg, reason }: { shipment: string; leg: number; reason: string },
): Promise<void> {
  const released = await work.tx.query<{ id: string; certificate: string }>(
    `update import_certificate_line x set retracted_by = $3 from shipped_lot s
     where s.id = x.shipped_lot and s.shipment = $1 and x.retracted_by is null
       and exists (select from shipment_leg g where g.shipment = $1 and g.sequence = $2 and g.recorded_by = x.recorded_by)
     returning x.id, x.import_certificate as certificate`,
    [shipment, leg, work.command],
  );
  const ids = released.map(({ id }) => id);
  await work.tx.query('update party set retracted_by = $2 where fact = any($1) and retracted_by is null', [ids, work.command]);
  for (const certificate of new Set(released.map((each) => each.certificate)))
    work.emit({
      type: 'import-certificate.claims-released',
      subject: certificate,
      payload: { shipment, claims: released.filter((each) => each.certificate === certificate).map(({ id }) => id), reason },
    });
}
