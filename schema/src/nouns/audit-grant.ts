import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { TraceDirection } from '../codes/lists';
import { Node } from '../relay/node';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** The full chain of a lot is open to a certifier, to read, for a time and a reason (7 CFR 205.501(a)(21)). */
@Entity('audit_grant')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'The full chain of a lot is open to a certifier, to read, for a time and a reason (7 CFR 205.501(a)(21)).',
})
export class AuditGrant extends Node {
  override readonly nodeType = 'AuditGrant';

  @PrimaryColumn('uuid')
  override id: string;

  @ReferenceColumn('certifier')
  certifierId: string;

  @ReferenceColumn('lot')
  lotId: string;

  @Column('text', { array: true })
  @Field(() => [TraceDirection], { description: 'Which ways the chain is open from the lot.' })
  directions: TraceDirection[];

  @TextColumn()
  @Field(() => String, { description: 'What for, in the words of whoever granted it.' })
  reason: string;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was granted.' })
  grantedAt: Date;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'From when on nothing is open by it any more.' })
  validUntil: Date;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked or given back; null while it was not.' })
  revokedAt: Date | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
