import {
  CERTIFIERS,
  CUSTOMS_ENTRIES,
  DOCUMENTS,
  EMERGENCY_ACTIONS,
  type FileFormat,
  IMPORT_CERTIFICATE_LINES,
  IMPORT_CERTIFICATES,
  LOT_ADJUSTMENTS,
  LOT_INPUTS,
  LOTS,
  OPERATION_CERTIFICATES,
  OPERATIONS,
  PRODUCTS,
  SHIPMENT_LEGS,
  SHIPMENT_LOTS,
  SHIPMENTS,
  TRANSFERS,
  TREATMENTS,
} from '../import';

// What each file of a folder holds, as SQL: the live facts, under the names of its columns. Of a moment `x` the instant is `x at`.

export interface FileSource {
  format: FileFormat;
  /** Rows with a value for each column, and `id` and `attributes`. */
  sql: string;
}

const operation = (id: string): string => `(select o.identifier from operation o where o.id = ${id})`;
const certifier = (id: string): string => `(select z.code from certifier z where z.id = ${id})`;
const product = (id: string): string => `(select p.name from product p where p.id = ${id})`;
const certificate = (id: string): string => `(select c.number from import_certificate c where c.id = ${id})`;

/** OPERATION/code; the bare code where that is the whole code of another, as a name is tried whole first. */
const lotName = `case when exists (select from lot s where s.code = o.identifier || '/' || l.code) then l.code else o.identifier || '/' || l.code end`;
const lot = (id: string): string => `(select ${lotName} from lot l join operation o on o.id = l.producer where l.id = ${id})`;
const shipmentName = `case when exists (select from shipment t where t.reference = o.identifier || '/' || s.reference) then s.reference else o.identifier || '/' || s.reference end`;
const shipment = (id: string): string => `(select ${shipmentName} from shipment s join operation o on o.id = s.shipper where s.id = ${id})`;
const paper = (id: string): string =>
  `(select o.identifier || '/' || d.type || '/' || d.number from document d join operation o on o.id = d.issuer where d.id = ${id})`;
const place = (end: 'from' | 'to'): string => `concat_ws(' ', x.${end}_un_locode, x.${end}_name)`;

/** Rows that are equal under a file's own key are told apart by a reference, as the file asks for. */
const toldApart = (sql: string, key: string): string =>
  `select f.*, case when f.place = 1 then f.given else coalesce(f.given, '') || '~' || f.place end as reference
   from (select g.*, row_number() over (partition by ${key}, given order by id) as place from (${sql}) g) f`;

const step = (status: 'ISSUED' | 'REQUESTED', column: 'on_day' | 'at'): string =>
  `(select s.${column} from import_certificate_status s where s.import_certificate = c.id and s.status = '${status}' and s.retracted_by is null order by s.sequence limit 1)`;

const links = (what: string, column: string): string =>
  `array(select distinct ${what} from document_link k join document e on e.id = k.document
    where e.issuer = d.issuer and e.type = d.type and e.number = d.number and k.${column} is not null and k.retracted_by is null order by 1)`;

export const SOURCES: readonly FileSource[] = [
  {
    format: CERTIFIERS,
    sql: 'select id, code as certifier, name, country, schemes as scheme, attributes from certifier',
  },
  {
    format: OPERATIONS,
    sql: 'select id, identifier as operation, name, country, roles, address, latitude, longitude, attributes from operation',
  },
  {
    format: PRODUCTS,
    sql: 'select id, name as product, hts, organic, trim_scale(kg_per_bushel)::text as kg_per_bushel, attributes from product',
  },
  {
    format: OPERATION_CERTIFICATES,
    sql: `select s.id, ${operation('c.operation')} as operation, ${certifier('c.certifier')} as certifier, s.status, s.effective_from, s.scope,
        array(select p.name from verified_product v join product p on p.id = v.product where v.status = s.id order by p.name) as products,
        c.standard, trim_scale(s.hectares)::text as hectares, s.expires_on, s.reason, s.attributes
      from operation_certificate_status s join operation_certificate c on c.id = s.operation_certificate where s.retracted_by is null`,
  },
  {
    format: LOTS,
    sql: `select x.id, x.code, ${operation('x.producer')} as producer, ${product('x.product')} as product, x.value as quantity, x.unit, x.kind,
        x.produced_on, x.produced_at as "produced_on at", x.country, x.latitude, x.longitude, x.attributes from lot x`,
  },
  {
    format: LOT_INPUTS,
    sql: toldApart(
      `select x.id, ${lot('x.output')} as output, ${lot('x.input')} as input, x.value as quantity, x.unit, x.on_day as "on", x.at as "on at",
         x.reference as given, x.attributes from lot_input x where x.retracted_by is null`,
      'output, input, quantity, unit, "on", "on at"',
    ),
  },
  {
    format: TRANSFERS,
    sql: toldApart(
      `select x.id, ${lot('x.lot')} as lot, ${operation('x.sender')} as "from", ${operation('x.receiver')} as "to", x.on_day as "on", x.at as "on at",
         x.value as quantity, x.unit, ${paper('x.document')} as document, case when x.document is null then x.document_named end as document_awaited,
         x.reference as given, x.attributes from transfer x where x.retracted_by is null`,
      'lot, "from", "to", "on", "on at", quantity, unit, document, document_awaited',
    ),
  },
  {
    format: LOT_ADJUSTMENTS,
    sql: toldApart(
      `select x.id, ${lot('x.lot')} as lot, ${operation('x.holder')} as holder, x.kind, x.on_day as "on", x.at as "on at", x.value as quantity, x.unit,
         ${paper('x.document')} as document, case when x.document is null then x.document_named end as document_awaited, x.reference as given, x.attributes
       from lot_adjustment x where x.retracted_by is null`,
      'lot, holder, kind, "on", "on at", quantity, unit, document, document_awaited',
    ),
  },
  {
    format: SHIPMENTS,
    sql: `select x.id, x.reference, ${operation('x.shipper')} as shipper, ${operation('x.consignee')} as consignee, x.booked_on, x.attributes from shipment x`,
  },
  {
    format: SHIPMENT_LEGS,
    sql: `select x.id, ${shipment('x.shipment')} as shipment, x.sequence, x.mode, ${place('from')} as from_place, ${place('to')} as to_place,
        x.departed_on as departed, x.departed_at as "departed at", x.arrived_on as arrived, x.arrived_at as "arrived at", x.carrier, x.conveyance,
        x.container, x.seal, x.attributes from shipment_leg x where x.retracted_by is null and x.departed_on is not null`,
  },
  {
    format: SHIPMENT_LOTS,
    sql: toldApart(
      `select x.id, ${shipment('x.shipment')} as shipment, ${lot('x.lot')} as lot, x.value as quantity, x.unit, x.reference as given, x.attributes
       from shipped_lot x where x.retracted_by is null`,
      'shipment, lot, quantity, unit',
    ),
  },
  {
    format: TREATMENTS,
    sql: toldApart(
      `select x.id, x.kind, x.on_day as "on", x.at as "on at", x.substance, ${lot('x.lot')} as lot, ${shipment('x.shipment')} as shipment, x.prohibited,
         ${paper('x.document')} as document, case when x.document is null then x.document_named end as document_awaited, x.reference as given, x.attributes
       from treatment x where x.retracted_by is null and x.substance is not null`,
      'kind, "on", "on at", substance, lot, shipment, prohibited, document, document_awaited',
    ),
  },
  {
    // An issuer's own paper where there is one, else the oldest copy; with what all of them are about.
    format: DOCUMENTS,
    sql: `select d.id, d.type, d.number, ${operation('d.issuer')} as issuer, d.issued_on, d.marked_organic, d.file,
        ${links(lot('k.lot'), 'lot')} as lots, ${links(shipment('k.shipment'), 'shipment')} as shipments,
        ${links(certificate('k.import_certificate'), 'import_certificate')} as certificates, ${links(operation('k.operation'), 'operation')} as operations,
        d.attributes
      from (select distinct on (issuer, type, number) * from document order by issuer, type, number, keeper <> issuer, id) d`,
  },
  {
    format: IMPORT_CERTIFICATES,
    sql: `select c.id, c.number, c.kind, ${operation('c.exporter')} as exporter, ${operation('c.importer')} as importer, ${certifier('c.certifier')} as certifier,
        c.hts, ${step('ISSUED', 'on_day')} as issued_on, ${step('ISSUED', 'at')} as "issued_on at", ${step('REQUESTED', 'on_day')} as requested_on,
        ${step('REQUESTED', 'at')} as "requested_on at", c.origin, c.destination, c.standard, c.valid_from, c.valid_to, c.value as quantity, c.unit,
        ${operation('c.final_handler')} as final_handler, ${operation('c.consignee')} as consignee,
        (select nullif(s.status, 'ISSUED') from import_certificate_status s where s.import_certificate = c.id and s.retracted_by is null
          order by s.sequence desc limit 1) as status, c.attributes
      from import_certificate c where c.number is not null`,
  },
  {
    format: IMPORT_CERTIFICATE_LINES,
    sql: toldApart(
      `select x.id, c.number as certificate, ${product('x.product')} as product, x.value as quantity, x.unit, ${lot('x.lot')} as lot, x.reference as given, x.attributes
       from import_certificate_line x join import_certificate c on c.id = x.import_certificate
       where x.retracted_by is null and x.shipped_lot is null and c.number is not null`,
      'certificate, product, quantity, unit, lot',
    ),
  },
  {
    format: CUSTOMS_ENTRIES,
    sql: `select x.id, e.number as entry, x.line, c.number as certificate, e.filed_on, e.filed_at as "filed_on at", x.hts, x.value as quantity, x.unit,
        ${operation('e.filer')} as filer, array(select ${lot('j.lot')} from customs_entry_line_lot j where j.line = x.id order by 1) as lots, x.attributes
      from customs_entry_line x join customs_entry e on e.id = x.entry join import_certificate c on c.id = x.import_certificate
      where x.retracted_by is null and c.number is not null`,
  },
  {
    format: EMERGENCY_ACTIONS,
    sql: `select x.id, x.number, x.on_day as "on", x.at as "on at", x.ordered, ${shipment('x.shipment')} as shipment, ${lot('x.lot')} as lot,
        (select min(n.on_day) from certifier_notice n where n.emergency_action = x.id and n.retracted_by is null) as certifier_notified_on,
        (select d.kind from disposition d where d.emergency_action = x.id and d.retracted_by is null order by d.id limit 1) as disposition, x.attributes
      from emergency_action x`,
  },
];

/** What the files have no column for, and how much of it there is. */
export const UNSAID: readonly { what: string; sql: string }[] = [
  { what: 'import certificates without a number', sql: 'select count(*) from import_certificate where number is null' },
  {
    what: 'steps of import certificates after their issue: their days and reasons, all but where each stands now',
    sql: `select count(*) from import_certificate_status s where s.retracted_by is null and exists (select from import_certificate_status i
      where i.import_certificate = s.import_certificate and i.status = 'ISSUED' and i.retracted_by is null and i.sequence < s.sequence)
      and (s.on_day is not null or s.reason is not null)`,
  },
  {
    what: 'import certificates with an importer of record, a day of need or a transport of their own',
    sql: 'select count(*) from import_certificate where number is not null and num_nonnulls(importer_of_record, needed_by, mode) > 0',
  },
  {
    what: 'claims of lots by certificates for a period, which follow from departures',
    sql: 'select count(*) from import_certificate_line where retracted_by is null and shipped_lot is not null',
  },
  {
    what: 'lines of customs entries without an import certificate',
    sql: `select count(*) from customs_entry_line x left join import_certificate c on c.id = x.import_certificate where x.retracted_by is null and c.number is null`,
  },
  { what: 'legs that have not departed', sql: 'select count(*) from shipment_leg where retracted_by is null and departed_on is null' },
  { what: 'treatments without a substance', sql: 'select count(*) from treatment where retracted_by is null and substance is null' },
  {
    what: 'names on labels of the Product Verification Form',
    sql: `select count(*) from verified_product v join operation_certificate_status s on s.id = v.status where s.retracted_by is null and v.labelled_as is not null`,
  },
  {
    what: 'links of papers to facts, entries, emergency actions and organic certificates',
    sql: `select count(*) from document_link where retracted_by is null
      and num_nonnulls(transfer, treatment, lot_adjustment, customs_entry, emergency_action, operation_certificate) > 0`,
  },
  { what: 'papers whose bytes are kept: the files name them', sql: 'select count(*) from document where content is not null' },
  { what: 'copies of papers that others keep', sql: 'select count(*) from document where keeper <> issuer' },
  {
    what: 'dispositions: their days and quantities, and all but the first of an emergency action',
    sql: 'select count(*) from disposition where retracted_by is null and num_nonnulls(on_day, grams) > 0',
  },
  {
    what: 'offers of transfers that nobody has accepted',
    sql: 'select count(*) from transfer_offer o where not exists (select from transfer t where t.offer = o.id)',
  },
];
