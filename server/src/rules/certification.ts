import {
  CertificationVerdict,
  type Day,
  dayAfter,
  type OperationCertificateStatus,
  type OperationRole,
  type Standard,
} from '@lotline/schema';
import { ARRANGEMENTS } from './arrangements';

/** One step in the standing of a certificate, in force from its day until the next. */
export interface CertificateStep {
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  /** Last day in force; counts for other standards than NOP only (7 CFR 205.404(c): a NOP certificate does not expire). */
  expiresOn: Day | null;
  /** The Product Verification Form from this day on; empty keeps the list before it. */
  products: readonly string[];
}

/** A certificate, with its steps in order of day. */
export interface CertificateHistory {
  id: string;
  standard: Standard;
  steps: readonly CertificateStep[];
}

/** What a verdict on an operation is found from. */
export interface Standing {
  roles: readonly OperationRole[];
  certificates: readonly CertificateHistory[];
}

/** Best first, as the contract lists them. */
const VERDICTS = Object.keys(CertificationVerdict) as CertificationVerdict[];
/** Whoever does nothing else needs no certificate: brokers and logistics that do not handle the goods (7 CFR 205.101(g), (h)). */
const EXEMPT_ROLES: ReadonlySet<OperationRole> = new Set(['BROKER', 'CARRIER', 'WAREHOUSE']);
const CERTIFIED: ReadonlySet<CertificationVerdict> = new Set(['VALID', 'VALID_EQUIVALENT', 'EXEMPT']);

/** Certified, equivalent or exempt? */
export const isCertified = (verdict: CertificationVerdict): boolean => CERTIFIED.has(verdict);

/** Was an operation certified for a product on a day? Of several certificates the best counts. */
export function verdictOn({ roles, certificates }: Standing, product: string, day: Day): CertificationVerdict {
  const found = new Set(certificates.map((certificate) => verdictOf(certificate, product, day)));
  const best = VERDICTS.find((verdict) => found.has(verdict));
  return best ?? (roles.every((role) => EXEMPT_ROLES.has(role)) ? 'EXEMPT' : 'NONE');
}

/** What one certificate says of that day; null before its first step. */
function verdictOf({ standard, steps }: CertificateHistory, product: string, day: Day): CertificationVerdict | null {
  const begun = steps.filter((step) => step.effectiveFrom <= day);
  const now = begun.at(-1);
  if (!now) return null;
  if (now.status !== 'CERTIFIED') return now.status;
  if (standard !== 'NOP' && now.expiresOn !== null && now.expiresOn < day) return 'EXPIRED';
  const form = begun.findLast((step) => step.products.length > 0);
  if (form && !form.products.includes(product)) return 'OUT_OF_SCOPE';
  if (standard === 'NOP') return 'VALID';
  return ARRANGEMENTS.some((each) => each.standard === standard && each.from <= day) ? 'VALID_EQUIVALENT' : 'OUT_OF_SCOPE';
}

const SUSPENDED: CertificateStep = { status: 'SUSPENDED', effectiveFrom: '0001-01-01' as Day, expiresOn: null, products: [] };

/** Does it hang on a certificate that an operation is certified for a product on a day: is it not, or would it not be, where that one is not in force? */
export function hangsOn({ roles, certificates }: Standing, id: string, product: string, day: Day): boolean {
  const form = formOn(certificates, id, day);
  if (form && !form.includes(product)) return false;
  const without = certificates.map((each) => (each.id === id ? { ...each, steps: [SUSPENDED] } : each));
  return !isCertified(verdictOn({ roles, certificates: without }, product, day));
}

/** Does anything hang on a certificate, where nobody says of what product it is? */
export function anythingHangsOn(standing: Standing, id: string, day: Day): boolean {
  const form = formOn(standing.certificates, id, day) ?? [''];
  return form.some((product) => hangsOn(standing, id, product, day));
}

/** The products that a certificate covers on a day; null where it says of none. */
function formOn(certificates: readonly CertificateHistory[], id: string, day: Day): readonly string[] | null {
  const steps = certificates.find((each) => each.id === id)?.steps.filter((step) => step.effectiveFrom <= day) ?? [];
  return steps.findLast((step) => step.products.length > 0)?.products ?? null;
}

/** The first day of a period, both ends included, on which an operation was neither certified for a product nor exempt; null if none. */
export function firstUncertifiedDay(standing: Standing, product: string, from: Day, to: Day): Day | null {
  // A verdict changes on these days only.
  const changes = standing.certificates.flatMap(({ steps }) =>
    steps.flatMap(({ effectiveFrom, expiresOn }) => (expiresOn === null ? [effectiveFrom] : [effectiveFrom, dayAfter(expiresOn)])),
  );
  const days = [from, ...changes, ...ARRANGEMENTS.map((each) => each.from)].filter((day) => day >= from && day <= to).sort();
  return days.find((day) => !isCertified(verdictOn(standing, product, day))) ?? null;
}

/** The verdict on a period: that of its first day without certification, else of its first day. */
export const verdictOver = (standing: Standing, product: string, from: Day, to: Day): CertificationVerdict =>
  verdictOn(standing, product, firstUncertifiedDay(standing, product, from, to) ?? from);
