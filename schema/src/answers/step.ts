import { Field, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { StepKind, TransportMode } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Place } from '../nouns/place';
import { DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';
import { TraceLot } from './trace';

@ObjectType({ simpleResolvers: true, description: 'One thing that happened: who owned it then, and how it travelled.' })
export class TraceStep {
  ownerId: string | null;
  fromId: string | null;
  toId: string | null;
  shipmentId: string | null;
  importCertificateId: string | null;
  documentIds: readonly string[];
  productId: string;

  @Field(() => StepKind, { description: 'What happened.' })
  kind: StepKind;

  @Field(() => DateScalar, { nullable: true, description: 'Local day.' })
  on: Day | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Instant, where the hour is known.' })
  at: Date | null;

  @Field(() => TraceLot, { description: 'To which lot.' })
  lot: TraceLot;

  @Field(() => KilogramsScalar, { nullable: true, description: 'Mass that it moved.' })
  kilograms: Grams | null;

  @Field(() => TransportMode, { nullable: true, description: 'How it travelled.' })
  mode: TransportMode | null;

  @Field(() => Place, { nullable: true, description: 'Where it departed.' })
  fromPlace: Place | null;

  @Field(() => Place, { nullable: true, description: 'Where it arrived, or was meant to.' })
  toPlace: Place | null;
}
