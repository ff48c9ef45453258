import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { Refusal } from '@lotline/schema';
import type { Installation, Position } from '../database';
import { markOf, type Place, type RememberedPlace } from './place';

// A cursor is version | database | nonce | sealed text | tag, in base64url. Positions are sealed, so that nobody counts what happened
// between two cursors of his own; the viewer is sealed with them, so that nobody resumes from another's.

const VERSION = 3;
const NONCE = 12;
const TAG = 16;
const FINGERPRINT = 8;
/** Position, changes told, and what is kept of the command's id. */
const PLACE = 8 + 4 + 8;
const ALL_TOLD = 0xffffffff;
/** Digits of the largest position: the length of a cursor must not tell how far the log has come. */
const LONGEST_POSITION = 19;

const fingerprint = (text: string): Buffer => createHash('sha256').update(text).digest().subarray(0, FINGERPRINT);
const malformed = () =>
  new Refusal({ code: 'BAD_USER_INPUT', message: 'this is not a cursor', remedy: 'send a cursor exactly as an answer gave it' });
const foreign = () =>
  new Refusal({
    code: 'CURSOR_FOREIGN',
    message: 'the cursor belongs to another viewer or database',
    remedy: 'start without a cursor, or with one of your own',
  });

/** Seals and opens cursors of one database. */
export class Cursors {
  private readonly database: Buffer;

  constructor(private readonly installation: Installation) {
    this.database = fingerprint(installation.id);
  }

  /** A place in the log, for one viewer. All are of the same length. */
  encode({ position, command, told }: Place, viewer: string): string {
    const place = Buffer.alloc(PLACE);
    place.writeBigUInt64BE(position);
    place.writeUInt32BE(told ?? ALL_TOLD, 8);
    markOf(command).copy(place, 12);
    return this.seal('log', viewer, place);
  }

  /** What a cursor remembers; whether the log still leads there is asked of the log. */
  decode(cursor: string, viewer: string): RememberedPlace {
    const place = this.unseal('log', viewer, cursor);
    if (place.length !== PLACE) throw malformed();
    const told = place.readUInt32BE(8);
    return { position: place.readBigUInt64BE() as Position, told: told === ALL_TOLD ? null : told, mark: place.subarray(12) };
  }

  /** A place in a list: the state of the log its first page saw, and the key of the row to go on after. */
  encodePlace(place: { position: Position; key: unknown[] }, viewer: string): string {
    return this.seal('list', viewer, Buffer.from(JSON.stringify([place.position.toString().padStart(LONGEST_POSITION, '0'), place.key])));
  }

  decodePlace(cursor: string, viewer: string): { position: Position; key: unknown[] } {
    const [position, key] = JSON.parse(this.unseal('list', viewer, cursor).toString()) as [string, unknown[]];
    return { position: BigInt(position) as Position, key };
  }

  /** What is told in the open, and sealed with the rest: for which database, and for what. */
  private head(use: string): Buffer {
    return Buffer.concat([Buffer.of(VERSION), this.database, Buffer.from(use)]);
  }

  private seal(use: string, viewer: string, text: Buffer): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.installation.cursorKey, nonce);
    cipher.setAAD(this.head(use));
    const sealed = Buffer.concat([cipher.update(fingerprint(viewer)), cipher.update(text), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), this.database, nonce, sealed, cipher.getAuthTag()]).toString('base64url');
  }

  private unseal(use: string, viewer: string, cursor: string): Buffer {
    const bytes = Buffer.from(cursor, 'base64url');
    const start = 1 + FINGERPRINT;
    if (
      cursor.length > 4096 ||
      bytes.length < start + NONCE + FINGERPRINT + TAG ||
      bytes[0] !== VERSION ||
      bytes.toString('base64url') !== cursor
    )
      throw malformed();
    if (!bytes.subarray(1, start).equals(this.database)) throw foreign();
    let text: Buffer;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.installation.cursorKey, bytes.subarray(start, start + NONCE));
      decipher.setAAD(this.head(use));
      decipher.setAuthTag(bytes.subarray(-TAG));
      text = Buffer.concat([decipher.update(bytes.subarray(start + NONCE, -TAG)), decipher.final()]);
    } catch {
      throw malformed();
    }
    if (!text.subarray(0, FINGERPRINT).equals(fingerprint(viewer))) throw foreign();
    return text.subarray(FINGERPRINT);
  }
}
