import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Grams } from '../codes/mass';
import { CountryCodeScalar, KilogramsScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'The part of a lot that comes from one farm.' })
export class OriginShare {
  operationId: string | null;

  @Field(() => CountryCodeScalar, { nullable: true, description: 'Where the farm is.' })
  country: string | null;

  @Field(() => KilogramsScalar, { description: "Of the lot's mass." })
  kilograms: Grams;

  @Field(() => Float, { description: 'The same, as a share of the lot.' })
  share: number;

  @Field(() => Int, { description: 'Harvest lots.' })
  lots: number;
}

@ObjectType({ simpleResolvers: true, description: 'The part of a lot that was harvested in one country.' })
export class CountryShare {
  @Field(() => CountryCodeScalar, { nullable: true, description: 'ISO 3166-1.' })
  country: string | null;

  @Field(() => KilogramsScalar, { description: "Of the lot's mass." })
  kilograms: Grams;

  @Field(() => Float, { description: 'The same, as a share of the lot.' })
  share: number;
}

@ObjectType({ simpleResolvers: true, description: 'Where the mass of a lot was harvested.' })
export class Origin {
  @Field(() => Boolean, { description: 'Every gram is traced to a harvest, and nothing is missing on the way.' })
  complete: boolean;

  @Field(() => [CountryShare], { description: 'Harvests behind it by country, largest first.' })
  countries: CountryShare[];

  @Field(() => KilogramsScalar, { description: 'Mass of which nobody knows where it was harvested.' })
  unknown: Grams;
}

@ObjectType({ simpleResolvers: true, description: 'Who holds what of lots now, each kilogram counted once.' })
export class Recall {
  @Field(() => Int, { description: 'The lots asked for, and all that was made of them.' })
  lots: number;

  @Field(() => KilogramsScalar, { description: 'What is still held of their mass.' })
  kilograms: Grams;

  @Field(() => Boolean, { description: 'False when a budget, a right or a missing fact cut it; the gaps say which.' })
  complete: boolean;
}
