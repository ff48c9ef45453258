import type { Day, OperationCertificateStatus, OperationRole } from '@lotline/schema';
import { record, type Work } from '../commands';
import type { Columns } from '../database';

// Rows of certifiers, operations and their certificates, of any number. Whether they may be recorded has been decided before.

type Attributes = Record<string, string> | null;

export interface NewCertifier {
  id: string;
  code: string;
  name: string;
  country: string | null;
  schemes: string[];
  attributes: Attributes;
}

export interface NewOperation {
  id: string;
  identifier: string;
  name: string;
  country: string;
  roles: OperationRole[];
  address: string | null;
  latitude: number | null;
  longitude: number | null;
  attributes: Attributes;
}

export interface NewOperationCertificate {
  id: string;
  operationId: string;
  certifierId: string;
  standard: string;
}

/** A line of the Product Verification Form. */
export interface VerifiedLine {
  productId: string;
  /** The name that stands on the label; null where that is the product's own. */
  labelledAs: string | null;
}

export interface NewOperationCertificateStatus {
  id: string;
  certificateId: string;
  operationId: string;
  certifierId: string;
  status: OperationCertificateStatus;
  /** The status in force before. */
  from: OperationCertificateStatus | null;
  effectiveFrom: Day;
  scope: string[] | null;
  hectares: string | null;
  expiresOn: Day | null;
  reason: string | null;
  /** Lines of the Product Verification Form; empty keeps the list before. */
  products: VerifiedLine[];
  attributes: Attributes;
}

const CERTIFIER: Columns<NewCertifier> = {
  id: ['uuid', (row) => row.id],
  code: ['text', (row) => row.code],
  name: ['text', (row) => row.name],
  country: ['text', (row) => row.country],
  schemes: ['text[]', (row) => row.schemes],
  attributes: ['jsonb', (row) => row.attributes],
};

const OPERATION: Columns<NewOperation> = {
  id: ['uuid', (row) => row.id],
  identifier: ['text', (row) => row.identifier],
  name: ['text', (row) => row.name],
  country: ['text', (row) => row.country],
  roles: ['text[]', (row) => row.roles],
  address: ['text', (row) => row.address],
  latitude: ['double precision', (row) => row.latitude],
  longitude: ['double precision', (row) => row.longitude],
  attributes: ['jsonb', (row) => row.attributes],
};

const OPERATION_CERTIFICATE: Columns<NewOperationCertificate> = {
  id: ['uuid', (row) => row.id],
  operation: ['uuid', (row) => row.operationId],
  certifier: ['uuid', (row) => row.certifierId],
  standard: ['text', (row) => row.standard],
};

const STATUS: Columns<NewOperationCertificateStatus> = {
  id: ['uuid', (row) => row.id],
  operation_certificate: ['uuid', (row) => row.certificateId],
  status: ['text', (row) => row.status],
  effective_from: ['date', (row) => row.effectiveFrom],
  scope: ['text[]', (row) => row.scope],
  hectares: ['numeric', (row) => row.hectares],
  expires_on: ['date', (row) => row.expiresOn],
  reason: ['text', (row) => row.reason],
  attributes: ['jsonb', (row) => row.attributes],
};

export async function recordCertifiers(work: Work, rows: readonly NewCertifier[]): Promise<void> {
  await record(work, 'certifier', CERTIFIER, rows);
  for (const { id, code, name } of rows) work.emit({ type: 'certifier.recorded', subject: id, payload: { code, name } });
}

export async function recordOperations(work: Work, rows: readonly NewOperation[]): Promise<void> {
  await record(work, 'operation', OPERATION, rows);
  for (const { id, identifier, name, country, roles } of rows) {
    work.emit({ type: 'operation.recorded', subject: id, payload: { identifier, name, country, roles } });
  }
}

/** Records steps in the standing of certificates, with the lines that each gives of the Product Verification Form; says nothing. */
async function recordSteps(work: Work, statuses: readonly NewOperationCertificateStatus[]): Promise<void> {
  await record(work, 'operation_certificate_status', STATUS, statuses);
  await work.tx.insert(
    'verified_product',
    {
      status: ['uuid', ({ status }) => status],
      product: ['uuid', ({ productId }) => productId],
      labelled_as: ['text', ({ labelledAs }) => labelledAs],
    },
    statuses.flatMap((row) => row.products.map((line) => ({ status: row.id, ...line }))),
  );
}

/** Records certificates and steps in their standing: rows, events. */
export async function recordOperationCertificates(
  work: Work,
  certificates: readonly NewOperationCertificate[],
  statuses: readonly NewOperationCertificateStatus[],
): Promise<void> {
  await record(work, 'operation_certificate', OPERATION_CERTIFICATE, certificates);
  await recordSteps(work, statuses);
  for (const row of statuses) {
    const { operationId: operation, certifierId: certifier, from, status: to, effectiveFrom, reason } = row;
    work.emit({
      type: 'operation-certificate.status-changed',
      subject: row.certificateId,
      payload: { operation, certifier, from, to, effectiveFrom, reason },
    });
  }
}

/** Records steps anew that say another standing than they did, in the place of others; says nothing. @param replaced rows that are not in force any more */
export async function restateStanding(
  work: Work,
  replaced: readonly string[],
  steps: readonly NewOperationCertificateStatus[],
): Promise<void> {
  await work.tx.query('update operation_certificate_status set retracted_by = $2 where id = any($1)', [replaced, work.command]);
  await recordSteps(work, steps);
}

/** A product that stands on the Product Verification Form from a day on, by the row that gives the whole form from then. */
export interface VerifiedProduct {
  step: NewOperationCertificateStatus;
  line: VerifiedLine;
  /** The row of that day, which the new one takes the place of. */
  replaced: string | null;
}

/** Records products that certifiers verified: the standing stays what it is. */
export async function recordVerifiedProducts(work: Work, verified: readonly VerifiedProduct[]): Promise<void> {
  const replaced = verified.flatMap((each) => each.replaced ?? []);
  await work.tx.query('update operation_certificate_status set retracted_by = $2 where id = any($1)', [replaced, work.command]);
  await recordSteps(
    work,
    verified.map(({ step }) => step),
  );
  for (const { step, line } of verified)
    work.emit({
      type: 'operation-certificate.product-verified',
      subject: step.certificateId,
      payload: { product: line.productId, labelledAs: line.labelledAs, on: step.effectiveFrom },
    });
}
