import { DateScalar, OperationCertificateStatus, parseDay, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier, mayCommand } from '../access';
import { type Command, CommandInput, idOf, noSuch, read, type Work } from '../commands';
import { recordOperationCertificates } from './record';

@InputType({ description: "A new standing of an operation's certificate." })
export class ChangeOperationCertificateStatusInput extends CommandInput {
  @Field(() => ID, { description: 'The certificate.' })
  operationCertificate: string;

  @Field(() => OperationCertificateStatus, { description: 'Its standing from that day on.' })
  status: OperationCertificateStatus;

  @Field(() => DateScalar, { description: 'First day in force; after that of the standing before.' })
  effectiveFrom: string;

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const change = z.object({
  idempotencyKey: z.string(),
  operationCertificate: idOf('OperationCertificate'),
  status: z.enum(Object.values(OperationCertificateStatus) as [OperationCertificateStatus, ...OperationCertificateStatus[]]),
  effectiveFrom: read(parseDay),
  reason: read((text) => parseText(text, 1000)),
});

/**
 * What may follow a standing. A suspended certification may be reinstated (7 CFR 205.662(f)(1)) and a surrendered one taken up again; a
 * revoked one does not come back: its owner may ask for another after five years (7 CFR 205.662(f)(2)).
 */
const NEXT: Record<OperationCertificateStatus, readonly OperationCertificateStatus[]> = {
  CERTIFIED: ['SUSPENDED', 'REVOKED', 'SURRENDERED'],
  SUSPENDED: ['CERTIFIED', 'REVOKED', 'SURRENDERED'],
  SURRENDERED: ['CERTIFIED'],
  EXPIRED: ['CERTIFIED'],
  REVOKED: [],
};

interface Latest {
  id: string;
  operation: string;
  certifier: string;
  status: OperationCertificateStatus | null;
  effectiveFrom: string | null;
}

/** The certificates of these ids with their latest standing, locked: two changes of one come one after the other. */
async function lockCertificates(work: Work, ids: readonly string[]): Promise<Map<string, Latest>> {
  const rows = await work.tx.query<Latest>(
    'select c.id, c.operation, c.certifier from operation_certificate c where c.id = any($1) order by c.id for no key update of c',
    [ids],
  );
  const latest = await work.tx.query<Latest>(
    `select distinct on (s.operation_certificate) s.operation_certificate as id, s.status, s.effective_from as "effectiveFrom"
     from operation_certificate_status s where s.operation_certificate = any($1) and s.retracted_by is null
     order by s.operation_certificate, s.effective_from desc`,
    [ids],
  );
  const standing = new Map(latest.map((row) => [row.id, row]));
  return new Map(rows.map((row) => [row.id, { ...row, status: null, effectiveFrom: null, ...standing.get(row.id) }]));
}

/** A certifying agent changes the standing of a certification that it gave (7 CFR 205.404, 205.662). */
export const changeOperationCertificateStatus: Command<z.infer<typeof change>, { operationCertificate: string }> = {
  name: 'changeOperationCertificateStatus',
  input: change,
  may: mayCommand,
  async run(work, rows) {
    const certificates = await lockCertificates(
      work,
      rows.map((row) => row.operationCertificate),
    );
    for (const [index, { operationCertificate, status, effectiveFrom }] of rows.entries()) {
      const certificate = certificates.get(operationCertificate);
      const forbidden = certificate && mayActForCertifier(work.viewer, certificate.certifier);
      if (!certificate) work.refuse(index, noSuch('operation certificate', 'operationCertificate'));
      else if (forbidden) work.refuse(index, forbidden);
      else if (certificate.status !== null && !NEXT[certificate.status].includes(status))
        work.refuse(index, {
          code: 'REFUSED',
          message: `a certificate that is ${certificate.status} cannot become ${status}`,
          path: ['status'],
          rule: '7 CFR 205.662',
          remedy:
            NEXT[certificate.status].length > 0 ? `it may become ${NEXT[certificate.status].join(', ')}` : 'it needs another certificate',
        });
      else if (certificate.effectiveFrom !== null && effectiveFrom <= certificate.effectiveFrom)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the standing before is in force from ${certificate.effectiveFrom} on`,
          path: ['effectiveFrom'],
          remedy: 'give a later day',
        });
    }
    work.check();
    await recordOperationCertificates(
      work,
      [],
      rows.map(({ operationCertificate, status, effectiveFrom, reason }) => {
        const { operation, certifier, status: from } = certificates.get(operationCertificate)!;
        return {
          id: uuidv7(),
          certificateId: operationCertificate,
          operationId: operation,
          certifierId: certifier,
          status,
          from,
          effectiveFrom,
          scope: null,
          hectares: null,
          expiresOn: null,
          reason,
          products: [],
          attributes: null,
        };
      }),
    );
    return rows.map(({ operationCertificate }) => ({ operationCertificate }));
  },
};
