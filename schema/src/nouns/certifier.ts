import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { Node } from '../relay/node';
import { CountryCodeScalar, DateScalar } from '../scalars';
import { AttributesColumn, DayColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

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

/** How long a certifying agent takes to decide on a request for an import certificate, from a day on. */
@Entity('certifier_lead_time')
@ObjectType({ simpleResolvers: true, description: 'How long a certifying agent takes to decide on a request, from a day on.' })
export class CertifierLeadTime extends Fact {
  @ReferenceColumn('certifier')
  certifierId: string;

  @DayColumn({ nullable: false })
  @Field(() => DateScalar, { name: 'from', simple: false, description: 'First day; until the next one.' })
  fromDay: Day;

  @Column('integer')
  @Field(() => Int, {
    description: 'Business days, the day of the request not counted: Monday to Friday, since holidays are not known here.',
  })
  businessDays: number;
}
