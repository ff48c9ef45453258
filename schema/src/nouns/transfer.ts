import { Entity } from 'typeorm';
import type { Day } from '../codes/day';
import type { Grams } from '../codes/mass';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** Grams of a lot from one owner to another. */
@Entity('transfer')
export class Transfer extends Fact {
  @ReferenceColumn('lot')
  lotId: string;

  @ReferenceColumn('sender')
  senderId: string;

  @ReferenceColumn('receiver')
  receiverId: string;

  @GramsColumn()
  grams: Grams;

  /** As entered; null where the whole lot was given. */
  @TextColumn({ nullable: true })
  value: string | null;

  @TextColumn({ nullable: true })
  unit: string | null;

  @DayColumn({ nullable: false })
  onDay: Day;

  @InstantColumn()
  at: Date | null;

  /** Its paper. */
  @ReferenceColumn('document', { nullable: true })
  documentId: string | null;

  /** Its paper as it was named, where that was not on record then. */
  @TextColumn({ nullable: true })
  documentNamed: string | null;

  /** The offer that it accepts, where it was offered first. */
  @ReferenceColumn('offer', { nullable: true })
  offerId: string | null;

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;
}
