import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { LotKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { CountryCodeScalar, DateScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Quantity } from './quantity';

/** A batch: one product, one mass, one producer, one birth. Its birth puts its grams into its producer's holding. */
@Entity('lot')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'A batch: one product, one mass, one producer, one birth.' })
export class Lot extends Node {
  override readonly nodeType = 'Lot';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'Unique within its producer; other producers may use the same.' })
  code: string;

  @ReferenceColumn('producer')
  producerId: string;

  @ReferenceColumn('product')
  productId: string;

  @TextColumn()
  @Field(() => LotKind, { description: 'How it came to be.' })
  kind: LotKind;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'Day of its birth.' })
  producedOn: Day | null;

  @InstantColumn()
  producedAt: Date | null;

  @TextColumn()
  @Field(() => CountryCodeScalar, { nullable: true, description: "Where it was born; its producer's country where nothing else was said." })
  country: string;

  @Column('double precision', { nullable: true })
  latitude: number | null;

  @Column('double precision', { nullable: true })
  longitude: number | null;

  /** Topological within its command: an input declared at birth was born before its output. */
  @Column('bigint')
  birthOrder: string;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  @Field(() => Quantity, { description: 'Its mass at birth.' })
  get quantity(): Quantity {
    return { kilograms: this.grams, value: this.value, unit: this.unit };
  }
}
