import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { OperationCertificateStatus } from '../codes/lists';
import { toFactId } from '../relay/global-id';
import { Node } from '../relay/node';
import { DateScalar, DateTimeScalar } from '../scalars';
import { AttributesColumn, DayColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** An operation's organic certificate: one per operation, certifier and standard. Its standing is a history of facts. */
@Entity('operation_certificate')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: "An operation's organic certificate: one per operation, certifier and standard.",
})
export class OperationCertificate extends Node {
  override readonly nodeType = 'OperationCertificate';

  @PrimaryColumn('uuid')
  override id: string;

  @ReferenceColumn('operation')
  operationId: string;

  @ReferenceColumn('certifier')
  certifierId: string;

  @TextColumn()
  @Field(() => String, { nullable: true, description: 'NOP, or the arrangement of equivalence.' })
  standard: string;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

/** One step in the standing of a certificate, in force from its day until the next. */
@Entity('operation_certificate_status')
@ObjectType({ simpleResolvers: true, description: 'One step in the standing of a certificate, in force from its day until the next.' })
export class OperationCertificateStatusFact extends Fact {
  @ReferenceColumn('operation_certificate')
  operationCertificateId: string;

  @TextColumn()
  @Field(() => OperationCertificateStatus, { description: 'The standing from that day on.' })
  status: OperationCertificateStatus;

  @DayColumn({ nullable: false })
  @Field(() => DateScalar, { description: 'First day in force.' })
  effectiveFrom: Day;

  @Column('text', { array: true, nullable: true })
  scope: string[] | null;

  /** Hectares certified; a decimal. */
  @Column('numeric', { nullable: true })
  hectares: string | null;

  @DayColumn()
  expiresOn: Day | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Why.' })
  reason: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  /** When its command was recorded; read beside the row. */
  @Field(() => DateTimeScalar, { description: 'When Lotline learned of it.' })
  recordedAt: Date;

  @Field(() => ID, { name: 'fact', simple: false, description: 'Names it to retractFact.' })
  get factId(): string {
    return toFactId('OperationCertificateStatusFact', this.id);
  }
}

/** A line of the Product Verification Form as one status row gave it. A row without lines keeps the list before it. */
@Entity('verified_product')
export class VerifiedProductLine {
  @PrimaryColumn('uuid', { name: 'status' })
  statusId: string;

  @PrimaryColumn('uuid', { name: 'product' })
  productId: string;

  @TextColumn({ nullable: true })
  labelledAs: string | null;
}
