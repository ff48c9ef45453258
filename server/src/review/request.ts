import {
  type Day,
  type DocumentType,
  type GapKind,
  type Grams,
  grams,
  type ImportCertificate,
  type ImportCertificateLine,
  type MarkedOrganic,
  type Operation,
  type Standard,
  sumGrams,
  today,
} from '@lotline/schema';
import { seesWhole, subjectVisible } from '../access';
import { claimedOf, claimsBeside, linesOf } from '../certificates';
import { certifierById, formOf, operationById, standingOf } from '../operations';
import { type Question, seen } from '../questions';
import type {
  CertificateRequest,
  DepartureOfLots,
  FoundBehind,
  NamedOperation,
  PaperSent,
  RequestedLot,
  RequestedProduct,
  Standing,
} from '../rules';
import { Chain } from '../trace';
import { capacityOf } from './capacity';

/**
 * A request for an import certificate as the viewer may look at it: what the exporter holds, ships and harvests only where it sees all of
 * that exporter's facts, what lies behind the lots as on a trace.
 */
export async function requestOf(question: Question, certificate: ImportCertificate, now: Date): Promise<CertificateRequest> {
  const { reader } = question;
  const { id, exporterId, certifierId, importerId, finalHandlerId, consigneeId, standard } = certificate;
  const lines = await reader.loader(linesOf).load(id);
  const products = [...new Set(lines.map(({ productId }) => productId))];
  const lots = [...new Set(lines.flatMap(({ lotId }) => lotId ?? []))];
  const certifier = (await reader.loader(certifierById).load(certifierId))!;
  const knowsExporter = await seesWhole(question, exporterId);
  const certifiedTo = await reader.query<{ standard: Standard }>(
    `select distinct c.standard from oversight v join operation_certificate c on c.operation = v.operation and c.certifier = v.certifier
     where v.operation = $1 and v.certifier = $2 and v.now order by c.standard`,
    [exporterId, certifierId],
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
    products: await productsOf(question, products, exporterId, today(now)),
    lots: await lotsOf(question, id, lines, lots, knowsExporter ? exporterId : null),
    papers: await papersOf(question, id),
    departures: knowsExporter ? await departuresOf(question, lots, exporterId, [importerId, consigneeId ?? importerId]) : [],
    expected:
      certificate.departsOn === null
        ? null
        : { on: certificate.departsOn, at: certificate.departsAt, fromUnLocode: certificate.portOfLading },
    behind: found.map(
      ({ kind, lot, message }): FoundBehind => ({ kind, message, lot: chain!.isWithheld(lot) ? null : { id: lot.id, code: lot.code } }),
    ),
    cut: found.some(({ kind }) => kind === ('TRUNCATED' satisfies GapKind)),
    capacity: certificate.kind === 'PERIOD' && knowsExporter ? await capacityOf(reader, exporterId, products, today(now)) : null,
    now,
    today: today(now),
  };
}

async function named({ reader }: Question, id: string, as: string): Promise<NamedOperation & { as: string }> {
  const operation = (await reader.loader(operationById).load(id)) as Operation;
  return { id, name: operation.name, as, standing: (await reader.loader(standingOf).load(id)) as Standing };
}

async function productsOf({ reader }: Question, ids: readonly string[], exporter: string, on: Day): Promise<RequestedProduct[]> {
  const rows = await reader.query<{ id: string; name: string; hts: string }>(
    'select p.id, p.name, p.hts from product p where p.id = any($1) order by p.name, p.id',
    [ids],
  );
  const form = await reader.loader(formOf).load({ operation: exporter, on });
  return rows.map((row) => ({ ...row, onForm: form === null ? 'NO_FORM' : (form.get(row.id) ?? null) }));
}

/** @param holder whose holdings the viewer may know; null for nobody's */
async function lotsOf(
  question: Question,
  certificate: string,
  lines: readonly ImportCertificateLine[],
  ids: readonly string[],
  holder: string | null,
): Promise<RequestedLot[]> {
  const { reader } = question;
  const rows = await reader.query<{ id: string; code: string; country: string; grams: string; held: string }>(
    `select l.id, l.code, l.country, l.grams, coalesce(h.grams, 0) as held from lot l left join holding h on h.lot = l.id and h.owner = $2
     where l.id = any($1) order by l.code, l.id`,
    [ids, holder],
  );
  const elsewhere = await reader.loader(claimsBeside).loadMany(rows.map((row) => ({ lot: row.id, certificate })));
  return Promise.all(
    rows.map(async (row, index): Promise<RequestedLot> => {
      const asked = sumGrams(lines.filter(({ lotId }) => lotId === row.id).map((line) => line.grams));
      const weighs = grams(row.grams);
      const all = elsewhere[index] as Grams;
      return {
        id: row.id,
        code: row.code,
        country: row.country,
        weighs,
        asked,
        held: holder === null ? null : grams(row.held),
        claimed: { seen: await seen(question, claimedOf, row.id), all: question.viewer.certifierId === null ? all : null },
        overclaimed: asked + all > weighs,
      };
    }),
  );
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

/** Legs from abroad into the United States of shipments by an exporter that carry lots to any of these. */
const departuresOf = ({ reader }: Question, lots: readonly string[], exporter: string, to: readonly string[]): Promise<DepartureOfLots[]> =>
  reader.query<DepartureOfLots>(
    `select distinct s.id as shipment, s.reference, g.from_un_locode as "fromUnLocode", g.departed_on as "on", g.departed_at as at
     from shipped_lot x join shipment s on s.id = x.shipment and s.shipper = $2 and s.consignee = any($3)
       join shipment_leg g on g.shipment = s.id and g.retracted_by is null and g.to_country = 'US' and g.from_country <> 'US' and g.departed_on is not null
     where x.lot = any($1) and x.retracted_by is null order by g.departed_on, s.id`,
    [lots, exporter, to],
  );
