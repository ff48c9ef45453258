import { Field, Int, ObjectType } from 'type-graphql';
import type { Grams } from '../codes/mass';
import { KilogramsScalar } from '../scalars';

@ObjectType({
  simpleResolvers: true,
  description:
    'What hangs on an organic certificate, of the products that no other one of its operation covers: the organic lots that the operation produced, all that was made of them, what it holds of others, and what is open of these; each kilogram counted once. Over what you see.',
})
export class Impact {
  @Field(() => Int, { description: 'The lots produced, all that was made of them, and those of others of which the operation holds some.' })
  lots: number;

  @Field(() => Int, {
    description: 'Shipments, departed and not arrived, that carry what was produced or made of it, or that the operation sent.',
  })
  shipments: number;

  @Field(() => Int, {
    description: 'Import certificates, asked for and neither refused nor used up, that name the operation or one of these lots.',
  })
  importCertificates: number;

  @Field(() => KilogramsScalar, {
    description: 'What is still held of the mass that it produced, by whomever, and what it holds of that of others.',
  })
  kilograms: Grams;
}
