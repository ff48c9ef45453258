import { Field, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { ViewerKind } from '../codes/lists';
import { DateScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'A line of the Product Verification Form.' })
export class VerifiedProduct {
  productId: string;

  @Field(() => String, { nullable: true, description: 'Name on the label, where it differs.' })
  labelledAs: string | null;

  @Field(() => DateScalar, { nullable: true, description: 'First day on the form.' })
  from: Day | null;

  @Field(() => DateScalar, { nullable: true, description: 'First day no longer on the form; null while it is.' })
  until: Day | null;
}

@ObjectType('Viewer', { simpleResolvers: true, description: 'Who is asking.' })
export class ViewerAnswer {
  operationId: string | null;
  certifierId: string | null;

  @Field(() => ViewerKind, { description: 'Kind of viewer.' })
  kind: ViewerKind;

  @Field(() => [String], { description: 'What the token or key allows.' })
  scopes: string[];
}
