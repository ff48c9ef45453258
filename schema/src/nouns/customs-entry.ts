import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { CustomsEntryAct } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** An entry filed with US Customs and Border Protection in the Automated Commercial Environment. */
@Entity('customs_entry')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'An entry filed with US Customs and Border Protection in the Automated Commercial Environment.',
})
export class CustomsEntry extends Node {
  override readonly nodeType = 'CustomsEntry';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'XXX-NNNNNNN-C: filer code, number, check digit.' })
  number: string;

  @DayColumn({ nullable: false })
  @Field(() => DateScalar, { description: 'Local day of filing.' })
  filedOn: Day;

  @InstantColumn()
  filedAt: Date | null;

  @ReferenceColumn('filer', { nullable: true })
  filerId: string | null;

  /** On whose behalf it was recorded: the importer, or the importer of record; nobody where it was reported from outside. */
  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

/** A line of an entry: grams drawn on an import certificate. */
@Entity('customs_entry_line')
@ObjectType({ simpleResolvers: true, description: 'A line of an entry: mass drawn on an import certificate.' })
export class CustomsEntryLine extends Fact {
  @ReferenceColumn('entry')
  entryId: string;

  @Column('integer')
  @Field(() => Int, { description: 'Number of the line.' })
  line: number;

  @ReferenceColumn('import_certificate', { nullable: true })
  importCertificateId: string | null;

  @TextColumn()
  @Field(() => String, { description: 'Ten digits of the Harmonized Tariff Schedule of the United States, without points.' })
  hts: string;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  /** As of the entry: nobody where it was reported from outside, and then it may draw more than there is. */
  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  @Field(() => KilogramsScalar, { description: 'Net mass entered.' })
  get kilograms(): Grams {
    return this.grams;
  }
}

/** An entry was amended, or cancelled. */
@Entity('customs_entry_change')
@ObjectType({ simpleResolvers: true, description: 'What was done with a customs entry, and its lines since then.' })
export class CustomsEntryChange extends Fact {
  @ReferenceColumn('entry')
  entryId: string;

  /** Place among the changes, from 1; of the filing itself 0. */
  @Column('integer')
  sequence: number;

  @TextColumn()
  @Field(() => CustomsEntryAct, { description: 'What was done.' })
  act: CustomsEntryAct;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When Lotline learned of it.' })
  at: Date;

  @ReferenceColumn('made_by')
  madeById: string;

  @TextColumn()
  @Field(() => String, { nullable: true, description: 'Why; null of the filing itself.' })
  reason: string | null;

  /** Read beside the row. */
  @Field(() => String, { nullable: true, description: 'On whose behalf; null where it was reported from outside.' })
  by: string | null;

  @Field(() => DateScalar, { description: 'Local day on which it was.' })
  get on(): Day {
    return this.onDay;
  }
}

/** A lot that a line of an entry names. */
@Entity('customs_entry_line_lot')
export class CustomsEntryLineLot {
  @PrimaryColumn('uuid', { name: 'line' })
  lineId: string;

  @PrimaryColumn('uuid', { name: 'lot' })
  lotId: string;
}
