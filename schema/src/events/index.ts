import type { Day } from '../codes/day';
import type { AdjustmentKind, LotKind, OperationCertificateStatus, TransportMode, TreatmentKind } from '../codes/lists';

/** A mass inside an event: whole grams as a decimal string, since JSON numbers end at 2^53. */
type GramsText = string;

/**
 * What the log may say, one versioned payload a type. Ids are the database's own; nothing of this leaves the server as it is.
 * A change of shape is a new version, and readers keep reading the old one.
 */
export interface EventPayloads {
  'certifier.recorded': { code: string; name: string };
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
  'lot.born': {
    producer: string;
    product: string;
    kind: LotKind;
    grams: GramsText;
    on: Day | null;
    inputs: { input: string; grams: GramsText; on: Day | null }[];
  };
  'lot.inputs-declared': { inputs: { input: string; grams: GramsText; on: Day | null }[]; retracted: string[]; reason: string | null };
  'lot.transferred': { transfer: string; sender: string; receiver: string; grams: GramsText; on: Day };
  'shipment.booked': { shipper: string; consignee: string; reference: string; on: Day | null };
  'shipment.leg-recorded': {
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
}

export type EventType = keyof EventPayloads;

/** The version each payload is written in today. */
export const EVENT_VERSION: Record<EventType, number> = {
  'certifier.recorded': 1,
  'operation.recorded': 1,
  'product.recorded': 1,
  'operation-certificate.status-changed': 1,
  'lot.born': 1,
  'lot.inputs-declared': 1,
  'lot.transferred': 1,
  'shipment.booked': 1,
  'shipment.leg-recorded': 1,
  'lot.shipped': 1,
  'lot.treated': 1,
  'shipment.treated': 1,
  'lot.lost': 1,
};

/** Something the log says: a type, the noun it is about, and the payload of that type. */
export type LogEvent = { [T in EventType]: { type: T; subject: string; payload: EventPayloads[T] } }[EventType];
