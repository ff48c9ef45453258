import { AccessRecord, Node, type NodeType, parseGlobalId, Refusal, ReviewEvidence, ReviewSubject } from '@lotline/schema';
import { type GraphQLSchema, specifiedDirectives } from 'graphql';
import { Arg, buildSchemaSync, Ctx, FieldResolver, ID, type PubSub, Query, Resolver, Root } from 'type-graphql';
import { withinScope } from './access';
import {
  ArrivalAnswerResolver,
  ArrivalMutations,
  ArrivalResolver,
  CertifierNoticeResolver,
  EmergencyActionCertifierResolver,
  ImportCertificateArrivalsResolver,
  ShipmentArrivalsResolver,
} from './arrival';
import {
  AttachmentMutations,
  ExpectedPaperDocumentsResolver,
  ImportCertificateChecklistResolver,
  ShipmentChecklistResolver,
} from './attachments';
import {
  CustomsEntryLineCertificateResolver,
  DocumentImportCertificatesResolver,
  ImportCertificateDeadlinesResolver,
  ImportCertificateMutations,
  ImportCertificateResolver,
  LotImportCertificatesResolver,
  OperationImportCertificatesResolver,
  ShipmentImportCertificatesResolver,
  TraceStepCertificateResolver,
  visibleImportCertificate,
} from './certificates';
import {
  CloseOutResolver,
  CloseOutShipmentResolver,
  CustomsEntryChangeResolver,
  CustomsEntryResolver,
  CustomsFilingResolver,
  CustomsMutations,
  DocumentAtTheBorderResolver,
  EmergencyActionResolver,
  ImportCertificateEntriesResolver,
  LotEmergencyActionsResolver,
  ShipmentEmergencyActionsResolver,
  UnreconciledMassResolver,
  visibleCustomsEntry,
  visibleEmergencyAction,
} from './customs';
import {
  CustomsEntryDocumentsResolver,
  DocumentContentResolver,
  DocumentResolver,
  EmergencyActionDocumentsResolver,
  ImportCertificateDocumentsResolver,
  ImportProcedureDocumentResolver,
  LotAdjustmentDocumentResolver,
  LotDocumentsResolver,
  OperationCertificateDocumentsResolver,
  OperationDocumentsResolver,
  OperationImportProceduresResolver,
  OwnershipDocumentResolver,
  ShipmentDocumentsResolver,
  TraceStepDocumentsResolver,
  TransferOfferDocumentResolver,
  TreatmentDocumentResolver,
  visibleDocument,
} from './documents';
import {
  AccessRecordResolver,
  ApiKeyResolver,
  AuditGrantResolver,
  BrokerAssignmentResolver,
  CertifierAuditGrantsResolver,
  OperationAccessesResolver,
  OperationBrokerAssignmentsResolver,
  OperationKeysResolver,
  visibleAuditGrant,
  visibleBrokerAssignment,
  visibleKey,
} from './grants';
import { JobsResolver } from './jobs';
import { watch } from './journal';
import { COST, LIST_SIZE, priced } from './limits';
import {
  ImportCertificateStatusChangeResolver,
  LotEventResolver,
  NoticeGivenResolver,
  OperationCertificateStatusChangeResolver,
  ShipmentStatusChangeResolver,
  SubscriptionResolver,
} from './live';
import {
  AuditGrantLotResolver,
  DocumentLotsResolver,
  EmergencyActionLotResolver,
  ImportCertificateLineLotResolver,
  LotInputLotResolver,
  LotMutations,
  LotResolver,
  OperationLotsResolver,
  ShippedLotLotResolver,
  TransferOfferLotResolver,
  TransferOfferResolver,
  visibleLot,
  visibleTransferOffer,
} from './lots';
import { EmergencyActionNoticesResolver, ImportCertificateNoticesResolver, LotNoticesResolver, ShipmentNoticesResolver } from './notices';
import {
  CertifierLeadTimeResolver,
  CustomsEntryFilerResolver,
  certifierById,
  DocumentIssuerResolver,
  DocumentOperationCertificatesResolver,
  HolderShareOperationResolver,
  HoldingOperationResolver,
  ImportCertificatePartiesResolver,
  ImportCertificateRecipientResolver,
  LotAdjustmentHolderResolver,
  LotInputHolderResolver,
  LotProducerResolver,
  OperationCertificateMutations,
  OperationCertificateResolver,
  OperationNoticePolicyResolver,
  OperationResolver,
  OriginShareOperationResolver,
  OwnershipOperationResolver,
  operationCertificateById,
  ShipmentOperationResolver,
  TraceStepOperationResolver,
  TransferOfferOperationResolver,
  ViewerResolver,
  visibleOperation,
} from './operations';
import { CustomsEntryEffectsResolver, ImportCertificateEffectsResolver } from './outside';
import { ImportCertificateLineProductResolver, LotProductResolver, productById, VerifiedProductResolver } from './products';
import { inTurns, type Question } from './questions';
import { RetractionMutations } from './retraction';
import { ImportCertificateReviewResolver, ReviewMutations } from './review';
import { SearchResolver } from './search';
import {
  DocumentShipmentsResolver,
  EmergencyActionShipmentResolver,
  ImportCertificateLineShipmentResolver,
  LotShipmentsResolver,
  ShipmentMutations,
  ShipmentResolver,
  TraceStepShipmentResolver,
  TreatmentShipmentResolver,
  visibleShipment,
} from './shipments';
import {
  ImpactResolver,
  LotOriginResolver,
  LotTraceResolver,
  MassBalanceResolver,
  OperationCertificateImpactResolver,
  OriginResolver,
  RecallResolver,
  TraceResolver,
} from './trace';
import { WebhookResolver } from './webhooks';

type NodeFinder = (question: Question, id: string) => Promise<Node | null>;

/** How each type of node is found, under the viewer's rights. */
const FINDERS: Record<NodeType, NodeFinder> = {
  ApiKey: visibleKey,
  AuditGrant: visibleAuditGrant,
  BrokerAssignment: visibleBrokerAssignment,
  Certifier: ({ reader }, id) => reader.loader(certifierById).load(id),
  Product: ({ reader }, id) => reader.loader(productById).load(id),
  OperationCertificate: ({ reader }, id) => reader.loader(operationCertificateById).load(id),
  Lot: visibleLot,
  Shipment: visibleShipment,
  Document: visibleDocument,
  ImportCertificate: visibleImportCertificate,
  CustomsEntry: visibleCustomsEntry,
  EmergencyActionNotification: visibleEmergencyAction,
  TransferOffer: visibleTransferOffer,
  Operation: visibleOperation,
};

@Resolver()
class NodeResolver {
  @Query(() => Node, { nullable: true, description: 'Anything by its global id; null where there is none, or the viewer may not see it.' })
  async node(@Arg('id', () => ID, { description: 'As an answer gave it.' }) id: string, @Ctx() question: Question): Promise<Node | null> {
    const parsed = parseGlobalId(id);
    if (!parsed.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: parsed.wrong, path: ['id'], remedy: parsed.remedy });
    if (!withinScope(question.viewer, parsed.value.type)) return null;
    return FINDERS[parsed.value.type](question, parsed.value.id);
  }
}

@Resolver(() => AccessRecord)
class AccessRecordSubjectResolver {
  @FieldResolver(() => Node, { nullable: true, description: 'What it was done with; null where you may not see it.' })
  subject(@Root() { noun, subjectId }: AccessRecord, @Ctx() question: Question): Promise<Node | null> | null {
    return noun && subjectId ? FINDERS[noun](question, subjectId) : null;
  }
}

@Resolver(() => ReviewEvidence)
class ReviewEvidenceSubjectResolver {
  @FieldResolver(() => ReviewSubject, { nullable: true, description: 'What it is about; null where you may not see it.' })
  subject(@Root() { about }: ReviewEvidence, @Ctx() question: Question): Promise<ReviewSubject | null> | null {
    return about && (FINDERS[about.type](question, about.id) as Promise<ReviewSubject | null>);
  }
}

const RESOLVERS = [
  NodeResolver,
  ViewerResolver,
  LotResolver,
  LotInputLotResolver,
  LotProducerResolver,
  LotProductResolver,
  LotTraceResolver,
  LotMutations,
  RetractionMutations,
  OperationCertificateMutations,
  ImportCertificateMutations,
  ImportCertificateReviewResolver,
  ReviewMutations,
  ReviewEvidenceSubjectResolver,
  ShipmentMutations,
  OperationResolver,
  CertifierLeadTimeResolver,
  OperationLotsResolver,
  OperationCertificateResolver,
  VerifiedProductResolver,
  LotAdjustmentHolderResolver,
  LotInputHolderResolver,
  HoldingOperationResolver,
  OwnershipOperationResolver,
  TraceResolver,
  LotOriginResolver,
  OriginResolver,
  RecallResolver,
  MassBalanceResolver,
  TraceStepOperationResolver,
  ShipmentResolver,
  ShipmentOperationResolver,
  ShippedLotLotResolver,
  LotShipmentsResolver,
  TreatmentShipmentResolver,
  TraceStepShipmentResolver,
  HolderShareOperationResolver,
  OriginShareOperationResolver,
  DocumentResolver,
  DocumentContentResolver,
  AttachmentMutations,
  DocumentIssuerResolver,
  DocumentLotsResolver,
  OperationImportProceduresResolver,
  ImportProcedureDocumentResolver,
  ImportCertificateChecklistResolver,
  ShipmentChecklistResolver,
  ExpectedPaperDocumentsResolver,
  OperationDocumentsResolver,
  OperationCertificateDocumentsResolver,
  CustomsEntryDocumentsResolver,
  EmergencyActionDocumentsResolver,
  DocumentImportCertificatesResolver,
  DocumentAtTheBorderResolver,
  DocumentShipmentsResolver,
  DocumentOperationCertificatesResolver,
  LotDocumentsResolver,
  ShipmentDocumentsResolver,
  OwnershipDocumentResolver,
  TreatmentDocumentResolver,
  LotAdjustmentDocumentResolver,
  TransferOfferResolver,
  TransferOfferLotResolver,
  TransferOfferDocumentResolver,
  TransferOfferOperationResolver,
  TraceStepDocumentsResolver,
  ImportCertificateResolver,
  ImportCertificateDeadlinesResolver,
  ImportCertificatePartiesResolver,
  ImportCertificateRecipientResolver,
  ImportCertificateDocumentsResolver,
  ImportCertificateEntriesResolver,
  ImportCertificateLineLotResolver,
  ImportCertificateLineProductResolver,
  ImportCertificateLineShipmentResolver,
  LotImportCertificatesResolver,
  ShipmentImportCertificatesResolver,
  OperationImportCertificatesResolver,
  TraceStepCertificateResolver,
  CustomsEntryResolver,
  CustomsEntryChangeResolver,
  CustomsMutations,
  CustomsFilingResolver,
  CloseOutResolver,
  CloseOutShipmentResolver,
  UnreconciledMassResolver,
  CustomsEntryFilerResolver,
  CustomsEntryLineCertificateResolver,
  EmergencyActionResolver,
  EmergencyActionLotResolver,
  EmergencyActionShipmentResolver,
  LotEmergencyActionsResolver,
  ShipmentEmergencyActionsResolver,
  SearchResolver,
  ApiKeyResolver,
  OperationKeysResolver,
  BrokerAssignmentResolver,
  OperationBrokerAssignmentsResolver,
  AuditGrantResolver,
  AuditGrantLotResolver,
  CertifierAuditGrantsResolver,
  AccessRecordResolver,
  AccessRecordSubjectResolver,
  OperationAccessesResolver,
  SubscriptionResolver,
  ImportCertificateStatusChangeResolver,
  OperationCertificateStatusChangeResolver,
  ShipmentStatusChangeResolver,
  LotEventResolver,
  NoticeGivenResolver,
  ImportCertificateNoticesResolver,
  EmergencyActionNoticesResolver,
  LotNoticesResolver,
  ShipmentNoticesResolver,
  OperationCertificateImpactResolver,
  ImpactResolver,
  ArrivalMutations,
  ArrivalResolver,
  ArrivalAnswerResolver,
  ImportCertificateArrivalsResolver,
  ShipmentArrivalsResolver,
  EmergencyActionCertifierResolver,
  CertifierNoticeResolver,
  OperationNoticePolicyResolver,
  ImportCertificateEffectsResolver,
  CustomsEntryEffectsResolver,
  JobsResolver,
  WebhookResolver,
] as const;

/** The library wants a way to publish; what subscriptions tell comes from the log. */
const NOBODY: PubSub = {
  publish: () => {},
  subscribe: () => {
    throw new Error('subscriptions are opened by the hub');
  },
};

/** The whole graph: every type, and how each edge is found. */
export function buildGraph(): GraphQLSchema {
  const graph = buildSchemaSync({
    resolvers: RESOLVERS as unknown as Parameters<typeof buildSchemaSync>[0]['resolvers'],
    // Inputs are read by the parsers of the codes, and commands by their own schemas.
    validate: false,
    pubSub: NOBODY,
    directives: [...specifiedDirectives, COST, LIST_SIZE],
  });
  // The library takes no words for these.
  graph.getQueryType()!.description = 'What may be asked. Every answer reflects one state of the log, named by extensions.cursor.';
  graph.getMutationType()!.description = 'What may be changed: each a command, carried out whole or not at all, once per idempotencyKey.';
  graph.getSubscriptionType()!.description =
    'What may be followed, over WebSocket (graphql-transport-ws) at /graphql or server-sent events at /graphql/stream; docs/PROTOCOL.md.';
  return inTurns(watch(priced(graph)));
}
