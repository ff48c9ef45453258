import { type Day, localDay } from '@lotline/schema';
import { type Breach, type CertificateOfLot, type LotStory, type Rule, STRENGTHENED_ENFORCEMENT } from './story';

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
