import { DateScalar, type Day, OperationCertificateStatus, parseDay, parseText, type Standard } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier, mayCommand } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, oneOf, optional, read, type Work } from '../commands';
import { judgeLastDay } from './last-day';
import { recordOperationCertificates } from './record';

@InputType({ description: "A new standing of an operation's certificate." })
export class ChangeOperationCertificateStatusInput extends CommandInput {
  @Field(() => ID, { description: 'The certificate.' })
  operationCertificate: string;

  @Field(() => OperationCertificateStatus, { description: 'Its standing from that day on.' })
  status: OperationCertificateStatus;

  @Field(() => DateScalar, { description: 'First day in force; after that of the standing before.' })
  effectiveFrom: string;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'Last day in force of a certificate that is renewed, under another standard than NOP; as it was where none is given.',
  })
  expiresOn?: string;

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const change = z.object({
  idempotencyKey,
  operationCertificate: idOf('OperationCertificate'),
  status: oneOf(OperationCertificateStatus, 'a standing'),
  effectiveFrom: read(parseDay),
  expiresOn: optional(read(parseDay)),
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
  standard: Standard;
  operation: string;
  certifier: string;
  status: OperationCertificateStatus | null;
  effectiveFrom: Day | null;
  /** Last day in force, of the last standing that was in force or names one: a suspension often comes without. */
  expiresOn: Day | null;
}

/** A NOP certificate does not expire (7 CFR 205.404(c)). */
const hasExpired = ({ standard, expiresOn }: Latest, day: Day): boolean => standard !== 'NOP' && expiresOn !== null && expiresOn < day;

/** A certificate in force gets another last day. */
const isRenewal = ({ status, standard }: Latest, to: OperationCertificateStatus, expiresOn: Day | null): boolean =>
  status === 'CERTIFIED' && to === 'CERTIFIED' && standard !== 'NOP' && expiresOn !== null;

/** The certificates of these ids with their latest standing, locked: two changes of one come one after the other. */
async function lockCertificates(work: Work, ids: readonly string[]): Promise<Map<string, Latest>> {
  const rows = await work.tx.query<Latest>(
    'select c.id, c.operation, c.certifier, c.standard from operation_certificate c where c.id = any($1) order by c.id for no key update of c',
    [ids],
  );
  const latest = await work.tx.query<Latest>(
    `select distinct on (s.operation_certificate) s.operation_certificate as id, s.status, s.effective_from as "effectiveFrom",
       (select e.expires_on from operation_certificate_status e where e.operation_certificate = s.operation_certificate and e.retracted_by is null
          and (e.status = 'CERTIFIED' or e.expires_on is not null) order by e.effective_from desc limit 1) as "expiresOn"
     from operation_certificate_status s where s.operation_certificate = any($1) and s.retracted_by is null
     order by s.operation_certificate, s.effective_from desc`,
    [ids],
  );
  const standing = new Map(latest.map((row) => [row.id, row]));
  return new Map(rows.map((row) => [row.id, { ...row, status: null, effectiveFrom: null, expiresOn: null, ...standing.get(row.id) }]));
}

/**
 * A certifying agent changes the standing of a certification that it gave (7 CFR 205.404, 205.662), or renews it. Its last day in force stays
 * as it was unless another is given: a suspension that ends is no renewal. Scope, hectares and products are left out, which keeps those before.
 */
export const changeOperationCertificateStatus: Command<z.infer<typeof change>, { operationCertificate: string }> = {
  name: 'changeOperationCertificateStatus',
  input: change,
  may: mayCommand,
  async run(work, rows) {
    const certificates = await lockCertificates(
      work,
      rows.map((row) => row.operationCertificate),
    );
    for (const [index, { operationCertificate, status, effectiveFrom, expiresOn }] of rows.entries()) {
      const certificate = certificates.get(operationCertificate);
      const forbidden = certificate && mayActForCertifier(work.viewer, certificate.certifier);
      if (!certificate) work.refuse(index, noSuch('operation certificate', 'operationCertificate'));
      else if (forbidden) work.refuse(index, forbidden);
      else if (certificate.status !== null && !NEXT[certificate.status].includes(status) && !isRenewal(certificate, status, expiresOn))
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
      else if (status === 'CERTIFIED' && expiresOn === null && hasExpired(certificate, effectiveFrom))
        work.refuse(index, {
          code: 'REFUSED',
          message: `the certificate was to expire on ${certificate.expiresOn}`,
          path: ['effectiveFrom'],
          remedy: 'give a day until then, or the new last day of a certificate that was renewed',
        });
      if (certificate && !forbidden && expiresOn !== null)
        judgeLastDay(work, index, { standard: certificate.standard, effectiveFrom, expiresOn });
    }
    work.check();
    await recordOperationCertificates(
      work,
      [],
      rows.map(({ operationCertificate, status, effectiveFrom, expiresOn: renewedTo, reason }) => {
        const { operation, certifier, status: from, expiresOn } = certificates.get(operationCertificate)!;
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
          expiresOn: renewedTo ?? expiresOn,
          reason,
          products: [],
          attributes: null,
        };
      }),
    );
    return rows.map(({ operationCertificate }) => ({ operationCertificate }));
  },
};
