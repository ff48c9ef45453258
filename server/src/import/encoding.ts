import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';

const LF = 10;
const CR = 13;

/** Bytes of a character that a chunk ends in the middle of: at most three. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Tells whether bytes that come in chunks are UTF-8; a character may be cut in two by the end of a chunk. */
export class Utf8Check {
  private rest: Buffer = Buffer.alloc(0);
  private checked = 0;
  /** Where the first byte lies that is no UTF-8; null as long as there is none. */
  brokenAt: number | null = null;

  /** @returns false from the first chunk on that is no UTF-8 */
  take(chunk: Buffer): boolean {
    const bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk;
    const whole = bytes.subarray(0, bytes.length - unfinished(bytes));
    return this.judge(whole, bytes.subarray(whole.length));
  }

  /** @returns false if the last character is cut off */
  end(): boolean {
    return this.judge(this.rest, Buffer.alloc(0));
  }

  private judge(whole: Buffer, rest: Buffer): boolean {
    if (this.brokenAt !== null) return false;
    if (isUtf8(whole)) {
      this.checked += whole.length;
      this.rest = Buffer.from(rest);
      return true;
    }
    // The longest good beginning, by halves.
    let [good, bad] = [0, whole.length];
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      const part = whole.subarray(0, middle);
      if (isUtf8(part.subarray(0, middle - unfinished(part)))) good = middle;
      else bad = middle;
    }
    this.brokenAt = this.checked + good;
    return false;
  }
}

/** UTF-16 by its mark, or by the zero half of its first letter. */
export const isUtf16 = (head: Buffer): boolean =>
  (head[0] === 0xff && head[1] === 0xfe) ||
  (head[0] === 0xfe && head[1] === 0xff) ||
  (head.length > 1 && (head[0] === 0) !== (head[1] === 0));

/** The line, from 1, on which a byte of a file lies. */
export async function lineOfByte(path: string, offset: number): Promise<number> {
  let line = 1;
  if (offset === 0) return line;
  let before = 0;
  for await (const chunk of createReadStream(path, { end: offset - 1 }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (byte === CR || (byte === LF && before !== CR)) line++;
      before = byte;
    }
  }
  return line;
}
