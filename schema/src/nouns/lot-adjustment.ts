import { Entity } from 'typeorm';
import type { Day } from '../codes/day';
import type { AdjustmentKind } from '../codes/lists';
import type { Grams } from '../codes/mass';
import { AttributesColumn, DayColumn, GramsColumn, InstantColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** A loss: grams of a lot that left a holding and went nowhere. */
@Entity('lot_adjustment')
export class LotAdjustment extends Fact {
  @ReferenceColumn('lot')
  lotId: string;

  @ReferenceColumn('holder')
  holderId: string;

  @TextColumn()
  kind: AdjustmentKind;

  @GramsColumn()
  grams: Grams;

  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

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

  @TextColumn({ nullable: true })
  reference: string | null;

  @AttributesColumn()
  attributes: Record<string, string> | null;
}
