import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { AccessAct, ViewerKind } from '../codes/lists';
import type { NodeType } from '../relay/global-id';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** Who did what with which noun, within one hour. Its ids are in the order in which records were written down. */
@Entity('access_record')
@ObjectType({ simpleResolvers: true, description: 'Who did what with what is yours, within one hour.' })
export class AccessRecord {
  @PrimaryColumn('uuid')
  id: string;

  /** One for all that are counted by one record. */
  @Column('uuid')
  likeness: string;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When, for the first time in that hour.' })
  at: Date;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When, for the last time in that hour.' })
  lastAt: Date;

  @Column('int')
  @Field(() => Int, { description: 'How often; of OVERFLOWED, how much was lost.' })
  times: number;

  @TextColumn()
  @Field(() => AccessAct, { description: 'What was done.' })
  act: AccessAct;

  @TextColumn()
  @Field(() => ViewerKind, { description: 'Who did it: for whom it acted is said beside.' })
  viewerKind: ViewerKind;

  /** For which operation the viewer acted. */
  @ReferenceColumn('operation', { nullable: true })
  operationId: string | null;

  /** For which certifying agent the viewer acted. */
  @ReferenceColumn('certifier', { nullable: true })
  certifierId: string | null;

  /** By which key the viewer acted. */
  @ReferenceColumn('api_key', { nullable: true })
  keyId: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'The type of what it was done with.' })
  noun: NodeType | null;

  @ReferenceColumn('subject', { nullable: true })
  subjectId: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'The command, field or type that was refused; of GRANTED and ENDED, the event.' })
  what: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'The code of the refusal. NOT_FOUND: it is there, and was not for them to see.' })
  code: string | null;

  /** More operations were concerned than are told. */
  @Column('boolean')
  cut: boolean;
}

/** Whom a record of the access journal concerns, and so who may read it. */
@Entity('access_owner')
export class AccessOwner {
  @PrimaryColumn('uuid', { name: 'operation' })
  operationId: string;

  @PrimaryColumn('text', { collation: 'C' })
  act: AccessAct;

  @PrimaryColumn('uuid', { name: 'record' })
  recordId: string;
}
