import { type Day, dayAfter, latest, type OperationCertificateStatus, type Standard } from '@lotline/schema';
import { grouped, type Transaction } from '../database';

/** A standing of a certificate that is lost from a day on. */
export interface Loss {
  certificate: string;
  operation: string;
  /** First day on which it is not in force. */
  day: Day;
  /** First day on which it is again; null while it is not. */
  until: Day | null;
  status: OperationCertificateStatus;
}

interface Step {
  certificate: string;
  operation: string;
  standard: Standard;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  expiresOn: Day | null;
}

/** From a day on, until the next one, a certificate is in force or is not. */
interface Phase {
  day: Day;
  status: OperationCertificateStatus;
}

/** What a certificate is from which day on: its steps, and the end of those that end by their date, which one under the NOP does not (7 CFR 205.404(c)). */
const phasesOf = (steps: readonly Step[]): Phase[] =>
  steps.flatMap(({ standard, status, effectiveFrom, expiresOn }, index): Phase[] => {
    const begins: Phase = { day: effectiveFrom, status };
    if (status !== 'CERTIFIED' || standard === 'NOP' || expiresOn === null) return [begins];
    const ends: Phase = { day: latest(dayAfter(expiresOn), effectiveFrom), status: 'EXPIRED' };
    if (ends.day === effectiveFrom) return [ends];
    const next = steps[index + 1];
    return next && next.effectiveFrom <= ends.day ? [begins] : [begins, ends];
  });

/** From which days on certificates are not in force that were, by their history. */
export async function lossesOf(tx: Pick<Transaction, 'query'>, certificates: readonly string[]): Promise<Loss[]> {
  const steps = await tx.query<Step>(
    `select c.id as certificate, c.operation, c.standard, s.status, s.effective_from as "effectiveFrom", s.expires_on as "expiresOn"
     from operation_certificate c join operation_certificate_status s on s.operation_certificate = c.id and s.retracted_by is null
     where c.id = any($1) order by c.id, s.effective_from`,
    [certificates],
  );
  return grouped(certificates, steps, ({ certificate }) => certificate).flatMap((own) => {
    const phases = phasesOf(own);
    return phases.flatMap(({ day, status }, index): Loss[] => {
      if (status === 'CERTIFIED' || phases[index - 1]?.status !== 'CERTIFIED') return [];
      const until = phases.slice(index + 1).find((each) => each.status === 'CERTIFIED')?.day ?? null;
      const { certificate, operation } = own[0]!;
      return [{ certificate, operation, day, until, status }];
    });
  });
}
