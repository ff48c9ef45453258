import { Entity } from 'typeorm';
import type { Day } from '../codes/day';
import { DayColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/** An offer that nobody accepted is over: its receiver declined it, or its sender withdrew it. */
@Entity('transfer_offer_end')
export class TransferOfferEnd extends Fact {
  @ReferenceColumn('offer')
  offerId: string;

  @TextColumn()
  kind: 'DECLINED' | 'WITHDRAWN';

  @DayColumn({ nullable: false })
  onDay: Day;

  @TextColumn({ nullable: true })
  reason: string | null;
}
