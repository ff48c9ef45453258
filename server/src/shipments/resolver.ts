import {
  Document,
  EmergencyActionNotification,
  ImportCertificateLine,
  Lot,
  Operation,
  type Page,
  Shipment,
  ShipmentConnection,
  type ShipmentLeg,
  ShipmentLegConnection,
  ShipmentStatus,
  ShippedLot,
  ShippedLotConnection,
  TraceStep,
  Treatment,
  TreatmentConnection,
} from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { nounsOfDocuments } from '../documents';
import { operationById } from '../operations';
import { linked, PageArguments, pageOfFacts, pageOfLinked, type Question, seen, visibleNoun } from '../questions';
import { findShipment, listShipments, ShipmentFilter } from './list';
import { legsOf, lotsShipped, shipmentById, shipmentStatus, shipmentsOfLots, treatmentsOfLots } from './loaders';

/** A shipment by id; null where there is none, or the viewer may not see it. */
export const visibleShipment = (question: Question, id: string): Promise<Shipment | null> =>
  visibleNoun(question, 'shipment', shipmentById, id);

const crossesBorder = async (question: Question, id: string): Promise<boolean> =>
  (await seen(question, legsOf, id)).some(({ from, to }) => from.country !== null && to.country !== null && from.country !== to.country);

@Resolver(() => Shipment)
export class ShipmentResolver {
  @Query(() => Shipment, {
    nullable: true,
    description:
      'By reference; by shipper as well (NOP ID or SCHEME:value) where several visible shipments share it, else the error AMBIGUOUS.',
  })
  shipment(
    @Arg('reference', () => String, { description: 'Its reference, in its own letter case.' }) reference: string,
    @Arg('shipper', () => String, { nullable: true, description: 'NOP ID or SCHEME:value of its shipper.' }) shipper: string | null,
    @Ctx() question: Question,
  ): Promise<Shipment | null> {
    return findShipment(question, reference, shipper ?? null);
  }

  @Query(() => ShipmentConnection, { description: 'Shipments, oldest first.' })
  shipments(
    @Arg('filter', () => ShipmentFilter, { nullable: true, description: 'Only those that fit it.' }) filter: ShipmentFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Shipment>> {
    return listShipments(question, filter, page);
  }

  @FieldResolver(() => ShipmentStatus, { description: 'How far it is, by its legs and by what was ordered at the border.' })
  status(@Root() { id }: Shipment, @Ctx() { reader, viewer }: Question): Promise<ShipmentStatus> {
    return reader.loader(shipmentStatus).load({ id, viewer });
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'The shipper, where a leg crosses a border.' })
  async exporter(@Root() { id, shipperId }: Shipment, @Ctx() question: Question): Promise<Operation | null> {
    return (await crossesBorder(question, id)) ? question.reader.loader(operationById).load(shipperId) : null;
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'The consignee, where a leg crosses a border.' })
  async importer(@Root() { id, consigneeId }: Shipment, @Ctx() question: Question): Promise<Operation | null> {
    return (await crossesBorder(question, id)) ? question.reader.loader(operationById).load(consigneeId) : null;
  }

  @FieldResolver(() => ShipmentLegConnection, { description: 'Its way, in order.' })
  legs(@Root() { id }: Shipment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<ShipmentLeg>> {
    return pageOfFacts(question, `legs of ${id}`, page, (known) => seen(question, legsOf, id, known));
  }

  @FieldResolver(() => ShippedLotConnection, { description: 'What it carried: by code, then producer.' })
  lots(@Root() { id }: Shipment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<ShippedLot>> {
    return pageOfFacts(question, `lots in ${id}`, page, (known) => seen(question, lotsShipped, id, known));
  }
}

@Resolver(() => Lot)
export class LotShipmentsResolver {
  @FieldResolver(() => ShipmentConnection, { description: 'Shipments that carried some of it, oldest first.' })
  shipments(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Shipment>> {
    return pageOfLinked(question, `shipments of ${id}`, page, (known) => seen(question, shipmentsOfLots, id, known), shipmentById);
  }

  @FieldResolver(() => TreatmentConnection, { description: 'Treatments of it, and of shipments while they carried it, oldest first.' })
  treatments(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Treatment>> {
    return pageOfFacts(question, `treatments of ${id}`, page, (known) => seen(question, treatmentsOfLots, id, known));
  }
}

const shipmentsOfDocuments = nounsOfDocuments('shipment');

@Resolver(() => Document)
export class DocumentShipmentsResolver {
  @FieldResolver(() => ShipmentConnection, { description: 'Shipments that it is about, oldest first.' })
  shipments(@Root() { id }: Document, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Shipment>> {
    return pageOfLinked(question, `shipments of ${id}`, page, linked(question, shipmentsOfDocuments, id), shipmentById);
  }
}

@Resolver(() => TraceStep)
export class TraceStepShipmentResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment it happened to.' })
  shipment(@Root() { shipmentId }: TraceStep, @Ctx() { reader }: Question): Promise<Shipment | null> | null {
    return shipmentId ? reader.loader(shipmentById).load(shipmentId) : null;
  }
}

@Resolver(() => Treatment)
export class TreatmentShipmentResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment that was treated, where it was one.' })
  shipment(@Root() { shipmentId }: Treatment, @Ctx() { reader }: Question): Promise<Shipment | null> | null {
    return shipmentId ? reader.loader(shipmentById).load(shipmentId) : null;
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionShipmentResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'The shipment, where it is on one.' })
  shipment(@Root() { shipmentId }: EmergencyActionNotification, @Ctx() question: Question): Promise<Shipment | null> | null {
    return shipmentId ? visibleShipment(question, shipmentId) : null;
  }
}

@Resolver(() => ImportCertificateLine)
export class ImportCertificateLineShipmentResolver {
  @FieldResolver(() => Shipment, { nullable: true, description: 'Of a claim, the shipment that departed; null where you may not see it.' })
  shipment(@Root() { shipmentId }: ImportCertificateLine, @Ctx() question: Question): Promise<Shipment | null> | null {
    return shipmentId ? visibleShipment(question, shipmentId) : null;
  }
}
