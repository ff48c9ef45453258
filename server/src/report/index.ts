import type { Report } from './report';
import { csvRows, jsonLines } from './rows';
import { tree } from './tree';

export { reportOn } from './report';

/** The forms in which a report may be written, line by line. */
export const REPORT_FORMATS = { table: tree, csv: csvRows, jsonl: jsonLines } satisfies Record<
  string,
  (report: Report) => Iterable<string>
>;
