import { registerEnumType } from 'type-graphql';
import { choiceOf } from './choice';

const list = <const T extends readonly string[]>(names: T): { [K in T[number]]: K } =>
  Object.fromEntries(names.map((name) => [name, name])) as { [K in T[number]]: K };

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
export const parseStandard = choiceOf('standard', STANDARDS);
