import { Field, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { DateScalar } from '../scalars';
import { DayColumn, GramsColumn, ReferenceColumn, TextColumn } from './columns';
import { Quantity } from './quantity';

/** Grams of a lot that their owner offers to another. An offer moves nothing; the transfer that accepts it does. */
@Entity('transfer_offer')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'Some of a lot that its owner offers to another, who becomes its owner by accepting.',
})
export class TransferOffer extends Node {
  override readonly nodeType = 'TransferOffer';

  @PrimaryColumn('uuid')
  override id: string;

  @ReferenceColumn('lot')
  lotId: string;

  @ReferenceColumn('sender')
  senderId: string;

  @ReferenceColumn('receiver')
  receiverId: string;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @DayColumn({ nullable: false })
  onDay: Day;

  /** Its paper, which becomes that of the transfer. */
  @ReferenceColumn('document', { nullable: true })
  documentId: string | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  @Field(() => Quantity, { description: 'Mass offered.' })
  get quantity(): Quantity {
    return { kilograms: this.grams, value: this.value, unit: this.unit };
  }

  @Field(() => DateScalar, { description: 'Local day of the offer.' })
  get offeredOn(): Day {
    return this.onDay;
  }
}
