import { CertificationVerdict } from '@lotline/schema';
import { ARRANGEMENTS, isAnimalProduct, isProcessed } from '../arrangements';
import { isCertified, verdictOn } from '../certification';
import { STRENGTHENED_ENFORCEMENT } from '../story';
import { about, type CertificateRequest, failed, passed, passedUnless, type ReviewRule, undetermined } from './request';

/** Only the certifying agent of the final certified exporter issues it (7 CFR 205.273). */
export const issuingCertifier: ReviewRule = {
  check: 'ISSUING_CERTIFIER',
  citation: '7 CFR 205.273(a)',
  says: 'The certifying agent that is asked certifies the exporter on the day of the review.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ certifier, exporter, certifiedTo }) => {
    const evidence = [about('Operation', exporter.id, exporter.name), { says: certifier.name, about: null }];
    return certifiedTo.size > 0
      ? passed(`${certifier.name} certifies ${exporter.name}.`, evidence)
      : failed(`${certifier.name} does not certify ${exporter.name}, and only its own certifier may issue the certificate.`, evidence);
  },
};

/** The certifier may issue to that standard, and the United States takes it for these goods on that day. */
export const arrangement: ReviewRule = {
  check: 'ARRANGEMENT',
  citation: '7 CFR 205.511, 7 U.S.C. 6505(b)',
  says: 'The certifier certifies the exporter to the standard named; one that is not NOP is in force by an arrangement of equivalence, which covers where the goods come from and what they are.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: (request) => {
    const { standard, certifier, exporter, certifiedTo, today } = request;
    if (standard === null) return undetermined('The request names no standard.');
    const authority = [{ says: `${certifier.name} certifies to ${certifier.schemes.join(', ') || 'NOP'}.`, about: null }];
    if (!(certifier.schemes.length === 0 ? ['NOP'] : certifier.schemes).includes(standard))
      return failed(`${certifier.name} does not certify to ${standard}.`, authority);
    if (certifiedTo.size > 0 && !certifiedTo.has(standard))
      return failed(`${certifier.name} certifies ${exporter.name} to ${[...certifiedTo].join(', ')}, not to ${standard}.`, authority);
    if (standard === 'NOP') return passed('The goods are certified to the standard of the United States itself.', authority);
    const inForce = ARRANGEMENTS.find((each) => each.standard === standard && each.from <= today);
    if (!inForce) return failed(`No arrangement of equivalence with ${standard} is in force.`, authority);
    const outside = originsOf(request).filter(({ country }) => inForce.territory !== null && !inForce.territory.includes(country));
    if (outside.length > 0)
      return failed(
        `The arrangement with ${standard} covers what was produced, processed or packed there.`,
        outside.map(({ evidence }) => evidence),
      );
    const unclear = request.products.filter(({ hts }) => (inForce.processedOnly && !isProcessed(hts)) || isAnimalProduct(hts));
    if (unclear.length > 0)
      return undetermined(
        `The arrangement with ${standard} sets terms for ${inForce.processedOnly ? 'what is not processed and for ' : ''}animal products: see that these meet them.`,
        unclear.map(({ id, name, hts }) => about('Product', id, `${name} is of HTS ${hts}.`)),
      );
    return passed(`The arrangement with ${standard} is in force since ${inForce.from}, and covers the goods.`, authority);
  },
};

const originsOf = ({ lots, origin }: CertificateRequest) =>
  lots.length > 0
    ? lots.map(({ id, code, country }) => ({ country, evidence: about('Lot', id, `${code} was born in ${country}.`) }))
    : origin === null
      ? []
      : [{ country: origin, evidence: { says: `The request names ${origin} as the origin.`, about: null } }];

/** Exporter, final handler and importer are certified on that day (7 CFR 205.100(a), 205.273). */
export const partiesCertified: ReviewRule = {
  check: 'PARTIES_CERTIFIED',
  citation: '7 CFR 205.100(a), 205.273',
  says: 'On the day of the review the exporter is certified, and final handler and importer for the products.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ exporter, others, products, today }) => {
    const verdicts = [
      // Whether the form of the exporter names the products is a check of its own.
      ...products
        .map(({ id }) => ({ as: 'the exporter', ...exporter, verdict: verdictOn(exporter.standing, id, today) }))
        .filter(({ verdict }) => verdict !== 'OUT_OF_SCOPE'),
      ...others.flatMap((each) => products.map(({ id }) => ({ ...each, verdict: verdictOn(each.standing, id, today) }))),
    ];
    const told = (each: (typeof verdicts)[number]) => about('Operation', each.id, `${each.name}, ${each.as}: ${WORDS[each.verdict]}.`);
    const once = (list: typeof verdicts) => [
      ...new Map(list.map((each) => [`${each.id} ${each.as} ${each.verdict}`, told(each)])).values(),
    ];
    const against = once(verdicts.filter(({ verdict }) => !isCertified(verdict) || verdict === 'EXEMPT'));
    return against.length > 0
      ? failed('Whoever exports, handles or imports organic goods is certified, and not all of these are.', against)
      : passed('All of them are certified.', once(verdicts));
  },
};

const WORDS: Record<CertificationVerdict, string> = {
  VALID: 'certified',
  VALID_EQUIVALENT: 'certified under an arrangement of equivalence',
  EXEMPT: 'exempt, where a certificate is needed',
  OUT_OF_SCOPE: 'certified, but not for the product',
  SUSPENDED: 'suspended',
  REVOKED: 'revoked',
  SURRENDERED: 'its certificate was surrendered',
  EXPIRED: 'its certificate has expired',
  NONE: 'not certified',
  UNKNOWN: 'not known to be certified',
};

/** Every product stands on the exporter's Product Verification Form, by the name on its label. */
export const productsVerified: ReviewRule = {
  check: 'PRODUCTS_VERIFIED',
  citation: '7 CFR 205.273, 205.404(b)',
  says: "Every product asked for stands on the exporter's Product Verification Form on the day of the review; the sheet gives the name on the label.",
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ products, exporter }) => {
    const missing = products.filter(({ onForm }) => onForm === null);
    if (missing.length > 0)
      return failed(
        `Not all products stand on the Product Verification Form of ${exporter.name}.`,
        missing.map(({ id, name }) => about('Product', id, `${name} does not stand on it.`)),
      );
    if (products.some(({ onForm }) => onForm === 'NO_FORM'))
      return undetermined(`No Product Verification Form of ${exporter.name} is on record.`, [
        about('Operation', exporter.id, exporter.name),
      ]);
    return passed(
      'Every product stands on it.',
      products.flatMap(({ id, name, onForm }) =>
        onForm === null || onForm === 'NO_FORM'
          ? []
          : about('Product', id, `${name}, labelled as ${onForm.labelledAs ?? name}${onForm.since ? `, since ${onForm.since}` : ''}.`),
      ),
    );
  },
};

/** One certificate covers products of one HTS code. */
export const oneHtsCode: ReviewRule = {
  check: 'ONE_HTS_CODE',
  citation: '7 U.S.C. 6502(13), 7 CFR 205.273',
  says: 'Every product asked for is of the HTS code that the request names.',
  since: STRENGTHENED_ENFORCEMENT,
  severity: 'BLOCKING',
  find: ({ products, hts }) =>
    passedUnless(
      products.filter((each) => each.hts !== hts).map(({ id, name, hts: own }) => about('Product', id, `${name} is of HTS ${own}.`)),
      `All products are of HTS ${hts}.`,
      `Products are of another HTS code than ${hts}, and one certificate covers one.`,
    ),
};
