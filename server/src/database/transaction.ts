import type { PoolClient } from 'pg';

/** A value for one column of every row, with the column's SQL type. */
export type Columns = Record<string, string>;

/** What a command may do inside its transaction. */
export class Transaction {
  constructor(private readonly client: PoolClient) {}

  async query<Row = Record<string, unknown>>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return (await this.client.query(sql, parameters)).rows as Row[];
  }

  /**
   * Inserts any number of rows by one statement, in their order.
   * @param columns column names and SQL types, e.g. `{ id: 'uuid', grams: 'bigint' }`
   * @param rows values in the order of `columns`
   */
  async insert(table: string, columns: Columns, rows: readonly (readonly unknown[])[], onConflict = ''): Promise<void> {
    if (rows.length === 0) return;
    const names = Object.keys(columns);
    const types = Object.values(columns);
    // An array of arrays would be unnested to its elements: such a column travels as JSON-like text and is cast a row at a time.
    const arrays = types.map((type) => (type.endsWith('[]') ? 'text[]' : `${type}[]`));
    const taken = names.map((name, index) => (types[index]!.endsWith('[]') ? `${name}::${types[index]}` : name));
    const sql = `insert into ${table} (${names.join(', ')}) select ${taken.join(', ')} from unnest(${arrays.map((type, index) => `$${index + 1}::${type}`).join(', ')}) with ordinality as t(${names.join(', ')}, ordinality) order by ordinality ${onConflict}`;
    await this.client.query(
      sql,
      names.map((_, index) => arrayLiteral(rows, index)),
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
export function arrayLiteral(rows: readonly (readonly unknown[])[], column: number): string {
  const parts: string[] = [];
  for (const row of rows) parts.push(element(row[column]));
  return `{${parts.join(',')}}`;
}
