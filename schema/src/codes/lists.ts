import { registerEnumType } from 'type-graphql';
import { choiceOf } from './choice';

const list = <const T extends readonly string[]>(names: T): { [K in T[number]]: K } =>
  Object.fromEntries(names.map((name) => [name, name])) as { [K in T[number]]: K };

/** Descriptions of the values of an enumeration that have one. */
const describe = <T extends string>(words: (value: T) => string | null, values: Record<T, unknown>): Record<T, { description?: string }> =>
  Object.fromEntries((Object.keys(values) as T[]).map((value) => [value, { description: words(value) ?? undefined }])) as Record<
    T,
    { description?: string }
  >;

export const OperationRole = list(['PRODUCER', 'PRODUCER_GROUP', 'HANDLER', 'EXPORTER', 'IMPORTER', 'BROKER', 'CARRIER', 'WAREHOUSE']);
export type OperationRole = keyof typeof OperationRole;
registerEnumType(OperationRole, { name: 'OperationRole', description: 'What an operation does in the chain.' });

export const OperationCertificateStatus = list(['CERTIFIED', 'SUSPENDED', 'REVOKED', 'SURRENDERED', 'EXPIRED']);
export type OperationCertificateStatus = keyof typeof OperationCertificateStatus;
registerEnumType(OperationCertificateStatus, {
  name: 'OperationCertificateStatus',
  description: 'Standing of an organic certificate (7 CFR 205.404, 205.660-205.663). A NOP certificate never expires by date.',
});

export const LotKind = list(['HARVEST', 'TRANSFORMATION', 'PURCHASED']);
export type LotKind = keyof typeof LotKind;
registerEnumType(LotKind, { name: 'LotKind', description: 'How a lot came to be.' });

export const AdjustmentKind = list(['MOISTURE', 'CLEANING', 'SPOILAGE', 'SAMPLE', 'COUNT', 'DRAFT_SURVEY']);
export type AdjustmentKind = keyof typeof AdjustmentKind;

export const TraceDirection = list(['BACK', 'FORWARD']);
export type TraceDirection = keyof typeof TraceDirection;
registerEnumType(TraceDirection, {
  name: 'TraceDirection',
  description: 'BACK to what a lot was made of, FORWARD to what was made of it.',
});

export const TransportMode = list(['MARITIME', 'RAIL', 'ROAD', 'AIR', 'MAIL', 'MULTIMODAL', 'FIXED', 'INLAND_WATER']);
export type TransportMode = keyof typeof TransportMode;
registerEnumType(TransportMode, { name: 'TransportMode', description: 'UN/ECE Recommendation 19.' });

export const ShipmentStatus = list(['BOOKED', 'DEPARTED', 'IN_TRANSIT', 'ARRIVED', 'HELD', 'RELEASED', 'CLOSED']);
export type ShipmentStatus = keyof typeof ShipmentStatus;
registerEnumType(ShipmentStatus, { name: 'ShipmentStatus', description: 'How far a shipment is.' });

export const TreatmentKind = list(['FUMIGATION', 'IRRADIATION', 'HEAT', 'COLD', 'CONTACT', 'OTHER']);
export type TreatmentKind = keyof typeof TreatmentKind;
registerEnumType(TreatmentKind, { name: 'TreatmentKind', description: 'What was done to goods on their way or in store.' });

/** Types of paper, with the code of each in UN/EDIFACT data element 1001 where it has one. */
export const DOCUMENT_TYPE_CODES = {
  CONTRACT: '315',
  PURCHASE_ORDER: '105',
  INVOICE: '380',
  PACKING_LIST: '271',
  BILL_OF_LADING: '705',
  MASTER_BILL_OF_LADING: '704',
  HOUSE_BILL_OF_LADING: '714',
  SALES_DOCUMENT: null,
  WEIGHT_CERTIFICATE: '14',
  PHYTOSANITARY_CERTIFICATE: '851',
  ORGANIC_CERTIFICATE: null,
  EMERGENCY_ACTION_NOTIFICATION: null,
  AFFIDAVIT: null,
  OTHER: null,
} as const;
export const DocumentType = list([
  'CONTRACT',
  'PURCHASE_ORDER',
  'INVOICE',
  'PACKING_LIST',
  'BILL_OF_LADING',
  'MASTER_BILL_OF_LADING',
  'HOUSE_BILL_OF_LADING',
  'SALES_DOCUMENT',
  'WEIGHT_CERTIFICATE',
  'PHYTOSANITARY_CERTIFICATE',
  'ORGANIC_CERTIFICATE',
  'EMERGENCY_ACTION_NOTIFICATION',
  'AFFIDAVIT',
  'OTHER',
]);
export type DocumentType = keyof typeof DocumentType;
registerEnumType(DocumentType, {
  name: 'DocumentType',
  description: 'Types of paper of an audit trail (7 CFR 205.2), after UN/EDIFACT data element 1001.',
  valuesConfig: describe((type) => DOCUMENT_TYPE_CODES[type] && `UN/EDIFACT 1001, code ${DOCUMENT_TYPE_CODES[type]}.`, DOCUMENT_TYPE_CODES),
});

export const MarkedOrganic = list(['YES', 'NO', 'NOT_APPLICABLE', 'UNKNOWN']);
export type MarkedOrganic = keyof typeof MarkedOrganic;
registerEnumType(MarkedOrganic, {
  name: 'MarkedOrganic',
  description: 'Does a paper identify the goods as organic (7 CFR 205.103(b)(3))? What nobody looked at is UNKNOWN.',
});

export const ImportCertificateKind = list(['SHIPMENT', 'PERIOD']);
export type ImportCertificateKind = keyof typeof ImportCertificateKind;
registerEnumType(ImportCertificateKind, {
  name: 'ImportCertificateKind',
  description: 'For one shipment, or for a time frame and an estimated volume (7 CFR 205.273).',
});

export const ImportCertificateStatus = list([
  'REQUESTED',
  'INFORMATION_ASKED',
  'REJECTED',
  'WITHDRAWN',
  'APPROVED',
  'ISSUED',
  'HANDED_OVER',
  'ENTERED',
  'VERIFIED',
  'HELD',
  'SUSPENDED',
  'EXHAUSTED',
  'EXPIRED',
  'VOIDED',
]);
export type ImportCertificateStatus = keyof typeof ImportCertificateStatus;
registerEnumType(ImportCertificateStatus, {
  name: 'ImportCertificateStatus',
  description: 'How far an import certificate is on its road from request to entry, or what stopped it.',
});

export const DispositionKind = list(['RELEASED_ORGANIC', 'RELEASED_CONVENTIONAL', 'REEXPORTED', 'DONATED', 'DESTROYED']);
export type DispositionKind = keyof typeof DispositionKind;
registerEnumType(DispositionKind, { name: 'DispositionKind', description: 'What became of goods that were held at the border.' });

export const ViewerKind = list(['NOBODY', 'OPERATION', 'CERTIFIER', 'PARTNER', 'ANALYST', 'ADMINISTRATOR']);
export type ViewerKind = keyof typeof ViewerKind;
registerEnumType(ViewerKind, { name: 'ViewerKind', description: 'Who is asking.' });

export const CertificationVerdict = list([
  'VALID',
  'VALID_EQUIVALENT',
  'EXEMPT',
  'SUSPENDED',
  'REVOKED',
  'SURRENDERED',
  'EXPIRED',
  'OUT_OF_SCOPE',
  'NONE',
  'UNKNOWN',
]);
export type CertificationVerdict = keyof typeof CertificationVerdict;
registerEnumType(CertificationVerdict, {
  name: 'CertificationVerdict',
  description: 'Was an operation certified for a product on a day? Best first.',
});

/** Gap kinds in the order of the contract, which is also the order in which gaps are told. */
export const GapKind = list([
  'MISSING_INPUTS',
  'MORE_OUT_THAN_IN',
  'OVERDRAWN',
  'NON_ORGANIC_INPUT',
  'OWNER_CHANGED_WITHOUT_TRANSFER',
  'NO_TRANSPORT',
  'NO_DOCUMENT',
  'DOCUMENT_NOT_MARKED_ORGANIC',
  'OWNER_NOT_CERTIFIED',
  'NO_IMPORT_CERTIFICATE',
  'OUT_OF_ORDER_DATES',
  'PROHIBITED_TREATMENT',
  'WITHHELD',
  'TRUNCATED',
]);
export type GapKind = keyof typeof GapKind;
registerEnumType(GapKind, { name: 'GapKind', description: 'What is missing from a story, or wrong with it.' });

/** What may happen to a lot, in the order in which things of one moment are told: causes before what follows from them. */
export const StepKind = list([
  'HARVESTED',
  'PURCHASED',
  'TRANSFORMED',
  'CERTIFIED',
  'TRANSFERRED',
  'EXPORTED',
  'DEPARTED',
  'TREATED',
  'ARRIVED',
  'IMPORTED',
  'ENTERED',
  'HELD',
  'DISPOSED',
  'LOST',
]);
export type StepKind = keyof typeof StepKind;
registerEnumType(StepKind, { name: 'StepKind', description: 'What happened.' });

/** Organic standards a certificate may stand on: NOP, and the arrangements of equivalence with the United States. */
export const STANDARDS = ['NOP', 'CANADA', 'EU', 'UK', 'SWITZERLAND', 'JAPAN', 'KOREA', 'TAIWAN'] as const;
export type Standard = (typeof STANDARDS)[number];

const names = <T extends string>(codes: Record<T, T>): T[] => Object.keys(codes) as T[];

export const parseRole = choiceOf('role of an operation', names(OperationRole));
export const parseOperationCertificateStatus = choiceOf('status of an operation certificate', names(OperationCertificateStatus));
export const parseLotKind = choiceOf('kind of lot', names(LotKind));
export const parseAdjustmentKind = choiceOf('kind of adjustment', names(AdjustmentKind));
export const parseTransportMode = choiceOf('mode of transport', names(TransportMode));
export const parseTreatmentKind = choiceOf('kind of treatment', names(TreatmentKind));
export const parseDocumentType = choiceOf('type of document', names(DocumentType));
export const parseMarkedOrganic = choiceOf('mark', names(MarkedOrganic));
export const parseImportCertificateKind = choiceOf('kind of import certificate', names(ImportCertificateKind));
export const parseImportCertificateStatus = choiceOf('status of an import certificate', names(ImportCertificateStatus));
export const parseDispositionKind = choiceOf('disposition', names(DispositionKind));
export const parseStandard = choiceOf('standard', STANDARDS);
