import {
  bad,
  canonicalDecimal,
  type Decimal,
  good,
  type ImportCertificateStatus,
  type Parsed,
  parseAdjustmentKind,
  parseCertificateNumber,
  parseCertifierCode,
  parseCode,
  parseContainer,
  parseCountry,
  parseDay,
  parseDecimal,
  parseDispositionKind,
  parseDocumentType,
  parseEntryNumber,
  parseHts,
  parseImportCertificateKind,
  parseImportCertificateStatus,
  parseLotKind,
  parseMarkedOrganic,
  parseMoment,
  parseOperationCertificateStatus,
  parseOperationIdentifier,
  parsePlace,
  parseRole,
  parseStandard,
  parseText,
  parseTransportMode,
  parseTreatmentKind,
  parseUnit,
  quote,
} from '@lotline/schema';

// What may stand in each column of each file, as DESIGN of the spreadsheets has it: data, with one parser a kind of value.

export interface Column<T = unknown, Required extends boolean = boolean> {
  required: Required;
  read: (text: string) => Parsed<T>;
}

const required = <T>(read: (text: string) => Parsed<T>): Column<T, true> => ({ required: true, read });
const optional = <T>(read: (text: string) => Parsed<T>): Column<T, false> => ({ required: false, read });

/** A file of the folder: its name and its columns. */
export interface FileFormat<C extends Record<string, Column> = Record<string, Column>> {
  name: string;
  columns: C;
}

/** The values of a row: a required one is there, an optional one is null where blank and undefined where its column is absent. */
export type Values<F> =
  F extends FileFormat<infer C>
    ? { [K in keyof C]: C[K] extends Column<infer T, infer R> ? (R extends true ? T : T | null | undefined) : never }
    : never;

/** One row, with its place and the columns that the product does not know. */
export interface Row<F> {
  line: number;
  values: Values<F>;
  attributes: Record<string, string> | null;
  /** The further columns of its file, whether or not this row fills them. */
  extra: readonly string[];
}

/** A decimal and its canonical text, which is what is stored as entered. */
interface WrittenDecimal {
  decimal: Decimal;
  text: string;
}

const decimal = (text: string): Parsed<WrittenDecimal> => {
  const read = parseDecimal(text);
  return read.ok ? good({ decimal: read.value, text: canonicalDecimal(read.value) }) : read;
};

const notNegative = (text: string): Parsed<WrittenDecimal> => {
  const read = decimal(text);
  return read.ok && read.value.decimal.digits < 0n ? bad(`${quote(text)} is below zero`, 'write a positive number') : read;
};

const aboveZero = (text: string): Parsed<WrittenDecimal> => {
  const read = decimal(text);
  return read.ok && read.value.decimal.digits <= 0n ? bad(`${quote(text)} is not above zero`, 'write a positive number') : read;
};

const lossMass = (text: string): Parsed<WrittenDecimal> => {
  const read = decimal(text);
  return read.ok && read.value.decimal.digits < 0n
    ? bad('an adjustment is a loss above zero; this is a surplus', "for a counted surplus, redeclare the lot's mass in lots.csv")
    : read;
};

const degrees =
  (most: number) =>
  (text: string): Parsed<number> => {
    const read = parseDecimal(text);
    if (!read.ok) return read;
    const value = Number(text.trim());
    return Math.abs(value) <= most ? good(value) : bad(`${quote(text)} is out of range`, `write degrees from -${most} to ${most}`);
  };

const yesNo = (text: string): Parsed<boolean> => {
  const value = text.trim().toLowerCase();
  if (['true', 'yes', '1'].includes(value)) return good(true);
  if (['false', 'no', '0'].includes(value)) return good(false);
  return bad(`${quote(text)} is neither yes nor no`, 'write yes, true or 1; or no, false or 0; blank is no');
};

/** Several values in one cell, separated by semicolons, each once. */
const several =
  <T>(read: (text: string) => Parsed<T>) =>
  (text: string): Parsed<T[]> => {
    const values = new Set<T>();
    for (const part of text.split(';')) {
      if (part.trim() === '') continue;
      const value = read(part);
      if (!value.ok) return value;
      values.add(value.value);
    }
    return values.size > 0 ? good([...values]) : bad('it is empty', 'give at least one value; separate several by semicolons');
  };

const name = (text: string): Parsed<string> => parseText(text, 500);
/** A lot or shipment is written `code`, or `OPERATION/code`. */
const lot = (text: string): Parsed<string> => parseText(text, 300);

const format = <C extends Record<string, Column>>(file: string, columns: C): FileFormat<C> => ({ name: file, columns });

export const CERTIFIERS = format('certifiers.csv', {
  certifier: required(parseCertifierCode),
  name: required(name),
  country: optional(parseCountry),
  scheme: optional(several(parseStandard)),
});

export const OPERATIONS = format('operations.csv', {
  operation: required(parseOperationIdentifier),
  name: required(name),
  country: required(parseCountry),
  roles: required(several(parseRole)),
  address: optional(name),
  latitude: optional(degrees(90)),
  longitude: optional(degrees(180)),
});

export const PRODUCTS = format('products.csv', {
  product: required(name),
  hts: required(parseHts),
  organic: optional(yesNo),
  kg_per_bushel: optional(aboveZero),
});

export const OPERATION_CERTIFICATES = format('operation_certificates.csv', {
  operation: required(parseOperationIdentifier),
  certifier: required(parseCertifierCode),
  status: required(parseOperationCertificateStatus),
  effective_from: required(parseDay),
  scope: optional(several(name)),
  products: optional(several(name)),
  standard: optional(parseStandard),
  hectares: optional(notNegative),
  expires_on: optional(parseDay),
  reason: optional((text) => parseText(text)),
});

export const LOTS = format('lots.csv', {
  code: required(parseCode),
  producer: required(parseOperationIdentifier),
  product: required(name),
  quantity: required(decimal),
  unit: required(parseUnit),
  kind: required(parseLotKind),
  produced_on: optional(parseMoment),
  country: optional(parseCountry),
  latitude: optional(degrees(90)),
  longitude: optional(degrees(180)),
});

export const LOT_INPUTS = format('lot_inputs.csv', {
  output: required(lot),
  input: required(lot),
  quantity: required(decimal),
  unit: required(parseUnit),
  on: optional(parseMoment),
  reference: optional(parseCode),
});

export const TRANSFERS = format('transfers.csv', {
  lot: required(lot),
  from: required(parseOperationIdentifier),
  to: required(parseOperationIdentifier),
  on: required(parseMoment),
  quantity: optional(decimal),
  unit: optional(parseUnit),
  document: optional(name),
  reference: optional(parseCode),
});

export const LOT_ADJUSTMENTS = format('lot_adjustments.csv', {
  lot: required(lot),
  holder: required(parseOperationIdentifier),
  kind: required(parseAdjustmentKind),
  on: required(parseMoment),
  quantity: required(lossMass),
  unit: required(parseUnit),
  document: optional(name),
  reference: optional(parseCode),
});

export const SHIPMENTS = format('shipments.csv', {
  reference: required(parseCode),
  shipper: required(parseOperationIdentifier),
  consignee: required(parseOperationIdentifier),
  booked_on: optional(parseDay),
});

const ordinal =
  (what: string, most: number) =>
  (text: string): Parsed<number> => {
    const value = text.trim();
    return /^[1-9]\d{0,4}$/.test(value) && Number(value) <= most
      ? good(Number(value))
      : bad(`${quote(text)} is no ${what}`, `write a whole number from 1 to ${most}`);
  };

export const SHIPMENT_LEGS = format('shipment_legs.csv', {
  shipment: required(lot),
  sequence: required(ordinal('place in an order', 1000)),
  mode: required(parseTransportMode),
  from_place: required(parsePlace),
  to_place: required(parsePlace),
  departed: required(parseMoment),
  arrived: optional(parseMoment),
  carrier: optional(name),
  conveyance: optional(name),
  container: optional(parseContainer),
  seal: optional(name),
});

export const SHIPMENT_LOTS = format('shipment_lots.csv', {
  shipment: required(lot),
  lot: required(lot),
  quantity: required(decimal),
  unit: required(parseUnit),
  reference: optional(parseCode),
});

export const TREATMENTS = format('treatments.csv', {
  kind: required(parseTreatmentKind),
  on: required(parseMoment),
  substance: required(name),
  lot: optional(lot),
  shipment: optional(lot),
  prohibited: optional(yesNo),
  document: optional(name),
  reference: optional(parseCode),
});

/** A path inside the folder. */
const fileInside = (text: string): Parsed<string> => {
  const path = parseText(text, 500);
  if (!path.ok) return path;
  return /^[\\/]|^[A-Za-z]:|(?:^|[\\/])\.\.(?:[\\/]|$)/.test(path.value)
    ? bad(`${quote(text)} leads out of the folder`, 'put the file into the folder and name it from there')
    : path;
};

const issuedStatus = (text: string): Parsed<ImportCertificateStatus> => {
  const status = parseImportCertificateStatus(text);
  if (!status.ok || !NOT_ISSUED.has(status.value)) return status;
  return bad(
    `a certificate with a number has been issued; ${status.value} comes before`,
    'write its status since, or leave the cell blank',
  );
};
/** Where a certificate stands before it has a number. */
const NOT_ISSUED: ReadonlySet<ImportCertificateStatus> = new Set(['REQUESTED', 'INFORMATION_ASKED', 'REJECTED', 'WITHDRAWN', 'APPROVED']);

export const DOCUMENTS = format('documents.csv', {
  type: required(parseDocumentType),
  number: required(parseCode),
  issuer: required(parseOperationIdentifier),
  issued_on: required(parseDay),
  marked_organic: required(parseMarkedOrganic),
  file: optional(fileInside),
  lots: optional(several(lot)),
  shipments: optional(several(lot)),
  certificates: optional(several(parseCertificateNumber)),
  operations: optional(several(parseOperationIdentifier)),
});

export const IMPORT_CERTIFICATES = format('import_certificates.csv', {
  number: required(parseCertificateNumber),
  kind: required(parseImportCertificateKind),
  exporter: required(parseOperationIdentifier),
  importer: required(parseOperationIdentifier),
  certifier: required(parseCertifierCode),
  hts: required(parseHts),
  issued_on: required(parseMoment),
  requested_on: optional(parseMoment),
  origin: optional(parseCountry),
  destination: optional(parseCountry),
  standard: optional(parseStandard),
  valid_from: optional(parseDay),
  valid_to: optional(parseDay),
  quantity: optional(decimal),
  unit: optional(parseUnit),
  final_handler: optional(parseOperationIdentifier),
  consignee: optional(parseOperationIdentifier),
  status: optional(issuedStatus),
});

export const IMPORT_CERTIFICATE_LINES = format('import_certificate_lines.csv', {
  certificate: required(parseCertificateNumber),
  product: required(name),
  quantity: required(decimal),
  unit: required(parseUnit),
  lot: optional(lot),
  reference: optional(parseCode),
});

export const CUSTOMS_ENTRIES = format('customs_entries.csv', {
  entry: required(parseEntryNumber),
  line: required(ordinal('number of a line', 9999)),
  certificate: required(parseCertificateNumber),
  filed_on: required(parseMoment),
  hts: required(parseHts),
  quantity: required(decimal),
  unit: required(parseUnit),
  filer: optional(parseOperationIdentifier),
  lots: optional(several(lot)),
});

export const EMERGENCY_ACTIONS = format('emergency_actions.csv', {
  number: required(parseCode),
  on: required(parseMoment),
  ordered: required((text) => parseText(text)),
  shipment: optional(lot),
  lot: optional(lot),
  certifier_notified_on: optional(parseDay),
  disposition: optional(parseDispositionKind),
});

/** Files that are read, in the order in which one refers to another. */
export const FORMATS: readonly FileFormat[] = [
  CERTIFIERS,
  OPERATIONS,
  PRODUCTS,
  OPERATION_CERTIFICATES,
  LOTS,
  LOT_INPUTS,
  TRANSFERS,
  LOT_ADJUSTMENTS,
  SHIPMENTS,
  SHIPMENT_LEGS,
  SHIPMENT_LOTS,
  TREATMENTS,
  DOCUMENTS,
  IMPORT_CERTIFICATES,
  IMPORT_CERTIFICATE_LINES,
  CUSTOMS_ENTRIES,
  EMERGENCY_ACTIONS,
];
