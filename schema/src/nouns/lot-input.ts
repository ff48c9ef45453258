import { Field, ID, ObjectType } from 'type-graphql';
import { Entity } from 'typeorm';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { toFactId } from '../relay/global-id';
import { DateScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** A use: an output lot took grams of an input lot out of a holding. */
@Entity('lot_input')
@ObjectType({ simpleResolvers: true, description: 'A use: the output lot took grams of the input lot from a holder.' })
export class LotInput extends Fact {
  @ReferenceColumn('output')
  outputId: string;

  @ReferenceColumn('input')
  inputId: string;

  @ReferenceColumn('holder')
  holderId: string;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  /** As given; a use without a day has its output's birth day. */
  @DayColumn()
  onDay: Day | null;

  @InstantColumn()
  at: Date | null;

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @Field(() => ID, { name: 'fact', simple: false, description: 'Names it to retractFact.' })
  get factId(): string {
    return toFactId('LotInput', this.id);
  }

  @Field(() => KilogramsScalar, { description: 'Mass taken.' })
  get kilograms(): Grams {
    return this.grams;
  }

  /** The day of use, read with the output's birth day. */
  @Field(() => DateScalar, { nullable: true, description: "Day of use; the output's birth day where none was given." })
  on: Day | null;
}
