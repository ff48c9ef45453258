import { Field, ID, ObjectType } from 'type-graphql';
import { TraceDirection } from '../codes/lists';
import { Lot } from '../nouns/lot';

@ObjectType({ simpleResolvers: true, description: 'What a lot was made of (BACK), or what was made of it (FORWARD).' })
export class Trace {
  @Field(() => Lot, { description: 'The lot asked for.' })
  root: Lot;

  @Field(() => ID, { description: 'How links name the root, which is not in lots.' })
  rootRef: string;

  @Field(() => TraceDirection, { description: 'The way walked.' })
  direction: TraceDirection;
}
