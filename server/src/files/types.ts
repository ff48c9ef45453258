import type { Incoming } from './store';

// What a file is, by its bytes: a name or a header may say anything. Nothing is ever unpacked.

const OFFICE = 'application/vnd.openxmlformats-officedocument';
export const TEXT = 'text/plain';

/** How a format begins. */
const BEGINNINGS: readonly (readonly [beginning: string, type: string])[] = [
  ['%PDF-', 'application/pdf'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
];
/** The part by which a document of Office Open XML is told, in the directory of its ZIP. */
const PARTS: readonly (readonly [type: string, part: string])[] = [
  [`${OFFICE}.spreadsheetml.sheet`, 'xl/workbook.xml'],
  [`${OFFICE}.wordprocessingml.document`, 'word/document.xml'],
];

/** The types that are taken, for people. */
export const TYPES_TAKEN = 'PDF, PNG, JPEG, TIFF, XLSX, DOCX, or text in UTF-8 (CSV and XML included)';

/** Longest directory of a ZIP that is looked at, bytes: some 10,000 parts. */
const LONGEST_DIRECTORY = 1024 * 1024;
/** What a ZIP may say that it unpacks to: bytes, and times its own size. */
const MOST_UNPACKED = 1024 ** 3;
const MOST_TIMES = 200;
const PIECE = 64 * 1024;

/** Why a file is of no type that is taken. */
export interface NoType {
  wrong: string;
}

/** The media type of a file, or what is wrong with it. */
export async function typeOf(file: Incoming): Promise<string | NoType> {
  const beginning = (await file.read(0, 16)).toString('latin1');
  const begun = BEGINNINGS.find(([each]) => beginning.startsWith(each));
  if (begun) return begun[1];
  if (beginning.startsWith('PK\x03\x04')) return officeType(file);
  return (await isText(file)) ? TEXT : { wrong: 'the bytes are of no type that is taken' };
}

const NO_DIRECTORY: NoType = { wrong: 'the ZIP has no directory that can be read' };

/** Reads the names and sizes in the directory at the end of a ZIP (APPNOTE 4.3), which must say what it is and be no bomb by its own words. */
async function officeType(file: Incoming): Promise<string | NoType> {
  const tail = await file.read(Math.max(0, file.bytes - PIECE), PIECE);
  const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (end < 0 || end + 22 > tail.length) return NO_DIRECTORY;
  const [entries, length, start] = [tail.readUInt16LE(end + 10), tail.readUInt32LE(end + 12), tail.readUInt32LE(end + 16)];
  if (length > LONGEST_DIRECTORY || start + length > file.bytes) return NO_DIRECTORY;
  const directory = await file.read(start, length);
  const names = new Set<string>();
  let unpacked = 0;
  let at = 0;
  for (let entry = 0; entry < entries; entry++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) return NO_DIRECTORY;
    unpacked += directory.readUInt32LE(at + 24);
    const [name, extra, comment] = [directory.readUInt16LE(at + 28), directory.readUInt16LE(at + 30), directory.readUInt16LE(at + 32)];
    names.add(directory.toString('latin1', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  if (unpacked > MOST_UNPACKED || unpacked > file.bytes * MOST_TIMES)
    return { wrong: `the ZIP of ${file.bytes} bytes says that it unpacks to ${unpacked}` };
  const part = names.has('[Content_Types].xml') ? PARTS.find(([, each]) => names.has(each)) : undefined;
  return part ? part[0] : { wrong: 'the ZIP is neither XLSX nor DOCX' };
}

/** Control characters that no text holds. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const CONTROL = /[\0-\x08\x0b\x0e-\x1f\x7f]/;

async function isText(file: Incoming): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for (let at = 0; at < file.bytes; at += PIECE)
      if (CONTROL.test(decoder.decode(await file.read(at, PIECE), { stream: true }))) return false;
    decoder.decode();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return false;
    throw error;
  }
}

/** Does what a sender says of a file agree with what it is? @param said the header Content-Type */
export function agrees(said: string | undefined, type: string): boolean {
  const name = (said ?? '')
    .replace(/;[\s\S]*/, '')
    .trim()
    .toLowerCase();
  if (name === '' || name === 'application/octet-stream' || name === type) return true;
  return type === TEXT && (name.startsWith('text/') || ['application/csv', 'application/xml', 'application/json'].includes(name));
}
