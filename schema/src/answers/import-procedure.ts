import { Field, Int, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { DateScalar } from '../scalars';

/** A version of an importer's procedure for verifying imports: each is a document of its own, in force from its day until the next. */
@ObjectType({
  simpleResolvers: true,
  description: "A version of an importer's documented system for verifying imports (7 CFR 205.273(d)), in force until the next.",
})
export class ImportProcedure {
  @Field(() => Int, { description: 'Place among the versions, by their days, from 1.' })
  version: number;

  @Field(() => DateScalar, { description: 'First day in force: the day on the document.' })
  from: Day;

  @Field(() => DateScalar, { nullable: true, description: 'The day on which the next version came into force; null where there is none.' })
  until: Day | null;

  documentId: string;

  recordedBy: string;
}
