import { Field, ObjectType } from 'type-graphql';
import { CountryCodeScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'Where something departed or arrived.' })
export class Place {
  @Field(() => String, { description: 'As somebody wrote it, or as UN/LOCODE names it.' })
  name: string;

  @Field(() => String, { nullable: true, description: 'UN/LOCODE, five characters; null where the place is not known by one.' })
  unLocode: string | null;

  @Field(() => CountryCodeScalar, { nullable: true, description: 'The country of its code.' })
  country: string | null;
}
