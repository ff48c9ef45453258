import { Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, TextColumn } from './columns';

/** When the Organic Integrity Database was last asked for the standing of an operation. */
@Entity('operation_asked')
export class OperationAsked {
  @PrimaryColumn('uuid', { name: 'operation' })
  operationId: string;

  /** Answered or not. */
  @InstantColumn({ nullable: false })
  askedAt: Date;

  /** When it was answered last; null where it never was. */
  @InstantColumn()
  answeredAt: Date | null;

  /** What was wrong the last time; null where nothing was. */
  @TextColumn({ nullable: true })
  amiss: string | null;
}
