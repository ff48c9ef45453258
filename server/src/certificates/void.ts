import { type ImportCertificateStatus, parseText, today } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier, mayCommand, subjectVisible } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, read, type Work } from '../commands';
import { recordCertificateStep } from './record';

@InputType({ description: 'Why an import certificate is void.' })
export class VoidImportCertificateInput extends CommandInput {
  @Field(() => ID, { description: 'The certificate.' })
  importCertificate: string;

  @Field(() => String, { description: 'Why; at most 1,000 characters.' })
  reason: string;
}

const voiding = z.object({
  idempotencyKey,
  importCertificate: idOf('ImportCertificate'),
  reason: read((text) => parseText(text, 1000)),
});

/** A certificate is void from when it was issued until goods are entered under it. */
const MAY_BE_VOIDED: ReadonlySet<ImportCertificateStatus> = new Set(['ISSUED', 'HANDED_OVER']);

interface Standing {
  id: string;
  certifier: string;
  status: ImportCertificateStatus;
  sequence: number;
  /** Has an entry drawn on it? */
  drawn: boolean;
}

/** Certificates of these ids that the viewer sees, with where they stand, locked: two steps of one come one after the other. */
async function lockCertificates(work: Work, ids: readonly string[]): Promise<Map<string, Standing>> {
  const found = await work.tx.query<{ id: string; certifier: string }>(
    `select c.id, c.certifier from import_certificate c where c.id = any($1) and ${subjectVisible(work.viewer, 'c.id')} order by c.id for no key update of c`,
    [ids],
  );
  const latest = await work.tx.query<Standing>(
    `select distinct on (s.import_certificate) s.import_certificate as id, s.status, s.sequence,
       exists (select from customs_entry_line n where n.import_certificate = s.import_certificate) as drawn from import_certificate_status s
     where s.import_certificate = any($1) and s.retracted_by is null order by s.import_certificate, s.sequence desc`,
    [found.map(({ id }) => id)],
  );
  const certifiers = new Map(found.map(({ id, certifier }) => [id, certifier]));
  return new Map(latest.map((row) => [row.id, { ...row, certifier: certifiers.get(row.id)! }]));
}

/** The certifying agent takes an import certificate back: it covers nothing any more, and its grams are free again (7 CFR 205.273). */
export const voidImportCertificate: Command<z.infer<typeof voiding>, { importCertificate: string }> = {
  name: 'voidImportCertificate',
  input: voiding,
  may: mayCommand,
  async run(work, rows) {
    const certificates = await lockCertificates(
      work,
      rows.map((row) => row.importCertificate),
    );
    for (const [index, { importCertificate }] of rows.entries()) {
      const certificate = certificates.get(importCertificate);
      const forbidden = certificate && mayActForCertifier(work.viewer, certificate.certifier);
      if (!certificate) work.refuse(index, noSuch('import certificate', 'importCertificate'));
      else if (forbidden) work.refuse(index, forbidden);
      else if (certificate.drawn || !MAY_BE_VOIDED.has(certificate.status))
        work.refuse(index, {
          code: 'CONFLICT',
          message: certificate.drawn ? 'goods were entered under the certificate' : `the certificate is ${certificate.status}`,
          path: ['importCertificate'],
          rule: '7 CFR 205.273',
          remedy: 'only what was issued, and is not entered yet, can be voided',
        });
    }
    work.check();
    await recordCertificateStep(
      work,
      rows.map(({ importCertificate, reason }) => {
        const { status: from, sequence } = certificates.get(importCertificate)!;
        const step = { certificateId: importCertificate, sequence: sequence + 1, from, status: 'VOIDED' as const, reason };
        return { ...step, id: uuidv7(), on: today(), at: work.now };
      }),
    );
    return rows.map(({ importCertificate }) => ({ importCertificate }));
  },
};
