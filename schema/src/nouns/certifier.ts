import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../relay/node';
import { CountryCodeScalar } from '../scalars';
import { AttributesColumn, ReferenceColumn, TextColumn } from './columns';

/** An accredited or equivalent certifying agent (7 CFR 205.2). */
@Entity('certifier')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'An accredited or equivalent certifying agent (7 CFR 205.2).' })
export class Certifier extends Node {
  override readonly nodeType = 'Certifier';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'Three characters, as in the Organic Integrity Database.' })
  code: string;

  @TextColumn()
  @Field(() => String, { description: 'Name.' })
  name: string;

  @TextColumn({ nullable: true })
  @Field(() => CountryCodeScalar, { nullable: true, description: 'Seat.' })
  country: string | null;

  @Column('text', { array: true })
  @Field(() => [String], { description: 'Standards it certifies to; NOP where it names none.' })
  schemes: string[];

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
