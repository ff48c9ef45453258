import { DateScalar, type Day, OperationCertificateStatus, parseDay, quote, type Standard } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier, mayCommand } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, optional, read, type Work } from '../commands';
import { groupBy } from '../database';
import { recordVerifiedProducts, type VerifiedLine, type VerifiedProduct } from './record';
import { labelledAs } from './record-certificate';

@InputType({ description: 'A product is put on the Product Verification Form of a certificate.' })
export class VerifyProductInput extends CommandInput {
  @Field(() => ID, { description: 'The certificate.' })
  operationCertificate: string;

  @Field(() => ID, { description: 'The product.' })
  product: string;

  @Field(() => String, {
    nullable: true,
    description: "The name on the label; the product's own where none is given. At most 300 characters.",
  })
  labelledAs?: string;

  @Field(() => DateScalar, { description: 'First day on which it stands on the form; not before the form was changed last.' })
  on: string;
}

const verification = z.object({
  idempotencyKey,
  operationCertificate: idOf('OperationCertificate'),
  product: idOf('Product'),
  labelledAs: optional(labelledAs),
  on: read(parseDay),
});

interface Step {
  id: string;
  certificate: string;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  scope: string[] | null;
  hectares: string | null;
  expiresOn: Day | null;
  reason: string | null;
  attributes: Record<string, string> | null;
  lines: VerifiedLine[];
}

interface Certificate {
  id: string;
  operation: string;
  certifier: string;
  standard: Standard;
}

/** Certificates of these ids with all their steps in order, locked: two changes of one come one after the other. */
async function lockCertificates(work: Work, ids: readonly string[]): Promise<Map<string, Certificate & { steps: Step[] }>> {
  const certificates = await work.tx.query<Certificate>(
    'select c.id, c.operation, c.certifier, c.standard from operation_certificate c where c.id = any($1) order by c.id for no key update of c',
    [ids],
  );
  const steps = await work.tx.query<Step>(
    `select s.id, s.operation_certificate as certificate, s.status, s.effective_from as "effectiveFrom", s.scope, s.hectares, s.expires_on as "expiresOn", s.reason,
       s.attributes, coalesce((select jsonb_agg(jsonb_build_object('productId', v.product, 'labelledAs', v.labelled_as)) from verified_product v where v.status = s.id), '[]') as lines
     from operation_certificate_status s where s.operation_certificate = any($1) and s.retracted_by is null order by s.effective_from`,
    [ids],
  );
  const byCertificate = groupBy(steps, ({ certificate }) => certificate);
  return new Map(certificates.map((each) => [each.id, { ...each, steps: byCertificate.get(each.id) ?? [] }]));
}

/**
 * A certifying agent puts a product on the Product Verification Form of an operation that it certifies: from a day on, by the name on the
 * label. The form is given whole by a row of that day; one that is there is retracted, and recorded again with the product. The first product begins the
 * form: from that day on only what stands on it is covered.
 */
export const verifyProduct: Command<z.infer<typeof verification>, { operationCertificate: string }> = {
  name: 'verifyProduct',
  input: verification,
  may: mayCommand,
  async run(work, rows) {
    const certificates = await lockCertificates(
      work,
      rows.map((row) => row.operationCertificate),
    );
    const products = new Map(
      (
        await work.tx.query<{ id: string; name: string }>('select id, name from product where id = any($1)', [
          rows.map((row) => row.product),
        ])
      ).map((row) => [row.id, row.name]),
    );
    const verified: VerifiedProduct[] = [];
    for (const [index, row] of rows.entries()) {
      const { on } = row;
      const certificate = certificates.get(row.operationCertificate);
      const forbidden = certificate && mayActForCertifier(work.viewer, certificate.certifier);
      const name = products.get(row.product);
      if (name === undefined) work.refuse(index, noSuch('product', 'product'));
      if (!certificate || forbidden) {
        work.refuse(index, forbidden ?? noSuch('operation certificate', 'operationCertificate'));
        continue;
      }
      const { steps } = certificate;
      const now = steps.findLast(({ effectiveFrom }) => effectiveFrom <= on);
      const form = steps.findLast(({ lines }) => lines.length > 0);
      const isOver = certificate.standard !== 'NOP' && now != null && now.expiresOn !== null && now.expiresOn < on;
      const isInForce = now?.status === 'CERTIFIED' && !isOver;
      if (!isInForce)
        work.refuse(index, {
          code: 'REFUSED',
          message: now
            ? `on ${on} the certificate is ${now.status === 'CERTIFIED' ? `over since ${now.expiresOn}` : now.status}`
            : `on ${on} the certificate is not in force yet`,
          path: ['on'],
          rule: '7 CFR 205.404',
          remedy: 'give a day on which it is in force',
        });
      if (form && on < form.effectiveFrom)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the form was changed from ${form.effectiveFrom} on`,
          path: ['on'],
          remedy: 'give that day or a later one',
        });
      const line: VerifiedLine = { productId: row.product, labelledAs: row.labelledAs };
      const before = form?.lines.find(({ productId }) => productId === row.product);
      if (before?.labelledAs === line.labelledAs && before !== undefined)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `${quote(name ?? '')} stands on the form by this name`,
          path: ['product'],
          remedy: 'there is nothing to do',
        });
      if (!now) continue;
      const replaced = now.effectiveFrom === on ? now : null;
      const { status, expiresOn } = now;
      const step = {
        id: uuidv7(),
        certificateId: certificate.id,
        operationId: certificate.operation,
        certifierId: certificate.certifier,
        status,
        from: status,
        effectiveFrom: on,
        scope: replaced?.scope ?? null,
        hectares: replaced?.hectares ?? null,
        expiresOn,
        reason: replaced ? replaced.reason : `verified ${name}`,
        products: [...(form?.lines ?? []).filter(({ productId }) => productId !== row.product), line],
        attributes: replaced?.attributes ?? null,
      };
      verified.push({ step, line, replaced: replaced?.id ?? null });
    }
    work.check();
    await recordVerifiedProducts(work, verified);
    return rows.map(({ operationCertificate }) => ({ operationCertificate }));
  },
};
