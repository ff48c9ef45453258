import type { PoolClient } from 'pg';
import type { StatementTimer } from './deadline';

/** How rows lie in a table: the SQL type of each column, and its value. */
export type Columns<Row> = Record<string, readonly [type: string, value: (row: Row) => unknown]>;

/** What a command may do inside its transaction. */
export class Transaction {
  /** @param timer keeps its statements within a deadline */
  constructor(
    private readonly client: PoolClient,
    private readonly timer?: StatementTimer,
  ) {}

  async query<Row = Record<string, unknown>>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    await this.timer?.before();
    return (await this.client.query(sql, parameters)).rows as Row[];
  }

  /** Inserts any number of rows by one statement, in their order. */
  async insert<Row>(table: string, columns: Columns<Row>, rows: readonly Row[], onConflict = ''): Promise<void> {
    if (rows.length === 0) return;
    const entries = Object.entries(columns);
    const names = entries.map(([name]) => name).join(', ');
    // An array of arrays would be unnested to its elements: such a column travels as text and is cast a row at a time.
    const isArray = (type: string) => type.endsWith('[]');
    const taken = entries.map(([name, [type]]) => (isArray(type) ? `${name}::${type}` : name));
    const given = entries.map(([, [type]], index) => `$${index + 1}::${isArray(type) ? 'text' : type}[]`);
    await this.timer?.before();
    await this.client.query(
      `insert into ${table} (${names}) select ${taken.join(', ')} from unnest(${given.join(', ')}) with ordinality as t(${names}, ordinality)
       order by ordinality ${onConflict}`,
      entries.map(([, [, value]]) => arrayLiteral(rows, value)),
    );
  }
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;

function element(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return quoted(value.toISOString());
  if (Array.isArray(value)) return quoted(`{${value.map(element).join(',')}}`);
  return quoted(JSON.stringify(value));
}

/** PostgreSQL's text form of one column of the rows; written here since the driver's own is many times slower on long arrays. */
function arrayLiteral<Row>(rows: readonly Row[], value: (row: Row) => unknown): string {
  const parts: string[] = [];
  for (const row of rows) parts.push(element(value(row)));
  return `{${parts.join(',')}}`;
}
