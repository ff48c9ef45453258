import { grouped, type Reader } from '../database';

interface Statement {
  /** Its rows are told by their first column. @param owner SQL of the id of whoever it is asked of */
  sql(owner: string): string;
  parameters: readonly unknown[];
}

/** Rows of a statement that is asked of an owner: of all whom one answer asks it of, at once. */
export async function askOf<Row>(reader: Reader, owner: string, { sql, parameters }: Statement): Promise<Row[]> {
  const many = sql('owner.id');
  const batch = async (_: Reader, owners: readonly string[]): Promise<Row[][]> => {
    const last = `$${parameters.length + 1}`;
    // Of one it is planned by what is known of that one.
    if (owners.length === 1) return [await reader.query<Row>(sql(`${last}::uuid`), [...parameters, owners[0]])];
    const rows = await reader.query<Row & { of: string }>(
      `select owner.id as of, x.* from unnest(${last}::uuid[]) as owner(id) cross join lateral (${many}) x order by 1, 2`,
      [...parameters, owners],
    );
    return grouped(owners, rows, ({ of }) => of);
  };
  return reader.loader<string, Row[]>(batch, JSON.stringify([many, parameters])).load(owner);
}
