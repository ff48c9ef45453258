import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { TransportMode } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { toFactId } from '../relay/global-id';
import { Node } from '../relay/node';
import { DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';
import { Place } from './place';

/** What moved together, for whom. Carrying does not change ownership. */
@Entity('shipment')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'What moved together, for whom. Carrying does not change ownership.' })
export class Shipment extends Node {
  override readonly nodeType = 'Shipment';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'Unique within its shipper; others may use the same.' })
  reference: string;

  @ReferenceColumn('shipper')
  shipperId: string;

  @ReferenceColumn('consignee')
  consigneeId: string;

  @DayColumn()
  bookedOn: Day | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

/** One part of a shipment's way, by one conveyance. */
@Entity('shipment_leg')
@ObjectType({ simpleResolvers: true, description: "One part of a shipment's way, by one conveyance." })
export class ShipmentLeg extends Fact {
  @ReferenceColumn('shipment')
  shipmentId: string;

  @Column('integer')
  @Field(() => Int, { description: 'Place in the order of legs.' })
  sequence: number;

  @TextColumn()
  @Field(() => TransportMode, { description: 'How it travelled.' })
  mode: TransportMode;

  @TextColumn()
  fromName: string;

  @TextColumn({ nullable: true })
  fromUnLocode: string | null;

  @TextColumn({ nullable: true })
  fromCountry: string | null;

  @TextColumn()
  toName: string;

  @TextColumn({ nullable: true })
  toUnLocode: string | null;

  @TextColumn({ nullable: true })
  toCountry: string | null;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'Local day of departure.' })
  departedOn: Day | null;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Instant of departure, where the hour is known.' })
  departedAt: Date | null;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'Local day of arrival.' })
  arrivedOn: Day | null;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Instant of arrival, where the hour is known.' })
  arrivedAt: Date | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Who carried it.' })
  carrier: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Vessel and voyage, train, truck or flight.' })
  conveyance: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Container number (ISO 6346).' })
  container: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Number of its seal.' })
  seal: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @Field(() => ID, { name: 'fact', simple: false, description: 'Names it to retractFact.' })
  get factId(): string {
    return toFactId('ShipmentLeg', this.id);
  }

  @Field(() => Place, { description: 'Where it departed.' })
  get from(): Place {
    return { name: this.fromName, unLocode: this.fromUnLocode, country: this.fromCountry };
  }

  @Field(() => Place, { description: 'Where it arrived, or was meant to.' })
  get to(): Place {
    return { name: this.toName, unLocode: this.toUnLocode, country: this.toCountry };
  }
}

/** Grams of a lot in a shipment. */
@Entity('shipped_lot')
@ObjectType({ simpleResolvers: true, description: 'Grams of a lot in a shipment.' })
export class ShippedLot extends Fact {
  @ReferenceColumn('shipment')
  shipmentId: string;

  @ReferenceColumn('lot')
  lotId: string;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @Field(() => ID, { name: 'fact', simple: false, description: 'Names it to retractFact.' })
  get factId(): string {
    return toFactId('ShippedLot', this.id);
  }

  @Field(() => KilogramsScalar, { description: 'Mass carried.' })
  get kilograms(): Grams {
    return this.grams;
  }
}
