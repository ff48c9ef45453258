import type { Reader } from '../database';

interface Statement {
  /** Its rows are told by their first column. @param owner SQL of the id of whoever it is asked of */
  sql(owner: string): string;
  parameters: readonly unknown[];
}

/** Owners that are asked for in one statement. */
const ASKED_AT_ONCE = 100;

/** Rows of a statement that is asked of an owner: of all whom one answer asks it of, at once. */
export async function askOf<Row>(reader: Reader, owner: string, { sql, parameters }: Statement): Promise<Row[]> {
  // Each is planned by what is known of that one: by what is so of most, all the lots there are would be read for whoever has few.
  const ask = async (owners: readonly string[]): Promise<Row[][]> => {
    const each = owners.map((_, place) => `select ${place} as of, x.* from (${sql(`$${parameters.length + 1 + place}::uuid`)}) x`);
    const rows = await reader.query<Row & { of: number }>(`${each.join(' union all ')} order by 1, 2`, [...parameters, ...owners]);
    const found: Row[][] = owners.map(() => []);
    for (const row of rows) found[row.of]!.push(row);
    return found;
  };
  const batch = async (_: Reader, owners: readonly string[]): Promise<Row[][]> => {
    const found: Row[][] = [];
    for (let at = 0; at < owners.length; at += ASKED_AT_ONCE) found.push(...(await ask(owners.slice(at, at + ASKED_AT_ONCE))));
    return found;
  };
  return reader.loader<string, Row[]>(batch, JSON.stringify([sql('owner'), parameters])).load(owner);
}
