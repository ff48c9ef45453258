import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { TreatmentKind } from '../codes/lists';
import { toFactId } from '../relay/global-id';
import { DateScalar } from '../scalars';
import { AttributesColumn, DayColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** Fumigation, irradiation or other contact, of a lot or of a shipment with all it carried. */
@Entity('treatment')
@ObjectType({
  simpleResolvers: true,
  description: 'Fumigation, irradiation or other contact, of a lot or of a shipment with all it carried.',
})
export class Treatment extends Fact {
  @TextColumn()
  @Field(() => TreatmentKind, { description: 'What was done.' })
  kind: TreatmentKind;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn()
  at: Date | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'With what.' })
  substance: string | null;

  @ReferenceColumn('lot', { nullable: true })
  lotId: string | null;

  @ReferenceColumn('shipment', { nullable: true })
  shipmentId: string | null;

  @Column('boolean')
  @Field(() => Boolean, { description: 'Not allowed for organic goods (7 CFR 205.105, 205.272).' })
  prohibited: boolean;

  /** Its paper. */
  @ReferenceColumn('document', { nullable: true })
  documentId: string | null;

  /** Its paper as it was named, where that was not on record then. */
  @TextColumn({ nullable: true })
  documentNamed: string | null;

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @Field(() => ID, { name: 'fact', simple: false, description: 'Names it to retractFact.' })
  get factId(): string {
    return toFactId('Treatment', this.id);
  }

  @Field(() => DateScalar, { description: 'Local day.' })
  get on(): Day {
    return this.onDay;
  }
}
