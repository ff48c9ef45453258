import { once } from 'node:events';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { neutral } from '../import';
import type { Cell, Line } from './table';

// A workbook (ECMA-376, SpreadsheetML) written as its rows come: no more than a few of them are ever held. Text stands in the cells
// themselves, since a table of all texts would have to be held to the end.

/** Most rows of a sheet, its header included. */
export const MOST_ROWS = 1_048_576;
/** Most characters of a cell. */
const LONGEST_TEXT = 32_767;

/** A sheet, written row by row. */
export interface Sheet {
  name: string;
  columns: readonly string[];
  /** Rows of cells, some at a time. */
  pages: AsyncIterable<readonly Line[]>;
}

const XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** What of a text XML cannot hold, and what looks as if it stood for it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this looks for
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\r\u000e-\u001f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/g;
const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(UNWRITABLE, (each) => `_x${each.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
    .replace(/[&<>"]/g, (each) => MARKUP[each]!);

/** A text as long as a cell may be; what is cut says so. */
const cut = (text: string): string => {
  if (text.length <= LONGEST_TEXT) return text;
  const said = ` [cut: ${text.length} characters]`;
  return text.slice(0, LONGEST_TEXT - said.length) + said;
};

const A = 'A'.charCodeAt(0);
const lettersOf = (at: number): string => (at < 26 ? String.fromCharCode(A + at) : lettersOf(Math.floor(at / 26) - 1) + lettersOf(at % 26));

/** Styles by their place in `STYLES`. */
const [TEXT, HEADER] = [1, 2];

/** A truth value is text, too: LibreOffice shows one as 1. */
function cellXml(value: Cell, reference: string, style: number): string {
  if (value === null) return '';
  if (typeof value === 'number') return `<c r="${reference}"><v>${value}</v></c>`;
  return `<c r="${reference}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${escaped(cut(neutral(String(value))))}</t></is></c>`;
}

const rowXml = (cells: Line, row: number, style = TEXT): string =>
  `<row r="${row}">${cells.map((cell, at) => cellXml(cell, lettersOf(at) + row, style)).join('')}</row>`;

async function* sheetXml({ columns, pages }: Sheet): AsyncGenerator<string> {
  yield `${XML}<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`;
  // What somebody writes into the columns stays as it is written.
  yield `<cols><col min="1" max="${columns.length}" width="18" style="${TEXT}" customWidth="1"/></cols><sheetData>${rowXml(columns, 1, HEADER)}`;
  let row = 1;
  for await (const page of pages) yield page.map((cells) => rowXml(cells, ++row)).join('');
  yield '</sheetData></worksheet>';
}

const STYLES = `${XML}<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`;

/** The parts that say what the others are, once it is known how many sheets there are. */
function parts(names: readonly string[]): Record<string, string> {
  const numbered = names.map((name, at) => ({ name, number: at + 1 }));
  const override = (part: string, type: string) => `<Override PartName="/xl/${part}" ContentType="${TYPES}.${type}+xml"/>`;
  const relation = (id: string, kind: string, target: string) => `<Relationship Id="${id}" Type="${OFFICE}/${kind}" Target="${target}"/>`;
  return {
    'xl/workbook.xml': `${XML}<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets>${numbered
      .map(({ name, number }) => `<sheet name="${escaped(name)}" sheetId="${number}" r:id="rId${number}"/>`)
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships">${numbered
      .map(({ number }) => relation(`rId${number}`, 'worksheet', `worksheets/sheet${number}.xml`))
      .join('')}${relation('styles', 'styles', 'styles.xml')}</Relationships>`,
    'xl/styles.xml': STYLES,
    '_rels/.rels': `${XML}<Relationships xmlns="${PACKAGE}/relationships">${relation('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>`,
    '[Content_Types].xml': `${XML}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${override('workbook.xml', 'sheet.main')}${override('styles.xml', 'styles')}${numbered
      .map(({ number }) => override(`worksheets/sheet${number}.xml`, 'worksheet'))
      .join('')}</Types>`,
  };
}

/** Every workbook with the same sheets has the same bytes. */
const LONG_AGO = new Date('2000-01-01T00:00:00');

/** The bytes of a workbook, one sheet after the other as they come. */
export async function* workbook(sheets: AsyncIterable<Sheet> | Iterable<Sheet>): AsyncGenerator<Buffer> {
  const zip = new ZipFile();
  const output = zip.outputStream as unknown as Readable;
  const options = { mtime: LONG_AGO, forceDosTimestamp: true };
  const write = async () => {
    const names: string[] = [];
    for await (const sheet of sheets) {
      names.push(sheet.name);
      const xml = Readable.from(sheetXml(sheet), { objectMode: false });
      zip.addReadStream(xml, `xl/worksheets/sheet${names.length}.xml`, options);
      await once(xml, 'end');
    }
    for (const [part, xml] of Object.entries(parts(names))) zip.addBuffer(Buffer.from(xml), part, options);
    zip.end();
  };
  write().catch((error) => output.destroy(error));
  yield* output as AsyncIterable<Buffer>;
}
