import { type ClassType, Field, Int, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { ImportCertificateStatus, NoticeKind, OperationCertificateStatus, ShipmentStatus, StepKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { EmergencyActionNotification } from '../nouns/emergency-action';
import { ImportCertificate } from '../nouns/import-certificate';
import { Lot } from '../nouns/lot';
import type { NoticedNoun } from '../nouns/notice';
import { OperationCertificate } from '../nouns/operation-certificate';
import { Place } from '../nouns/place';
import { Shipment } from '../nouns/shipment';
import { CursorScalar, DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';

/** A message of a stream. */
export interface Message<Change> {
  cursor: string;
  sequence: number;
  /** Null in a heartbeat. */
  change: Change | null;
}

/** The message type of a kind of change. */
function messageOf<Change extends object>(name: string, change: () => ClassType<Change>) {
  @ObjectType(name, { simpleResolvers: true, description: 'A message of a stream: a change, or a heartbeat.' })
  class StreamMessage implements Message<Change> {
    @Field(() => CursorScalar, { description: 'Where to resume from after this message.' })
    cursor: string;

    @Field(() => Int, { description: 'Counts the changes of this stream from 1; a heartbeat repeats the last.' })
    sequence: number;

    @Field(change, { nullable: true, description: 'What changed; null in a heartbeat.' })
    change: Change | null;
  }
  return StreamMessage as ClassType<Message<Change>>;
}

const AT = 'When it was recorded.';

@ObjectType({ simpleResolvers: true, description: 'An import certificate took a step.' })
export class ImportCertificateStatusChange {
  importCertificateId: string;

  @Field(() => DateTimeScalar, { description: AT })
  at: Date;

  @Field(() => ImportCertificateStatus, { nullable: true, description: 'Where it stood before; null for its first step.' })
  from: ImportCertificateStatus | null;

  @Field(() => ImportCertificateStatus, { description: 'Where it stands since.' })
  to: ImportCertificateStatus;

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason: string | null;

  @Field(() => ImportCertificate, { description: 'The certificate, as it is now.' })
  importCertificate: ImportCertificate;
}

@ObjectType({ simpleResolvers: true, description: "An operation's certificate changed its standing." })
export class OperationCertificateStatusChange {
  operationCertificateId: string;

  @Field(() => DateTimeScalar, { description: AT })
  at: Date;

  @Field(() => OperationCertificateStatus, { nullable: true, description: 'Standing before that day; null for its first.' })
  from: OperationCertificateStatus | null;

  @Field(() => OperationCertificateStatus, { description: 'Standing from that day on.' })
  to: OperationCertificateStatus;

  @Field(() => DateScalar, { description: 'First day in force.' })
  effectiveFrom: Day;

  @Field(() => String, { nullable: true, description: 'Why.' })
  reason: string | null;

  @Field(() => OperationCertificate, { description: 'The certificate, as it is now.' })
  operationCertificate: OperationCertificate;
}

@ObjectType({ simpleResolvers: true, description: 'A shipment came further, or was held or released.' })
export class ShipmentStatusChange {
  shipmentId: string;

  @Field(() => DateTimeScalar, { description: AT })
  at: Date;

  @Field(() => ShipmentStatus, { nullable: true, description: 'How far it was; null where it was not booked before.' })
  from: ShipmentStatus | null;

  @Field(() => ShipmentStatus, { description: 'How far it is.' })
  to: ShipmentStatus;

  @Field(() => Place, { nullable: true, description: 'Where it departed or arrived.' })
  place: Place | null;

  @Field(() => String, { nullable: true, description: 'What was ordered, where it is held.' })
  reason: string | null;

  @Field(() => Shipment, { description: 'The shipment, as it is now.' })
  shipment: Shipment;
}

@ObjectType({ simpleResolvers: true, description: 'Something happened to a lot.' })
export class LotEvent {
  lotId: string;
  fromId: string | null;
  toId: string | null;
  shipmentId: string | null;

  @Field(() => DateTimeScalar, { description: AT })
  at: Date;

  @Field(() => StepKind, { description: 'What happened.' })
  kind: StepKind;

  @Field(() => StepKind, { nullable: true, description: 'Of RETRACTED: what was told before, and is taken back.' })
  retracts: StepKind | null;

  @Field(() => String, { nullable: true, description: 'Of RETRACTED: why.' })
  reason: string | null;

  @Field(() => DateScalar, { nullable: true, description: 'Local day on which it happened.' })
  on: Day | null;

  @Field(() => KilogramsScalar, { nullable: true, description: 'Mass that it moved.' })
  kilograms: Grams | null;

  @Field(() => Lot, { description: 'The lot, as it is now.' })
  lot: Lot;
}

@ObjectType({ simpleResolvers: true, description: 'Something has fallen due.' })
export class NoticeGiven {
  noun: NoticedNoun;
  subject: string;

  @Field(() => DateTimeScalar, { description: AT })
  at: Date;

  @Field(() => NoticeKind, { description: 'Of what.' })
  kind: NoticeKind;

  @Field(() => DateTimeScalar, { description: 'When it was due.' })
  due: Date;

  @Field(() => String, { description: 'The same in words.' })
  message: string;

  @Field(() => String, { description: 'The regulation it stands on.' })
  rule: string;

  @Field(() => ImportCertificate, { nullable: true, description: 'The certificate that it is about, as it is now.' })
  importCertificate: ImportCertificate | null;

  @Field(() => EmergencyActionNotification, { nullable: true, description: 'Or the emergency action.' })
  emergencyAction: EmergencyActionNotification | null;

  @Field(() => Lot, { nullable: true, description: 'Or the lot.' })
  lot: Lot | null;

  @Field(() => Shipment, { nullable: true, description: 'Or the shipment.' })
  shipment: Shipment | null;
}

export const NoticeMessage = messageOf('NoticeMessage', () => NoticeGiven);
export const ImportCertificateStatusMessage = messageOf('ImportCertificateStatusMessage', () => ImportCertificateStatusChange);
export const OperationCertificateStatusMessage = messageOf('OperationCertificateStatusMessage', () => OperationCertificateStatusChange);
export const ShipmentStatusMessage = messageOf('ShipmentStatusMessage', () => ShipmentStatusChange);
export const LotEventMessage = messageOf('LotEventMessage', () => LotEvent);
