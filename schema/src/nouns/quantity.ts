import { Field, ObjectType } from 'type-graphql';
import type { Grams } from '../codes/mass';
import { KilogramsScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'Mass as counted, and as somebody wrote it down.' })
export class Quantity {
  @Field(() => KilogramsScalar, { description: 'Net mass, exact to the gram.' })
  kilograms: Grams;

  @Field(() => String, { description: 'The number as entered.' })
  value: string;

  @Field(() => String, { description: 'Its unit, UN/ECE Recommendation 20.' })
  unit: string;
}
