import { Field, Int, ObjectType } from 'type-graphql';
import { Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { DocumentType, MarkedOrganic } from '../codes/lists';
import { Node } from '../relay/node';
import { DateScalar } from '../scalars';
import { AttributesColumn, DayColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** A paper of the audit trail (7 CFR 205.2). */
@Entity('document')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'A paper of the audit trail (7 CFR 205.2).' })
export class Document extends Node {
  override readonly nodeType = 'Document';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => DocumentType, { description: 'What paper it is.' })
  type: DocumentType;

  @TextColumn()
  @Field(() => String, { description: 'Unique within its issuer, its type and who keeps it.' })
  number: string;

  @ReferenceColumn('issuer')
  issuerId: string;

  /** In whose records it is: its issuer's, or those of an operation that was given a copy. */
  @ReferenceColumn('keeper')
  keeperId: string;

  @DayColumn({ nullable: false })
  @Field(() => DateScalar, { nullable: true, description: 'Day on it.' })
  issuedOn: Day;

  @TextColumn()
  @Field(() => MarkedOrganic, { description: 'Does it identify the goods as organic?' })
  markedOrganic: MarkedOrganic;

  /** Where its bytes were in the folder that brought it. */
  @TextColumn({ nullable: true })
  file: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'SHA-256 of its bytes, hexadecimal; null where nobody gave them.' })
  sha256: string | null;

  /** The same, where the bytes themselves are stored. */
  @TextColumn({ name: 'content', nullable: true })
  contentSha256: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

@ObjectType({ simpleResolvers: true, description: 'The bytes of a document (docs/FILES.md).' })
export class DocumentContent {
  @Field(() => String, { description: 'Path below the address of this server; GET it with the same credentials.' })
  url: string;

  @Field(() => Int, { description: 'How many they are.' })
  bytes: number;

  @Field(() => String, { description: 'Media type, as the bytes themselves say.' })
  type: string;

  @Field(() => String, { description: 'Hexadecimal.' })
  sha256: string;
}

/** A document is about one noun, or one fact about goods. */
@Entity('document_link')
export class DocumentLink extends Fact {
  @ReferenceColumn('document')
  documentId: string;

  @ReferenceColumn('lot', { nullable: true })
  lotId: string | null;

  @ReferenceColumn('shipment', { nullable: true })
  shipmentId: string | null;

  @ReferenceColumn('import_certificate', { nullable: true })
  importCertificateId: string | null;

  @ReferenceColumn('operation', { nullable: true })
  operationId: string | null;

  @ReferenceColumn('operation_certificate', { nullable: true })
  operationCertificateId: string | null;

  @ReferenceColumn('customs_entry', { nullable: true })
  customsEntryId: string | null;

  @ReferenceColumn('emergency_action', { nullable: true })
  emergencyActionId: string | null;

  @ReferenceColumn('transfer', { nullable: true })
  transferId: string | null;

  @ReferenceColumn('lot_adjustment', { nullable: true })
  lotAdjustmentId: string | null;

  @ReferenceColumn('treatment', { nullable: true })
  treatmentId: string | null;
}
