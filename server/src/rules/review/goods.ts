import { type Day, type Grams, localDay, toKilograms } from '@lotline/schema';
import { mustBeMarked } from '../papers';
import { STRENGTHENED_ENFORCEMENT } from '../story';
import { about, type CertificateRequest, failed, passed, passedUnless, type ReviewRule, undetermined } from './request';

const kg = (mass: bigint): string => `${toKilograms(mass as Grams)} kg`;
const NO_LOTS = 'The request names no lots.';

/** A contract or an order shows for whom the goods are (the request form). */
export const importerIdentified: ReviewRule = {
  check: 'IMPORTER_IDENTIFIED',
  citation: '7 CFR 205.273',
  says: 'A contract, a purchase order or a sales document that was sent with the request is linked with the importer.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ papers, others }) => {
    const orders = papers.filter(({ type }) => type === 'CONTRACT' || type === 'PURCHASE_ORDER' || type === 'SALES_DOCUMENT');
    if (orders.length === 0) return failed('No contract and no order was sent.');
    const importer = others.find(({ as }) => as === 'the importer')!;
    const naming = orders.filter(({ names }) => names.has(importer.id));
    return naming.length > 0
      ? passed(`${importer.name} is named.`, naming.map(told))
      : undetermined(`Nothing on record says that these name ${importer.name}: read them.`, orders.map(told));
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
  says: 'The exporter holds at least as much of every lot as the request takes of it.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ lots, exporter }) => {
    if (lots.length === 0) return undetermined(NO_LOTS);
    if (lots.some(({ held }) => held === null)) return undetermined(`What ${exporter.name} holds, you may not see.`);
    return passedUnless(
      lots
        .filter(({ held, asked }) => held! < asked)
        .map(({ id, code, held, asked }) => about('Lot', id, `Of ${code} ${kg(asked)} are asked for, and it holds ${kg(held!)}.`)),
      `${exporter.name} holds them.`,
      `${exporter.name} asks for more than it holds.`,
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
  find: ({ lots }) =>
    lots.length === 0
      ? undetermined(NO_LOTS)
      : passedUnless(
          lots
            .filter(({ overclaimed }) => overclaimed)
            .map(({ id, code, weighs, asked, claimed }) => {
              const elsewhere =
                claimed.all === null
                  ? `certificates that you may see claim ${kg(claimed.seen)} of it, others leave too little`
                  : `other certificates claim ${kg(claimed.all)} of it`;
              return about('Lot', id, `${code} weighs ${kg(weighs)}, ${kg(asked)} are asked for, and ${elsewhere}.`);
            }),
          'No other certificate claims what is asked for.',
          'Other certificates claim some of what is asked for.',
        ),
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
  find: ({ departures, expected, now, today }) => {
    const judged = departures.map((departure) => ({ departure, left: hasLeft(departure, now, today) }));
    const evidence = (verdict: boolean | null) =>
      judged
        .filter(({ left }) => left === verdict)
        .map(({ departure: { shipment, reference, on, at } }) => about('Shipment', shipment, `${reference} departs ${said({ on, at })}.`));
    const left = evidence(true);
    if (left.length > 0) return failed('The goods have left, and a certificate is issued before they do.', left);
    const open = evidence(null);
    if (open.length > 0) return undetermined('They leave today, at an hour that is not on record.', open);
    if (judged.length === 0 && expected !== null && hasLeft(expected, now, today) !== false)
      return undetermined(`They were to leave ${said(expected)}, and nothing on record says whether they have.`);
    return passed('Nothing on record has left.', evidence(false));
  },
};

const said = ({ on, at }: { on: Day; at: Date | null }): string => (at ? `at ${at.toISOString()}` : `on ${on}`);

/** Null where the same day without an hour proves nothing. */
function hasLeft({ on, at, fromUnLocode }: NonNullable<CertificateRequest['expected']>, now: Date, today: Day): boolean | null {
  if (at !== null) return at <= now;
  const day = localDay(now, fromUnLocode) ?? today;
  return on === day ? null : on < day;
}

const YEAR = 365;
const daysBetween = (from: Day, to: Day): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;

/**
 * The estimate of a period against what the exporter has and grows. Formula: what it holds of the products and no certificate claims, and
 * for every 365 days of the period, or part of them, the hectares on its certificates times the most that its harvests of any 365 days on
 * record gave for a hectare of then.
 */
export const plausibleVolume: ReviewRule = {
  check: 'PLAUSIBLE_VOLUME',
  citation: '7 CFR 205.273, 205.403(d)(4)',
  says: 'The estimate of a period is at most what the exporter holds of the products and no certificate claims, and what its hectares give: for every 365 days of the period, or part of them, hectares times the most that its harvests of any 365 days on record gave for a hectare.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ kind, mass, capacity, exporter, validFrom, validTo }) => {
    if (kind === 'SHIPMENT') return passed('The request is for a shipment: what it takes of the lots is judged above.');
    if (capacity === null || validFrom === null || validTo === null)
      return undetermined(`What ${exporter.name} holds and grows, you may not see.`);
    const { unclaimed, hectares, yearly } = capacity;
    const evidence = [about('Operation', exporter.id, `Holds ${kg(unclaimed)} that no certificate claims.`)];
    if (mass <= unclaimed) return passed(`The estimate of ${kg(mass)} is within what it holds.`, evidence);
    if (hectares === null || yearly === null)
      return undetermined(`${kg(mass)} are more than it holds, and what its fields give is not on record.`, evidence);
    const harvests = Math.ceil(daysBetween(validFrom, validTo) / YEAR);
    const grown = yearly * BigInt(harvests);
    evidence.push(
      about(
        'Operation',
        exporter.id,
        `Has ${hectares} ha. At its best harvest on record they give ${kg(yearly)} in 365 days, ${kg(grown)} in the period.`,
      ),
    );
    return mass <= unclaimed + grown
      ? passed(`The estimate of ${kg(mass)} is within what it holds and grows.`, evidence)
      : failed(`The estimate of ${kg(mass)} is more than it holds and grows: ${kg(unclaimed + grown)}.`, evidence);
  },
};
