import { createHash } from 'node:crypto';
import type { Page, Section } from './page';

/** What is on the paper beside what the page says. */
export interface Imprint {
  hash: string;
  /** The instant that it reflects, ISO 8601, and the cursor of that state. */
  at: string;
  cursor: string;
  /** What tells whether it still says the same. */
  verifyAt: string;
}

/**
 * For black ink on any paper. What stands in the foot of the outer table is repeated on every page by every browser; the numbers of pages
 * are where browsers know margin boxes.
 */
const STYLE = `
@page { margin: 14mm 12mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font: 8pt sans-serif; } }
html { font: 9pt/1.35 'Liberation Sans', Arial, 'Noto Sans', sans-serif; color: #000; background: #fff; }
body { margin: 0; overflow-wrap: break-word; }
h1 { font-size: 15pt; margin: 0 0 2mm; }
h2 { font-size: 11pt; margin: 5mm 0 1mm; break-after: avoid; }
p { margin: 1mm 0; }
table { border-collapse: collapse; width: 100%; }
thead { display: table-header-group; }
tfoot { display: table-footer-group; }
th, td { border: 0.2mm solid #000; padding: 0.6mm 1mm; text-align: left; vertical-align: top; font-weight: normal; }
thead th { font-weight: bold; }
section tr { break-inside: avoid; }
tbody > tr > th { width: 30%; }
td.day, td.mass { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.mass { text-align: right; }
.wide { font-size: 7pt; }
.sheet > * > tr > td { border: 0; padding: 0; }
.sheet > tfoot > tr > td { padding-top: 2mm; font: 7pt monospace; }
@media screen { body { max-width: 200mm; margin: 6mm auto; padding: 0 4mm; } }
`;

/** Nothing runs, and nothing is fetched: a page is its own text and this style. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  'sandbox',
].join('; ');

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Characters that nobody sees and that turn the order of others, or stand for nothing on paper. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const UNSEEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text as text, whatever it holds; what nobody sees stands there by its number. */
const escaped = (text: string): string =>
  text
    .replace(UNSEEN, (each) => `[U+${each.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`)
    .replace(/[&<>"']/g, (each) => ESCAPES[each]!);

/** Where a long word may be broken: not near its ends. */
const BREAKS = /(?<=\S{12})(?=\S{12})/u;

/** The same as a piece of its own, which turns nothing around it: names are written from either side. */
const piece = (text: string): string => `<bdi>${text.split(BREAKS).map(escaped).join('<wbr>')}</bdi>`;

const MASS = /^-?\d+(?:\.\d+)? kg$/;
const DAY = /^\d{4}-\d\d-\d\d$/;
const cell = (text: string): string => {
  const kind = MASS.test(text) ? ' class="mass"' : DAY.test(text) ? ' class="day"' : '';
  return `<td${kind}>${piece(text)}</td>`;
};

/** From so many columns on a table is set smaller. */
const WIDE = 8;

function section({ heading, says, columns, rows }: Section): string {
  const head =
    columns.length > 0 ? `<thead><tr>${columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('')}</tr></thead>` : '';
  const body = rows.map(([first, ...others]) =>
    columns.length > 0
      ? `<tr>${[first!, ...others].map(cell).join('')}</tr>`
      : `<tr><th scope="row">${escaped(first!)}</th>${others.map(cell).join('')}</tr>`,
  );
  return [
    `<section><h2>${escaped(heading)}</h2>`,
    ...says.map((sentence) => `<p>${piece(sentence)}</p>`),
    ...(rows.length > 0 ? [`<table${columns.length < WIDE ? '' : ' class="wide"'}>${head}<tbody>`, ...body, '</tbody></table>'] : []),
    '</section>',
  ].join('\n');
}

/** A page as HTML that is made for print. */
export function htmlOf({ title, printedFor, sections }: Page, { hash, at, cursor, verifyAt }: Imprint): string {
  const imprint = section({
    heading: 'This print',
    says: [],
    columns: [],
    rows: [
      ['Reflects the records of', at],
      ['State of the log', cursor],
      ['Printed for', printedFor],
      ['Content hash, SHA-256', hash],
      ['Does it still say the same?', `GET ${verifyAt}`],
    ],
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<table class="sheet" role="presentation">
<tfoot><tr><td>SHA-256 ${hash}</td></tr></tfoot>
<tbody><tr><td>
<h1>${piece(title)}</h1>
${imprint}
${sections.map(section).join('\n')}
<p>A hyphen alone: nothing is on record, or it is not for whom this was printed to see. Masses are exact.</p>
</td></tr></tbody>
</table>
</body>
</html>
`;
}
