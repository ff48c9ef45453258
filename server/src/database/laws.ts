import { type ErrorCode, Refusal } from '@lotline/schema';
import { timedOut } from './deadline';

/** What breaking a law means to a caller: the constraint's name, and the words. */
interface Law {
  code: ErrorCode;
  message: string;
  rule?: string;
  remedy: string;
}

const MASS: Law = { code: 'REFUSED', message: 'a mass must be above zero and at most 10^15 g', remedy: 'check the quantity and its unit' };

/** Every named law of the database. The test of the laws walks this table and the catalogue side by side. */
export const LAWS: Record<string, Law> = {
  certifier_code_unique: { code: 'CONFLICT', message: 'a certifier with this code exists', remedy: 'use the existing certifier' },
  operation_identifier_unique: {
    code: 'CONFLICT',
    message: 'an operation with this identifier exists',
    remedy: 'use the existing operation',
  },
  product_name_unique: { code: 'CONFLICT', message: 'a product of this name exists', remedy: 'use the existing product' },
  operation_certificate_unique: {
    code: 'CONFLICT',
    message: 'this certificate exists',
    remedy: 'record a status of the existing certificate',
  },
  one_status_per_certificate_and_day: {
    code: 'CONFLICT',
    message: 'the certificate has a status from that day',
    remedy: 'retract that status, or choose another day',
  },
  lot_code_unique_within_producer: {
    code: 'CONFLICT',
    message: 'this producer has a lot of this code',
    remedy: 'choose a code that the producer has not used',
  },
  lot_mass_above_zero: MASS,
  lot_input_mass_above_zero: MASS,
  transfer_mass_above_zero: MASS,
  lot_adjustment_mass_above_zero: MASS,
  lot_kind_known: { code: 'BAD_USER_INPUT', message: 'unknown kind of lot', remedy: 'use HARVEST, TRANSFORMATION or PURCHASED' },
  lot_adjustment_kind_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown kind of adjustment',
    remedy: 'use MOISTURE, CLEANING, SPOILAGE, SAMPLE, COUNT or DRAFT_SURVEY',
  },
  operation_certificate_status_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown status of a certificate',
    remedy: 'use CERTIFIED, SUSPENDED, REVOKED, SURRENDERED or EXPIRED',
  },
  api_key_hash_well_formed: { code: 'INTERNAL_SERVER_ERROR', message: 'a key is kept as a hash of 32 bytes', remedy: 'report this' },
  api_key_scopes_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown scope of a key',
    remedy: 'use LOTS, SHIPMENTS, DOCUMENTS, IMPORT_CERTIFICATES, CUSTOMS_ENTRIES or COMMANDS; at least one',
  },
  broker_assignment_scopes_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown scope of an assignment',
    remedy: 'use LOTS, SHIPMENTS, DOCUMENTS, IMPORT_CERTIFICATES, CUSTOMS_ENTRIES or COMMANDS; at least one',
  },
  broker_assignment_between_two_operations: {
    code: 'REFUSED',
    message: 'nobody is its own broker',
    remedy: 'name another operation as the broker',
  },
  broker_assignment_begins_before_it_ends: {
    code: 'BAD_USER_INPUT',
    message: 'an assignment begins before it ends',
    remedy: 'give a later validUntil',
  },
  audit_grant_directions_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown direction of an audit',
    remedy: 'use BACK, FORWARD or both',
  },
  audit_grant_ends_within_90_days: {
    code: 'BAD_USER_INPUT',
    message: 'an audit ends within 90 days',
    remedy: 'give an end to come, and grant it again where it takes longer',
  },
  party_noun_known: { code: 'INTERNAL_SERVER_ERROR', message: 'a fact has parties by nouns that are known', remedy: 'report this' },
  transfer_offer_mass_above_zero: MASS,
  transfer_offer_between_two_operations: {
    code: 'REFUSED',
    message: 'an offer needs two operations',
    remedy: 'name another receiver than the sender',
  },
  one_transfer_per_offer: {
    code: 'CONFLICT',
    message: 'the offer was accepted',
    remedy: 'ask the sender for another offer if there is more',
  },
  transfer_offer_end_kind_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown end of an offer',
    remedy: 'use DECLINED or WITHDRAWN',
  },
  one_end_per_offer: { code: 'CONFLICT', message: 'the offer was declined or withdrawn', remedy: 'ask the sender for another offer' },
  offer_is_answered_once: {
    code: 'CONFLICT',
    message: 'an offer is accepted, declined or withdrawn once',
    remedy: 'ask the sender for another offer',
  },
  transfer_difference_not_zero: {
    code: 'REFUSED',
    message: 'what was received is what was offered',
    remedy: 'accept the offer',
  },
  one_difference_per_transfer: { code: 'CONFLICT', message: 'the transfer is disputed', remedy: 'look at it again' },
  transfer_between_two_operations: {
    code: 'REFUSED',
    message: 'a transfer needs two operations',
    remedy: 'name another receiver than the sender',
  },
  shipment_reference_unique_within_shipper: {
    code: 'CONFLICT',
    message: 'this shipper has a shipment of this reference',
    remedy: 'choose a reference that the shipper has not used',
  },
  one_leg_per_shipment_and_sequence: {
    code: 'CONFLICT',
    message: 'the shipment has a leg at this place of its order',
    remedy: 'give the leg another sequence',
  },
  shipment_leg_sequence_from_one: {
    code: 'BAD_USER_INPUT',
    message: 'a leg stands at a place from 1 to 1000',
    remedy: 'number the legs from 1',
  },
  shipment_leg_mode_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown mode of transport',
    remedy: 'use MARITIME, RAIL, ROAD, AIR, MAIL, MULTIMODAL, FIXED or INLAND_WATER',
  },
  shipment_leg_container_checked: {
    code: 'BAD_USER_INPUT',
    message: 'this is not a container number of ISO 6346',
    remedy: 'write four letters and seven digits, e.g. CSQU3054383',
  },
  shipped_lot_mass_above_zero: MASS,
  treatment_kind_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown kind of treatment',
    remedy: 'use FUMIGATION, IRRADIATION, HEAT, COLD, CONTACT or OTHER',
  },
  treatment_of_a_lot_or_a_shipment: {
    code: 'REFUSED',
    message: 'a treatment is of a lot or of a shipment',
    remedy: 'name one of them; record one for each',
  },
  document_type_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown type of document',
    remedy: 'use a type of DocumentType, e.g. BILL_OF_LADING',
  },
  document_mark_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown mark of a document',
    remedy: 'use YES, NO, NOT_APPLICABLE or UNKNOWN',
  },
  document_hash_well_formed: {
    code: 'BAD_USER_INPUT',
    message: 'this is not a SHA-256',
    remedy: 'write 64 hexadecimal digits',
  },
  document_number_unique_within_issuer_and_type: {
    code: 'CONFLICT',
    message: 'a document of this issuer, type and number is kept already',
    remedy: 'use the existing document, or choose another number',
  },
  document_content_is_what_was_hashed: {
    code: 'CONFLICT',
    message: 'these are not the bytes of this document',
    remedy: 'upload the bytes that have its sha256',
  },
  document_is_kept: {
    code: 'REFUSED',
    message: 'a document is kept for five years, with its bytes',
    rule: '7 CFR 205.103(b)(4)',
    remedy: 'record another document',
  },
  document_link_to_one_noun: {
    code: 'REFUSED',
    message: 'a link leads from a document to one noun',
    remedy: 'record a link for each',
  },
  one_link_per_document_and_noun: {
    code: 'CONFLICT',
    message: 'the document is linked with this already',
    remedy: 'use the existing link',
  },
  import_certificate_number_unique: {
    code: 'CONFLICT',
    message: 'an import certificate of this number exists',
    remedy: 'use the existing certificate',
  },
  import_certificate_number_well_formed: {
    code: 'BAD_USER_INPUT',
    message: 'this is not the number of an import certificate',
    remedy: 'write the 21 characters NNN-NNNNNNNNNN-NNNNNN',
  },
  import_certificate_kind_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown kind of import certificate',
    remedy: 'use SHIPMENT or PERIOD',
  },
  import_certificate_hts_of_ten_digits: {
    code: 'BAD_USER_INPUT',
    message: 'an HTS code has ten digits',
    remedy: 'write ten digits, e.g. 1201900010',
  },
  import_certificate_mass_above_zero: MASS,
  import_certificate_period_in_order: {
    code: 'REFUSED',
    message: 'the period of the certificate ends before it begins',
    remedy: 'give its days in order',
  },
  import_certificate_mode_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown mode of transport',
    remedy: 'use MARITIME, RAIL, ROAD, AIR, MAIL, MULTIMODAL, FIXED or INLAND_WATER',
  },
  import_certificate_transport_whole: {
    code: 'BAD_USER_INPUT',
    message: 'a transport has a mode, a port of lading and a departure',
    remedy: 'give all three, or no transport',
  },
  certifier_lead_time_within_60_days: {
    code: 'BAD_USER_INPUT',
    message: 'a lead time is from 0 to 60 business days',
    remedy: 'give a whole number from 0 to 60',
  },
  one_lead_time_per_certifier_and_day: {
    code: 'CONFLICT',
    message: 'somebody else set a lead time from that day at the same time',
    remedy: 'look at it again',
  },
  import_certificate_status_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown status of an import certificate',
    remedy: 'use a status of ImportCertificateStatus',
  },
  one_status_per_import_certificate_and_sequence: {
    code: 'CONFLICT',
    message: 'somebody else changed the certificate at the same time',
    remedy: 'look at it again',
  },
  import_certificate_keeps_to_its_road: {
    code: 'CONFLICT',
    message: 'an import certificate does not go from there to here',
    rule: '7 CFR 205.273',
    remedy: 'look where it stands now, and take a step that may follow',
  },
  import_certificate_history_unbroken: {
    code: 'CONFLICT',
    message: 'the steps after this one follow from it',
    rule: '7 CFR 205.273',
    remedy: 'take back the last step first',
  },
  one_revision_per_import_certificate_and_sequence: {
    code: 'CONFLICT',
    message: 'somebody else changed the certificate at the same time',
    remedy: 'look at it again',
  },
  one_notice_per_subject_kind_and_due: {
    code: 'CONFLICT',
    message: 'this notice was given already',
    remedy: 'nothing is to be done',
  },
  outside_system_known: { code: 'INTERNAL_SERVER_ERROR', message: 'no such system is told anything', remedy: 'report this' },
  outside_act_known: { code: 'INTERNAL_SERVER_ERROR', message: 'no system outside is asked to do that', remedy: 'report this' },
  outside_effect_state_known: { code: 'INTERNAL_SERVER_ERROR', message: 'what is sent outside is never like that', remedy: 'report this' },
  outside_effect_settled_once_done: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'what is sent outside is settled when it is done or not needed, and not before',
    remedy: 'report this',
  },
  one_outside_effect_per_subject_and_sequence: {
    code: 'CONFLICT',
    message: 'something else about it is to be sent at the same time',
    remedy: 'look at it again',
  },
  outside_effect_keeps_its_order: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'what a system outside is told is sent as it was written, in its order, until it is done',
    remedy: 'report this',
  },
  webhook_state_known: { code: 'INTERNAL_SERVER_ERROR', message: 'a webhook is never like that', remedy: 'report this' },
  delivery_state_known: { code: 'INTERNAL_SERVER_ERROR', message: 'a message to a webhook is never like that', remedy: 'report this' },
  delivery_settled_once_done: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'a message to a webhook is settled when it is delivered or given up, and not before',
    remedy: 'report this',
  },
  one_delivery_per_webhook_and_message: {
    code: 'CONFLICT',
    message: 'the message is kept already',
    remedy: 'nothing is to be done',
  },
  one_review_per_decision_and_reader: {
    code: 'CONFLICT',
    message: 'the review of this decision is kept already',
    remedy: 'look at it again',
  },
  import_certificate_line_mass_above_zero: MASS,
  import_certificate_claim_of_a_shipped_lot: {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'a claim names its lot, what was shipped of it, and the day',
    remedy: 'report this',
  },
  claims_within_birth_mass: {
    code: 'REFUSED',
    message: 'import certificates would cover more of a lot than it weighs: a gram may back one certificate only',
    rule: '7 CFR 205.273',
    remedy: 'cover at most what no other certificate claims, or void the other one',
  },
  customs_entry_number_unique: {
    code: 'CONFLICT',
    message: 'an entry of this number exists',
    remedy: 'amend the existing entry',
  },
  customs_entry_number_checked: {
    code: 'BAD_USER_INPUT',
    message: 'this is not a CBP entry number',
    remedy: 'write XXX-NNNNNNN-C with its check digit',
  },
  customs_entry_line_from_one: {
    code: 'BAD_USER_INPUT',
    message: 'a line of an entry has a number from 1 to 9999',
    remedy: 'number the lines from 1',
  },
  one_line_per_entry_and_number: {
    code: 'CONFLICT',
    message: 'the entry has a line of this number',
    remedy: 'give the line another number',
  },
  customs_entry_line_hts_of_ten_digits: {
    code: 'BAD_USER_INPUT',
    message: 'an HTS code has ten digits',
    remedy: 'write ten digits, e.g. 1201900010',
  },
  customs_entry_line_mass_above_zero: MASS,
  customs_entry_act_known: { code: 'BAD_USER_INPUT', message: 'unknown act on an entry', remedy: 'use AMENDED or CANCELLED' },
  one_change_per_customs_entry_and_sequence: {
    code: 'CONFLICT',
    message: 'somebody else changed the entry at the same time',
    remedy: 'look at it again',
  },
  cancelled_entry_stays_so: {
    code: 'CONFLICT',
    message: 'an entry that was cancelled stays so',
    remedy: 'record another entry',
  },
  draws_within_import_certificate: {
    code: 'REFUSED',
    message: 'customs entries would draw more on an import certificate than it covers',
    rule: '7 CFR 205.273',
    remedy: 'enter at most what is left, or have the certificate revised',
  },
  emergency_action_number_unique: {
    code: 'CONFLICT',
    message: 'an emergency action of this number exists',
    remedy: 'use the existing one',
  },
  emergency_action_on_a_lot_or_a_shipment: {
    code: 'REFUSED',
    message: 'an emergency action is on a lot or on a shipment',
    remedy: 'name one of them; record one for each',
  },
  disposition_kind_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown disposition',
    remedy: 'use RELEASED_ORGANIC, RELEASED_CONVENTIONAL, REEXPORTED, DONATED or DESTROYED',
  },
  disposition_mass_above_zero: MASS,
  disposed_within_what_is_held: {
    code: 'REFUSED',
    message: 'no more is disposed of than is held',
    rule: '7 CFR 205.273',
    remedy: 'dispose of what is left, or take another disposition back',
  },
  emergency_action_mass_above_zero: MASS,
  emergency_action_treatment_known: {
    code: 'BAD_USER_INPUT',
    message: 'unknown kind of treatment',
    remedy: 'use FUMIGATION, IRRADIATION, HEAT, COLD, CONTACT or OTHER',
  },
  arrival_of_a_certificate_or_a_shipment: {
    code: 'REFUSED',
    message: 'an arrival is under a certificate or of a shipment',
    remedy: 'name one of them, or both',
  },
  notice_policy_within_30_days: {
    code: 'BAD_USER_INPUT',
    message: 'a policy is of 0 to 720 hours',
    remedy: 'give whole hours from 0 to 720; the rule says immediately',
  },
  one_notice_policy_per_operation_and_day: {
    code: 'CONFLICT',
    message: 'the operation has a policy from that day',
    remedy: 'set it anew',
  },
  holding_not_below_floor: {
    code: 'REFUSED',
    message: 'the holder does not have that much of the lot',
    rule: '7 CFR 205.403(d)(4)',
    remedy: 'use at most what is held, or record the transfer by which it came',
  },
  no_circle_of_lots: {
    code: 'REFUSED',
    message: 'a lot cannot be made of itself, directly or through other lots',
    remedy: 'remove the input that closes the circle',
  },
  // Broken only by a fault of ours; no caller meets them.
  one_access_record_per_hour: { code: 'INTERNAL_SERVER_ERROR', message: 'what is alike is counted by one record', remedy: 'report this' },
  access_record_counts_something: { code: 'INTERNAL_SERVER_ERROR', message: 'a record counts something', remedy: 'report this' },
  access_record_act_known: { code: 'INTERNAL_SERVER_ERROR', message: 'unknown act in the access journal', remedy: 'report this' },
  stored_file_hash_well_formed: { code: 'INTERNAL_SERVER_ERROR', message: 'bytes are kept by their SHA-256', remedy: 'report this' },
  stored_file_has_bytes: { code: 'INTERNAL_SERVER_ERROR', message: 'a file has bytes', remedy: 'report this' },
  holding_floor_not_above_zero: { code: 'INTERNAL_SERVER_ERROR', message: 'a holding has a floor above zero', remedy: 'report this' },
  fact_is_never_edited: { code: 'INTERNAL_SERVER_ERROR', message: 'a fact is never edited', remedy: 'report this' },
  row_is_never_edited: { code: 'INTERNAL_SERVER_ERROR', message: 'this row is never edited', remedy: 'report this' },
};

interface PostgresError extends Error {
  code: string;
  constraint?: string;
}

export const isPostgresError = (error: unknown): error is PostgresError =>
  error instanceof Error &&
  typeof (error as Partial<PostgresError>).code === 'string' &&
  /^[0-9A-Z]{5}$/.test((error as PostgresError).code);

/** Deadlock, or a conflict of isolation: the same work may succeed when tried again. */
export const isRetryable = (error: unknown): boolean => isPostgresError(error) && (error.code === '40P01' || error.code === '40001');

/** What an error of the database means to a caller; an error that means nothing to one comes back as it was. */
export function explain(error: unknown): unknown {
  if (error instanceof Refusal || !(error instanceof Error)) return error;
  if (isPostgresError(error)) {
    const law = error.constraint ? LAWS[error.constraint] : undefined;
    if (law && law.code !== 'INTERNAL_SERVER_ERROR') return new Refusal({ ...law }, { cause: error });
    if (error.code === '57014') return timedOut(error);
    if (error.code === '22021' || error.code === '22P05') {
      return new Refusal(
        { code: 'BAD_USER_INPUT', message: 'a text holds a character that cannot be stored', remedy: 'remove NUL characters' },
        { cause: error },
      );
    }
    if (error.code === '22003') {
      return new Refusal(
        { code: 'REFUSED', message: 'a sum of masses is larger than can be counted', remedy: 'check the quantities and their units' },
        { cause: error },
      );
    }
    // Also one that can only be read from any more: another server is the one to write to.
    const gone = error.code.startsWith('08') || error.code.startsWith('57P') || error.code === '53300' || error.code === '25006';
    return gone ? unavailable(error) : error;
  }
  const lost = /ECONNREFUSED|ECONNRESET|EPIPE|Connection terminated|not queryable|runner already released/.test(
    `${(error as { code?: string }).code} ${error.message}`,
  );
  return lost ? unavailable(error) : error;
}

/** Can it be done as soon as the database is there again? */
export const isAway = (error: unknown): boolean => error instanceof Refusal && error.reasons[0].code === 'UNAVAILABLE';

/** There is no connection to the database, or it was lost: whether a command was carried out is known by asking again with its key. */
export const unavailable = (cause: unknown): Refusal =>
  new Refusal(
    {
      code: 'UNAVAILABLE',
      message: 'the database does not answer',
      remedy: 'try again in a moment; a command with the same idempotencyKey is safe to repeat',
    },
    { retryable: true, cause },
  );
