import {
  type Day,
  type Grams,
  grams,
  ImportCertificate,
  ImportCertificateChange,
  ImportCertificateLine,
  ImportCertificateRevision,
  type ImportCertificateStatus,
  ImportCertificateStatusFact,
  parseCertificateNumber,
  Refusal,
  ZERO,
} from '@lotline/schema';
import { additionVisible, factVisible, operationVisible, stepVisible, subjectVisible, type Viewer } from '../access';
import { alike, type BatchOf, grouped, knownFact, nounById, type Position } from '../database';
import { type Question, type SeenKey, seenFacts, seenLinks, visibleNoun } from '../questions';
import { CLAIMS_NOTHING } from './road';

export const importCertificateById = nounById(ImportCertificate);

/** A certificate by id; null where there is none, or the viewer may not see it. */
export const visibleImportCertificate = (question: Question, id: string): Promise<ImportCertificate | null> =>
  visibleNoun(question, 'import_certificate', importCertificateById, id);

/** A certificate by its number, among those the viewer may see. @throws Refusal BAD_USER_INPUT for what cannot be a number */
export async function findImportCertificate(question: Question, text: string): Promise<ImportCertificate | null> {
  const number = parseCertificateNumber(text);
  if (!number.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: number.wrong, path: ['number'], remedy: number.remedy });
  const [row] = await question.reader.query<{ id: string }>(
    `select ic.id from import_certificate ic where ic.number = $1 and ${subjectVisible(question.viewer, 'ic.id')} and ${numberVisible(question.viewer, 'ic.id', null)}`,
    [number.value],
  );
  return row ? question.reader.loader(importCertificateById).load(row.id) : null;
}

/** Where a certificate stands, as SQL: the last step of its history that the viewer sees. */
export const statusOf = (viewer: Viewer, certificate: string, known: Position | null): string =>
  `(select s.status from import_certificate_status s where s.import_certificate = ${certificate} and ${knownFact('s', known)}
    and ${stepVisible(viewer, 's', known)} order by s.sequence desc limit 1)`;

/** Does the viewer, who sees a certificate, see that it was issued, and by that its number? As SQL. Who certified a party for a time may not. */
export const numberVisible = (viewer: Viewer, certificate: string, known: Position | null): string =>
  viewer.certifierId === null
    ? 'true'
    : `exists (select from import_certificate_status s where s.import_certificate = ${certificate} and s.status = 'ISSUED' and ${knownFact('s', known)}
    and ${stepVisible(viewer, 's', known)})`;

/** On which day a certificate was issued, as SQL, where the viewer sees that step. */
export const issuedOf = (viewer: Viewer, certificate: string, known: Position | null): string =>
  `(select s.on_day from import_certificate_status s where s.import_certificate = ${certificate} and s.status = 'ISSUED' and ${knownFact('s', known)}
    and ${stepVisible(viewer, 's', known)} order by s.sequence limit 1)`;

/** A step of a history, with the day that was given. */
type Step = ImportCertificateStatusFact & { status: ImportCertificateStatus; onDay: Day | null };

/** Histories of certificates as viewers see them, oldest first. */
export const historyOf: BatchOf<{ id: string; viewer: Viewer }, Step[]> = async (reader, keys) => {
  const found = new Map<string, Step[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<Step>(
      `select s.id, s.import_certificate as "importCertificateId", s.sequence, s.status, s.on_day as "onDay",
       coalesce(s.at, s.on_day::timestamp at time zone 'UTC', c.at) as at, s.reason, s.recipient as "recipientId", coalesce(o.name, z.name) as by
     from import_certificate_status s join command c on c.id = s.recorded_by
       left join operation o on o.id = s.made_by left join certifier z on z.id = s.made_by
     where s.import_certificate = any($1) and s.retracted_by is null and ${stepVisible(viewer, 's')} order by s.sequence`,
      [ids],
    );
    const steps = rows.map((row) => Object.assign(new ImportCertificateStatusFact(), row));
    grouped(ids, steps, (row) => row.importCertificateId).forEach((history, index) => {
      found.set(viewer.name + ids[index], history);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

interface RevisionRow {
  id: string;
  importCertificateId: string;
  sequence: number;
  reason: string;
  at: Date;
  by: string;
  changes: { field: string; from: string | null; to: string | null }[];
  recordedBy: string;
  retractedBy: string | null;
}

/**
 * Revisions of certificates, oldest first, as viewers see them: who certified a party for a time sees none that came later, and a consignee
 * that a viewer may not see is withheld.
 */
export const revisionsOf: BatchOf<{ id: string; viewer: Viewer }, ImportCertificateRevision[]> = async (reader, keys) => {
  const found = new Map<string, ImportCertificateRevision[]>();
  for (const group of alike(keys, ({ viewer }) => [viewer.name])) {
    const { viewer } = group[0]!;
    const ids = group.map(({ id }) => id);
    const rows = await reader.query<RevisionRow>(
      `select r.id, r.import_certificate as "importCertificateId", r.sequence, r.reason, r.at, coalesce(o.name, z.name) as by, r.changes,
         r.recorded_by as "recordedBy", r.retracted_by as "retractedBy"
       from import_certificate_revision r left join operation o on o.id = r.made_by left join certifier z on z.id = r.made_by
       where r.import_certificate = any($1) and r.retracted_by is null and ${additionVisible(viewer, 'r.import_certificate', 'r.on_day')}
       order by r.sequence`,
      [ids],
    );
    const consignees = rows.flatMap(({ changes }) => changes.flatMap(({ field, from, to }) => (field === 'consignee' ? [from, to] : [])));
    const names = new Map(
      (
        await reader.query<{ id: string; name: string }>(
          `select o.id, o.name from operation o where o.id = any($1) and ${operationVisible(viewer, 'o')}`,
          [consignees.filter((id) => id !== null)],
        )
      ).map(({ id, name }) => [id, name]),
    );
    const shown = (id: string | null) => (id === null ? null : (names.get(id) ?? 'withheld'));
    const revisions = rows.map((row) =>
      Object.assign(new ImportCertificateRevision(), row, {
        changes: row.changes.map(({ field, from, to }) =>
          Object.assign(
            new ImportCertificateChange(),
            field === 'consignee' ? { field, from: shown(from), to: shown(to) } : { field, from, to },
          ),
        ),
      }),
    );
    grouped(ids, revisions, (row) => row.importCertificateId).forEach((all, index) => {
      found.set(viewer.name + ids[index], all);
    });
  }
  return keys.map(({ id, viewer }) => found.get(viewer.name + id)!);
};

/** What certificates cover: by product, then lot, then mass. */
export const linesOf: BatchOf<string, ImportCertificateLine[]> = async (reader, certificates) => {
  const rows = await reader.query<Omit<ImportCertificateLine, 'grams'> & { grams: string }>(
    `select x.id, x.import_certificate as "importCertificateId", x.product as "productId", x.lot as "lotId", x.grams, x.recorded_by as "recordedBy"
     from import_certificate_line x join product p on p.id = x.product left join lot l on l.id = x.lot left join operation o on o.id = l.producer
     where x.import_certificate = any($1) and x.shipped_lot is null and x.retracted_by is null order by p.name, l.code nulls last, o.identifier, x.grams, x.id`,
    [certificates],
  );
  return grouped(
    certificates,
    rows.map((row) => Object.assign(new ImportCertificateLine(), row, { grams: grams(row.grams) })),
    (row) => row.importCertificateId,
  );
};

/** What certificates for a period claimed of lots as shipments departed: by day, then code. */
export const claimsOf = seenFacts<ImportCertificateLine & { of: string }, ImportCertificateLine>(
  `select x.import_certificate as of, x.lot as subject, x.id as fact, row(x.on_day, l.code, o.identifier, x.id) as place, x.id, x.import_certificate as "importCertificateId",
     x.product as "productId", x.lot as "lotId", x.grams, x.on_day as "onDay", s.shipment as "shipmentId", x.recorded_by as "recordedBy"
   from import_certificate_line x join shipped_lot s on s.id = x.shipped_lot join lot l on l.id = x.lot join operation o on o.id = l.producer
   where x.import_certificate = any($1) and x.retracted_by is null`,
  (row) => Object.assign(new ImportCertificateLine(), row, { grams: grams(row.grams) }),
);

/** Sums of grams by noun, of facts in sight. */
const sumOf =
  (sql: string | ((viewer: Viewer) => string)): BatchOf<SeenKey, Grams> =>
  async (reader, keys) => {
    const facts = await seenFacts<{ of: string; grams: string }, bigint>(sql, (row) => BigInt(row.grams))(reader, keys);
    return facts.map((all) => all.reduce((sum, each) => sum + each, ZERO as bigint) as Grams);
  };

/** What customs entries drew on certificates. */
export const drawnOn = sumOf(
  `select x.import_certificate as of, x.import_certificate as subject, x.id as fact, x.id as place, x.grams
   from customs_entry_line x where x.import_certificate = any($1) and x.retracted_by is null`,
);

/** How much of lots backs import certificates: issued and not voided, for all the viewer sees. */
export const claimedOf = sumOf(
  (viewer) => `select x.lot as of, x.lot as subject, x.id as fact, x.id as place, x.grams
   from import_certificate_line x where x.lot = any($1) and x.retracted_by is null and claiming(x)
     and ${statusOf(viewer, 'x.import_certificate', null)} not in ('${CLAIMS_NOTHING.join("', '")}')`,
);

/** How much of lots other certificates claim than one, whoever may see these: an owner may know how much, not by whom. */
export const claimsBeside: BatchOf<{ lot: string; certificate: string }, Grams> = async (reader, keys) => {
  const rows = await reader.query<{ grams: string }>(
    `select coalesce((select sum(x.grams) from import_certificate_line x where x.lot = a.lot and x.import_certificate <> a.certificate
       and x.retracted_by is null and claims(x.import_certificate) and claiming(x)), 0) as grams
     from unnest($1::uuid[], $2::uuid[]) with ordinality as a(lot, certificate, place) order by a.place`,
    [keys.map(({ lot }) => lot), keys.map(({ certificate }) => certificate)],
  );
  return rows.map((row) => grams(row.grams));
};

/** Certificates that cover lots: a line names the lot, or an entry line joins the two. */
export const certificatesOfLots = seenLinks(
  (
    viewer,
  ) => `select x.lot as of, x.import_certificate as subject, x.recorded_by as "recordedBy" from import_certificate_line x where x.lot = any($1) and x.retracted_by is null
   union all
   select j.lot, x.import_certificate, x.recorded_by from customs_entry_line_lot j join customs_entry_line x on x.id = j.line
   where j.lot = any($1) and x.retracted_by is null and x.import_certificate is not null and ${factVisible(viewer, 'x.import_certificate', 'x.id')}`,
);

/** Where an import certificate stands under which goods may still come. */
export const OPEN: readonly ImportCertificateStatus[] = [
  'REQUESTED',
  'INFORMATION_ASKED',
  'APPROVED',
  'ISSUED',
  'HANDED_OVER',
  'ENTERED',
  'HELD',
];

/** Open import certificates that name an operation, or of which a line names one of these lots, of those that the viewer sees. */
export function openCertificatesOf(
  { reader, viewer }: Question,
  operation: string,
  lots: readonly string[],
): Promise<{ isNamed: boolean; covers: boolean; products: string[] }[]> {
  return reader.query(
    `select $1 = any(array[ic.exporter, ic.final_handler, ic.importer]) as "isNamed",
       exists (select from import_certificate_line x where x.import_certificate = ic.id and x.lot = any($2) and x.retracted_by is null
         and ${factVisible(viewer, 'x.lot', 'x.id')}) as covers,
       array(select distinct x.product from import_certificate_line x where x.import_certificate = ic.id and x.retracted_by is null) as products
     from import_certificate ic
     where (ic.exporter = $1 or ic.final_handler = $1 or ic.importer = $1 or ic.id in (
         select x.import_certificate from import_certificate_line x where x.lot = any($2) and x.retracted_by is null and ${factVisible(viewer, 'x.lot', 'x.id')}))
       and ${subjectVisible(viewer, 'ic.id')} and ${statusOf(viewer, 'ic.id', null)} = any($3)`,
    [operation, lots, OPEN],
  );
}

/** Is there a leg from abroad into the United States in a shipment? As SQL over its live legs that the viewer sees. */
const enters = (viewer: Viewer, shipment: string) =>
  `exists (select from shipment_leg g where g.shipment = ${shipment} and g.retracted_by is null and g.to_country = 'US' and g.from_country <> 'US'
     and ${factVisible(viewer, shipment, 'g.id')})`;

/** Certificates under which shipments entered: of the lots carried, for whoever the shipment went to. */
export const certificatesOfShipments = seenLinks(
  (
    viewer,
  ) => `select s.id as of, c.id as subject, (select o.id from command o where o.id in (k.recorded_by, x.recorded_by) order by o.position desc limit 1) as "recordedBy"
   from shipment s join shipped_lot x on x.shipment = s.id and x.retracted_by is null and ${factVisible(viewer, 's.id', 'x.id')}
     join lateral (
       select l.import_certificate, l.recorded_by from import_certificate_line l where l.lot = x.lot and l.retracted_by is null and (l.shipped_lot is null or l.shipped_lot = x.id)
       union select n.import_certificate, n.recorded_by from customs_entry_line_lot j join customs_entry_line n on n.id = j.line and n.retracted_by is null
         and ${factVisible(viewer, 'n.import_certificate', 'n.id')} where j.lot = x.lot
     ) k on true
     join import_certificate c on c.id = k.import_certificate and s.consignee in (c.importer, c.consignee)
   where s.id = any($1) and ${enters(viewer, 's.id')}`,
);
