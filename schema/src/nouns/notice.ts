import { Field, ObjectType } from 'type-graphql';
import { Column, Entity } from 'typeorm';
import { NoticeKind } from '../codes/lists';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** The types of noun that a notice is about. */
export type NoticedNoun = 'ImportCertificate' | 'EmergencyActionNotification' | 'Lot' | 'Shipment';

/** Something that those concerned are told of, because its time has come. */
@Entity('notice')
@ObjectType({ simpleResolvers: true, description: 'Something that those concerned are told of, because its time has come.' })
export class Notice extends Fact {
  @TextColumn()
  @Field(() => NoticeKind, { description: 'Of what.' })
  kind: NoticeKind;

  @TextColumn()
  noun: NoticedNoun;

  @ReferenceColumn('subject')
  subject: string;

  /** What it follows from: a standing that was lost, a treatment, a disposition; null where its time alone has come. */
  @ReferenceColumn('cause', { nullable: true })
  cause: string | null;

  /** Is it told to its own parties, and not to whoever sees what it is about? */
  @Column('boolean')
  toParties: boolean;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was due.' })
  due: Date;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was given: later, where the server had slept through it.' })
  at: Date;

  @TextColumn()
  @Field(() => String, { description: 'The same in words.' })
  message: string;

  @TextColumn()
  @Field(() => String, { description: 'The regulation it stands on.' })
  rule: string;
}
