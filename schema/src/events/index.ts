import type { Day } from '../codes/day';
import type {
  AdjustmentKind,
  DispositionKind,
  DocumentType,
  ImportCertificateKind,
  ImportCertificateStatus,
  KeyScope,
  LotKind,
  MarkedOrganic,
  NoticeKind,
  OperationCertificateStatus,
  StepKind,
  TraceDirection,
  TransportMode,
  TreatmentKind,
} from '../codes/lists';

/** A mass inside an event: whole grams as a decimal string, since JSON numbers end at 2^53. */
type GramsText = string;

/**
 * What the log may say, one versioned payload a type. Ids are the database's own; nothing of this leaves the server as it is.
 * A change of shape is a new version, and readers keep reading the old one.
 */
export interface EventPayloads {
  'certifier.recorded': { code: string; name: string };
  'certifier.lead-time-set': { from: Day; businessDays: number };
  'operation.recorded': { identifier: string; name: string; country: string; roles: string[] };
  'product.recorded': { name: string; hts: string; organic: boolean };
  'operation-certificate.status-changed': {
    operation: string;
    certifier: string;
    from: OperationCertificateStatus | null;
    to: OperationCertificateStatus;
    effectiveFrom: Day;
    reason: string | null;
  };
  'operation-certificate.step-retracted': { step: string; reason: string };
  'operation-certificate.product-verified': { product: string; labelledAs: string | null; on: Day };
  'lot.born': {
    producer: string;
    product: string;
    kind: LotKind;
    grams: GramsText;
    on: Day | null;
    inputs: { input: string; grams: GramsText; on: Day | null }[];
  };
  'lot.inputs-declared': { inputs: { input: string; grams: GramsText; on: Day | null }[]; retracted: string[]; reason: string | null };
  'lot.transfer-offered': { offer: string; sender: string; receiver: string; grams: GramsText; on: Day };
  'lot.transfer-offer-ended': { offer: string; kind: 'DECLINED' | 'WITHDRAWN'; on: Day; reason: string | null };
  'lot.transfer-disputed': { transfer: string; offer: string; grams: GramsText; reason: string };
  'lot.transferred': { transfer: string; sender: string; receiver: string; grams: GramsText; on: Day };
  /** What was told of a lot before is taken back. */
  'lot.fact-retracted': {
    fact: string;
    retracts: StepKind;
    grams: GramsText | null;
    on: Day;
    from: string | null;
    to: string | null;
    reason: string;
  };
  'shipment.lot-retracted': { fact: string; lot: string; reason: string };
  'shipment.treatment-retracted': { treatment: string; reason: string };
  'shipment.leg-retracted': {
    leg: string;
    /** What of it had been told, and is taken back. */
    news: ('DEPARTED' | 'ARRIVED')[];
    sequence: number;
    reason: string;
  };
  'shipment.booked': { shipper: string; consignee: string; reference: string; on: Day | null };
  'shipment.leg-recorded': {
    leg: string;
    /** What of it had not been told before. */
    news: ('DEPARTED' | 'ARRIVED')[];
    sequence: number;
    mode: TransportMode;
    from: string;
    to: string;
    departedOn: Day | null;
    arrivedOn: Day | null;
  };
  'lot.shipped': { shipment: string; grams: GramsText };
  'lot.treated': { treatment: string; kind: TreatmentKind; prohibited: boolean; on: Day };
  'shipment.treated': { treatment: string; kind: TreatmentKind; prohibited: boolean; on: Day };
  'lot.lost': { adjustment: string; holder: string; kind: AdjustmentKind; grams: GramsText; on: Day };
  'document.recorded': { type: DocumentType; number: string; issuer: string; keeper: string; issuedOn: Day; markedOrganic: MarkedOrganic };
  'document.stored': { sha256: string };
  'document.bound': { fact: string };
  'document.linked': {
    lots: string[];
    shipments: string[];
    importCertificates: string[];
    operations: string[];
    operationCertificates: string[];
    customsEntries: string[];
    emergencyActions: string[];
    transfers: string[];
    losses: string[];
    treatments: string[];
  };
  'import-certificate.recorded': {
    number: string | null;
    kind: ImportCertificateKind;
    exporter: string;
    importer: string;
    certifier: string;
    hts: string;
    lines: { product: string; lot: string | null; grams: GramsText }[];
  };
  /** The certifier's lead time ends after the goods are to leave, or it is needed. */
  'import-certificate.requested-late': {
    decidedBy: Day | null;
    neededBy: Day | null;
    departsOn: Day | null;
    cutOffOn: Day | null;
    reasons: string[];
  };
  /** Of a certificate for a period, as a shipment departs under it. */
  'import-certificate.claimed': { shipment: string; on: Day; claims: { claim: string; lot: string; grams: GramsText }[] };
  'import-certificate.claims-released': { shipment: string; claims: string[]; reason: string };
  'import-certificate.lines-added': { lines: { product: string; lot: string | null; grams: GramsText }[] };
  'import-certificate.status-changed': {
    from: ImportCertificateStatus | null;
    to: ImportCertificateStatus;
    on: Day | null;
    reason: string | null;
  };
  /** The Organic Integrity Database is asked to issue it; with why, where something speaks against it. */
  'import-certificate.issue-asked': { reason: string | null };
  'import-certificate.revised': {
    revision: string;
    /** Of a consignee the ids of operations. */
    changes: { field: string; from: string | null; to: string | null }[];
    reason: string;
  };
  'customs-entry.recorded': { number: string; filer: string | null; filedOn: Day };
  'customs-entry.amended': { on: Day; retracted: string[]; reason: string };
  'customs-entry.cancelled': { on: Day; retracted: string[]; reason: string };
  'import-certificate.drawn': { entry: string; line: number; grams: GramsText; lots: string[] };
  /** Lines of an entry that was amended or cancelled draw no more. */
  'import-certificate.draws-released': { entry: string; lines: string[]; grams: GramsText };
  /** What is drawn reached so much of what it covers, from below. */
  'import-certificate.volume-reached': { percent: number; drawn: GramsText; of: GramsText };
  'emergency-action.recorded': { number: string; ordered: string; lot: string | null; shipment: string | null; on: Day };
  'emergency-action.certifier-notified': { on: Day };
  'arrival.verified': { arrival: string; importCertificate: string | null; shipment: string | null; verdicts: Record<string, string> };
  'operation.notice-policy-set': { from: Day; hours: number };
  'notice.given': { notice: string; kind: NoticeKind; due: string; message: string };
  /** Somebody has a job tried again that was dead. */
  'job.retried': { job: string; task: string };
  'webhook.created': { url: string };
  'webhook.changed': { change: 'deleted' | 'secret-rotated' | 'tested' | 'replayed' };
  'key.created': { operation: string; name: string; scopes: KeyScope[]; expiresAt: string };
  'key.revoked': { operation: string };
  'broker.assigned': {
    importer: string;
    broker: string;
    scopes: KeyScope[];
    validFrom: string;
    validUntil: string;
    reason: string | null;
  };
  'broker.ended': { importer: string; broker: string };
  'audit.granted': { certifier: string; lot: string; directions: TraceDirection[]; reason: string; validUntil: string };
  'audit.revoked': { certifier: string; lot: string };
  'emergency-action.disposed': { kind: DispositionKind; grams: GramsText | null; on: Day | null };
}

export type EventType = keyof EventPayloads;

/** The version each payload is written in today. */
export const EVENT_VERSION: Record<EventType, number> = {
  'certifier.recorded': 1,
  'certifier.lead-time-set': 1,
  'operation.recorded': 1,
  'product.recorded': 1,
  'operation-certificate.status-changed': 1,
  'operation-certificate.step-retracted': 1,
  'operation-certificate.product-verified': 1,
  'lot.born': 1,
  'lot.inputs-declared': 1,
  'lot.transfer-offered': 1,
  'lot.transfer-offer-ended': 1,
  'lot.transfer-disputed': 1,
  'lot.transferred': 1,
  'lot.fact-retracted': 1,
  'shipment.lot-retracted': 1,
  'shipment.treatment-retracted': 1,
  'shipment.leg-retracted': 1,
  'shipment.booked': 1,
  'shipment.leg-recorded': 2,
  'lot.shipped': 1,
  'lot.treated': 1,
  'shipment.treated': 1,
  'lot.lost': 1,
  'document.recorded': 2,
  'document.stored': 1,
  'document.bound': 1,
  'document.linked': 2,
  'import-certificate.recorded': 1,
  'import-certificate.requested-late': 1,
  'import-certificate.claimed': 1,
  'import-certificate.claims-released': 1,
  'import-certificate.lines-added': 1,
  'import-certificate.status-changed': 1,
  'import-certificate.issue-asked': 1,
  'import-certificate.revised': 1,
  'customs-entry.recorded': 1,
  'customs-entry.amended': 1,
  'customs-entry.cancelled': 1,
  'import-certificate.drawn': 1,
  'import-certificate.draws-released': 1,
  'import-certificate.volume-reached': 1,
  'emergency-action.recorded': 1,
  'emergency-action.certifier-notified': 1,
  'emergency-action.disposed': 1,
  'arrival.verified': 1,
  'operation.notice-policy-set': 1,
  'notice.given': 1,
  'job.retried': 1,
  'webhook.created': 1,
  'webhook.changed': 1,
  'key.created': 1,
  'key.revoked': 1,
  'broker.assigned': 1,
  'broker.ended': 1,
  'audit.granted': 1,
  'audit.revoked': 1,
};

/** Something the log says: a type, the noun it is about, and the payload of that type. */
export type LogEvent = { [T in EventType]: { type: T; subject: string; payload: EventPayloads[T] } }[EventType];
