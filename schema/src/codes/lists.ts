import { registerEnumType } from 'type-graphql';
import { choiceOf } from './choice';

/** A closed list of names, each with its description, which is an enumeration of the schema too. */
function enumeration<const T extends Record<string, string>>(name: string, description: string, values: T): { [K in keyof T]: K } {
  const valuesConfig = Object.fromEntries(Object.entries(values).map(([value, words]) => [value, { description: words }]));
  const names = Object.fromEntries(Object.keys(values).map((value) => [value, value]));
  registerEnumType(names, { name, description, valuesConfig });
  return names as { [K in keyof T]: K };
}

export const OperationRole = enumeration('OperationRole', 'What an operation does in the chain.', {
  PRODUCER: 'Grows or gathers.',
  PRODUCER_GROUP: 'A group of producers that is certified as one; its members are production units.',
  HANDLER: 'Buys, sells, processes, packs or stores what others produced.',
  EXPORTER: 'Sends goods out of a country.',
  IMPORTER: 'Brings goods into the United States.',
  BROKER: 'Arranges sales or customs for others.',
  CARRIER: 'Moves goods for others.',
  WAREHOUSE: 'Stores goods for others.',
});
export type OperationRole = keyof typeof OperationRole;

export const OperationCertificateStatus = enumeration(
  'OperationCertificateStatus',
  'Standing of an organic certificate (7 CFR 205.404, 205.660-205.663). A NOP certificate never expires by date.',
  {
    CERTIFIED: 'In good standing.',
    SUSPENDED: 'Suspended (7 CFR 205.662); may be reinstated.',
    REVOKED: 'Revoked (7 CFR 205.662).',
    SURRENDERED: 'Given up by the operation (7 CFR 205.404).',
    EXPIRED: 'Ended by its date, under another standard than NOP.',
  },
);
export type OperationCertificateStatus = keyof typeof OperationCertificateStatus;

export const LotKind = enumeration('LotKind', 'How a lot came to be.', {
  HARVEST: 'Taken from the field, the wild or the herd: nothing is behind it.',
  TRANSFORMATION: 'Made of other lots: blended, cleaned, processed, packed.',
  PURCHASED: 'Bought into being: what it was made of should be declared.',
});
export type LotKind = keyof typeof LotKind;

export const AdjustmentKind = enumeration('AdjustmentKind', 'How some of a lot was lost.', {
  MOISTURE: 'It dried.',
  CLEANING: 'Taken out by cleaning or sorting.',
  SPOILAGE: 'Spoilt.',
  SAMPLE: 'Taken as a sample.',
  COUNT: 'A recount found less.',
  DRAFT_SURVEY: 'A draft survey found less.',
});
export type AdjustmentKind = keyof typeof AdjustmentKind;

export const TraceDirection = enumeration('TraceDirection', 'Which way a trace walks.', {
  BACK: 'To what a lot was made of.',
  FORWARD: 'To what was made of it.',
});
export type TraceDirection = keyof typeof TraceDirection;

export const ReviewCheck = enumeration('ReviewCheck', 'What the review of a request for an import certificate looks at.', {
  ISSUING_CERTIFIER: 'Whoever is asked certifies the final certified exporter.',
  ARRANGEMENT: 'It certifies to the standard named, which the United States accepts for these goods.',
  PARTIES_CERTIFIED: 'Exporter, final handler and importer are certified.',
  PRODUCTS_VERIFIED: "Every product stands on the exporter's Product Verification Form.",
  ONE_HTS_CODE: 'Every product is of the HTS code named.',
  ORIGIN: 'The lots were born where the request says that they come from.',
  IMPORTER_IDENTIFIED: 'A contract or an order names the importer.',
  PAPERS_MARKED_ORGANIC: 'The papers sent identify the goods as organic.',
  LOTS_HELD: 'The exporter holds as much of the lots as is asked for.',
  MASS_UNCLAIMED: 'As much of them backs no other certificate.',
  BEFORE_DEPARTURE: 'The goods have not left the port of lading.',
  PLAUSIBLE_VOLUME: 'The estimate for a period is within what the exporter holds and its fields give.',
  MISSING_INPUTS: 'Behind the lots, every lot but a harvest says what it was made of.',
  MORE_OUT_THAN_IN: 'Behind the lots, none weighs more than went into it.',
  OVERDRAWN: 'Behind the lots, nobody gave more than it had received.',
  NON_ORGANIC_INPUT: 'Behind the lots, what is organic was made of what is.',
  OWNER_CHANGED_WITHOUT_TRANSFER: 'Behind the lots, nobody gave what it never received.',
  NO_TRANSPORT: 'Behind the lots, whatever went abroad was carried there.',
  NO_DOCUMENT: 'Behind the lots, every transfer has a paper and every shipment a bill of lading.',
  DOCUMENT_NOT_MARKED_ORGANIC: 'Behind the lots, the papers identify the goods as organic.',
  OWNER_NOT_CERTIFIED: 'Behind the lots, every owner was certified while it held them, from the harvest on.',
  OUT_OF_ORDER_DATES: 'Behind the lots, nothing happened before its cause.',
  PROHIBITED_TREATMENT: 'Behind the lots, nothing met a prohibited substance or radiation.',
  LOST_ORGANIC_STATUS: 'Behind the lots, nothing was released at the border as not organic.',
});
export type ReviewCheck = keyof typeof ReviewCheck;

export const FindingSeverity = enumeration('FindingSeverity', 'What follows where a review finds that something fails.', {
  BLOCKING: 'The request is approved with a written reason only.',
  WARNING: 'The certifier is told.',
});
export type FindingSeverity = keyof typeof FindingSeverity;

export const FindingVerdict = enumeration('FindingVerdict', 'What a review finds.', {
  PASSED: 'It is so.',
  FAILED: 'It is not.',
  UNDETERMINED: 'What is on record does not say.',
});
export type FindingVerdict = keyof typeof FindingVerdict;

export const NoticeKind = enumeration('NoticeKind', 'What somebody is to be told of, when its time comes.', {
  FILING_CUT_OFF_NEAR: 'The cargo must soon be declared to customs, and nothing is entered under the certificate yet.',
  LAPSES_BEFORE_ARRIVAL: 'The goods are to arrive after the last day of the certificate.',
  WEIGHTS_DUE: 'The actual net weights of a period are to be reported a week before it ends.',
  PERIOD_ENDS: 'The period of a certificate ends soon.',
  CERTIFICATE_EXPIRED: 'The period of a certificate has ended.',
  DRAWN_80: 'Customs entries have drawn 80 % of what a certificate covers.',
  DRAWN_95: 'Customs entries have drawn 95 % of it.',
  DRAWN_100: 'Customs entries have drawn all of it, or more where that was reported.',
  CERTIFIER_NOT_NOTIFIED: 'Nothing says that the certifier was told of an emergency action.',
  PARTY_LOST_CERTIFICATION: 'Whoever produced, held or handles it is certified no more, or was not while it did.',
  LOST_ORGANIC_STATUS: 'It met what is prohibited, or was released as not organic; or something that went into it was.',
});
export type NoticeKind = keyof typeof NoticeKind;

export const TransportMode = enumeration('TransportMode', 'UN/ECE Recommendation 19.', {
  MARITIME: 'By sea (code 1).',
  RAIL: 'By rail (code 2).',
  ROAD: 'By road (code 3).',
  AIR: 'By air (code 4).',
  MAIL: 'By mail (code 5).',
  MULTIMODAL: 'By several modes under one contract (code 6).',
  FIXED: 'By a fixed installation, such as a conveyor or pipeline (code 7).',
  INLAND_WATER: 'By inland water (code 8).',
});
export type TransportMode = keyof typeof TransportMode;

export const ShipmentStatus = enumeration('ShipmentStatus', 'How far a shipment is.', {
  BOOKED: 'Nothing of it has departed.',
  DEPARTED: 'Its first leg is under way.',
  IN_TRANSIT: 'A leg has arrived, the last one has not.',
  ARRIVED: 'Its last leg has arrived.',
  HELD: 'An emergency action holds it, and is not disposed of.',
  RELEASED: 'Held, and released, as organic or not.',
  CLOSED: 'Held, and re-exported, donated or destroyed.',
});
export type ShipmentStatus = keyof typeof ShipmentStatus;

export const TransferOfferStatus = enumeration('TransferOfferStatus', 'How far an offer of a lot is.', {
  OPEN: 'It waits for its receiver.',
  ACCEPTED: 'The receiver has it.',
  DISPUTED: 'The receiver has it, and says that it was another quantity.',
  DECLINED: 'The receiver did not accept it.',
  WITHDRAWN: 'The sender took it back before it was accepted.',
});
export type TransferOfferStatus = keyof typeof TransferOfferStatus;

export const TreatmentKind = enumeration('TreatmentKind', 'What was done to goods on their way or in store.', {
  FUMIGATION: 'Gas against pests.',
  IRRADIATION: 'Ionizing radiation, never allowed (7 CFR 205.105(f)).',
  HEAT: 'Heat.',
  COLD: 'Cold.',
  CONTACT: 'Contact with a substance (7 CFR 205.272).',
  OTHER: 'Anything else.',
});
export type TreatmentKind = keyof typeof TreatmentKind;

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
  IMPORT_PROCEDURE: null,
  OTHER: null,
} as const;
export type DocumentType = keyof typeof DOCUMENT_TYPE_CODES;
const coded = (type: DocumentType, words: string) => `${words} (UN/EDIFACT 1001, code ${DOCUMENT_TYPE_CODES[type]}).`;
export const DocumentType = enumeration(
  'DocumentType',
  'Types of paper of an audit trail (7 CFR 205.2), after UN/EDIFACT data element 1001.',
  {
    CONTRACT: coded('CONTRACT', 'Contract'),
    PURCHASE_ORDER: coded('PURCHASE_ORDER', 'Purchase order'),
    INVOICE: coded('INVOICE', 'Commercial invoice'),
    PACKING_LIST: coded('PACKING_LIST', 'Packing list'),
    BILL_OF_LADING: coded('BILL_OF_LADING', 'Bill of lading'),
    MASTER_BILL_OF_LADING: coded('MASTER_BILL_OF_LADING', 'Master bill of lading'),
    HOUSE_BILL_OF_LADING: coded('HOUSE_BILL_OF_LADING', 'House bill of lading'),
    SALES_DOCUMENT: 'Any other paper of a sale.',
    WEIGHT_CERTIFICATE: coded('WEIGHT_CERTIFICATE', 'Weight certificate, scale ticket, draft survey'),
    PHYTOSANITARY_CERTIFICATE: coded('PHYTOSANITARY_CERTIFICATE', 'Phytosanitary certificate'),
    ORGANIC_CERTIFICATE: "An operation's organic certificate.",
    EMERGENCY_ACTION_NOTIFICATION: 'Emergency Action Notification of CBP or APHIS.',
    AFFIDAVIT: 'Statement under oath.',
    IMPORT_PROCEDURE: "An importer's documented system for verifying imports (7 CFR 205.273), each version under its own number.",
    OTHER: 'Any other paper.',
  },
);

export const MarkedOrganic = enumeration('MarkedOrganic', 'Does a paper identify the goods as organic (7 CFR 205.103(b)(3))?', {
  YES: 'It does.',
  NO: 'It does not.',
  NOT_APPLICABLE: 'It is no paper that must.',
  UNKNOWN: 'Nobody looked; counts as not marked.',
});
export type MarkedOrganic = keyof typeof MarkedOrganic;

export const ImportStage = enumeration('ImportStage', 'A stage of an import at which papers are expected.', {
  REQUEST: 'The exporter asks for the import certificate.',
  REVIEW: 'The certifier reviews the request and issues it.',
  HAND_OVER: 'The importer has it.',
  DEPARTURE: 'The goods leave.',
  ENTRY: 'They are entered with customs.',
  ARRIVAL: 'The importer verifies what arrived.',
  RECORDS: 'What is kept of all that for five years (7 CFR 205.103).',
});
export type ImportStage = keyof typeof ImportStage;

export const PaperStanding = enumeration('PaperStanding', 'Is a paper there that is expected?', {
  PRESENT: 'It is.',
  NOT_MARKED_ORGANIC: 'It is, but is not known to identify the goods as organic, as it must (7 CFR 205.103(b)(3)).',
  MISSING: 'It is not.',
  NOT_SEEN: 'It is missing as far as you see; there may be one that you do not see.',
});
export type PaperStanding = keyof typeof PaperStanding;

export const ImportCertificateKind = enumeration('ImportCertificateKind', 'What an import certificate is for (7 CFR 205.273).', {
  SHIPMENT: 'One shipment.',
  PERIOD: 'A time frame and an estimated volume.',
});
export type ImportCertificateKind = keyof typeof ImportCertificateKind;

export const ImportCertificateStatus = enumeration(
  'ImportCertificateStatus',
  'How far an import certificate is on its road from request to entry, or what stopped it.',
  {
    REQUESTED: 'The exporter asked its certifier for it.',
    INFORMATION_ASKED: 'The certifier asked for more.',
    REJECTED: 'The certifier refused it.',
    WITHDRAWN: 'The exporter took its request back.',
    APPROVED: 'Reviewed and found good, not yet issued.',
    ISSUED: 'Issued in the Organic Integrity Database, with its number.',
    HANDED_OVER: 'With the importer or its broker.',
    ENTERED: 'A customs entry draws on it.',
    VERIFIED: 'The importer verified what arrived.',
    HELD: 'Goods under it are held.',
    SUSPENDED: 'It may not be used for now.',
    EXHAUSTED: 'Its whole mass is drawn.',
    EXPIRED: 'Its period is over.',
    VOIDED: 'It never counts.',
  },
);
export type ImportCertificateStatus = keyof typeof ImportCertificateStatus;

export const DeadlineVerdict = enumeration('DeadlineVerdict', 'Is a request for an import certificate early enough?', {
  IN_TIME: 'The certifier can decide before it is needed, and before the goods leave.',
  LATE: 'Its lead time ends when it is needed already, or the goods have left.',
  UNDETERMINED: 'An hour or a day is missing that would tell; the reasons say which.',
});
export type DeadlineVerdict = keyof typeof DeadlineVerdict;

export const CustomsEntryAct = enumeration('CustomsEntryAct', 'What was done with a customs entry.', {
  RECORDED: 'It was filed.',
  AMENDED: 'Other lines took the place of its lines.',
  CANCELLED: 'It was taken back whole; it draws on nothing any more.',
});
export type CustomsEntryAct = keyof typeof CustomsEntryAct;

export const FilingSeverity = enumeration('FilingSeverity', 'What follows for a filing.', {
  ERROR: 'It bounces, or should.',
  WARNING: 'It may pass; look again.',
});
export type FilingSeverity = keyof typeof FilingSeverity;

export const FilingFault = enumeration('FilingFault', 'What is wrong with a filing of an import certificate with customs.', {
  NOT_ISSUED: 'The certificate has no number yet.',
  NOT_HANDED_OVER: 'The importer does not have it yet.',
  VOID: 'The certificate is void.',
  HELD: 'Goods under it are held.',
  SUSPENDED: 'It may not be used for now.',
  EXPIRED: 'Its period is over on the day of filing.',
  NOT_YET_VALID: 'Its period has not begun on the day of filing.',
  MORE_THAN_IS_LEFT: 'More is entered than is left of it.',
  LOT_UNKNOWN: 'There is no such lot.',
  LOT_NOT_COVERED: 'The certificate does not cover the lot.',
  NOP_ID_FOR_NUMBER: "An operation's ten-digit NOP ID stands where the number of the certificate belongs.",
  DRAFT_NUMBER: 'It is the number of a draft.',
  TEMPORARY_NUMBER: 'It is the temporary code, which has ended.',
  NUMBER_MALFORMED: 'It is not the number of an import certificate.',
  NUMBER_OF_ANOTHER: 'It is the number of another certificate.',
  WRONG_MESSAGE_SET: 'OR1 stands where OR2 belongs.',
  MESSAGE_SET_UNKNOWN: 'There is no such message set.',
  ENTRY_NUMBER_WRONG: 'It is not an entry number, or its check digit is wrong.',
  CONTAINER_WRONG: 'It is not a container number, or its check digit is wrong.',
  HTS_MALFORMED: 'It is not an HTS code.',
  HTS_OF_ANOTHER: "It is not the certificate's HTS code.",
  HTS_NOT_FLAGGED: 'No flag AM7 or AM8 is on record for the HTS code.',
});
export type FilingFault = keyof typeof FilingFault;

export const FilingEntityRole = enumeration('FilingEntityRole', 'Whom the message set OR1 names.', {
  EX: 'Exporter.',
  UC: 'Ultimate consignee.',
  ORI: 'Issuer of the certificate.',
  ORP: 'Final handler.',
  ORC: 'Certifying agent of the final handler.',
});
export type FilingEntityRole = keyof typeof FilingEntityRole;

export const UnreconciledKind = enumeration('UnreconciledKind', 'Why some of a period does not reconcile.', {
  SHIPPED_NOT_ENTERED: 'It was shipped, and nothing of it is entered.',
  SHIPPED_ENTRY_CANCELLED: 'It was shipped, and its entry was cancelled and not made anew.',
  ENTERED_LESS_THAN_SHIPPED: 'Less of it is entered than was shipped.',
  ENTERED_NOT_SHIPPED: 'It is entered, and was never shipped under the certificate.',
  ENTERED_MORE_THAN_SHIPPED: 'More is entered than was shipped.',
  LOT_ENTERED_TWICE: 'The lot is on several lines, and together they enter more than was shipped of it.',
  ENTERED_BEFORE_PERIOD: 'It was entered before the period began.',
  ENTERED_AFTER_PERIOD: 'It was entered after the period had ended.',
  ENTERED_BEYOND_COVERED: 'More is entered than the certificate covers.',
});
export type UnreconciledKind = keyof typeof UnreconciledKind;

export const DispositionKind = enumeration('DispositionKind', 'What became of goods that were held at the border.', {
  RELEASED_ORGANIC: 'Released as organic.',
  RELEASED_CONVENTIONAL: 'Released, and sold as not organic.',
  REEXPORTED: 'Sent back.',
  DONATED: 'Given away.',
  DESTROYED: 'Destroyed.',
});
export type DispositionKind = keyof typeof DispositionKind;

export const ArrivalCheck = enumeration('ArrivalCheck', 'What an importer verifies of what arrived (7 CFR 205.273).', {
  VALID_CERTIFICATE: 'A valid import certificate is there for what arrived.',
  DATA_ACCURATE: 'What it says is so: the goods, their weight, who sends and who receives them.',
  NO_PROHIBITED_SUBSTANCE: 'Since export the goods met no prohibited substance (7 CFR 205.272).',
  NO_RADIATION: 'Since export they met no ionizing radiation (7 CFR 205.105(f)).',
});
export type ArrivalCheck = keyof typeof ArrivalCheck;

export const ArrivalVerdict = enumeration('ArrivalVerdict', 'What an importer found.', {
  YES: 'It is so.',
  NO: 'It is not.',
  NOT_CHECKED: 'It was not looked at.',
});
export type ArrivalVerdict = keyof typeof ArrivalVerdict;

export const ViewerKind = enumeration('ViewerKind', 'Who is asking.', {
  NOBODY: 'No token: sees what is public.',
  OPERATION: 'Acts for one operation.',
  CERTIFIER: 'Acts for one certifying agent.',
  PARTNER: 'An application with a key of an operation.',
  ANALYST: 'Reads everything, changes nothing.',
  ADMINISTRATOR: 'Reads and changes everything.',
});
export type ViewerKind = keyof typeof ViewerKind;

export const KeyScope = enumeration(
  'KeyScope',
  'What a key may see and do, of what its operation may; or a broker, of what the importer may.',
  {
    LOTS: 'Lots, their inputs, owners and offers, and their stories: of how they were carried, certified, documented and entered as far as the other scopes reach.',
    SHIPMENTS: 'Shipments, their legs and what they carried.',
    DOCUMENTS: 'Papers.',
    IMPORT_CERTIFICATES: 'Import certificates.',
    CUSTOMS_ENTRIES: 'Customs entries and emergency actions.',
    COMMANDS: 'Commands of the operation, but for those about keys, assignments and grants; of a broker, about what it may see.',
  },
);
export type KeyScope = keyof typeof KeyScope;

export const AccessAct = enumeration('AccessAct', 'What somebody did with what is yours.', {
  READ: 'Was shown an import certificate or a document.',
  TRACED: 'Was told the story of a lot, where it came from, or who has what became of it.',
  GRANTED: 'Was let in, by whoever is named.',
  ENDED: 'Is let in no more, by whoever is named.',
  REFUSED: 'Was refused a question or a command.',
  OVERFLOWED: 'Did so much at once that the journal lost some of it.',
});
export type AccessAct = keyof typeof AccessAct;

export const CertificationVerdict = enumeration('CertificationVerdict', 'Was an operation certified for a product on a day? Best first.', {
  VALID: 'Certified to NOP.',
  VALID_EQUIVALENT: 'Certified under an arrangement of equivalence in force.',
  EXEMPT: 'Needs no certificate (7 CFR 205.101).',
  SUSPENDED: 'Its certificate was suspended.',
  REVOKED: 'Its certificate was revoked.',
  SURRENDERED: 'Its certificate was given up.',
  EXPIRED: 'Its certificate had expired.',
  OUT_OF_SCOPE: 'Its certificate did not cover the product, or its arrangement was not in force.',
  NONE: 'It had no certificate.',
  UNKNOWN: 'Nothing is known of it.',
});
export type CertificationVerdict = keyof typeof CertificationVerdict;

/** Gap kinds in the order of the contract, which is also the order in which gaps are told. */
export const GapKind = enumeration('GapKind', 'What is missing from a story, or wrong with it.', {
  MISSING_INPUTS: 'Not a harvest, and nothing says what it was made of.',
  MORE_OUT_THAN_IN: 'It weighs more than what went into it.',
  OVERDRAWN: 'Somebody gave more of it than it had received.',
  NON_ORGANIC_INPUT: 'Sold as organic, with more than 5 % of input that is not.',
  OWNER_CHANGED_WITHOUT_TRANSFER: 'Used, sent or shipped by somebody who never received it.',
  NO_TRANSPORT: 'In another country than it was born in, and no leg brings it there.',
  NO_DOCUMENT: 'A transfer without a paper, or a shipment without a bill of lading.',
  DOCUMENT_NOT_MARKED_ORGANIC: 'A paper that must identify it as organic does not.',
  OWNER_NOT_CERTIFIED: 'Held on a day on which its owner was neither certified for it nor exempt.',
  NO_IMPORT_CERTIFICATE: 'Entered the United States, and no valid import certificate covers it.',
  CERTIFICATE_OVERDRAWN: 'Customs entries drew more on its import certificate than that covers.',
  OUT_OF_ORDER_DATES: 'Something happened before its cause.',
  PROHIBITED_TREATMENT: 'Treated with a prohibited substance or radiation, itself or while a shipment carried it.',
  LOST_ORGANIC_STATUS: 'Some of it was held at the border and released as not organic, and it is an organic product.',
  WITHHELD: 'A lot that the viewer may not see.',
  TRUNCATED: 'A budget cut the walk; the message says which.',
});
export type GapKind = keyof typeof GapKind;

/** What may happen to a lot, in the order in which things of one moment are told: causes before what follows from them. */
export const StepKind = enumeration('StepKind', 'What happened.', {
  HARVESTED: 'Born as a harvest.',
  PURCHASED: 'Born by a purchase.',
  TRANSFORMED: 'Made of other lots; in a mass balance also used.',
  CERTIFIED: 'An import certificate for it was issued.',
  TRANSFERRED: 'Passed from one owner to another.',
  EXPORTED: 'Departed from one country for another.',
  DEPARTED: 'A leg departed.',
  TREATED: 'Treated, itself or in a shipment.',
  ARRIVED: 'A leg arrived.',
  IMPORTED: 'Arrived in another country than it departed from.',
  ENTERED: 'A customs entry names it.',
  HELD: 'An emergency action holds it.',
  DISPOSED: 'Held goods were released, sent back, given away or destroyed.',
  LOST: 'Some of it was lost.',
  RETRACTED: 'What was told of it before was taken back. Of streams only: a story is told without it.',
});
export type StepKind = keyof typeof StepKind;

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

export const WebhookState = enumeration('WebhookState', 'Whether a webhook is told anything.', {
  ACTIVE: 'It is told what happens.',
  PAUSED: 'It is told nothing until it is replayed; its reason says why.',
});
export type WebhookState = keyof typeof WebhookState;

export const DeliveryState = enumeration('DeliveryState', 'How far a message to a webhook is.', {
  WAITING: 'It is to be sent, after what comes before it about the same noun.',
  RETRYING: 'It was sent in vain, and is sent again.',
  DELIVERED: 'It was answered with 2xx.',
  FAILED: 'It was sent in vain for three days; replay it.',
});
export type DeliveryState = keyof typeof DeliveryState;

export const OutsideSystem = enumeration('OutsideSystem', 'A system outside that is told what happens here (docs/outside.md).', {
  ORGANIC_INTEGRITY_DATABASE: 'The Organic Integrity Database of the National Organic Program.',
  AUTOMATED_COMMERCIAL_ENVIRONMENT: 'The Automated Commercial Environment of U.S. Customs and Border Protection.',
});
export type OutsideSystem = keyof typeof OutsideSystem;

export const OutsideAct = enumeration('OutsideAct', 'What a system outside is asked to do.', {
  ISSUE: 'Issue an import certificate, and give it its number.',
  REVISE: 'Bring it up to date.',
  VOID: 'Take it back.',
  FILE: 'Accept an entry.',
  AMEND: 'Accept its amendment.',
  CANCEL: 'Cancel it.',
});
export type OutsideAct = keyof typeof OutsideAct;

export const OutsideEffectState = enumeration('OutsideEffectState', 'How far it is.', {
  WAITING: 'It is to be sent, after what comes before it.',
  RETRYING: 'It was tried in vain, and is tried again.',
  FAILED: 'It was refused, or tried in vain for days; somebody has to look at it.',
  DONE: 'It is done there.',
  NOT_NEEDED: 'Overtaken before it was done: it is not asked for any more.',
});
export type OutsideEffectState = keyof typeof OutsideEffectState;
