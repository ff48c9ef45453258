import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Day } from '../codes/day';
import { ImportCertificateKind, ImportCertificateStatus, TransportMode } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { Node } from '../relay/node';
import { CountryCodeScalar, DateScalar, DateTimeScalar, KilogramsScalar } from '../scalars';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';
import { Place } from './place';

/** How the goods of a request are to travel. */
@ObjectType({ simpleResolvers: true, description: 'How the goods are to travel, as the exporter expected when it asked.' })
export class ImportCertificateTransport {
  @Field(() => TransportMode, { description: 'By what they enter the United States.' })
  mode: TransportMode;

  @Field(() => Place, { description: 'Where they leave for the United States.' })
  portOfLading: Place;

  @Field(() => Place, { nullable: true, description: 'Where they enter the United States.' })
  portOfEntry: Place | null;

  @Field(() => String, { description: 'Expected departure: a local day, or an instant.' })
  departs: string;

  @Field(() => String, { nullable: true, description: 'Expected arrival: a local day, or an instant.' })
  arrives: string | null;
}

/** The NOP Import Certificate. Its standing is a history of facts. */
@Entity('import_certificate')
@ObjectType({ implements: Node, simpleResolvers: true, description: 'The NOP Import Certificate (7 CFR 205.273).' })
export class ImportCertificate extends Node {
  override readonly nodeType = 'ImportCertificate';

  @PrimaryColumn('uuid')
  override id: string;

  /** Known to those who see that it was issued. */
  @TextColumn({ name: 'number', nullable: true })
  issuedNumber: string | null;

  @TextColumn()
  @Field(() => ImportCertificateKind, { description: 'For a shipment, or for a period.' })
  kind: ImportCertificateKind;

  @ReferenceColumn('exporter')
  exporterId: string;

  @ReferenceColumn('final_handler', { nullable: true })
  finalHandlerId: string | null;

  @ReferenceColumn('importer')
  importerId: string;

  @ReferenceColumn('importer_of_record', { nullable: true })
  importerOfRecordId: string | null;

  @ReferenceColumn('consignee', { nullable: true })
  consigneeId: string | null;

  @ReferenceColumn('certifier')
  certifierId: string;

  @TextColumn()
  @Field(() => String, { description: 'Ten digits of the Harmonized Tariff Schedule of the United States, without points.' })
  hts: string;

  @TextColumn({ nullable: true })
  @Field(() => CountryCodeScalar, { nullable: true, description: 'Where the goods come from.' })
  origin: string | null;

  @TextColumn({ nullable: true })
  @Field(() => CountryCodeScalar, { nullable: true, description: 'Where they go.' })
  destination: string | null;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'NOP, or the arrangement of equivalence.' })
  standard: string | null;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'First day of its period.' })
  validFrom: Day | null;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'Last day of its period.' })
  validTo: Day | null;

  @DayColumn()
  @Field(() => DateScalar, { nullable: true, description: 'Day by which the exporter needs it.' })
  neededBy: Day | null;

  /** How the goods are to travel: mode, port of lading and departure are there together, or none of them. */
  @TextColumn({ nullable: true })
  mode: TransportMode | null;

  /** UN/LOCODE, as that of entry. */
  @TextColumn({ nullable: true })
  portOfLading: string | null;

  @TextColumn({ nullable: true })
  portOfEntry: string | null;

  @DayColumn()
  departsOn: Day | null;

  @InstantColumn()
  departsAt: Date | null;

  @DayColumn()
  arrivesOn: Day | null;

  @InstantColumn()
  arrivesAt: Date | null;

  /** Null where only its lines say how much. */
  @GramsColumn({ nullable: true })
  grams: Grams | null;

  @TextColumn({ nullable: true })
  value: string | null;

  @TextColumn({ nullable: true })
  unit: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  @ReferenceColumn('recorded_by')
  recordedBy: string;
}

/** One step in the standing of an import certificate. */
@Entity('import_certificate_status')
@ObjectType({ simpleResolvers: true, description: 'One step in the standing of an import certificate.' })
export class ImportCertificateStatusFact extends Fact {
  @ReferenceColumn('import_certificate')
  importCertificateId: string;

  /** Place in the history, from 1. */
  @Column('integer')
  sequence: number;

  @TextColumn()
  @Field(() => ImportCertificateStatus, { description: 'The standing from then on.' })
  status: ImportCertificateStatus;

  /** Null where nobody said when. */
  @DayColumn()
  onDay: Day | null;

  /** The hour where it is known; as answered, else the beginning of the day in UTC, else when Lotline learned of it. */
  @InstantColumn()
  @Field(() => DateTimeScalar, {
    description: 'When: of a day without hour its beginning in UTC; where nobody said when, the instant at which Lotline learned of it.',
  })
  at: Date;

  @TextColumn({ nullable: true })
  @Field(() => String, { nullable: true, description: 'Why.' })
  reason: string | null;

  /** On whose behalf: an operation, or a certifying agent; nobody where it was reported from outside. */
  @ReferenceColumn('made_by', { nullable: true })
  madeById: string | null;

  /** To whom it was handed over. */
  @ReferenceColumn('recipient', { nullable: true })
  recipientId: string | null;

  /** Name of whoever made the step; read beside the row. */
  @Field(() => String, { nullable: true, description: 'On whose behalf the step was made; null where it was reported from outside.' })
  by: string | null;
}

/** One field that a revision changed. */
@ObjectType({ simpleResolvers: true, description: 'One field of an import certificate that a revision changed.' })
export class ImportCertificateChange {
  @Field(() => String, { description: 'consignee, kilograms or lines.' })
  field: string;

  @Field(() => String, {
    nullable: true,
    description: 'What it said before; null where it said nothing, "withheld" where you may not see it.',
  })
  from: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What it says since; null where it says nothing, "withheld" where you may not see it.',
  })
  to: string | null;
}

/** A change of an issued import certificate, which keeps its number. */
@Entity('import_certificate_revision')
@ObjectType({ simpleResolvers: true, description: 'A change of an issued import certificate, which keeps its number.' })
export class ImportCertificateRevision extends Fact {
  @ReferenceColumn('import_certificate')
  importCertificateId: string;

  /** Place among the revisions, from 1. */
  @Column('integer')
  sequence: number;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn({ nullable: false })
  @Field(() => DateTimeScalar, { description: 'When.' })
  at: Date;

  /** On whose behalf: the certifying agent. */
  @ReferenceColumn('made_by')
  madeById: string;

  @TextColumn()
  @Field(() => String, { description: 'Why.' })
  reason: string;

  /** Of a consignee the ids of operations. */
  @Column('jsonb')
  @Field(() => [ImportCertificateChange], { description: 'What was changed.' })
  changes: ImportCertificateChange[];

  /** Read beside the row. */
  @Field(() => String, { description: 'On whose behalf it was changed.' })
  by: string;
}

/** What an import certificate covers: a product, and the lot where it names one. */
@Entity('import_certificate_line')
@ObjectType({ simpleResolvers: true, description: 'What an import certificate covers: a product, and the lot where it names one.' })
export class ImportCertificateLine extends Fact {
  @ReferenceColumn('import_certificate')
  importCertificateId: string;

  @ReferenceColumn('product')
  productId: string;

  @ReferenceColumn('lot', { nullable: true })
  lotId: string | null;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;

  /** Of a claim under a certificate for a period, what was shipped; null where it says what the certificate covers. */
  @ReferenceColumn('shipped_lot', { nullable: true })
  shippedLotId: string | null;

  /** Local day on which that departed. */
  @DayColumn()
  onDay: Day | null;

  /** The shipment that carried it; read beside the row. */
  shipmentId: string | null;

  @Field(() => KilogramsScalar, { description: 'Net mass covered.' })
  get kilograms(): Grams {
    return this.grams;
  }
}
