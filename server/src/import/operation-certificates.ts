import type { Day, OperationCertificateStatus } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import { type NewOperationCertificate, type NewOperationCertificateStatus, recordOperationCertificates } from '../operations';
import { type Book, compare, type KnownCertifier, Repeats, unknown, wrong } from './book';
import { OPERATION_CERTIFICATES, type Row } from './columns';

interface StoredStatus {
  certificate: string;
  status: OperationCertificateStatus;
  effective_from: Day;
  scope: string[] | null;
  hectares: string | null;
  expires_on: Day | null;
  reason: string | null;
  attributes: object | null;
  products: string[];
}

/** Blank means the certifier's only scheme, NOP if it names none; a certifier of several must be told. */
function standardOf(row: Row<typeof OPERATION_CERTIFICATES>, certifier: KnownCertifier): string | null {
  if (row.values.standard) return row.values.standard;
  if (certifier.schemes.length === 0) return 'NOP';
  return certifier.schemes.length === 1 ? certifier.schemes[0]! : null;
}

/** Certificates and their status history: one status per certificate and day. */
export async function importOperationCertificates(book: Book): Promise<void> {
  const format = OPERATION_CERTIFICATES;
  const rows = book.folder.rows(format);
  if (rows.length === 0) return;
  const operationIds = [...new Set(rows.flatMap((row) => book.operations.get(row.values.operation)?.id ?? []))];
  const { tx } = book.work;
  const storedCertificates = await tx.query<{ id: string; operation: string; certifier: string; standard: string }>(
    'select id, operation, certifier, standard from operation_certificate where operation = any($1)',
    [operationIds],
  );
  const storedStatuses = await tx.query<StoredStatus>(
    `select s.operation_certificate as certificate, s.status, s.effective_from, s.scope, trim_scale(s.hectares)::text as hectares, s.expires_on, s.reason, s.attributes,
       array(select p.name from verified_product v join product p on p.id = v.product where v.status = s.id) as products
     from operation_certificate_status s join operation_certificate c on c.id = s.operation_certificate
     where c.operation = any($1) and s.retracted_by is null order by s.effective_from`,
    [operationIds],
  );

  const certificates = new Map(
    storedCertificates.map((each) => [JSON.stringify([each.operation, each.certifier, each.standard]), each.id]),
  );
  const history = new Map<string, Map<Day, OperationCertificateStatus>>();
  const stored = new Map<string, StoredStatus>();
  const remember = (certificate: string, day: Day, status: OperationCertificateStatus) => {
    const days = history.get(certificate) ?? new Map<Day, OperationCertificateStatus>();
    history.set(certificate, days.set(day, status));
  };
  for (const each of storedStatuses) {
    stored.set(each.certificate + each.effective_from, each);
    remember(each.certificate, each.effective_from, each.status);
  }

  const newCertificates: NewOperationCertificate[] = [];
  const newStatuses: NewOperationCertificateStatus[] = [];
  const repeats = new Repeats<Row<typeof format>>();
  let unchanged = 0;
  const stated = ({ values }: Row<typeof format>) => ({
    status: values.status,
    scope: values.scope,
    products: values.products === undefined ? undefined : (values.products ?? []),
    hectares: values.hectares === undefined ? undefined : (values.hectares?.text ?? null),
    expires_on: values.expires_on,
    reason: values.reason,
  });

  for (const row of rows) {
    const { values, line } = row;
    const operation = book.operations.get(values.operation);
    const certifier = book.certifiers.get(values.certifier);
    if (!operation) unknown(book, format, line, 'operation', 'operation', values.operation);
    if (!certifier) unknown(book, format, line, 'certifier', 'certifier', values.certifier);
    const products = (values.products ?? []).flatMap((name) => {
      const product = book.products.get(name);
      if (!product) unknown(book, format, line, 'products', 'product', name);
      return product ? [{ productId: product.id, labelledAs: null }] : [];
    });
    if (!operation || !certifier) continue;
    const standard = standardOf(row, certifier);
    if (standard === null) {
      wrong(
        book,
        format,
        line,
        'standard',
        `certifier ${values.certifier} certifies to several standards`,
        `say which: ${certifier.schemes.join(' ')}`,
      );
      continue;
    }

    const key = JSON.stringify([operation.id, certifier.id, standard]);
    let certificateId = certificates.get(key);
    const what = `the status of ${values.operation} with ${values.certifier} (${standard}) from ${values.effective_from}`;
    const before = certificateId ? stored.get(certificateId + values.effective_from) : undefined;
    const earlier = repeats.earlier([key, values.effective_from], line, row);
    if (before || earlier) {
      compare(
        book,
        format,
        row,
        earlier && !before ? `${what}, line ${earlier.line},` : what,
        before ? { ...before } : { ...stated(earlier!.row), attributes: earlier!.row.attributes },
        stated(row),
      );
      unchanged++;
      continue;
    }
    if (!certificateId) {
      certificateId = uuidv7();
      certificates.set(key, certificateId);
      newCertificates.push({ id: certificateId, operationId: operation.id, certifierId: certifier.id, standard });
    }
    remember(certificateId, values.effective_from, values.status);
    newStatuses.push({
      id: uuidv7(),
      certificateId,
      operationId: operation.id,
      certifierId: certifier.id,
      status: values.status,
      from: null,
      effectiveFrom: values.effective_from,
      scope: values.scope ?? null,
      hectares: values.hectares?.text ?? null,
      expiresOn: values.expires_on ?? null,
      reason: values.reason ?? null,
      products,
      attributes: row.attributes,
    });
  }
  for (const status of newStatuses) {
    const days = history.get(status.certificateId)!;
    const before = [...days.keys()]
      .filter((day) => day < status.effectiveFrom)
      .sort()
      .at(-1);
    status.from = before ? days.get(before)! : null;
  }
  book.counts[format.name] = { recorded: newStatuses.length, unchanged };
  if (book.mistakes.count === 0) {
    newStatuses.sort((a, b) => (a.effectiveFrom < b.effectiveFrom ? -1 : a.effectiveFrom > b.effectiveFrom ? 1 : 0));
    await recordOperationCertificates(book.work, newCertificates, newStatuses);
  }
}
