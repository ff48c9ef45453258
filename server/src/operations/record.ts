import type { Day, OperationCertificateStatus, OperationRole } from '@lotline/schema';
import type { Work } from '../commands';

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
  products: string[];
  attributes: Attributes;
}

export async function recordCertifiers(work: Work, rows: readonly NewCertifier[]): Promise<void> {
  await work.tx.insert(
    'certifier',
    { id: 'uuid', code: 'text', name: 'text', country: 'text', schemes: 'text[]', attributes: 'jsonb', recorded_by: 'uuid' },
    rows.map((row) => [row.id, row.code, row.name, row.country, row.schemes, row.attributes, work.command]),
  );
  for (const row of rows) work.emit({ type: 'certifier.recorded', subject: row.id, payload: { code: row.code, name: row.name } });
}

export async function recordOperations(work: Work, rows: readonly NewOperation[]): Promise<void> {
  await work.tx.insert(
    'operation',
    {
      id: 'uuid',
      identifier: 'text',
      name: 'text',
      country: 'text',
      roles: 'text[]',
      address: 'text',
      latitude: 'double precision',
      longitude: 'double precision',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    rows.map((row) => [
      row.id,
      row.identifier,
      row.name,
      row.country,
      row.roles,
      row.address,
      row.latitude,
      row.longitude,
      row.attributes,
      work.command,
    ]),
  );
  for (const { id, identifier, name, country, roles } of rows) {
    work.emit({ type: 'operation.recorded', subject: id, payload: { identifier, name, country, roles } });
  }
}

export async function recordOperationCertificates(
  work: Work,
  certificates: readonly NewOperationCertificate[],
  statuses: readonly NewOperationCertificateStatus[],
): Promise<void> {
  await work.tx.insert(
    'operation_certificate',
    { id: 'uuid', operation: 'uuid', certifier: 'uuid', standard: 'text', recorded_by: 'uuid' },
    certificates.map((row) => [row.id, row.operationId, row.certifierId, row.standard, work.command]),
  );
  await work.tx.insert(
    'operation_certificate_status',
    {
      id: 'uuid',
      operation_certificate: 'uuid',
      status: 'text',
      effective_from: 'date',
      scope: 'text[]',
      hectares: 'numeric',
      expires_on: 'date',
      reason: 'text',
      attributes: 'jsonb',
      recorded_by: 'uuid',
    },
    statuses.map((row) => [
      row.id,
      row.certificateId,
      row.status,
      row.effectiveFrom,
      row.scope,
      row.hectares,
      row.expiresOn,
      row.reason,
      row.attributes,
      work.command,
    ]),
  );
  await work.tx.insert(
    'verified_product',
    { status: 'uuid', product: 'uuid' },
    statuses.flatMap((row) => row.products.map((product) => [row.id, product])),
  );
  for (const row of statuses) {
    work.emit({
      type: 'operation-certificate.status-changed',
      subject: row.certificateId,
      payload: {
        operation: row.operationId,
        certifier: row.certifierId,
        from: row.from,
        to: row.status,
        effectiveFrom: row.effectiveFrom,
        reason: row.reason,
      },
    });
  }
}
