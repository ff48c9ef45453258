import { DateScalar, type Day, type Page, parseContainer, Refusal, type Shipment, ShipmentStatus, TransportMode } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { idByCode, idsOf, type PageArguments, pageOfNouns, type Question } from '../questions';
import { legVisible, shipmentById, statusOf } from './loaders';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class ShipmentFilter {
  @Field(() => [ShipmentStatus], { nullable: true, description: 'How far it is.' })
  statuses?: ShipmentStatus[];

  @Field(() => [TransportMode], { nullable: true, description: 'How it travelled, on any leg.' })
  modes?: TransportMode[];

  @Field(() => [String], { nullable: true, description: 'Container numbers (ISO 6346), on any leg.' })
  containers?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who shipped it.' })
  shippers?: string[];

  @Field(() => [ID], { nullable: true, description: 'To whom.' })
  consignees?: string[];

  @Field(() => DateScalar, { nullable: true, description: 'First departed on that day or later.' })
  departedFrom?: Day;

  @Field(() => DateScalar, { nullable: true, description: 'First departed on that day or before.' })
  departedTo?: Day;
}

/** Container numbers as they are stored. @throws Refusal BAD_USER_INPUT for one that cannot be */
export const containersOf = (texts: readonly string[]): string[] =>
  texts.map((text, index) => {
    const container = parseContainer(text);
    if (container.ok) return container.value;
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: container.wrong,
      path: ['filter', 'containers', index],
      remedy: container.remedy,
    });
  });

/** Shipments in id order, oldest first. */
export function listShipments(question: Question, filter: ShipmentFilter | null, page: PageArguments): Promise<Page<Shipment>> {
  return pageOfNouns(question, {
    list: 'shipments',
    noun: 'shipment',
    page,
    byId: shipmentById,
    conditions: (where, known) => {
      const { viewer } = question;
      const leg = (condition: string) =>
        where.add(`exists (select from shipment_leg g where g.shipment = s.id and ${condition} and ${legVisible(viewer, 's.id', known)})`);
      if (filter?.statuses != null) where.add(`${statusOf(viewer, 's.id', known)} = any(${where.parameter(filter.statuses)}::text[])`);
      if (filter?.modes != null) leg(`g.mode = any(${where.parameter(filter.modes)}::text[])`);
      if (filter?.containers != null) leg(`g.container = any(${where.parameter(containersOf(filter.containers))}::text[])`);
      where.anyOf('s.shipper', idsOf(filter?.shippers, 'Operation', 'filter.shippers'), 'uuid');
      where.anyOf('s.consignee', idsOf(filter?.consignees, 'Operation', 'filter.consignees'), 'uuid');
      const departed = `(select min(g.departed_on) from shipment_leg g where g.shipment = s.id and ${legVisible(viewer, 's.id', known)})`;
      if (filter?.departedFrom != null) where.add(`${departed} >= ${where.parameter(filter.departedFrom)}::date`);
      if (filter?.departedTo != null) where.add(`${departed} <= ${where.parameter(filter.departedTo)}::date`);
    },
  });
}

/** The one shipment that a reference names, among those the viewer may see; null where there is none. */
export async function findShipment(question: Question, reference: string, shipper: string | null): Promise<Shipment | null> {
  const id = await idByCode(question, 'shipment', reference, shipper);
  return id === null ? null : question.reader.loader(shipmentById).load(id);
}
