import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { DateScalar, KilogramsScalar } from '../scalars';
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

  @Field(() => KilogramsScalar, { description: 'Net mass entered.' })
  get kilograms(): Grams {
    return this.grams;
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
