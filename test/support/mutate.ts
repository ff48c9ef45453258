import type { Choices } from './random';

/** What parsers stumble over, in bytes of latin1. */
const WORDS = [
  '',
  '\0',
  '"',
  '""',
  ',',
  ';',
  '\r',
  '\n',
  '\r\n',
  '\t',
  '\xef\xbb\xbf',
  '\xff\xfe',
  '\xc3',
  '\xed\xa0\x80',
  '{',
  '}',
  '[',
  ']',
  ':',
  '\\',
  '\\u0000',
].concat([
  'null',
  '-1',
  '0',
  '1e999',
  '99999999999999999999',
  '0x7f',
  '__proto__',
  'constructor',
  '../',
  '%00',
  '=',
  '==',
  '.',
  '..',
  ' ',
  "'",
  '<',
  '&',
]);

/** One thing done to bytes. */
type Change = (bytes: Buffer, choices: Choices, corpus: readonly Buffer[]) => Buffer;

const spliced = (bytes: Buffer, at: number, cut: number, ...put: Buffer[]) =>
  Buffer.concat([bytes.subarray(0, at), ...put, bytes.subarray(at + cut)]);
const place = (bytes: Buffer, { between }: Choices) => between(0, Math.max(0, bytes.length - 1));
const length = ({ between, fraction }: Choices) => (fraction() < 0.8 ? between(1, 16) : between(1, 2000));

const CHANGES: readonly Change[] = [
  (bytes, choices) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[place(bytes, choices)]! ^= 1 << choices.between(0, 7);
    return changed;
  },
  (bytes, choices) => spliced(bytes, place(bytes, choices), 1, Buffer.of(choices.between(0, 255))),
  (bytes, choices) => spliced(bytes, place(bytes, choices), length(choices)),
  (bytes, choices) => spliced(bytes, place(bytes, choices), choices.between(0, 1), Buffer.from(choices.one(WORDS), 'latin1')),
  (bytes, choices) => bytes.subarray(0, place(bytes, choices)),
  (bytes, choices) => {
    const from = place(bytes, choices);
    return spliced(bytes, place(bytes, choices), 0, bytes.subarray(from, from + length(choices)));
  },
  (bytes, choices) => {
    const from = place(bytes, choices);
    const piece = bytes.subarray(from, from + choices.between(1, 8));
    return spliced(bytes, from, 0, ...Array.from({ length: choices.between(2, 200) }, () => piece));
  },
  (bytes, choices, corpus) => {
    const other = choices.one(corpus);
    const from = place(other, choices);
    return spliced(bytes, place(bytes, choices), length(choices), other.subarray(from, from + length(choices)));
  },
];

/** One of the corpus, changed in one place or several. */
export function mutated(corpus: readonly Buffer[], choices: Choices): Buffer {
  let bytes = choices.one(corpus);
  for (let left = choices.fraction() < 0.5 ? 1 : choices.between(2, 8); left > 0; left--)
    bytes = choices.one(CHANGES)(bytes, choices, corpus);
  return bytes;
}
