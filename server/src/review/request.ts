import {
  type DocumentType,
  type GapKind,
  type ImportCertificate,
  type MarkedOrganic,
  type Operation,
  type Standard,
  sumGrams,
  today,
} from '@lotline/schema';
import { seesWhole, subjectVisible } from '../access';
import { linesOf } from '../certificates';
import { certifierById, type FormKey, formOf, operationById, standingOf } from '../operations';
import type { Question } from '../questions';
import type { CertificateRequest, FoundBehind, NamedOperation, PaperSent, RequestedProduct, Standing } from '../rules';
import { Chain } from '../trace';
import { capacityOf } from './capacity';
import { departuresOf, lotsOf } from './lots';

/**
 * A request for an import certificate as the viewer may look at it: what the exporter holds, ships and harvests only where it sees all of
 * that exporter's facts, what lies behind the lots as on a trace.
 */
export async function requestOf(question: Question, certificate: ImportCertificate, now: Date): Promise<CertificateRequest> {
  const { reader } = question;
  const { id, exporterId, certifierId, importerId, finalHandlerId, standard } = certificate;
  const lines = await reader.loader(linesOf).load(id);
  const products = [...new Set(lines.map(({ productId }) => productId))];
  const lots = [...new Set(lines.flatMap(({ lotId }) => lotId ?? []))];
  const certifier = (await reader.loader(certifierById).load(certifierId))!;
  const knowsExporter = await seesWhole(question, exporterId);
  const certifiedTo = await reader.query<{ standard: Standard }>(
    `select distinct c.standard from operation_certificate c cross join lateral (
       select s.status from operation_certificate_status s
       where s.operation_certificate = c.id and s.retracted_by is null and s.effective_from <= $3::date order by s.effective_from desc limit 1
     ) s where c.operation = $1 and c.certifier = $2 and s.status = 'CERTIFIED' order by c.standard`,
    [exporterId, certifierId, today(now)],
  );
  const others = await Promise.all([
    named(question, importerId, 'the importer'),
    ...(finalHandlerId !== null && finalHandlerId !== exporterId ? [named(question, finalHandlerId, 'the final handler')] : []),
  ]);
  const chain = lots.length === 0 ? null : await Chain.walk(question, lots, { direction: 'BACK', maxDepth: null, asOf: null });
  const found = chain === null ? [] : await chain.gaps();
  return {
    ...certificate,
    standard: standard as Standard | null,
    mass: certificate.grams ?? sumGrams(lines.map((line) => line.grams)),
    certifier,
    exporter: await named(question, exporterId, 'the exporter'),
    certifiedTo: new Set(certifiedTo.map((each) => each.standard)),
    others,
    products: await productsOf(question, products, { operation: exporterId, certifier: certifierId, on: today(now) }),
    lots: await lotsOf(question, certificate, lines, knowsExporter),
    unlotted: sumGrams(lines.filter(({ lotId }) => lotId === null).map((line) => line.grams)),
    papers: await papersOf(question, id),
    departures: knowsExporter ? await departuresOf(reader, certificate, lots) : null,
    expected:
      certificate.departsOn === null
        ? null
        : { on: certificate.departsOn, at: certificate.departsAt, fromUnLocode: certificate.portOfLading },
    behind: found.map(
      ({ kind, lot, message }): FoundBehind => ({ kind, message, lot: chain!.isWithheld(lot) ? null : { id: lot.id, code: lot.code } }),
    ),
    cut: found.some(({ kind }) => kind === ('TRUNCATED' satisfies GapKind)),
    capacity: certificate.kind === 'PERIOD' && knowsExporter ? await capacityOf(reader, certificate, products, today(now)) : null,
    now,
    today: today(now),
  };
}

async function named({ reader }: Question, id: string, as: string): Promise<NamedOperation & { as: string }> {
  const operation = (await reader.loader(operationById).load(id)) as Operation;
  return { id, name: operation.name, as, standing: (await reader.loader(standingOf).load(id)) as Standing };
}

async function productsOf({ reader }: Question, ids: readonly string[], of: FormKey): Promise<RequestedProduct[]> {
  const rows = await reader.query<{ id: string; name: string; hts: string }>(
    'select p.id, p.name, p.hts from product p where p.id = any($1) order by p.name, p.id',
    [ids],
  );
  const form = await reader.loader(formOf).load(of);
  return rows.map((row) => ({ ...row, onForm: form === null ? 'NO_FORM' : (form.get(row.id) ?? null) }));
}

/** Papers about a request that the viewer sees. */
async function papersOf({ reader, viewer }: Question, certificate: string): Promise<PaperSent[]> {
  const rows = await reader.query<{ id: string; type: DocumentType; number: string; markedOrganic: MarkedOrganic; names: string[] }>(
    `select d.id, d.type, d.number, d.marked_organic as "markedOrganic",
       array_append(array(select o.operation from document_link o where o.document = d.id and o.operation is not null and o.retracted_by is null), d.issuer) as names
     from document d where exists (select from document_link k where k.document = d.id and k.import_certificate = $1 and k.retracted_by is null)
       and ${subjectVisible(viewer, 'd.id')} order by d.type, d.number, d.id`,
    [certificate],
  );
  return rows.map((row) => ({ ...row, names: new Set(row.names) }));
}
