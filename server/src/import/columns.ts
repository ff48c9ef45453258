import {
  AdjustmentKind,
  bad,
  canonicalDecimal,
  type Decimal,
  DispositionKind,
  DocumentType,
  good,
  ImportCertificateKind,
  type ImportCertificateStatus,
  LotKind,
  MarkedOrganic,
  OperationCertificateStatus,
  OperationRole,
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
  TransportMode,
  TreatmentKind,
} from '@lotline/schema';

// What may stand in each column of each file, as DESIGN of the spreadsheets has it: data, with one parser a kind of value.

export interface Column<T = unknown, Required extends boolean = boolean> {
  required: Required;
  /** What stands in it, for a person who fills it in. */
  about: string;
  read: (text: string) => Parsed<T>;
}

const required = <T>(about: string, read: (text: string) => Parsed<T>): Column<T, true> => ({ required: true, about, read });
const optional = <T>(about: string, read: (text: string) => Parsed<T>): Column<T, false> => ({ required: false, about, read });

/** The codes of a list, as a person writes them. */
const codes = (list: object): string => Object.keys(list).join(' ');

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

export const yesNo = (text: string): Parsed<boolean> => {
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
  certifier: required('its code of three characters', parseCertifierCode),
  name: required('its name', name),
  country: optional('where it is: ISO 3166-1, two letters', parseCountry),
  scheme: optional('standards it certifies to, separated by semicolons', several(parseStandard)),
});

export const OPERATIONS = format('operations.csv', {
  operation: required('its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  name: required('its name', name),
  country: required('where it is: ISO 3166-1, two letters', parseCountry),
  roles: required(`${codes(OperationRole)}, separated by semicolons`, several(parseRole)),
  address: optional('one line', name),
  latitude: optional('degrees north', degrees(90)),
  longitude: optional('degrees east', degrees(180)),
});

export const PRODUCTS = format('products.csv', {
  product: required('its name in the catalogue', name),
  hts: required('ten digits of the tariff schedule, with or without points', parseHts),
  organic: optional('yes or no; blank is no', yesNo),
  kg_per_bushel: optional('what a bushel of it weighs, in kilograms', aboveZero),
});

export const OPERATION_CERTIFICATES = format('operation_certificates.csv', {
  operation: required('whose certificate: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  certifier: required('who certifies: code of three characters', parseCertifierCode),
  status: required(`the standing from that day on: ${codes(OperationCertificateStatus)}`, parseOperationCertificateStatus),
  effective_from: required('first day of the standing: the day as YYYY-MM-DD', parseDay),
  scope: optional('what is certified, separated by semicolons', several(name)),
  products: optional(
    'names of the products on the Product Verification Form, separated by semicolons; blank keeps the list before',
    several(name),
  ),
  standard: optional('NOP, or the arrangement of equivalence: CANADA EU UK SWITZERLAND JAPAN KOREA TAIWAN', parseStandard),
  hectares: optional('certified area, a decimal, with a point', notNegative),
  expires_on: optional('last day, for standards other than NOP: the day as YYYY-MM-DD', parseDay),
  reason: optional('why the standing changed', (text) => parseText(text)),
});

export const LOTS = format('lots.csv', {
  code: required('unique within its producer', parseCode),
  producer: required('who produced it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  product: required('its name in the catalogue', name),
  quantity: required('net mass at birth, a decimal, with a point', decimal),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  kind: required(codes(LotKind), parseLotKind),
  produced_on: optional('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  country: optional("where it was born: ISO 3166-1, two letters; blank is its producer's", parseCountry),
  latitude: optional('degrees north', degrees(90)),
  longitude: optional('degrees east', degrees(180)),
});

export const LOT_INPUTS = format('lot_inputs.csv', {
  output: required('what was made: a lot: its code, or OPERATION/code where several producers use the code', lot),
  input: required('what went into it: a lot: its code, or OPERATION/code where several producers use the code', lot),
  quantity: required('net mass used, a decimal, with a point', decimal),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  on: optional(
    "when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00; blank is the output's day",
    parseMoment,
  ),
  reference: optional('tells rows apart that are equal in all else', parseCode),
});

export const TRANSFERS = format('transfers.csv', {
  lot: required('a lot: its code, or OPERATION/code where several producers use the code', lot),
  from: required('who gave it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  to: required('who received it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  quantity: optional('net mass, a decimal, with a point; blank for the whole lot', decimal),
  unit: optional('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  document: optional('its paper: the number, TYPE/number, or OPERATION/TYPE/number', name),
  document_awaited: optional('its paper that is not on record yet, by its name: kept until it comes', name),
  reference: optional('tells rows apart that are equal in all else', parseCode),
});

export const LOT_ADJUSTMENTS = format('lot_adjustments.csv', {
  lot: required('a lot: its code, or OPERATION/code where several producers use the code', lot),
  holder: required('who lost it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  kind: required(codes(AdjustmentKind), parseAdjustmentKind),
  on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  quantity: required('net mass lost, above zero, a decimal, with a point', lossMass),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  document: optional('its paper: the number, TYPE/number, or OPERATION/TYPE/number', name),
  document_awaited: optional('its paper that is not on record yet, by its name: kept until it comes', name),
  reference: optional('tells rows apart that are equal in all else', parseCode),
});

export const SHIPMENTS = format('shipments.csv', {
  reference: required('unique within its shipper', parseCode),
  shipper: required('who sends: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  consignee: required('to whom: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  booked_on: optional('the day as YYYY-MM-DD', parseDay),
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
  shipment: required('a shipment: its reference, or OPERATION/reference where several shippers use it', lot),
  sequence: required('its place in the order of legs, from 1', ordinal('place in an order', 1000)),
  mode: required(codes(TransportMode), parseTransportMode),
  from_place: required('UN/LOCODE, with or without a name behind it, or a name', parsePlace),
  to_place: required('UN/LOCODE, with or without a name behind it, or a name', parsePlace),
  departed: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  arrived: optional('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  carrier: optional('who carried', name),
  conveyance: optional('vessel, train, truck or flight', name),
  container: optional('ISO 6346: four letters and seven digits', parseContainer),
  seal: optional('its number', name),
});

export const SHIPMENT_LOTS = format('shipment_lots.csv', {
  shipment: required('a shipment: its reference, or OPERATION/reference where several shippers use it', lot),
  lot: required('a lot: its code, or OPERATION/code where several producers use the code', lot),
  quantity: required('net mass of it in the shipment, a decimal, with a point', decimal),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  reference: optional('tells rows apart that are equal in all else', parseCode),
});

export const TREATMENTS = format('treatments.csv', {
  kind: required(codes(TreatmentKind), parseTreatmentKind),
  on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  substance: required('with what', name),
  lot: optional('a lot: its code, or OPERATION/code where several producers use the code; or a shipment', lot),
  shipment: optional('a shipment: its reference, or OPERATION/reference where several shippers use it; or a lot', lot),
  prohibited: optional('yes or no; blank is no', yesNo),
  document: optional('its paper: the number, TYPE/number, or OPERATION/TYPE/number', name),
  document_awaited: optional('its paper that is not on record yet, by its name: kept until it comes', name),
  reference: optional('tells rows apart that are equal in all else', parseCode),
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
  type: required(codes(DocumentType), parseDocumentType),
  number: required('unique within its issuer and type', parseCode),
  issuer: required('who issued it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  issued_on: required('the day as YYYY-MM-DD', parseDay),
  marked_organic: required(codes(MarkedOrganic), parseMarkedOrganic),
  file: optional('path of the file inside the folder; its hash is recorded', fileInside),
  lots: optional('lots it is about, separated by semicolons', several(lot)),
  shipments: optional('shipments it is about, separated by semicolons', several(lot)),
  certificates: optional('numbers of import certificates it is about, separated by semicolons', several(parseCertificateNumber)),
  operations: optional('operations it is about, separated by semicolons', several(parseOperationIdentifier)),
});

export const IMPORT_CERTIFICATES = format('import_certificates.csv', {
  number: required('NNN-NNNNNNNNNN-NNNNNN, 21 characters', parseCertificateNumber),
  kind: required(codes(ImportCertificateKind), parseImportCertificateKind),
  exporter: required('its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  importer: required('its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  certifier: required('who issued it: code of three characters', parseCertifierCode),
  hts: required('ten digits of the tariff schedule, with or without points', parseHts),
  issued_on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  requested_on: optional('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  origin: optional('where the goods come from: ISO 3166-1, two letters', parseCountry),
  destination: optional('where they go: ISO 3166-1, two letters', parseCountry),
  standard: optional('NOP, or the arrangement of equivalence: CANADA EU UK SWITZERLAND JAPAN KOREA TAIWAN', parseStandard),
  valid_from: optional('first day of its period: the day as YYYY-MM-DD', parseDay),
  valid_to: optional('last day of its period: the day as YYYY-MM-DD', parseDay),
  quantity: optional('net mass covered, a decimal, with a point; blank where its lines say it', decimal),
  unit: optional('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  final_handler: optional('last certified operation before export: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  consignee: optional('where it is another than the importer: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  status: optional('where it stands since its issue; blank is ISSUED', issuedStatus),
});

export const IMPORT_CERTIFICATE_LINES = format('import_certificate_lines.csv', {
  certificate: required('number of the import certificate', parseCertificateNumber),
  product: required('its name in the catalogue', name),
  quantity: required('net mass covered, a decimal, with a point', decimal),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  lot: optional('where it is known: a lot: its code, or OPERATION/code where several producers use the code', lot),
  reference: optional('tells rows apart that are equal in all else', parseCode),
});

export const CUSTOMS_ENTRIES = format('customs_entries.csv', {
  entry: required('ACE entry number with its check digit', parseEntryNumber),
  line: required('number of the line, from 1', ordinal('number of a line', 9999)),
  certificate: required('number of the import certificate', parseCertificateNumber),
  filed_on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  hts: required('ten digits of the tariff schedule, with or without points', parseHts),
  quantity: required('net mass entered, a decimal, with a point', decimal),
  unit: required('unit of the mass: KGM GRM TNE LBR ONZ STN LTN, or BUA where the product says what a bushel weighs', parseUnit),
  filer: optional('who filed it: its NOP ID of ten digits, or SCHEME:value', parseOperationIdentifier),
  lots: optional('lots entered, separated by semicolons', several(lot)),
});

export const EMERGENCY_ACTIONS = format('emergency_actions.csv', {
  number: required('of the notification', parseCode),
  on: required('when: the local day as YYYY-MM-DD, or an instant with its offset, 2025-03-01T08:30:00+02:00', parseMoment),
  ordered: required('what was ordered', (text) => parseText(text)),
  shipment: optional('a shipment: its reference, or OPERATION/reference where several shippers use it; or a lot', lot),
  lot: optional('a lot: its code, or OPERATION/code where several producers use the code; or a shipment', lot),
  certifier_notified_on: optional('the day as YYYY-MM-DD', parseDay),
  disposition: optional(codes(DispositionKind), parseDispositionKind),
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
