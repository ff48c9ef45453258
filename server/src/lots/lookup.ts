import { Lot, parseCode, parseOperationIdentifier, quote, Refusal } from '@lotline/schema';
import { seesAll, subjectVisible } from '../access';
import { alike, type BatchOf, nounById } from '../database';
import type { Question } from '../questions';

/** A lot by id, whoever asks: for ids that its rights have let through. */
export const lotById = nounById(Lot);

/** Lots by id, where a condition on `l.id` holds. */
const lotsSeen: BatchOf<{ id: string; seen: string }, boolean> = async (reader, keys) => {
  const found = new Set<string>();
  for (const group of alike(keys, ({ seen }) => [seen])) {
    const sql = `select l.id from lot l where l.id = any($1) and ${group[0]!.seen}`;
    for (const { id } of await reader.query<{ id: string }>(sql, [group.map((key) => key.id)])) found.add(id);
  }
  return keys.map(({ id }) => found.has(id));
};

/** A lot by id; null where there is none, or the viewer may not see it. */
export async function visibleLot(question: Question, id: string): Promise<Lot | null> {
  const { reader, viewer } = question;
  const seen = seesAll(viewer) || (await reader.loader(lotsSeen).load({ id, seen: subjectVisible(viewer, 'l.id') }));
  return seen ? reader.loader(lotById).load(id) : null;
}

/**
 * The one lot that a code names, among those the viewer may see; null where there is none.
 * @param producer NOP ID or SCHEME:value, where the code alone is not unique
 * @throws Refusal AMBIGUOUS naming the producers; BAD_USER_INPUT for a code or identifier that cannot be one
 */
export async function findLot(question: Question, text: string, producer: string | null): Promise<Lot | null> {
  const { reader, viewer } = question;
  const code = parseCode(text);
  if (!code.ok) throw new Refusal({ code: 'BAD_USER_INPUT', message: code.wrong, path: ['code'], remedy: code.remedy });
  const identifier = producer === null ? null : parseOperationIdentifier(producer);
  if (identifier && !identifier.ok)
    throw new Refusal({ code: 'BAD_USER_INPUT', message: identifier.wrong, path: ['producer'], remedy: identifier.remedy });
  const rows = await reader.query<{ id: string; producer: string }>(
    `select l.id, o.identifier as producer from lot l join operation o on o.id = l.producer
     where l.code = $1 and ($2::text is null or o.identifier = $2) and ${subjectVisible(viewer, 'l.id')} order by o.identifier limit 11`,
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

/** Every way in which a name can be read as `OPERATION/code`: both parts may hold slashes of their own. */
export function* cuts(text: string): Generator<{ producer: string; code: string }> {
  for (let at = text.indexOf('/'); at >= 0; at = text.indexOf('/', at + 1)) {
    const producer = parseOperationIdentifier(text.slice(0, at));
    const code = text.slice(at + 1).trim();
    if (producer.ok && code !== '') yield { producer: producer.value, code };
  }
}

/**
 * The one lot that a name means: tried whole first, then as `OPERATION/code`.
 * @throws Refusal NOT_FOUND, or AMBIGUOUS naming the ways to write it
 */
export async function lotNamed(question: Question, name: string): Promise<Lot> {
  const lots: Lot[] = [];
  try {
    const whole = parseCode(name).ok ? await findLot(question, name, null) : null;
    if (whole) return whole;
    for (const { code, producer } of cuts(name)) {
      const lot = parseCode(code).ok ? await findLot(question, code, producer) : null;
      if (lot) lots.push(lot);
    }
  } catch (error) {
    if (!(error instanceof Refusal) || error.reasons[0].code !== 'AMBIGUOUS') throw error;
    throw new Refusal({ ...error.reasons[0], remedy: 'write it as OPERATION/code' });
  }
  if (lots.length === 1) return lots[0]!;
  if (lots.length === 0)
    throw new Refusal({ code: 'NOT_FOUND', message: `there is no lot ${quote(name)}`, remedy: 'write its code, or OPERATION/code' });
  throw new Refusal({
    code: 'AMBIGUOUS',
    message: `${quote(name)} may be read as ${lots.length} lots`,
    remedy: 'choose another of their codes',
  });
}
