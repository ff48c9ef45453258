import { DateScalar, parseDay, parseDecimal, parseStandard, parseText, type Standard } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, optional, read, type Work } from '../commands';
import { judgeLastDay } from './last-day';
import { type NewOperationCertificate, type NewOperationCertificateStatus, recordOperationCertificates } from './record';

@InputType({ description: 'A product on the Product Verification Form.' })
export class VerifiedProductInput {
  @Field(() => ID, { description: 'The product.' })
  product: string;

  @Field(() => String, {
    nullable: true,
    description: "The name on the label; the product's own where none is given. At most 300 characters.",
  })
  labelledAs?: string;
}

@InputType({ description: 'A certification that a certifying agent gave.' })
export class RecordOperationCertificateInput extends CommandInput {
  @Field(() => ID, { description: 'Whose certification it is.' })
  operation: string;

  @Field(() => ID, { description: 'The certifying agent that gave it.' })
  certifier: string;

  @Field(() => String, {
    nullable: true,
    description: "NOP CANADA EU UK SWITZERLAND JAPAN KOREA TAIWAN; the certifier's only scheme where none is given, NOP if it names none.",
  })
  standard?: string;

  @Field(() => DateScalar, { description: 'First day in force.' })
  effectiveFrom: string;

  @Field(() => DateScalar, { nullable: true, description: 'Last day in force, under another standard than NOP.' })
  expiresOn?: string;

  @Field(() => [String], { nullable: true, description: 'Its scope, e.g. crops, handling; at most 20.' })
  scope?: string[];

  @Field(() => String, { nullable: true, description: 'Hectares certified: a decimal above zero.' })
  hectares?: string;

  @Field(() => [VerifiedProductInput], {
    nullable: true,
    description: 'The Product Verification Form on that day, at most 1,000 lines; without one every product is covered.',
  })
  products?: VerifiedProductInput[];

  @Field(() => String, { nullable: true, description: 'Why, e.g. how it was inspected; at most 1,000 characters.' })
  reason?: string;
}

/** Most lines that a form has when it is recorded. */
const MOST_LINES = 1000;
const MOST_SCOPES = 20;

export const labelledAs = read((text) => parseText(text, 300));

const certificate = z.object({
  idempotencyKey,
  operation: idOf('Operation'),
  certifier: idOf('Certifier'),
  standard: optional(read(parseStandard)),
  effectiveFrom: read(parseDay),
  expiresOn: optional(read(parseDay)),
  scope: optional(z.array(read((text) => parseText(text, 100))).max(MOST_SCOPES, `a scope has at most ${MOST_SCOPES} words`)),
  hectares: optional(
    read((text) => {
      const parsed = parseDecimal(text);
      if (!parsed.ok || parsed.value.digits > 0n) return parsed.ok ? { ok: true, value: text.trim().replace('+', '') } : parsed;
      return { ok: false, wrong: 'hectares are above zero', remedy: 'write the hectares that are certified' };
    }),
  ),
  products: optional(
    z
      .array(z.object({ product: idOf('Product'), labelledAs: optional(labelledAs) }))
      .max(MOST_LINES, `a form has at most ${MOST_LINES} lines`),
  ),
  reason: optional(read((text) => parseText(text, 1000))),
});
type Certificate = z.infer<typeof certificate>;

/** The standard of a certificate: as given, else the certifier's only scheme; null where that is refused. */
function standardOf(work: Work, index: number, given: Standard | null, schemes: readonly Standard[]): Standard | null {
  if (given === null && schemes.length > 1) {
    work.refuse(index, {
      code: 'BAD_USER_INPUT',
      message: 'the certifier certifies to several standards',
      path: ['standard'],
      remedy: `say which: ${schemes.join(' ')}`,
    });
    return null;
  }
  if (given !== null && schemes.length > 0 && !schemes.includes(given))
    work.refuse(index, {
      code: 'REFUSED',
      message: `the certifier does not certify to ${given}`,
      path: ['standard'],
      rule: '7 CFR 205.404',
      remedy: `it certifies to ${schemes.join(' ')}`,
    });
  return given ?? schemes[0] ?? 'NOP';
}

async function known<Row extends { id: string }>(work: Work, sql: string, ids: readonly string[]): Promise<Map<string, Row>> {
  return new Map((await work.tx.query<Row>(sql, [ids])).map((row) => [row.id, row]));
}

/** A certifying agent says whom it certified (7 CFR 205.404): from which day, for which products, under which standard. */
export const recordOperationCertificate: Command<Certificate, { operationCertificate: string }> = {
  name: 'recordOperationCertificate',
  input: certificate,
  may: (viewer, { certifier }) => mayActForCertifier(viewer, certifier),
  async run(work, rows) {
    const operations = await known(
      work,
      'select id from operation where id = any($1)',
      rows.map((row) => row.operation),
    );
    const certifiers = await known<{ id: string; schemes: Standard[] }>(
      work,
      'select id, schemes from certifier where id = any($1)',
      rows.map((row) => row.certifier),
    );
    const products = await known(
      work,
      'select id from product where id = any($1)',
      rows.flatMap((row) => (row.products ?? []).map(({ product }) => product)),
    );
    const before = new Set(
      (
        await work.tx.query<{ key: string }>(
          "select concat_ws(' ', operation, certifier, standard) as key from operation_certificate where operation = any($1)",
          [rows.map((row) => row.operation)],
        )
      ).map(({ key }) => key),
    );
    const certificates: NewOperationCertificate[] = [];
    const steps: NewOperationCertificateStatus[] = [];
    for (const [index, row] of rows.entries()) {
      const { operation: operationId, certifier: certifierId, effectiveFrom, expiresOn, scope, hectares, reason } = row;
      const certifier = certifiers.get(certifierId);
      if (!operations.has(operationId)) work.refuse(index, noSuch('operation', 'operation'));
      if (!certifier) work.refuse(index, noSuch('certifier', 'certifier'));
      const met = new Set<string>();
      for (const [place, { product }] of (row.products ?? []).entries()) {
        if (!products.has(product)) work.refuse(index, noSuch('product', 'products', place, 'product'));
        if (met.has(product))
          work.refuse(index, {
            code: 'CONFLICT',
            message: 'this product is given twice',
            path: ['products', place],
            remedy: 'give it once, with the name on the label',
          });
        met.add(product);
      }
      if (!certifier) continue;
      const standard = standardOf(work, index, row.standard, certifier.schemes);
      if (standard === null) continue;
      if (expiresOn !== null) judgeLastDay(work, index, { standard, effectiveFrom, expiresOn });
      const key = [operationId, certifierId, standard].join(' ');
      if (before.has(key))
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the certifier has a certificate of this operation under ${standard}`,
          path: ['operation'],
          remedy: 'change its standing, or verify further products',
        });
      before.add(key);
      const id = uuidv7();
      certificates.push({ id, operationId, certifierId, standard });
      steps.push({
        id: uuidv7(),
        certificateId: id,
        operationId,
        certifierId,
        status: 'CERTIFIED',
        from: null,
        effectiveFrom,
        scope,
        hectares,
        expiresOn,
        reason,
        products: (row.products ?? []).map((line) => ({ productId: line.product, labelledAs: line.labelledAs })),
        attributes: null,
      });
    }
    work.check();
    await recordOperationCertificates(work, certificates, steps);
    return certificates.map(({ id }) => ({ operationCertificate: id }));
  },
};
