import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { KeyScope } from '../codes/lists';
import { Node } from '../relay/node';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** A key by which an application acts for an operation, as far as its scopes go. The secret itself is kept nowhere. */
@Entity('api_key')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'A key by which an application acts for an operation, as far as its scopes go.',
})
export class ApiKey extends Node {
  override readonly nodeType = 'ApiKey';

  @PrimaryColumn('uuid')
  override id: string;

  @ReferenceColumn('operation')
  operationId: string;

  @TextColumn()
  @Field(() => String, { description: 'What it is for, in the words of whoever created it.' })
  name: string;

  /** SHA-256 of the secret; read where a key is looked at, and nowhere else. */
  @Column('bytea', { select: false })
  hash: Buffer;

  @Column('text', { array: true })
  @Field(() => [KeyScope], { description: 'What it may see and do.' })
  scopes: KeyScope[];

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was created.' })
  createdAt: Date;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'From when on it is not good any more.' })
  expiresAt: Date;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was revoked; null while it was not.' })
  revokedAt: Date | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
