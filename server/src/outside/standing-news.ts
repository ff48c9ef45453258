import type { Day, OperationCertificateStatus } from '@lotline/schema';

// What a history of the Organic Integrity Database says that ours does not, as pure functions of both.

/** A standing from a day on. */
export interface Standing {
  status: OperationCertificateStatus;
  effectiveFrom: Day;
}

/** Where a history, oldest first, changes: without what says the same as was said before. */
const changesIn = <Step extends Standing>(history: readonly Step[], before: OperationCertificateStatus | null = null): Step[] =>
  history.filter(({ status }, index) => status !== (history[index - 1]?.status ?? before));

/**
 * What theirs tells after the last change of ours; both oldest first. What ours says of that day and before stays as it is: its certifying agent
 * may be ahead of them, and what was before our history began is no news.
 */
export function newsIn<Step extends Standing>(ours: readonly Standing[], theirs: readonly Step[]): Step[] {
  const last = changesIn(ours).at(-1);
  const later = theirs.filter(({ effectiveFrom }) => last === undefined || effectiveFrom > last.effectiveFrom);
  return changesIn(later, last?.status ?? null);
}

const ENDED: ReadonlySet<OperationCertificateStatus> = new Set(['REVOKED', 'SURRENDERED']);

/**
 * Of the certificates of an operation the one that a history is about, which names none: the only one, or the only one that was not revoked or
 * surrendered; null where there is no such.
 */
export function certificateMeant<Certificate extends { steps: readonly Standing[] }>(
  certificates: readonly Certificate[],
): Certificate | null {
  if (certificates.length === 1) return certificates[0]!;
  const going = certificates.filter(({ steps }) => !ENDED.has(steps.at(-1)?.status ?? 'CERTIFIED'));
  return going.length === 1 ? going[0]! : null;
}
