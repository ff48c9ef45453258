import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Node } from '../relay/node';
import { AttributesColumn, ReferenceColumn, TextColumn } from './columns';

/** What is traded: the public catalogue. */
@Entity('product')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'What is traded; a public catalogue.' })
export class Product extends Node {
  override readonly nodeType = 'Product';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'Name in the catalogue.' })
  name: string;

  @TextColumn()
  @Field(() => String, { description: 'Ten digits of the Harmonized Tariff Schedule of the United States, without points.' })
  hts: string;

  @Column('boolean')
  @Field(() => Boolean, { description: 'Sold as organic.' })
  organic: boolean;

  /** Kilograms in a US bushel of it; a decimal. */
  @Column('numeric', { nullable: true })
  kgPerBushel: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}
