import { Field, ID, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { DateScalar, KilogramsScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'One acquisition of grams of a lot: its birth, or a transfer.' })
export class Ownership {
  ownerId: string;
  acquiredFromId: string | null;
  productId: string;
  /** The paper of the transfer. */
  documentId: string | null;
  /** The days on which the owner is judged for it, both included. */
  heldFrom: Day;
  heldTo: Day;

  @Field(() => ID, { nullable: true, description: 'Names the transfer to retractFact; null for a birth.' })
  fact: string | null;

  @Field(() => KilogramsScalar, { description: 'Mass acquired.' })
  kilograms: Grams;

  @Field(() => DateScalar, { nullable: true, description: 'Day of the acquisition.' })
  from: Day | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'First day at whose end the owner holds nothing. Null while it still holds some.',
  })
  until: Day | null;
}

@ObjectType({
  simpleResolvers: true,
  description:
    'born = onHand + used + lost + elsewhere; elsewhere is what others hold, used or lost and the viewer may not see. shipped and claimed overlay it.',
})
export class LotBalance {
  @Field(() => KilogramsScalar, { description: 'Mass at birth.' })
  born: Grams;

  @Field(() => KilogramsScalar, { description: 'Taken as input of other lots.' })
  used: Grams;

  @Field(() => KilogramsScalar, { description: 'Lost.' })
  lost: Grams;

  @Field(() => KilogramsScalar, { description: 'born - used - lost; negative where more left than there was.' })
  onHand: Grams;

  @Field(() => KilogramsScalar, { description: 'Held, used or lost by others, where the viewer may not see it.' })
  elsewhere: Grams;

  @Field(() => KilogramsScalar, { description: 'Carried by shipments; not subtracted.' })
  shipped: Grams;

  @Field(() => KilogramsScalar, { description: 'Backing import certificates; not subtracted.' })
  claimed: Grams;
}
