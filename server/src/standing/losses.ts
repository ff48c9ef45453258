import { type Day, dayAfter, type OperationCertificateStatus, type Standard } from '@lotline/schema';
import type { Transaction } from '../database';

/** A standing of a certificate that is lost from a day on. */
export interface Loss {
  certificate: string;
  operation: string;
  /** First day on which it is not in force. */
  day: Day;
  /** First day on which it is again; null while it is not. */
  until: Day | null;
  status: OperationCertificateStatus;
  /** When that was recorded. */
  recordedAt: Date | null;
  /** The command that recorded it. */
  recordedBy: string;
}

interface Step {
  certificate: string;
  operation: string;
  standard: Standard;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  expiresOn: Day | null;
  recordedBy: string;
  recordedAt: Date | null;
}

/** From which days on certificates are not in force, by their history: each standing but CERTIFIED, and the end of one that ends by its date. */
export async function lossesOf(tx: Pick<Transaction, 'query'>, certificates: readonly string[]): Promise<Loss[]> {
  const steps = await tx.query<Step>(
    `select c.id as certificate, c.operation, c.standard, s.status, s.effective_from as "effectiveFrom", s.expires_on as "expiresOn", s.recorded_by as "recordedBy", k.at as "recordedAt"
     from operation_certificate c join operation_certificate_status s on s.operation_certificate = c.id and s.retracted_by is null left join command k on k.id = s.recorded_by
     where c.id = any($1) order by c.id, s.effective_from`,
    [certificates],
  );
  return steps.flatMap((step, index): Loss[] => {
    const { certificate, operation, standard, status, effectiveFrom, expiresOn, recordedBy, recordedAt } = step;
    const later = steps.slice(index + 1).filter((each) => each.certificate === certificate);
    const until = later.find((each) => each.status === 'CERTIFIED')?.effectiveFrom ?? null;
    const lost = { certificate, operation, until, recordedBy, recordedAt };
    if (status !== 'CERTIFIED') return [{ ...lost, day: effectiveFrom, status }];
    const ends = standard !== 'NOP' && expiresOn !== null ? dayAfter(expiresOn) : null;
    return ends !== null && (later.length === 0 || ends < later[0]!.effectiveFrom) ? [{ ...lost, day: ends, status: 'EXPIRED' }] : [];
  });
}
