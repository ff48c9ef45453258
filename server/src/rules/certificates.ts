import { type Day, localDay, sumGrams, toKilograms } from '@lotline/schema';
import { type Breach, type CertificateOfLot, type DrawOnCertificate, type LotStory, type Rule, STRENGTHENED_ENFORCEMENT } from './story';

/** A leg from abroad into the United States. */
const enters = ({ fromCountry, toCountry }: { fromCountry: string | null; toCountry: string | null }): boolean =>
  toCountry === 'US' && fromCountry !== null && fromCountry !== 'US';

/** The lot enters the United States: by a leg from abroad, which may be under way; where no such leg is on record, by a customs entry. */
function entrances({ carriages, entries }: LotStory): { shipper: string | null; on: Day; what: string }[] {
  const byLeg = carriages.flatMap(({ shipper, legs }) =>
    legs.filter(enters).map(({ departedOn, arrivedOn }) => ({
      shipper,
      on: (arrivedOn ?? departedOn)!,
      what: arrivedOn === null ? 'left for' : 'entered',
    })),
  );
  return byLeg.length > 0 ? byLeg : entries.map(({ on }) => ({ shipper: null, on, what: 'entered' }));
}

/** A certificate that names no lot covers what its exporter shipped; one for a period, on the days of that. */
const coversProduct = ({ live, exporter, kind, validFrom, validTo }: CertificateOfLot, shipper: string | null, on: Day): boolean =>
  live && exporter === shipper && (kind === 'SHIPMENT' || ((validFrom === null || validFrom <= on) && (validTo === null || on <= validTo)));

/** Every import of organic goods is associated with a valid NOP Import Certificate (7 CFR 205.273). */
export const noImportCertificate: Rule = {
  gap: 'NO_IMPORT_CERTIFICATE',
  citation: '7 CFR 205.273',
  says: 'Since 2024-03-19 every organic lot that enters the United States is covered by an import certificate: by a line that names it, by an entry that joins the two, or by a line for its product of whoever shipped it.',
  since: STRENGTHENED_ENFORCEMENT,
  judgedBy: 'EVERYBODY',
  find: (story) => {
    if (!story.product.organic || story.certificates.some(({ live }) => live)) return [];
    return entrances(story)
      .filter(({ on }) => on >= STRENGTHENED_ENFORCEMENT)
      .filter(({ shipper, on }) => !story.productCertificates.some((certificate) => coversProduct(certificate, shipper, on)))
      .map(({ on, what }) => ({ on, message: `The lot ${what} the United States on ${on}, and no valid import certificate covers it.` }));
  },
};

/** The entries, where it is seen which they are. */
function entriesIn(draws: readonly DrawOnCertificate[]): string {
  const entries = new Set(draws.map(({ entry }) => entry));
  if (entries.has(null)) return 'Customs entries';
  return entries.size === 1 ? 'A customs entry' : `${entries.size} customs entries`;
}

/**
 * Customs entries drew more on an import certificate of the lot than it covers, by their net weights (7 CFR 205.273(d)): only what was reported from outside does.
 * One gap a certificate, on the day of the entry that passed it. That is said of the certificate: which of the lots it leaves uncovered, nobody knows.
 */
export const certificateOverdrawn: Rule = {
  gap: 'CERTIFICATE_OVERDRAWN',
  citation: '7 CFR 205.273',
  says: 'Customs entries draw at most as much on an import certificate as it covers.',
  since: STRENGTHENED_ENFORCEMENT,
  judgedBy: 'FACT',
  find: ({ draws }) => {
    const byCertificate = new Map<string, DrawOnCertificate[]>();
    for (const draw of draws) byCertificate.set(draw.certificate, [...(byCertificate.get(draw.certificate) ?? []), draw]);
    return [...byCertificate.values()].flatMap((all) => {
      const { number, covers } = all[0]!;
      let drawn = 0n;
      const passing = all.find(({ grams }) => {
        drawn += grams;
        return drawn > covers;
      });
      if (!passing) return [];
      const sum = toKilograms(sumGrams(all.map(({ grams }) => grams)));
      const message = `${entriesIn(all)} drew ${sum} kg on import certificate ${number}, which covers ${toKilograms(covers)} kg.`;
      return [{ on: passing.on, message }];
    });
  },
};

/**
 * Certificates of the lot that were issued after it had left for the United States, in shipments to whom they name. Hours compare as
 * instants; a bare day is a whole day at the port of lading, and the same day without hours proves nothing.
 */
export function issuedTooLate({ product, certificates, carriages }: LotStory): Breach[] {
  if (!product.organic) return [];
  return certificates.flatMap(({ live, number, importer, consignee, issuedOn, issuedAt }) => {
    if (!live || issuedOn === null) return [];
    const left = carriages
      .filter((each) => each.consignee === importer || each.consignee === consignee)
      .flatMap(({ legs }) => legs)
      .find((leg) => enters(leg) && isLater({ issuedOn, issuedAt }, leg));
    if (!left) return [];
    const [issued, departed] =
      issuedAt && left.departedAt
        ? [issuedAt, left.departedAt].map((at) => `at ${at.toISOString()}`)
        : [`on ${issuedOn}`, `on ${left.departedOn}`];
    const message = `Import certificate ${number} was issued ${issued}, after the lot had left ${departed}.`;
    return [{ on: issuedOn, citation: '7 CFR 205.273', message }];
  });
}

function isLater(
  { issuedOn, issuedAt }: { issuedOn: Day; issuedAt: Date | null },
  { departedOn, departedAt, fromUnLocode }: { departedOn: Day | null; departedAt: Date | null; fromUnLocode: string | null },
): boolean {
  if (departedOn === null) return false;
  if (issuedAt && departedAt) return issuedAt > departedAt;
  const [issued, departed] = [
    (issuedAt && localDay(issuedAt, fromUnLocode)) ?? issuedOn,
    (departedAt && localDay(departedAt, fromUnLocode)) ?? departedOn,
  ];
  return issued > departed;
}
