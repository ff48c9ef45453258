import { Lot, parseCode, parseOperationIdentifier, Refusal } from '@lotline/schema';
import { lotVisible } from '../access';
import { nounById } from '../database';
import type { Question } from '../questions';

export const lotById = nounById(Lot);

/**
 * The one lot that a code names, among those the viewer may see; null where there is none.
 * @param producer NOP ID or SCHEME:value, where the code alone is not unique
 * @throws Refusal AMBIGUOUS naming the producers; BAD_USER_INPUT for a code or identifier that cannot be one
 */
export async function findLot({ reader, viewer }: Question, text: string, producer: string | null): Promise<Lot | null> {
  const code = parseCode(text);
  if (!code.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: code.wrong, path: ['code'], remedy: code.remedy });
  const identifier = producer === null ? null : parseOperationIdentifier(producer);
  if (identifier && !identifier.ok)
    throw new Refusal({ code: 'BAD_USER_INPUT', message: identifier.wrong, path: ['producer'], remedy: identifier.remedy });
  const rows = await reader.query<{ id: string; producer: string }>(
    `select l.id, o.identifier as producer from lot l join operation o on o.id = l.producer
     where l.code = $1 and ($2::text is null or o.identifier = $2) and ${lotVisible(viewer)} order by o.identifier limit 11`,
    [code.value, identifier?.value ?? null],
  );
  if (rows.length > 1) {
    const producers = rows.slice(0, 10).map((row) => row.producer);
    throw new Refusal({
      code: 'AMBIGUOUS',
      message: `several producers have a lot of this code: ${producers.join(', ')}${rows.length > 10 ? ' and more' : ''}`,
      path: ['code'],
      remedy: `name the producer too, e.g. producer: ${JSON.stringify(producers[0])}`,
    });
  }
  return rows[0] ? reader.loader(lotById).load(rows[0].id) : null;
}
