import {
  CursorScalar,
  EmergencyActionNotification,
  ImportCertificate,
  ImportCertificateStatusChange,
  ImportCertificateStatusMessage,
  Lot,
  LotEvent,
  LotEventMessage,
  type Message,
  NoticeGiven,
  NoticeMessage,
  Operation,
  OperationCertificate,
  OperationCertificateStatusChange,
  OperationCertificateStatusMessage,
  Shipment,
  ShipmentStatusChange,
  ShipmentStatusMessage,
} from '@lotline/schema';
import { Arg, Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';
import { ImportCertificateFilter, importCertificateById } from '../certificates';
import { emergencyActionById } from '../customs';
import { LotFilter, lotById } from '../lots';
import { OperationCertificateFilter, operationById, operationCertificateById } from '../operations';
import type { Question } from '../questions';
import { ShipmentFilter, shipmentById } from '../shipments';
import { NoticeFilter } from './feeds/notices';

/** The library wants to be told where messages come from; ours come from the hub, which executes one for many streams. */
const fromTheHub = {
  subscribe: () => {
    throw new Error('a message is executed, not subscribed to');
  },
};
const FITS = { nullable: true, description: 'Only changes of what fits it.' };
const AFTER = { nullable: true, description: 'Replays what came after this place, then goes live; without it, from now on.' };

/** Every subscription answers with the message it is given: filter and place were read before. */
@Resolver()
export class SubscriptionResolver {
  @Subscription(() => ImportCertificateStatusMessage, { ...fromTheHub, description: 'Steps of import certificates.' })
  importCertificateStatusChanged(
    @Root() message: Message<ImportCertificateStatusChange>,
    @Arg('filter', () => ImportCertificateFilter, FITS) _filter: ImportCertificateFilter | null,
    @Arg('after', () => CursorScalar, AFTER) _after: string | null,
  ): Message<ImportCertificateStatusChange> {
    return message;
  }

  @Subscription(() => OperationCertificateStatusMessage, { ...fromTheHub, description: "Standings of operations' certificates. Public." })
  operationCertificateStatusChanged(
    @Root() message: Message<OperationCertificateStatusChange>,
    @Arg('filter', () => OperationCertificateFilter, FITS) _filter: OperationCertificateFilter | null,
    @Arg('after', () => CursorScalar, AFTER) _after: string | null,
  ): Message<OperationCertificateStatusChange> {
    return message;
  }

  @Subscription(() => NoticeMessage, { ...fromTheHub, description: 'What falls due, to whoever has what it is about.' })
  noticeGiven(
    @Root() message: Message<NoticeGiven>,
    @Arg('filter', () => NoticeFilter, FITS) _filter: NoticeFilter | null,
    @Arg('after', () => CursorScalar, AFTER) _after: string | null,
  ): Message<NoticeGiven> {
    return message;
  }

  @Subscription(() => ShipmentStatusMessage, { ...fromTheHub, description: 'How far shipments come.' })
  shipmentStatusChanged(
    @Root() message: Message<ShipmentStatusChange>,
    @Arg('filter', () => ShipmentFilter, FITS) _filter: ShipmentFilter | null,
    @Arg('after', () => CursorScalar, AFTER) _after: string | null,
  ): Message<ShipmentStatusChange> {
    return message;
  }

  @Subscription(() => LotEventMessage, { ...fromTheHub, description: 'What happens to lots.' })
  lotEvents(
    @Root() message: Message<LotEvent>,
    @Arg('filter', () => LotFilter, FITS) _filter: LotFilter | null,
    @Arg('after', () => CursorScalar, AFTER) _after: string | null,
  ): Message<LotEvent> {
    return message;
  }
}

// What stands in a change has been let through by its rights.

@Resolver(() => NoticeGiven)
export class NoticeGivenResolver {
  @FieldResolver(() => ImportCertificate, { nullable: true, description: 'The certificate that it is about, as it is now.' })
  importCertificate(@Root() { noun, subject }: NoticeGiven, @Ctx() { reader }: Question): Promise<ImportCertificate | null> | null {
    return noun === 'ImportCertificate' ? reader.loader(importCertificateById).load(subject) : null;
  }

  @FieldResolver(() => EmergencyActionNotification, { nullable: true, description: 'Or the emergency action.' })
  emergencyAction(@Root() { noun, subject }: NoticeGiven, @Ctx() { reader }: Question): Promise<EmergencyActionNotification | null> | null {
    return noun === 'EmergencyActionNotification' ? reader.loader(emergencyActionById).load(subject) : null;
  }

  @FieldResolver(() => Lot, { nullable: true, description: 'Or the lot.' })
  lot(@Root() { noun, subject }: NoticeGiven, @Ctx() { reader }: Question): Promise<Lot | null> | null {
    return noun === 'Lot' ? reader.loader(lotById).load(subject) : null;
  }

  @FieldResolver(() => Shipment, { nullable: true, description: 'Or the shipment.' })
  shipment(@Root() { noun, subject }: NoticeGiven, @Ctx() { reader }: Question): Promise<Shipment | null> | null {
    return noun === 'Shipment' ? reader.loader(shipmentById).load(subject) : null;
  }
}

@Resolver(() => ImportCertificateStatusChange)
export class ImportCertificateStatusChangeResolver {
  @FieldResolver(() => ImportCertificate, { description: 'The certificate, as it is now.' })
  importCertificate(@Root() change: ImportCertificateStatusChange, @Ctx() { reader }: Question): Promise<ImportCertificate | null> {
    return reader.loader(importCertificateById).load(change.importCertificateId);
  }
}

@Resolver(() => OperationCertificateStatusChange)
export class OperationCertificateStatusChangeResolver {
  @FieldResolver(() => OperationCertificate, { description: 'The certificate, as it is now.' })
  operationCertificate(
    @Root() change: OperationCertificateStatusChange,
    @Ctx() { reader }: Question,
  ): Promise<OperationCertificate | null> {
    return reader.loader(operationCertificateById).load(change.operationCertificateId);
  }
}

@Resolver(() => ShipmentStatusChange)
export class ShipmentStatusChangeResolver {
  @FieldResolver(() => Shipment, { description: 'The shipment, as it is now.' })
  shipment(@Root() change: ShipmentStatusChange, @Ctx() { reader }: Question): Promise<Shipment | null> {
    return reader.loader(shipmentById).load(change.shipmentId);
  }
}

@Resolver(() => LotEvent)
export class LotEventResolver {
  @FieldResolver(() => Lot, { description: 'The lot, as it is now.' })
  lot(@Root() { lotId }: LotEvent, @Ctx() { reader }: Question): Promise<Lot | null> {
    return reader.loader(lotById).load(lotId);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who gave it, or sent it.' })
  from(@Root() { fromId }: LotEvent, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return fromId ? reader.loader(operationById).load(fromId) : null;
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'Who received it, or to whom it goes.' })
  to(@Root() { toId }: LotEvent, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return toId ? reader.loader(operationById).load(toId) : null;
  }

  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment it happened in.' })
  shipment(@Root() { shipmentId }: LotEvent, @Ctx() { reader }: Question): Promise<Shipment | null> | null {
    return shipmentId ? reader.loader(shipmentById).load(shipmentId) : null;
  }
}
