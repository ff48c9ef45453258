import type { As, Lotline } from './lotline';

/** A table as somebody fetched it. */
export interface Downloaded {
  status: number;
  headers: Headers;
  text: string;
  /** Of CSV: every row but the header and the last, by column. */
  rows: Record<string, string>[];
  /** Of CSV: the last row. */
  last: string[];
}

/** Cells of CSV as RFC 4180 has them; none of the server's own code. */
export function cellsOf(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|$)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === ',') continue;
    rows.push(row);
    row = [];
    if (end === '') break;
  }
  return rows.filter((cells) => cells.length > 1 || cells[0] !== '');
}

/** Fetches `/export/...` as anybody would. */
export async function download({ url, token }: Lotline, path: string, as: As = 'analyst', headers: object = {}): Promise<Downloaded> {
  const response = await fetch(`${url}/export/${path}`, {
    headers: { ...(as !== 'nobody' && { authorization: `Bearer ${await token(as)}` }), ...headers },
  });
  const text = await response.text();
  const [header = [], ...lines] = /csv/.test(response.headers.get('content-type') ?? '') ? cellsOf(text) : [];
  const last = lines.pop() ?? [];
  const rows = lines.map((cells) => Object.fromEntries(header.map((column, at) => [column, cells[at]!])));
  return { status: response.status, headers: response.headers, text, rows, last };
}
