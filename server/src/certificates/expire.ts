import type { Day } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { Work } from '../commands';
import { recordCertificateStep } from './record';
import { stepOf } from './road';
import { lockCertificates } from './standing';

/** The period of a certificate has ended: nothing more is entered under it. It is the clock that takes this step. */
export async function expireCertificate(work: Work, id: string, on: Day, reason: string): Promise<void> {
  const certificate = (await lockCertificates(work, [id])).get(id);
  if (!certificate || !stepOf('expire').from.includes(certificate.status)) return;
  await recordCertificateStep(work, certificate, {
    id: uuidv7(),
    certificateId: id,
    sequence: certificate.sequence + 1,
    from: certificate.status,
    status: 'EXPIRED',
    on,
    at: null,
    reason,
  });
}
