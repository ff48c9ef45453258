// A cell that begins like a formula is one to a spreadsheet, whoever wrote it (OWASP, "CSV Injection"). An apostrophe before it makes it
// text; where such a cell has apostrophes before it already, it gets one more, so that reading takes away what writing put there.

/** Begins like a formula, apostrophes before it or not: = + - @, tab, carriage return, line feed, and their full-width forms. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** Text as a cell that no spreadsheet takes for a formula. */
export const neutral = (text: string): string => (FORMULA.test(text) ? `'${text}` : text);

/** The text that a cell was written for. */
export const meant = (cell: string): string => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);
