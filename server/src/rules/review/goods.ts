import { type Day, daysAfter, type Grams, localDay, toKilograms } from '@lotline/schema';
import { mustBeMarked } from '../papers';
import { STRENGTHENED_ENFORCEMENT } from '../story';
import { about, type CertificateRequest, type Found, failed, passed, passedUnless, type ReviewRule, undetermined } from './request';

const kg = (mass: bigint): string => `${toKilograms(mass as Grams)} kg`;
const NO_LOTS = 'The request names no lots.';

/** What holds of the lots says nothing of what names none. */
export const ofLots = ({ unlotted }: CertificateRequest, found: Found): Found =>
  unlotted > 0n && found.verdict === 'PASSED'
    ? undetermined(`${found.message} ${kg(unlotted)} are asked for without a lot, of which nothing is known.`, found.evidence)
    : found;

/** A contract or an order shows for whom the goods are (the request form). */
export const importerIdentified: ReviewRule = {
  check: 'IMPORTER_IDENTIFIED',
  citation: '7 CFR 205.273',
  says: 'A contract, a purchase order or a sales document that was sent with the request is linked with the importer.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ papers, others, exporter }) => {
    const orders = papers.filter(({ type }) => type === 'CONTRACT' || type === 'PURCHASE_ORDER' || type === 'SALES_DOCUMENT');
    if (orders.length === 0) return failed('No contract and no order was sent.');
    const importer = others.find(({ as }) => as === 'the importer')!;
    const naming = orders.filter(({ names }) => names.has(importer.id));
    if (naming.length > 0) return passed(`${importer.name} is named.`, naming.map(told));
    const open = orders.filter(({ names }) => [...names].every((name) => name === exporter.id));
    return open.length > 0
      ? undetermined(`Nothing on record says that these name ${importer.name}: read them.`, open.map(told))
      : failed(`They are with others than ${importer.name}.`, orders.map(told));
  },
};

const told = ({ id, type, number }: CertificateRequest['papers'][number]) =>
  about('Document', id, `${type.toLowerCase().replaceAll('_', ' ')} ${number}`);

/** The papers that go with the goods identify them as organic. */
export const papersMarkedOrganic: ReviewRule = {
  check: 'PAPERS_MARKED_ORGANIC',
  citation: '7 CFR 205.103(b)(3)',
  says: 'Bills of lading, purchase orders, sales documents, invoices and packing lists that were sent with the request identify the goods as organic.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ papers }) => {
    const judged = papers.filter(({ type }) => mustBeMarked(type));
    const against = judged.filter(({ markedOrganic }) => markedOrganic === 'NO');
    if (against.length > 0) return failed('Papers are not marked organic.', against.map(told));
    const unknown = judged.filter(({ markedOrganic }) => markedOrganic !== 'YES');
    if (unknown.length > 0) return undetermined('Nobody has said that these are marked organic: look at them.', unknown.map(told));
    return passed(judged.length > 0 ? 'They are marked organic.' : 'Nothing was sent that must be marked.', judged.map(told));
  },
};

/** The exporter has the goods for which it asks. */
export const lotsHeld: ReviewRule = {
  check: 'LOTS_HELD',
  citation: '7 CFR 205.273, 205.103(b)(2)',
  says: 'Of every lot the exporter holds at least as much as the request takes of it, beside what its other certificates claim and has not come to those whom they name.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: (request) => {
    const { lots, exporter } = request;
    if (lots.length === 0) return undetermined(NO_LOTS);
    if (lots.some(({ free }) => free === null)) return undetermined(`What ${exporter.name} holds, you may not see.`);
    const short = lots
      .filter(({ free, asked }) => free! < asked)
      .map(({ id, code, held, free, asked }) => {
        const behind = free! < held! ? `, of which ${kg(free!)} stand behind no other certificate` : '';
        return about('Lot', id, `Of ${code} ${kg(asked)} are asked for, and it holds ${kg(held!)}${behind}.`);
      });
    return ofLots(
      request,
      passedUnless(short, `${exporter.name} holds them.`, `${exporter.name} asks for more than it holds and is free.`),
    );
  },
};

/** A gram backs one certificate only. */
export const massUnclaimed: ReviewRule = {
  check: 'MASS_UNCLAIMED',
  citation: '7 CFR 205.273',
  says: 'What the request takes of a lot and what other certificates claim of it are together no more than the lot weighs.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: (request) => {
    const { lots } = request;
    if (lots.length === 0) return undetermined(NO_LOTS);
    const over = lots
      .filter(({ overclaimed }) => overclaimed !== null)
      .map(({ id, code, weighs, asked, claimed, overclaimed }) => {
        const elsewhere =
          overclaimed === 'BY_OTHERS'
            ? `certificates that you may see claim ${kg(claimed)} of it, and others leave too little`
            : `other certificates claim ${kg(claimed)} of it`;
        return about('Lot', id, `${code} weighs ${kg(weighs)}, ${kg(asked)} are asked for, and ${elsewhere}.`);
      });
    return ofLots(
      request,
      passedUnless(over, 'No other certificate claims what is asked for.', 'Other certificates claim some of what is asked for.'),
    );
  },
};

/**
 * Asked for and issued before the goods leave the port of lading, compared in its time zone: hours as instants, a bare day as the whole day
 * there; the same day without an hour proves nothing.
 */
export const beforeDeparture: ReviewRule = {
  check: 'BEFORE_DEPARTURE',
  citation: '7 CFR 205.273',
  says: 'No shipment on record that takes the lots to the importer or consignee left the port of lading for the United States before the certificate is issued.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ departures, expected, exporter, kind, validFrom, now, today }) => {
    if (departures === null) return undetermined(`What ${exporter.name} ships, you may not see.`);
    const judged = departures.map((departure) => ({ departure, left: hasLeft(departure, now, today) }));
    const evidence = (verdict: boolean | null) =>
      judged
        .filter(({ left }) => left === verdict)
        .map(({ departure: { shipment, reference, on, at } }) => about('Shipment', shipment, `${reference} departs ${said({ on, at })}.`));
    const left = evidence(true);
    if (left.length > 0) return failed('The goods have left, and a certificate is issued before they do.', left);
    const open = evidence(null);
    if (open.length > 0) return undetermined('They leave today, at an hour that is not on record.', open);
    if (kind === 'PERIOD' && validFrom !== null && validFrom < today)
      return undetermined(`The period began on ${validFrom}: what left since then, left before its certificate.`);
    if (judged.length === 0 && expected !== null && hasLeft(expected, now, today) !== false)
      return undetermined(`They were to leave ${said(expected)}, and nothing on record says whether they have.`);
    return passed('Nothing on record has left.', evidence(false));
  },
};

const said = ({ on, at }: { on: Day; at: Date | null }): string => (at ? `at ${at.toISOString()}` : `on ${on}`);

/** Null where the same day without an hour proves nothing. */
function hasLeft({ on, at, fromUnLocode }: NonNullable<CertificateRequest['expected']>, now: Date, today: Day): boolean | null {
  if (at !== null) return at <= now;
  const day = localDay(now, fromUnLocode);
  if (day !== null) return on === day ? null : on < day;
  // Of a port whose zone is not known the day may be the one before or after.
  if (on < daysAfter(today, -1)) return true;
  return on > daysAfter(today, 1) ? false : null;
}

const YEAR = 365;
const daysBetween = (from: Day, to: Day): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

/**
 * The estimate of a period, with what other certificates for the same days are still to take, against what the exporter has and grows.
 * Formula: what it holds of the products and stands behind no other certificate, and
 * for every 365 days of the period, or part of them, the hectares on its certificates times the most that its harvests of any 365 days on
 * record gave for a hectare of then.
 */
export const plausibleVolume: ReviewRule = {
  check: 'PLAUSIBLE_VOLUME',
  citation: '7 CFR 205.273, 205.403(d)(4)',
  says: 'The estimate of a period, and what other certificates of the exporter for days of it are still to take, is at most what it holds of the products and stands behind no other certificate, and what its hectares give: for every 365 days of the period, or part of them, hectares times the most that its harvests of any 365 days on record gave for a hectare.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ kind, mass, capacity, exporter, validFrom, validTo, unlotted }) => {
    if (kind === 'SHIPMENT')
      return unlotted > 0n
        ? undetermined(`${kg(unlotted)} are asked for without a lot: what there is of it is not known.`)
        : passed('The request is for a shipment: what it takes of the lots is judged above.');
    if (capacity === null || validFrom === null || validTo === null)
      return undetermined(`What ${exporter.name} holds and grows, you may not see.`);
    const { free, promised, hectares, yearly } = capacity;
    const evidence = [about('Operation', exporter.id, `Holds ${kg(free)} that stand behind no other certificate.`)];
    if (promised > 0n) evidence.push(about('Operation', exporter.id, `Other certificates for these days are to take ${kg(promised)}.`));
    const needed = mass + promised;
    if (needed <= free) return passed(`The estimate of ${kg(mass)} is within what it holds.`, evidence);
    if (hectares === null || yearly === null)
      return undetermined(`The estimate of ${kg(mass)} is more than it holds, and what its fields give is not on record.`, evidence);
    const harvests = Math.ceil(daysBetween(validFrom, validTo) / YEAR);
    const grown = yearly * BigInt(harvests);
    evidence.push(
      about(
        'Operation',
        exporter.id,
        `Has ${hectares} ha. At its best harvest on record they give ${kg(yearly)} in 365 days, ${kg(grown)} in the period.`,
      ),
    );
    const all = free + grown - promised;
    return needed <= free + grown
      ? passed(`The estimate of ${kg(mass)} is within what it holds and grows.`, evidence)
      : failed(`The estimate of ${kg(mass)} is more than it holds and grows: ${kg(all > 0n ? all : 0n)}.`, evidence);
  },
};

/** The form names where the goods come from. */
export const origin: ReviewRule = {
  check: 'ORIGIN',
  citation: '7 U.S.C. 6502(13)',
  says: 'The lots were born in the country that the request names as the origin.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'WARNING',
  find: (request) => {
    const { lots, origin: named } = request;
    if (lots.length === 0) return undetermined(NO_LOTS);
    if (named === null) return undetermined('The request names no origin.');
    const others = lots.filter(({ country }) => country !== named);
    return ofLots(
      request,
      passedUnless(
        others.map(({ id, code, country }) => about('Lot', id, `${code} was born in ${country}.`)),
        `The lots were born in ${named}.`,
        `Lots were born in another country than ${named}.`,
      ),
    );
  },
};
