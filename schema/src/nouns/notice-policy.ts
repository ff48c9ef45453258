import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { DateScalar } from '../scalars';
import { DayColumn, ReferenceColumn } from './columns';
import { Fact } from './fact';

/** Within how many hours an operation wants its certifier told of an emergency action, from a day on. */
@Entity('notice_policy')
@ObjectType({
  simpleResolvers: true,
  description:
    'Within how many hours an operation wants its certifier told of an emergency action, from a day on. The rule says immediately (7 CFR 205.400(f)).',
})
export class NoticePolicy extends Fact {
  @ReferenceColumn('operation')
  operationId: string;

  @DayColumn({ nullable: false })
  fromDay: Day;

  @Column('integer')
  @Field(() => Int, { description: 'Hours; then the clock asks.' })
  hours: number;

  @Field(() => DateScalar, { description: 'First day: of emergency actions recorded from then on.' })
  get from(): Day {
    return this.fromDay;
  }
}
