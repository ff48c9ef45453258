import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { OutsideAct, OutsideEffectState, OutsideSystem } from '../codes/lists';
import { DateTimeScalar } from '../scalars';
import { InstantColumn, ReferenceColumn, TextColumn } from './columns';

/** The types of noun that a system outside is told of. */
export type ToldNoun = 'ImportCertificate' | 'CustomsEntry';

/** What a system outside is asked to do: sent as it was written here, those about one noun one after the other. */
@Entity('outside_effect')
@ObjectType({ simpleResolvers: true, description: 'What a system outside is asked to do, and how far it is.' })
export class OutsideEffect {
  /** The key by which the system knows it again. */
  @PrimaryColumn('uuid')
  id: string;

  @TextColumn()
  @Field(() => OutsideSystem, { description: 'Which system.' })
  system: OutsideSystem;

  @TextColumn()
  @Field(() => OutsideAct, { description: 'What it is asked to do.' })
  what: OutsideAct;

  @TextColumn()
  noun: ToldNoun;

  @ReferenceColumn('subject')
  subject: string;

  /** Place among what the system is told of the noun, from 1. */
  @Column('integer')
  sequence: number;

  @Column('jsonb')
  body: Record<string, unknown>;

  /** Why a certifier wants it though something speaks against it. */
  @TextColumn({ nullable: true })
  reason: string | null;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'Since when it is to be done.' })
  since: Date;

  @TextColumn()
  @Field(() => OutsideEffectState, { description: 'How far it is.' })
  state: OutsideEffectState;

  @Column('integer')
  @Field(() => Int, { description: 'How often it was sent.' })
  attempts: number;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'When it was sent last.' })
  lastTriedAt: Date | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'What is wrong, or what else there is to say of it.' })
  message: string | null;

  /** When it was done, or needed no more. */
  @InstantColumn()
  settledAt: Date | null;

  @Column('jsonb', { nullable: true })
  answer: Record<string, unknown> | null;

  /** The command that it follows from. */
  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
