import { Field, ObjectType } from 'type-graphql';
import type { Grams } from '../codes/mass';
import { KilogramsScalar } from '../scalars';

@ObjectType({
  simpleResolvers: true,
  description:
    'One operation, one product, one period (7 CFR 205.403(d)(4)): opening + born + received - sent - used - lost = closing, or unexplained says by how much.',
})
export class MassBalance {
  @Field(() => KilogramsScalar, { description: 'Held at the end of the day before the period.' })
  opening: Grams;

  @Field(() => KilogramsScalar, { description: 'Lots it produced or bought into being.' })
  born: Grams;

  @Field(() => KilogramsScalar, { description: 'Transferred to it.' })
  received: Grams;

  @Field(() => KilogramsScalar, { description: 'Transferred by it.' })
  sent: Grams;

  @Field(() => KilogramsScalar, { description: 'Used by it as input of other lots.' })
  used: Grams;

  @Field(() => KilogramsScalar, { description: 'Lost by it.' })
  lost: Grams;

  @Field(() => KilogramsScalar, { description: 'Held at the end of the period.' })
  closing: Grams;

  @Field(() => KilogramsScalar, { description: 'The left side less closing: what was given without having been there is below zero.' })
  unexplained: Grams;
}
