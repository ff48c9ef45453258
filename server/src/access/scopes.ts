import type { KeyScope } from '@lotline/schema';
import type { Viewer } from './viewer';

/**
 * Which scope a key needs for each type of the graph: for its connection and edge, too. Null is for all: what is public, what belongs to
 * the type it stands in, and who is asking. A type that is missing here fails a test.
 */
export const SCOPE_OF_TYPE: Readonly<Record<string, KeyScope | null>> = {
  AccessRecord: null,
  ApiKey: null,
  Arrival: null,
  ArrivalAnswer: null,
  ArrivalFinding: null,
  AuditGrant: null,
  BrokerAssignment: null,
  Certifier: null,
  CertifierLeadTime: null,
  CertifierNotice: 'CUSTOMS_ENTRIES',
  ChecklistStage: 'DOCUMENTS',
  CloseOut: 'IMPORT_CERTIFICATES',
  CloseOutShipment: 'IMPORT_CERTIFICATES',
  CountryShare: null,
  CustomsEntry: 'CUSTOMS_ENTRIES',
  CustomsEntryChange: 'CUSTOMS_ENTRIES',
  CustomsEntryLine: 'CUSTOMS_ENTRIES',
  CustomsFiling: 'IMPORT_CERTIFICATES',
  CustomsFilingFault: 'IMPORT_CERTIFICATES',
  CustomsFilingOnPaper: 'IMPORT_CERTIFICATES',
  Disposition: 'CUSTOMS_ENTRIES',
  Document: 'DOCUMENTS',
  DocumentContent: 'DOCUMENTS',
  EmergencyActionNotification: 'CUSTOMS_ENTRIES',
  ExpectedPaper: 'DOCUMENTS',
  FilingEntity: 'IMPORT_CERTIFICATES',
  FailedJob: null,
  FailedJobs: null,
  GapCount: null,
  HolderShare: 'LOTS',
  Holding: 'LOTS',
  Identifier: null,
  Impact: 'LOTS',
  ImportCertificate: 'IMPORT_CERTIFICATES',
  ImportCertificateChange: 'IMPORT_CERTIFICATES',
  ImportCertificateDeadlines: 'IMPORT_CERTIFICATES',
  ImportCertificateLine: 'IMPORT_CERTIFICATES',
  ImportCertificateReview: 'IMPORT_CERTIFICATES',
  ImportCertificateRevision: 'IMPORT_CERTIFICATES',
  ImportCertificateStatusChange: 'IMPORT_CERTIFICATES',
  ImportCertificateStatusFact: 'IMPORT_CERTIFICATES',
  ImportCertificateStatusMessage: 'IMPORT_CERTIFICATES',
  ImportCertificateTransport: 'IMPORT_CERTIFICATES',
  ImportProcedure: 'DOCUMENTS',
  Lot: 'LOTS',
  LotAdjustment: 'LOTS',
  LotBalance: 'LOTS',
  LotEvent: 'LOTS',
  LotEventMessage: 'LOTS',
  LotInput: 'LOTS',
  MassBalance: 'LOTS',
  ModeCount: null,
  Mutation: null,
  Notice: null,
  NoticeGiven: null,
  NoticeMessage: null,
  NoticePolicy: null,
  Operation: null,
  OperationCertificate: null,
  OperationCertificateStatusChange: null,
  OperationCertificateStatusFact: null,
  OperationCertificateStatusMessage: null,
  Origin: 'LOTS',
  OriginShare: 'LOTS',
  OutsideEffect: null,
  Ownership: 'LOTS',
  PageInfo: null,
  Place: null,
  Product: null,
  Quantity: null,
  Query: null,
  Recall: 'LOTS',
  ReviewEvidence: 'IMPORT_CERTIFICATES',
  ReviewFinding: 'IMPORT_CERTIFICATES',
  Search: null,
  Shipment: 'SHIPMENTS',
  ShipmentLeg: 'SHIPMENTS',
  ShipmentStatusChange: 'SHIPMENTS',
  ShipmentStatusMessage: 'SHIPMENTS',
  ShippedLot: 'SHIPMENTS',
  Subscription: null,
  Trace: 'LOTS',
  TraceGap: 'LOTS',
  TraceLink: 'LOTS',
  TraceLot: 'LOTS',
  TraceStep: 'LOTS',
  TraceSummary: 'LOTS',
  TransferOffer: 'LOTS',
  Treatment: 'LOTS',
  UnreconciledMass: 'IMPORT_CERTIFICATES',
  VerifiedProduct: null,
  Viewer: null,
  Webhook: null,
  WebhookDelivery: null,
  WithheldLot: 'LOTS',
};

/** The scope that a type needs, also as a connection or an edge, or as what a command about it has done. */
export function scopeOfType(name: string): KeyScope | null {
  // A key may have what it hears sent somewhere: that changes nothing.
  if (/^\w+Webhook(?:Secret)?Payload$/.test(name)) return null;
  if (name.endsWith('Payload')) return 'COMMANDS';
  return SCOPE_OF_TYPE[name.replace(/(?:Connection|Edge)$/, '')] ?? null;
}

/** Do the viewer's scopes reach to a type? Only those of a key end somewhere. */
export function withinScope(viewer: Viewer, type: string): boolean {
  if (viewer.kind !== 'PARTNER') return true;
  const scope = scopeOfType(type);
  return scope === null || viewer.scopes.includes(scope);
}
