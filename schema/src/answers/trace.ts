import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { Day } from '../codes/day';
import { CertificationVerdict, GapKind, TransportMode } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Lot } from '../nouns/lot';
import { CountryCodeScalar, DateScalar, KilogramsScalar } from '../scalars';

@ObjectType({ simpleResolvers: true, description: 'A lot the viewer may not see: what its place in the chain needs and no more.' })
export class WithheldLot {
  @Field(() => String, { description: 'HTS chapter of the product: two digits.' })
  productClass: string;

  @Field(() => CountryCodeScalar, { nullable: true, description: 'Where it was born.' })
  country: string | null;

  @Field(() => CertificationVerdict, {
    description: 'Was its producer, who owned it first, certified for it on the day it was born? Today, where nobody knows that day.',
  })
  ownerCertified: CertificationVerdict;
}

@ObjectType({ simpleResolvers: true, description: 'A lot met on a trace: either lot or withheld.' })
export class TraceLot {
  @Field(() => ID, { description: 'Names this lot within this trace only.' })
  ref: string;

  @Field(() => Int, { description: 'Fewest links from the root.' })
  depth: number;

  @Field(() => KilogramsScalar, { description: "Of the root's mass: BACK, how much came out of this lot; FORWARD, how much went into it." })
  kilograms: Grams;

  @Field(() => Float, { description: 'The same, as a share of the root.' })
  share: number;

  @Field(() => Lot, { nullable: true, description: 'The lot, where the viewer may see it.' })
  lot: Lot | null;

  @Field(() => WithheldLot, { nullable: true, description: 'What is said of it otherwise.' })
  withheld: WithheldLot | null;
}

@ObjectType({ simpleResolvers: true, description: 'Refs of the two lots: mass went from one into the other.' })
export class TraceLink {
  @Field(() => ID, { description: 'The input.' })
  from: string;

  @Field(() => ID, { description: 'The output.' })
  to: string;

  @Field(() => KilogramsScalar, {
    description: 'Mass taken, over all uses of this pair; where the viewer does not see them all, how much of the root came along it.',
  })
  kilograms: Grams;
}

@ObjectType({ simpleResolvers: true, description: 'Legs of a mode of transport.' })
export class ModeCount {
  @Field(() => TransportMode, { description: 'UN/ECE Recommendation 19.' })
  mode: TransportMode;

  @Field(() => Int, { description: 'Legs, each once.' })
  legs: number;
}

@ObjectType({ simpleResolvers: true, description: 'Gaps of a kind.' })
export class GapCount {
  @Field(() => GapKind, { description: 'Kind of gap.' })
  kind: GapKind;

  @Field(() => Int, { description: 'How many.' })
  count: number;
}

@ObjectType({ simpleResolvers: true, description: 'Counts leave the root out, but for gaps.' })
export class TraceSummary {
  @Field(() => Int, { description: 'Lots reached.' })
  lots: number;

  @Field(() => Int, { description: 'Producers and holders of them, each once.' })
  operations: number;

  @Field(() => Int, { description: 'Links to the furthest lot.' })
  depth: number;

  @Field(() => [CountryCodeScalar], { description: 'Where they were born, in byte order.' })
  countries: string[];

  @Field(() => DateScalar, { nullable: true, description: 'First day of their steps.' })
  firstOn: Day | null;

  @Field(() => DateScalar, { nullable: true, description: 'Last day of their steps.' })
  lastOn: Day | null;

  @Field(() => [ModeCount], { description: 'How they travelled.' })
  modes: ModeCount[];

  @Field(() => [GapCount], { description: 'What is missing or wrong, by kind.' })
  gaps: GapCount[];
}

@ObjectType({ simpleResolvers: true, description: 'Something missing from the story, or wrong with it.' })
export class TraceGap {
  @Field(() => GapKind, { description: 'Kind of gap.' })
  kind: GapKind;

  @Field(() => TraceLot, { description: 'Where.' })
  lot: TraceLot;

  @Field(() => DateScalar, { nullable: true, description: 'When.' })
  on: Day | null;

  @Field(() => String, { description: 'What is missing, in words.' })
  message: string;

  @Field(() => String, { nullable: true, description: 'The regulation it touches, e.g. 7 CFR 205.103(b)(2).' })
  rule: string | null;
}

@ObjectType({ simpleResolvers: true, description: "Who holds how much of a root's mass now." })
export class HolderShare {
  operationId: string | null;

  @Field(() => Int, { description: 'In how many lots.' })
  lots: number;

  @Field(() => KilogramsScalar, { description: 'Mass held of the lots reached, and of the root.' })
  held: Grams;

  @Field(() => KilogramsScalar, { description: "How much of it came from the root's mass." })
  fromRoot: Grams;

  @Field(() => KilogramsScalar, { description: 'How much of it is on its way: departed and not arrived.' })
  inTransit: Grams;
}
