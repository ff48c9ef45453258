import type { Day, OperationCertificateStatus } from '@lotline/schema';
import { mayActForCertifier } from '../access';
import { noSuch, type Work } from '../commands';
import { ABOUT_NOTHING, type Retracted, type Retraction, refuseBuiltOn } from './fact';

interface Step {
  certificate: string;
  operation: string;
  certifier: string;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  retractedBy: string | null;
  before: OperationCertificateStatus | null;
  later: string[];
}

/** The last step in the standing of a certificate, by its certifier: it stands where it stood before. The first step is the certificate itself, and stays. */
export async function retractStanding(work: Work, { index, id, reason }: Retraction): Promise<Retracted> {
  await work.tx.query(
    'select from operation_certificate where id = (select operation_certificate from operation_certificate_status where id = $1) for no key update',
    [id],
  );
  const [step] = await work.tx.query<Step>(
    `select s.operation_certificate as certificate, c.operation, c.certifier, s.status, s.effective_from as "effectiveFrom", s.retracted_by as "retractedBy",
       (select b.status from operation_certificate_status b where b.operation_certificate = c.id and b.retracted_by is null and b.effective_from < s.effective_from
         order by b.effective_from desc limit 1) as before,
       array(select n.status || ' from ' || n.effective_from from operation_certificate_status n where n.operation_certificate = c.id and n.retracted_by is null
         and n.effective_from > s.effective_from order by n.effective_from) as later
     from operation_certificate_status s join operation_certificate c on c.id = s.operation_certificate where s.id = $1`,
    [id],
  );
  const forbidden = step && mayActForCertifier(work.viewer, step.certifier);
  if (!step || forbidden) work.refuse(index, forbidden || noSuch('fact', 'fact'));
  work.check();
  const { certificate, operation, certifier, status: from, effectiveFrom, before: to } = step!;
  if (step!.retractedBy !== null)
    work.refuse(index, { code: 'CONFLICT', message: 'the fact was taken back before', path: ['fact'], remedy: 'there is nothing to do' });
  else if (to === null && step!.later.length === 0)
    work.refuse(index, {
      code: 'REFUSED',
      message: 'it is the first step of the certificate',
      path: ['fact'],
      rule: '7 CFR 205.404',
      remedy: 'change the standing instead',
    });
  refuseBuiltOn(work, index, step!.later, 'take that back first, the last before the others');
  work.check();
  await work.tx.query('update operation_certificate_status set retracted_by = $2 where id = $1', [id, work.command]);
  work.emit({ type: 'operation-certificate.step-retracted', subject: certificate, payload: { step: id, reason } });
  if (from === to) return { ...ABOUT_NOTHING, operationCertificate: certificate };
  work.emit({
    type: 'operation-certificate.status-changed',
    subject: certificate,
    payload: { operation, certifier, from, to: to!, effectiveFrom, reason },
  });
  return { ...ABOUT_NOTHING, operationCertificate: certificate };
}
