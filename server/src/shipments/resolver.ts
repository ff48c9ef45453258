import {
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
import { factVisible, subjectVisible } from '../access';
import type { BatchOf } from '../database';
import { operationById } from '../operations';
import { knownAt, PageArguments, pageOfList, type Question, readPage } from '../questions';
import { findShipment, listShipments, ShipmentFilter } from './list';
import { legsOf, lotsShipped, type SeenKey, shipmentById, shipmentStatus, shipmentsOfLots, treatmentsOfLots } from './loaders';

/** The facts about a noun that the viewer sees. */
const seen = <Value>({ reader, viewer }: Question, batch: BatchOf<SeenKey, Value[]>, id: string): Promise<Value[]> =>
  reader.loader(batch).load({ id, seen: factVisible(viewer, 'f.subject', 'f.fact') });

/** A shipment by id; null where there is none, or the viewer may not see it. */
export async function visibleShipment({ reader, viewer }: Question, id: string): Promise<Shipment | null> {
  const rows = await reader.query(`select from shipment s where s.id = $1 and ${subjectVisible(viewer, 's.id')}`, [id]);
  return rows.length === 1 ? reader.loader(shipmentById).load(id) : null;
}

async function factsPage<Value extends { recordedBy: string }>(
  question: Question,
  list: string,
  page: PageArguments,
  facts: Promise<Value[]>,
): Promise<Page<Value>> {
  const request = readPage(question, list, page);
  const all = await facts;
  return pageOfList(question, list, request, request.known === null ? all : await knownAt(question, all, request.known));
}

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
    @Arg('reference', () => String) reference: string,
    @Arg('shipper', () => String, { nullable: true }) shipper: string | null,
    @Ctx() question: Question,
  ): Promise<Shipment | null> {
    return findShipment(question, reference, shipper ?? null);
  }

  @Query(() => ShipmentConnection, { description: 'Shipments, oldest first.' })
  shipments(
    @Arg('filter', () => ShipmentFilter, { nullable: true }) filter: ShipmentFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Shipment>> {
    return listShipments(question, filter, page);
  }

  @FieldResolver(() => ShipmentStatus, { description: 'How far it is, by its legs.' })
  status(@Root() { id }: Shipment, @Ctx() { reader }: Question): Promise<ShipmentStatus> {
    return reader.loader(shipmentStatus).load(id);
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
    return factsPage(question, `legs of ${id}`, page, seen(question, legsOf, id));
  }

  @FieldResolver(() => ShippedLotConnection, { description: 'What it carried: by code, then producer.' })
  lots(@Root() { id }: Shipment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<ShippedLot>> {
    return factsPage(question, `lots in ${id}`, page, seen(question, lotsShipped, id));
  }
}

@Resolver(() => Lot)
export class LotShipmentsResolver {
  @FieldResolver(() => ShipmentConnection, { description: 'Shipments that carried some of it, oldest first.' })
  async shipments(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Shipment>> {
    const { reader } = question;
    const list = `shipments of ${id}`;
    const request = readPage(question, list, page);
    const shipped = await seen(question, shipmentsOfLots, id);
    const known = request.known === null ? shipped : await knownAt(question, shipped, request.known);
    const ids = [...new Set(known.map(({ shipmentId }) => shipmentId))].sort();
    return pageOfList(question, list, request, (await reader.loader(shipmentById).loadMany(ids)) as Shipment[]);
  }

  @FieldResolver(() => TreatmentConnection, { description: 'Treatments of it, and of shipments while they carried it, oldest first.' })
  treatments(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Treatment>> {
    return factsPage(question, `treatments of ${id}`, page, seen(question, treatmentsOfLots, id));
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
