import {
  Certifier,
  type Day,
  Operation,
  OperationCertificate,
  type OperationCertificateStatus,
  OperationCertificateStatusFact,
  type OperationRole,
  type Standard,
  type VerifiedProduct,
} from '@lotline/schema';
import { operationVisible } from '../access';
import { alike, type BatchOf, grouped, nounById } from '../database';
import type { Link, Question } from '../questions';
import type { CertificateHistory, Standing } from '../rules';

export const operationById = nounById(Operation);
export const certifierById = nounById(Certifier);
export const operationCertificateById = nounById(OperationCertificate);

/** Which of these operations a viewer sees. */
const operationsSeen: BatchOf<{ id: string; seen: string }, boolean> = async (reader, keys) => {
  const found = new Set<string>();
  for (const group of alike(keys, ({ seen }) => [seen])) {
    const sql = `select o.id from operation o where o.id = any($1) and ${group[0]!.seen}`;
    for (const { id } of await reader.query<{ id: string }>(sql, [group.map((key) => key.id)])) found.add(id);
  }
  return keys.map(({ id }) => found.has(id));
};

/** An operation by id; null where there is none, or the viewer may not see it. */
export const visibleOperation = async ({ reader, viewer }: Question, id: string): Promise<Operation | null> =>
  (await reader.loader(operationsSeen).load({ id, seen: operationVisible(viewer, 'o') })) ? reader.loader(operationById).load(id) : null;

interface StatusRow extends Omit<OperationCertificateStatusFact, 'recordedAt'> {
  recordedAt: Date;
  lines: { productId: string; labelledAs: string | null }[];
}

/** The history of certificates, oldest first, each row with the lines it gave of the Product Verification Form. */
export const historyOf: BatchOf<string, StatusRow[]> = async (reader, certificates) => {
  const rows = await reader.query<StatusRow>(
    `select s.id, s.operation_certificate as "operationCertificateId", s.status, s.effective_from as "effectiveFrom", s.scope, s.hectares, s.expires_on as "expiresOn",
       s.reason, s.attributes, s.recorded_by as "recordedBy", s.retracted_by as "retractedBy", c.at as "recordedAt",
       coalesce((select jsonb_agg(jsonb_build_object('productId', v.product, 'labelledAs', v.labelled_as) order by p.name)
         from verified_product v join product p on p.id = v.product where v.status = s.id), '[]') as lines
     from operation_certificate_status s join command c on c.id = s.recorded_by
     where s.operation_certificate = any($1) and s.retracted_by is null order by s.effective_from`,
    [certificates],
  );
  return grouped(
    certificates,
    rows.map((row) => Object.assign(new OperationCertificateStatusFact(), row) as StatusRow),
    (row) => row.operationCertificateId,
  );
};

/** The Product Verification Form as its rows build it: a row without lines keeps the list before it, one with lines replaces it. */
export function verifiedProducts(history: readonly Pick<StatusRow, 'effectiveFrom' | 'lines'>[]): VerifiedProduct[] {
  const all: VerifiedProduct[] = [];
  const open = new Map<string, VerifiedProduct>();
  for (const { effectiveFrom, lines } of history) {
    if (lines.length === 0) continue;
    for (const [product, line] of open) {
      if (lines.some((each) => each.productId === product && each.labelledAs === line.labelledAs)) continue;
      line.until = effectiveFrom;
      open.delete(product);
    }
    for (const { productId, labelledAs } of lines) {
      if (open.has(productId)) continue;
      const line: VerifiedProduct = { productId, labelledAs, from: effectiveFrom, until: null };
      open.set(productId, line);
      all.push(line);
    }
  }
  return all;
}

/** Organic certificates that documents are about; whoever sees the paper sees them, since they are public. */
export const certificatesOfDocuments: BatchOf<string, Link[]> = async (reader, documents) => {
  const rows = await reader.query<Link & { document: string }>(
    `select k.document, k.operation_certificate as id, k.recorded_by as "recordedBy" from document_link k
     where k.document = any($1) and k.operation_certificate is not null and k.retracted_by is null`,
    [documents],
  );
  return grouped(documents, rows, ({ document }) => document);
};

interface StepRow {
  operation: string;
  roles: OperationRole[];
  certificate: string | null;
  standard: Standard;
  status: OperationCertificateStatus;
  effectiveFrom: Day;
  expiresOn: Day | null;
  products: string[];
}

/** What a verdict on operations is found from: their roles, and the history of every certificate. */
export const standingOf: BatchOf<string, Standing> = async (reader, operations) => {
  const rows = await reader.query<StepRow>(
    `select o.id as operation, o.roles, c.id as certificate, c.standard, s.status, s.effective_from as "effectiveFrom", s.expires_on as "expiresOn",
       array(select v.product from verified_product v where v.status = s.id) as products
     from operation o
       left join (operation_certificate c join operation_certificate_status s on s.operation_certificate = c.id and s.retracted_by is null) on c.operation = o.id
     where o.id = any($1) order by c.id, s.effective_from`,
    [operations],
  );
  return grouped(operations, rows, (row) => row.operation).map((steps) => {
    const certificates = new Map<string, CertificateHistory & { steps: StepRow[] }>();
    for (const step of steps) {
      if (step.certificate === null) continue;
      const known = certificates.get(step.certificate);
      if (known) known.steps.push(step);
      else certificates.set(step.certificate, { id: step.certificate, standard: step.standard, steps: [step] });
    }
    return { roles: steps[0]?.roles ?? [], certificates: [...certificates.values()] };
  });
};

/** A line of the Product Verification Form of a day. */
export interface FormLine {
  labelledAs: string | null;
  since: Day | null;
}

export interface FormKey {
  operation: string;
  /** Whose certificates count. */
  certifier: string;
  on: Day;
}

/**
 * The Product Verification Form of operations on days, by product, over all certificates of a certifying agent that are in force then; null
 * where none of these has one.
 */
export const formOf: BatchOf<FormKey, ReadonlyMap<string, FormLine> | null> = (reader, keys) =>
  Promise.all(
    keys.map(async ({ operation, certifier, on }) => {
      const certificates = await reader.query<{ id: string; standard: Standard }>(
        'select c.id, c.standard from operation_certificate c where c.operation = $1 and c.certifier = $2 order by c.id',
        [operation, certifier],
      );
      const histories = (await reader.loader(historyOf).loadMany(certificates.map(({ id }) => id))) as StatusRow[][];
      const form = new Map<string, FormLine>();
      let isThere = false;
      for (const [index, history] of histories.entries()) {
        const begun = history.filter(({ effectiveFrom }) => effectiveFrom <= on);
        const now = begun.at(-1);
        if (now?.status !== 'CERTIFIED') continue;
        if (certificates[index]!.standard !== 'NOP' && now.expiresOn !== null && now.expiresOn < on) continue;
        const lines = verifiedProducts(begun);
        isThere ||= lines.length > 0;
        for (const { productId, labelledAs, from, until } of lines) if (until === null) form.set(productId, { labelledAs, since: from });
      }
      return isThere ? form : null;
    }),
  );
