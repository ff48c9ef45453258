import { Field, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { DateScalar, KilogramsScalar } from '../scalars';
import { GramsColumn } from './columns';

/** How much of a lot an owner has: the sum of birth, transfers, uses and losses, kept in the same transaction as these facts. */
@Entity('holding')
@ObjectType({ simpleResolvers: true, description: 'How much of a lot an operation has.' })
export class Holding {
  @PrimaryColumn('uuid', { name: 'lot' })
  lotId: string;

  @PrimaryColumn('uuid', { name: 'owner' })
  ownerId: string;

  @GramsColumn()
  grams: Grams;

  /** The lowest the holding may stand; below zero only by facts reported from outside. */
  @GramsColumn({ default: 0 })
  floor: Grams;

  @Field(() => KilogramsScalar, { description: 'Mass held.' })
  get kilograms(): Grams {
    return this.grams;
  }

  /** Computed from the facts, not a column. */
  @Field(() => DateScalar, { nullable: true, description: 'First day of holding without interruption; null where undated.' })
  since: Day | null;
}
