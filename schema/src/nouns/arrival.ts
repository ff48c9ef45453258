import { Field, ObjectType } from 'type-graphql';
import { Column, Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { ArrivalCheck, ArrivalVerdict } from '../codes/lists';
import { DateScalar, DateTimeScalar } from '../scalars';
import { DayColumn, InstantColumn, ReferenceColumn } from './columns';
import { Fact } from './fact';

/** Something on record that speaks against an answer. */
@ObjectType({ simpleResolvers: true, description: 'Something on record that speaks against an answer, as far as you see it.' })
export class ArrivalFinding {
  @Field(() => String, { description: 'In words.' })
  message: string;

  @Field(() => String, { description: 'The regulation it stands on.' })
  rule: string;
}

/** One answer of an importer's check-list. */
@ObjectType({ simpleResolvers: true, description: "One answer of an importer's check-list." })
export class ArrivalAnswer {
  @Field(() => ArrivalCheck, { description: 'What was verified.' })
  check: ArrivalCheck;

  @Field(() => ArrivalVerdict, { description: 'What was found.' })
  verdict: ArrivalVerdict;

  @Field(() => String, { description: 'How it was verified, in words.' })
  words: string;

  documentIds: string[];

  /** Read beside the row. */
  of: Arrival;
}

/** The check-list of an importer for goods that arrived. */
@Entity('arrival')
@ObjectType({ simpleResolvers: true, description: 'The check-list of an importer for goods that arrived (7 CFR 205.273).' })
export class Arrival extends Fact {
  @ReferenceColumn('import_certificate', { nullable: true })
  importCertificateId: string | null;

  @ReferenceColumn('shipment', { nullable: true })
  shipmentId: string | null;

  /** The importer, or the consignee of a shipment. */
  @ReferenceColumn('made_by')
  madeById: string;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When it was recorded.' })
  at: Date;

  @Column('jsonb')
  answers: Omit<ArrivalAnswer, 'of'>[];

  @Field(() => DateScalar, { description: 'Local day on which it was verified.' })
  get on(): Day {
    return this.onDay;
  }
}
