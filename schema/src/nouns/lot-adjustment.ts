import { Field, ID, ObjectType } from 'type-graphql';
import { Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { AdjustmentKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { toFactId } from '../relay/global-id';
import { DateScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** A loss: grams of a lot that left a holding and went nowhere. */
@Entity('lot_adjustment')
@ObjectType({ simpleResolvers: true, description: 'A loss: grams of a lot that left a holding and went nowhere.' })
export class LotAdjustment extends Fact {
  @ReferenceColumn('lot')
  lotId: string;

  @ReferenceColumn('holder')
  holderId: string;

  @TextColumn()
  @Field(() => AdjustmentKind, { description: 'How it was lost.' })
  kind: AdjustmentKind;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn()
  at: Date | null;

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
    return toFactId('LotAdjustment', this.id);
  }

  @Field(() => KilogramsScalar, { description: 'Mass lost.' })
  get kilograms(): Grams {
    return this.grams;
  }

  @Field(() => DateScalar, { description: 'Local day.' })
  get on(): Day {
    return this.onDay;
  }
}
