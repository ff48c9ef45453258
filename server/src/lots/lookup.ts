import { Lot, parseCode, parseOperationIdentifier, quote, Refusal } from '@lotline/schema';
import { nounById } from '../database';
import { nounsOfDocuments } from '../documents';
import { idByCode, type Question, visibleNoun } from '../questions';

/** A lot by id, whoever asks: for ids that its rights have let through. */
export const lotById = nounById(Lot);

/** A lot by id; null where there is none, or the viewer may not see it. */
export const visibleLot = (question: Question, id: string): Promise<Lot | null> => visibleNoun(question, 'lot', lotById, id);

/** Lots that documents name. */
export const lotsOfDocuments = nounsOfDocuments('lot');

/** The one lot that a code names, among those the viewer may see; null where there is none. */
export async function findLot(question: Question, code: string, producer: string | null): Promise<Lot | null> {
  const id = await idByCode(question, 'lot', code, producer);
  return id === null ? null : question.reader.loader(lotById).load(id);
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
