import type { Day, ImportCertificateKind } from '@lotline/schema';
import { stepVisible, type Viewer } from '../access';
import type { Reader } from '../database';

/** An issued import certificate, as a trace looks at it. */
export interface Certificate {
  id: string;
  number: string | null;
  kind: ImportCertificateKind;
  exporter: string;
  importer: string;
  consignee: string | null;
  issuedOn: Day | null;
  issuedAt: Date | null;
  validFrom: Day | null;
  validTo: Day | null;
  /** Not voided. */
  live: boolean;
  /** Does the viewer see that it was issued, and, if it was voided, that? Who certified a party for a time may not. */
  seen: { issued: boolean; voided: boolean };
}

/** Certificates for lots. */
export interface Certificates {
  /** By the lots that their lines name. */
  naming: ReadonlyMap<string, readonly Certificate[]>;
  /** By the products of their lines that name no lot. */
  forProduct: ReadonlyMap<string, readonly Certificate[]>;
  byId: ReadonlyMap<string, Certificate>;
}

/**
 * Certificates issued by a day: those whose lines name lots, those with lines without a lot for products of exporters, and others by id.
 * @param asOf null for all; one that was voided at no known day counts as voided on every day
 */
export async function certificatesFor(
  reader: Reader,
  of: { lots: readonly string[]; products: readonly string[]; exporters: readonly string[]; ids: readonly string[] },
  asOf: Day | null,
  viewer: Viewer,
): Promise<Certificates> {
  const rows = await reader.query<Certificate & { lot: string | null; product: string | null }>(
    `select k.lot, k.product, c.id, c.number, c.kind, c.exporter, c.importer, c.consignee, c.valid_from as "validFrom", c.valid_to as "validTo",
       i.on_day as "issuedOn", i.at as "issuedAt",
       z.id is null as live, json_build_object('issued', ${stepVisible(viewer, 'i')}, 'voided', z.id is null or ${stepVisible(viewer, 'z')}) as seen
     from (
       select import_certificate, lot, null::uuid as product from import_certificate_line where lot = any($1) and retracted_by is null and ($5::date is null or on_day is null or on_day <= $5::date)
       union select l.import_certificate, null, l.product from import_certificate_line l join import_certificate c on c.id = l.import_certificate
         where l.lot is null and l.product = any($2) and c.exporter = any($3) and l.retracted_by is null
       union select id, null, null from import_certificate where id = any($4)
     ) k join import_certificate c on c.id = k.import_certificate
       join import_certificate_status i on i.import_certificate = c.id and i.status = 'ISSUED' and i.retracted_by is null
       left join import_certificate_status z on z.import_certificate = c.id and z.status = 'VOIDED' and z.retracted_by is null
         and ($5::date is null or z.on_day is null or z.on_day <= $5::date)
     where $5::date is null or i.on_day is null or i.on_day <= $5::date
     order by c.number, c.id`,
    [of.lots, of.products, of.exporters, of.ids, asOf],
  );
  const naming = new Map<string, Certificate[]>();
  const forProduct = new Map<string, Certificate[]>();
  const byId = new Map<string, Certificate>();
  const add = (map: Map<string, Certificate[]>, key: string, certificate: Certificate) => {
    const known = map.get(key);
    if (known) known.push(certificate);
    else map.set(key, [certificate]);
  };
  for (const { lot, product, ...row } of rows) {
    const certificate = byId.get(row.id) ?? row;
    byId.set(row.id, certificate);
    if (lot !== null) add(naming, lot, certificate);
    if (product !== null) add(forProduct, product, certificate);
  }
  return { naming, forProduct, byId };
}
