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

/** Of a history, the last step up to a day; undefined where there is none. */
const lastUpTo = <Step extends Standing>(history: readonly Step[], day: Day): Step | undefined =>
  history.findLast(({ effectiveFrom }) => effectiveFrom <= day);

/**
 * What theirs tells after the last change of ours up to today; both oldest first. What ours says of that day and before stays as it is: its certifying
 * agent may be ahead of them, and what was before our history began is no news. Where ours says something of days to come, what theirs says of them is
 * news after the last of these alone.
 */
export function newsIn<Step extends Standing>(ours: readonly Standing[], theirs: readonly Step[], today: Day): Step[] {
  const changes = changesIn(ours);
  const last = lastUpTo(changes, today);
  const since = changesIn(
    theirs.filter(({ effectiveFrom }) => effectiveFrom <= today && (last === undefined || effectiveFrom > last.effectiveFrom)),
    last?.status ?? null,
  );
  const before = since.at(-1) ?? last;
  const planned = changes.filter(({ effectiveFrom }) => effectiveFrom > today).at(-1);
  const from = planned?.effectiveFrom ?? today;
  const toCome = theirs.filter(({ effectiveFrom }) => effectiveFrom > from);
  return [...since, ...changesIn(toCome, (planned ?? before)?.status ?? null)];
}

/** A change of ours to come, and how theirs has it that day; null where it says nothing of it. */
export interface Difference {
  ours: Standing;
  theirs: OperationCertificateStatus | null;
}

/** The first change of ours after today of which theirs tells otherwise; null where there is none. */
export function differenceIn(ours: readonly Standing[], theirs: readonly Standing[], today: Day): Difference | null {
  for (const change of changesIn(ours)) {
    if (change.effectiveFrom <= today) continue;
    const told = lastUpTo(theirs, change.effectiveFrom)?.status ?? null;
    if (told !== change.status) return { ours: change, theirs: told };
  }
  return null;
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
