import type { Work } from '../commands';
import { asking, deadlinesBy, leadTimesOn } from './deadlines';
import type { NewImportCertificate } from './record';

/** Says in the log, on the certificate, that a request comes too late for its certifier's lead time; that does not keep it. */
export async function tellIfLate({ tx, now, emit }: Work, certificate: NewImportCertificate): Promise<void> {
  const { id, certifierId, neededBy, validFrom, transport = null } = certificate;
  const { verdict, decidedBy, cutOffOn, reasons } = await deadlinesBy(async (key) => (await leadTimesOn(tx, [key]))[0]!, {
    certifierId,
    asked: asking(now),
    transport,
    neededBy,
    validFrom,
  });
  if (verdict !== 'LATE') return;
  const departsOn = transport?.departs.on ?? null;
  emit({ type: 'import-certificate.requested-late', subject: id, payload: { decidedBy, neededBy, departsOn, cutOffOn, reasons } });
}
