import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { KeyScope } from '../codes/lists';
import { Node } from '../relay/node';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** An importer lets a broker see and act for it, as far as the scopes go and while the assignment runs. */
@Entity('broker_assignment')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'An importer lets a broker see and act for it, as far as the scopes go and while the assignment runs.',
})
export class BrokerAssignment extends Node {
  override readonly nodeType = 'BrokerAssignment';

  @PrimaryColumn('uuid')
  override id: string;

  @ReferenceColumn('importer')
  importerId: string;

  @ReferenceColumn('broker')
  brokerId: string;

  @Column('text', { array: true })
  @Field(() => [KeyScope], { description: 'What the broker may see and do, of what the importer may.' })
  scopes: KeyScope[];

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'From when on it runs.' })
  validFrom: Date;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'From when on it does not run any more.' })
  validUntil: Date;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was ended early; null while it was not.' })
  endedAt: Date | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'What for, in the words of whoever assigned it.' })
  reason: string | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
