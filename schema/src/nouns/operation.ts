import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { splitIdentifier } from '../codes/identifier';
import { OperationRole } from '../codes/lists';
import { Node } from '../relay/node';
import { CountryCodeScalar } from '../scalars';
import { AttributesColumn, ReferenceColumn, TextColumn } from './columns';

@ObjectType({ simpleResolvers: true, description: 'A number somebody gave an operation, e.g. NOP 8150000001.' })
export class Identifier {
  @Field(() => String, { description: 'Who gives the number, e.g. NOP or GLN.' })
  scheme: string;

  @Field(() => String, { description: 'The number.' })
  value: string;
}

/** Any party of a chain: producer, group, handler, exporter, importer, broker, carrier, warehouse. */
@Entity('operation')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'Any party of a chain. Many have no NOP ID.' })
export class Operation extends Node {
  override readonly nodeType = 'Operation';

  @PrimaryColumn('uuid')
  override id: string;

  /** Ten digits for a NOP ID, else SCHEME:value. */
  @TextColumn()
  identifier: string;

  @TextColumn()
  @Field(() => String, { description: 'Name.' })
  name: string;

  @TextColumn()
  @Field(() => CountryCodeScalar, { description: 'Where it is.' })
  country: string;

  @Column('text', { array: true })
  @Field(() => [OperationRole], { description: 'What it does in the chain.' })
  roles: OperationRole[];

  @TextColumn({ nullable: true })
  address: string | null;

  @Column('double precision', { nullable: true })
  latitude: number | null;

  @Column('double precision', { nullable: true })
  longitude: number | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  @Field(() => [Identifier], { description: 'Its numbers.' })
  get identifiers(): Identifier[] {
    return [splitIdentifier(this.identifier)];
  }

  @Field(() => String, { nullable: true, description: 'Ten digits, where it has one.' })
  get nopId(): string | null {
    const { scheme, value } = splitIdentifier(this.identifier);
    return scheme === 'NOP' ? value : null;
  }
}
