import { DateScalar, parseDay, type Reason } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { idempotencyKey, idOf, noSuch, notYet, read } from '../commands';
import { stepOf } from './road';
import { beforeItsHistory, ImportCertificateStepInput, takeStep } from './step';

@InputType({ description: 'An issued certificate is handed over.' })
export class HandOverImportCertificateInput extends ImportCertificateStepInput {
  @Field(() => ID, { description: 'Who has it now: the importer, the importer of record, or a broker.' })
  recipient: string;

  @Field(() => DateScalar, { description: 'Local day on which it was handed over.' })
  on: string;
}

/** The exporter hands an issued certificate to the importer or a broker, who enters it with customs (7 CFR 205.273). */
export const handOverImportCertificate = takeStep({
  command: 'handOverImportCertificate',
  input: z.object({ idempotencyKey, importCertificate: idOf('ImportCertificate'), recipient: idOf('Operation'), on: read(parseDay) }),
  told: ({ recipient, on }) => ({ reason: null, recipientId: recipient, on, at: null }),
  async judge({ tx, now }, { recipient, on }, certificate) {
    const reasons: Reason[] = [];
    const { rule } = stepOf('handOverImportCertificate');
    const [found] = await tx.query<{ broker: boolean }>(`select 'BROKER' = any(roles) as broker from operation where id = $1`, [recipient]);
    if (!found) reasons.push(noSuch('operation', 'recipient'));
    else if (!found.broker && recipient !== certificate.importerId && recipient !== certificate.importerOfRecordId)
      reasons.push({
        code: 'REFUSED',
        message: 'it is neither the importer nor a broker',
        path: ['recipient'],
        rule,
        remedy: 'name the importer, the importer of record, or a broker',
      });
    if (certificate.status === 'HANDED_OVER' && certificate.recipientId === recipient)
      reasons.push({ code: 'CONFLICT', message: 'it has the certificate already', path: ['recipient'], remedy: 'name another' });
    for (const reason of [notYet(on, now, 'on'), beforeItsHistory(certificate, { on, at: null }, rule, 'on')])
      if (reason) reasons.push(reason);
    return reasons;
  },
});
