import { CertificationVerdict, type Day, type OperationCertificateStatus, type OperationRole, type Standard } from '@lotline/schema';

// Was an operation certified for a product on a day? 7 CFR 205.100, 205.101, 205.404, 205.662, and the arrangements of equivalence.

/** One row of a certificate's history: its standing from a day on. */
export interface StatusRow {
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  /** Last day in force, of standards other than NOP. */
  expiresOn: Day | null;
  /** The Product Verification Form as this row gives it; empty keeps the list before. */
  products: readonly string[];
}

/** A certificate of an operation: its standard, and its history, oldest first. */
export interface CertificateHistory {
  standard: Standard;
  history: readonly StatusRow[];
}

export interface CertifiedOperation {
  roles: readonly OperationRole[];
  certificates: readonly CertificateHistory[];
}

/**
 * Arrangements under which goods certified abroad are sold as organic in the United States, from the day each took effect. Source: USDA
 * Agricultural Marketing Service, International Trade Partners.
 */
export const EQUIVALENT_FROM: Record<Exclude<Standard, 'NOP'>, string> = {
  CANADA: '2009-06-30',
  EU: '2012-06-01',
  JAPAN: '2014-01-01',
  KOREA: '2014-07-01',
  SWITZERLAND: '2015-07-10',
  TAIWAN: '2020-05-30',
  UK: '2021-01-01',
};

/** Who only arranges or carries needs no certificate (7 CFR 205.101(g), (h)). */
const EXEMPT_ROLES: ReadonlySet<OperationRole> = new Set(['BROKER', 'CARRIER', 'WAREHOUSE']);

const BEST_FIRST = Object.values(CertificationVerdict);

/** The verdict of one certificate; null where no status is in force yet. */
function verdictOf({ standard, history }: CertificateHistory, product: string, on: Day): CertificationVerdict | null {
  const rows = history.filter((row) => row.effectiveFrom <= on);
  const row = rows.at(-1);
  if (!row) return null;
  if (row.status !== 'CERTIFIED') return row.status;
  if (standard !== 'NOP') {
    if (on < EQUIVALENT_FROM[standard]) return 'NONE';
    if (row.expiresOn !== null && row.expiresOn < on) return 'EXPIRED';
  }
  const listed = rows.findLast((each) => each.products.length > 0)?.products;
  const everything = history.every((each) => each.products.length === 0);
  if (!everything && !listed?.includes(product)) return 'OUT_OF_SCOPE';
  return standard === 'NOP' ? 'VALID' : 'VALID_EQUIVALENT';
}

/** Was the operation certified for the product on that day? Of several certificates the best verdict wins. */
export function certifiedFor({ roles, certificates }: CertifiedOperation, product: string, on: Day): CertificationVerdict {
  const verdicts = certificates.flatMap((certificate) => verdictOf(certificate, product, on) ?? []);
  if (verdicts.length > 0) return verdicts.reduce((best, each) => (BEST_FIRST.indexOf(each) < BEST_FIRST.indexOf(best) ? each : best));
  return roles.every((role) => EXEMPT_ROLES.has(role)) ? 'EXEMPT' : 'NONE';
}

/** Verdicts under which goods may be held as organic. */
export const isCertified = (verdict: CertificationVerdict): boolean =>
  verdict === 'VALID' || verdict === 'VALID_EQUIVALENT' || verdict === 'EXEMPT';

/** Days on which a verdict may change: each step of each history, and the day after an expiry. */
export function turningDays({ certificates }: CertifiedOperation): Day[] {
  const days = new Set<Day>();
  for (const { standard, history } of certificates) {
    for (const { effectiveFrom, expiresOn } of history) {
      days.add(effectiveFrom);
      if (standard !== 'NOP' && expiresOn !== null) days.add(dayAfter(expiresOn));
    }
  }
  return [...days].sort();
}

const dayAfter = (day: Day): Day => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10) as Day;

/**
 * The first day of a holding, both ends counted, on which the owner was not certified; null where it always was.
 * @param until null while it still holds: judged up to `today`
 */
export function firstUncertified(
  operation: CertifiedOperation,
  product: string,
  from: Day,
  until: Day | null,
  today: Day,
): { on: Day; verdict: CertificationVerdict } | null {
  const end = until ?? (today > from ? today : from);
  for (const on of [from, ...turningDays(operation).filter((day) => day > from && day <= end)]) {
    const verdict = certifiedFor(operation, product, on);
    if (!isCertified(verdict)) return { on, verdict };
  }
  return null;
}
