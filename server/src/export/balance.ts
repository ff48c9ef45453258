import { type Document, type Lot, type Operation, toKilograms } from '@lotline/schema';
import { documentById } from '../documents';
import { lotById } from '../lots';
import { operationById } from '../operations';
import type { Question } from '../questions';
import { balanceFor, type MassBalanceRequest, stepsOfBalance } from '../trace';
import { ALL_THERE, type Line, type Table } from './table';

const PAGE = 1000;

/** A mass balance: the facts of its period, then its sums. */
export async function balanceTable(question: Question, request: MassBalanceRequest): Promise<Table> {
  const { reader, notes } = question;
  const sums = await balanceFor(question, request);
  const operation = async (id: string | null) =>
    id === null ? null : ((await reader.loader(operationById).load(id)) as Operation).identifier;
  const paper = async (id: string | null): Promise<string | null> => {
    if (id === null) return null;
    const { type, number } = (await reader.loader(documentById).load(id)) as Document;
    notes.read('Document', id);
    return `${type}/${number}`;
  };
  async function* pages(): AsyncGenerator<Line[]> {
    for (let after: readonly string[] | null = null; ; ) {
      const steps = await stepsOfBalance(reader, request, { kinds: null, after, limit: PAGE, known: null });
      yield Promise.all(
        steps.map(async (step): Promise<Line> => {
          const lot = (await reader.loader(lotById).load(step.lot)) as Lot;
          const [producer, from, to, document] = await Promise.all([
            operation(lot.producerId),
            operation(step.sender),
            operation(step.receiver),
            paper(step.document),
          ]);
          return [
            'fact',
            step.kind,
            step.on,
            step.at?.toISOString() ?? null,
            `${producer}/${lot.code}`,
            toKilograms(step.grams),
            from,
            to,
            document,
          ];
        }),
      );
      if (steps.length < PAGE) break;
      after = steps.at(-1)!.key;
      reader.forget();
    }
    yield Object.entries(sums).map(
      ([name, grams]): Line => ['sum', name.toUpperCase(), null, null, null, toKilograms(grams), null, null, null],
    );
  }
  return {
    name: 'mass-balance',
    columns: 'row,kind,on,at,lot,kilograms,from,to,document'.split(','),
    pages,
    ending: async () => ALL_THERE,
  };
}
