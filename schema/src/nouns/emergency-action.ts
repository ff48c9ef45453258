import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { DispositionKind, TreatmentKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** What CBP or APHIS ordered for goods at the border; an importer must tell its certifier of a possible treatment. */
@Entity('emergency_action')
@ObjectType({
  implements: Node,
  simpleResolvers: true,
  description: 'What CBP or APHIS ordered for goods at the border; the importer must tell its certifier (7 CFR 205.273).',
})
export class EmergencyActionNotification extends Node {
  override readonly nodeType = 'EmergencyActionNotification';

  @PrimaryColumn('uuid')
  override id: string;

  @TextColumn()
  @Field(() => String, { description: 'Number of the notification.' })
  number: string;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Instant, where the hour is known.' })
  at: Date | null;

  @TextColumn()
  @Field(() => String, { description: 'What was ordered.' })
  ordered: string;

  @TextColumn({ nullable: true })
  @Field(() => TreatmentKind, { nullable: true, description: 'The treatment that was ordered, where one was.' })
  treatment: TreatmentKind | null;

  /** Null for all that the shipment carried; of what was reported from outside also for all of the lot. */
  @GramsColumn({ nullable: true })
  grams: Grams | null;

  @TextColumn({ nullable: true })
  value: string | null;

  @TextColumn({ nullable: true })
  unit: string | null;

  /** Who told of it: the importer, the consignee or the filer; nobody where it was reported from outside. */
  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  /** Hours within which its own policy wanted the certifier told, as it was then. */
  @Column('integer', { nullable: true })
  noticeHours: number | null;

  @ReferenceColumn('lot', { nullable: true })
  lotId: string | null;

  @ReferenceColumn('shipment', { nullable: true })
  shipmentId: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;

  @Field(() => DateScalar, { description: 'Local day.' })
  get on(): Day {
    return this.onDay;
  }

  @Field(() => KilogramsScalar, {
    nullable: true,
    description: 'How much is held of a lot, or of a shipment where it is not all; null for all of it.',
  })
  get kilograms(): Grams | null {
    return this.grams;
  }
}

/** An import certificate that an emergency action holds, because it covers the goods. */
@Entity('emergency_action_certificate')
export class EmergencyActionCertificate {
  @PrimaryColumn('uuid', { name: 'emergency_action' })
  emergencyActionId: string;

  @PrimaryColumn('uuid', { name: 'import_certificate' })
  importCertificateId: string;
}

/** A certifier was told of an emergency action. */
@Entity('certifier_notice')
@ObjectType({ simpleResolvers: true, description: 'A certifier was told of an emergency action (7 CFR 205.400(f)).' })
export class CertifierNotice extends Fact {
  @ReferenceColumn('emergency_action')
  emergencyActionId: string;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn()
  @Field(() => DateTimeScalar, { nullable: true, description: 'Instant, where the hour is known.' })
  at: Date | null;

  @ReferenceColumn('certifier', { nullable: true })
  certifierId: string | null;

  /** Whose certifier it is; nobody's where it was reported from outside. */
  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  @Field(() => DateScalar, { description: 'Local day.' })
  get on(): Day {
    return this.onDay;
  }
}

/** What became of held goods, or of a part of them. */
@Entity('disposition')
@ObjectType({ simpleResolvers: true, description: 'What became of held goods, or of a part of them.' })
export class Disposition extends Fact {
  @ReferenceColumn('emergency_action')
  emergencyActionId: string;

  @TextColumn()
  @Field(() => DispositionKind, { description: 'What became of them.' })
  kind: DispositionKind;

  /** Null for all of them. */
  @GramsColumn({ nullable: true })
  grams: Grams | null;

  @TextColumn({ nullable: true })
  value: string | null;

  @TextColumn({ nullable: true })
  unit: string | null;

  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  @DayColumn()
  onDay: Day | null;

  @Field(() => KilogramsScalar, { nullable: true, description: 'How much; null for all of it.' })
  get kilograms(): Grams | null {
    return this.grams;
  }

  @Field(() => DateScalar, { nullable: true, description: 'Local day, where it is known.' })
  get on(): Day | null {
    return this.onDay;
  }
}
