import { Field, Int, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { DeadlineVerdict } from '../codes/lists';
import { DateScalar, DateTimeScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'Is a request for an import certificate early enough, and why?' })
export class ImportCertificateDeadlines {
  @Field(() => DateScalar, { description: 'The day of the request, at the port of lading where one is given, else in UTC.' })
  askedOn: Day;

  @Field(() => Int, { nullable: true, description: 'Lead time of the certifier in business days on that day; null where it set none.' })
  businessDays: number | null;

  @Field(() => DateScalar, { nullable: true, description: 'Day by which the certifier decides; null where it set no lead time.' })
  decidedBy: Day | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'Last day on which a request is in time, by all that is given; null where that does not tell.',
  })
  askBy: Day | null;

  @Field(() => DateScalar, {
    nullable: true,
    description: 'Local day by which the cargo is declared to customs; the earliest that it may be where the hour is not known.',
  })
  cutOffOn: Day | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'The instant of it, where the hour is known.' })
  cutOffAt: Date | null;

  @Field(() => String, { description: 'The filing cut-off in words, with its rule; it says so where it is undetermined.' })
  cutOff: string;

  @Field(() => DeadlineVerdict, { description: 'Is it early enough?' })
  verdict: DeadlineVerdict;

  @Field(() => [String], { description: 'Why it is late, or not known to be in time; what is not given.' })
  reasons: string[];
}
