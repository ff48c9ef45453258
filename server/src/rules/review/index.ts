import type { ReviewFinding } from '@lotline/schema';
import { LOT_RULES } from '../lot-rules';
import { behind } from './behind';
import { beforeDeparture, importerIdentified, lotsHeld, massUnclaimed, origin, papersMarkedOrganic, plausibleVolume } from './goods';
import { arrangement, issuingCertifier, oneHtsCode, partiesCertified, productsVerified } from './parties';
import type { CertificateRequest, ReviewRule } from './request';

export type {
  Capacity,
  CertificateRequest,
  DepartureOfLots,
  FoundBehind,
  NamedOperation,
  PaperSent,
  RequestedLot,
  RequestedProduct,
} from './request';

/** Every rule about a request for an import certificate, in the order of the work sheet. */
export const REVIEW_RULES: readonly ReviewRule[] = [
  issuingCertifier,
  arrangement,
  partiesCertified,
  productsVerified,
  oneHtsCode,
  origin,
  importerIdentified,
  papersMarkedOrganic,
  lotsHeld,
  massUnclaimed,
  beforeDeparture,
  plausibleVolume,
  ...behind(LOT_RULES),
];

/** Most evidence that a finding tells. */
const MOST_EVIDENCE = 100;

/** What the rules say of a request. */
export const findingsOf = (request: CertificateRequest): ReviewFinding[] =>
  REVIEW_RULES.map(({ check, citation, since, severity, find }) => {
    const { verdict, message, evidence } = find(request);
    return {
      check,
      rule: citation,
      since,
      severity,
      verdict,
      message,
      evidence: evidence.slice(0, MOST_EVIDENCE),
      evidenceCount: evidence.length,
    };
  });
