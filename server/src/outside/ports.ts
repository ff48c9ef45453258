import type { Day, OperationCertificateStatus, OutsideSystem } from '@lotline/schema';

// The systems outside, as Lotline speaks of them; docs/outside.md has what goes over the wire. Whatever is asked may be asked again under the
// same key, and is done once.

/** The system is not there, or cannot now: the same may be asked later. Its words stand after the system's name. */
export class Unreachable extends Error {}

/** The system will not do it, and asking again would not help. Its words stand after the system's name. */
export class Refused extends Error {}

/** It was looked at, and is wrong: something else may be sent in its place. */
export class Rejected extends Refused {}

/** One step in the standing of an operation. */
export interface OperationStep {
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  reason: string | null;
}

/** Each throws `Unreachable` or `Refused`. */
export interface OrganicIntegrityDatabase {
  /** Issues a certificate, and answers its number. */
  issue(key: string, certificate: object): Promise<string>;
  /** Brings a certificate up to date. @param revision key of the revision */
  revise(key: string, revision: string, change: object): Promise<void>;
  /** Takes a certificate back. */
  void(key: string, why: object): Promise<void>;
  /** The history of an operation's standing, oldest first, one step a day; null where there is no such operation. */
  operation(nopId: string): Promise<OperationStep[] | null>;
}

/** Each throws `Unreachable` or `Refused`; `Rejected` with the reasons of customs. */
export interface AutomatedCustomsEnvironment {
  file(key: string, filing: object): Promise<void>;
  /** @param amendment key of the amendment */
  amend(key: string, amendment: string, change: object): Promise<void>;
  cancel(key: string, why: object): Promise<void>;
}

/** How a system is named to people. */
export const NAME: Readonly<Record<OutsideSystem, string>> = {
  ORGANIC_INTEGRITY_DATABASE: 'the Organic Integrity Database',
  AUTOMATED_COMMERCIAL_ENVIRONMENT: 'the Automated Commercial Environment',
};
