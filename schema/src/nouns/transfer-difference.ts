import { Entity } from 'typeorm';
import type { Grams } from '../codes/mass';
import { GramsColumn, ReferenceColumn, TextColumn } from './columns';
import { Fact } from './fact';

/**
 * What a receiver says to have received, less what was offered: below zero where less came. It moves nothing: less than was offered
 * stays with the sender, and of what came beyond it no more passes than was offered.
 */
@Entity('transfer_difference')
export class TransferDifference extends Fact {
  @ReferenceColumn('transfer')
  transferId: string;

  /** Received less offered; never zero. */
  @GramsColumn()
  grams: Grams;

  /** The quantity received, as entered. */
  @TextColumn()
  value: string;

  @TextColumn()
  unit: string;

  @TextColumn()
  reason: string;
}
