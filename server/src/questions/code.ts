import { parseCode, parseOperationIdentifier, Refusal } from '@lotline/schema';
import { subjectVisible } from '../access';
import type { Question } from './question';

/** Nouns that are named by a code which is unique within its owner only: their columns, which are the names of the arguments too. */
const CODED = {
  lot: { code: 'code', owner: 'producer' },
  shipment: { code: 'reference', owner: 'shipper' },
} as const;

/** Most owners that an AMBIGUOUS names. */
const MOST_NAMED = 10;

/**
 * The id of the one noun that a code names, among those the viewer may see; null where there is none.
 * @param owner NOP ID or SCHEME:value, where the code alone is not unique
 * @throws Refusal AMBIGUOUS naming the owners; BAD_USER_INPUT for a code or identifier that cannot be one
 */
export async function idByCode(
  { reader, viewer }: Question,
  noun: keyof typeof CODED,
  text: string,
  owner: string | null,
): Promise<string | null> {
  const argument = CODED[noun];
  const refuse = (path: string, { wrong, remedy }: { wrong: string; remedy: string }) =>
    new Refusal({ code: 'BAD_USER_INPUT', message: wrong, path: [path], remedy });
  const code = parseCode(text);
  if (!code.ok) throw refuse(argument.code, code);
  const identifier = owner === null ? null : parseOperationIdentifier(owner);
  if (identifier && !identifier.ok) throw refuse(argument.owner, identifier);
  const rows = await reader.query<{ id: string; owner: string }>(
    `select n.id, o.identifier as owner from ${noun} n join operation o on o.id = n.${argument.owner}
     where n.${argument.code} = $1 and ($2::text is null or o.identifier = $2) and ${subjectVisible(viewer, 'n.id')}
     order by o.identifier limit ${MOST_NAMED + 1}`,
    [code.value, identifier?.value ?? null],
  );
  if (rows.length <= 1) return rows[0]?.id ?? null;
  const owners = rows.slice(0, MOST_NAMED).map((row) => row.owner);
  throw new Refusal({
    code: 'AMBIGUOUS',
    message: `several ${argument.owner}s have a ${noun} of this ${argument.code}: ${owners.join(', ')}${rows.length > MOST_NAMED ? ' and more' : ''}`,
    path: [argument.code],
    remedy: `name the ${argument.owner} too, e.g. ${argument.owner}: ${JSON.stringify(owners[0])}`,
  });
}
