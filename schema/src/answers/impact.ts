import { Field, Int, ObjectType } from 'type-graphql';
import type { Grams } from '../codes/mass';
import { KilogramsScalar } from '../scalars';

@ObjectType({
  simpleResolvers: true,
  description:
    'What hangs on an organic certificate: the organic lots that its operation produced, all that was made of them, and what is open of these; each kilogram counted once. Over what you see.',
})
export class Impact {
  @Field(() => Int, { description: 'The lots produced, and all that was made of them.' })
  lots: number;

  @Field(() => Int, { description: 'Shipments that carry some of these, departed and not arrived.' })
  shipments: number;

  @Field(() => Int, {
    description: 'Import certificates, asked for and neither refused nor used up, that name the operation or one of these lots.',
  })
  importCertificates: number;

  @Field(() => KilogramsScalar, { description: 'What is still held of the mass that it produced, by whomever.' })
  kilograms: Grams;
}
