import { Column, Entity, PrimaryColumn } from 'typeorm';
import { InstantColumn, TextColumn } from './columns';

/** Bytes that were uploaded, each once, whoever sent them. */
@Entity('stored_file')
export class StoredFile {
  @PrimaryColumn('text', { collation: 'C' })
  sha256: string;

  @Column('int')
  bytes: number;

  /** Media type, by the bytes. */
  @TextColumn()
  type: string;

  @InstantColumn({ nullable: false })
  storedAt: Date;
}

/** Who uploaded bytes, and may claim them for a document. */
@Entity('upload')
export class Upload {
  @PrimaryColumn('text', { collation: 'C' })
  sha256: string;

  /** An operation's id, or what names a viewer that acts for none. */
  @PrimaryColumn('text', { collation: 'C' })
  uploader: string;

  @InstantColumn({ nullable: false })
  at: Date;

  /** Has a document of the uploader's taken them? */
  @Column('boolean')
  claimed: boolean;
}
