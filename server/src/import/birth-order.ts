import type { NewLot } from '../lots';
import type { Book } from './book';
import { type Edge, inBirthOrder } from './circles';
import { LOT_INPUTS } from './columns';
import type { DeclaredInput } from './uses';

/** New lots with every input before its outputs; a circle is noted by its lots. */
export async function inBirthOrderOf(book: Book, lots: readonly NewLot[], declared: readonly DeclaredInput[]): Promise<NewLot[]> {
  const names = new Map<string, string>();
  const lineOf = new Map<string, number>();
  const edges: Edge[] = declared.map(({ fact, output, input, row }) => {
    names.set(output.id, `${output.owner}/${output.code}`).set(input.id, `${input.owner}/${input.code}`);
    lineOf.set(fact.outputId + fact.inputId, row.line);
    return { output: fact.outputId, input: fact.inputId };
  });
  if (declared.some(({ output }) => output.stored)) {
    // Inputs for lots that were there before: what stands behind the stored lots belongs to the picture.
    const start = [...new Set(declared.filter(({ input }) => input.stored).map(({ input }) => input.id))];
    const behind = await book.work.tx.query<{ output: string; input: string; names: [string, string] }>(
      `with recursive behind(lot) as (
         select unnest($1::uuid[]) union select i.input from behind b join lot_input i on i.output = b.lot and i.retracted_by is null
       )
       select i.output, i.input, array[(select op.identifier || '/' || l.code from lot l join operation op on op.id = l.producer where l.id = i.output),
         (select op.identifier || '/' || l.code from lot l join operation op on op.id = l.producer where l.id = i.input)] as names
       from behind b join lot_input i on i.output = b.lot and i.retracted_by is null`,
      [start],
    );
    for (const edge of behind) {
      names.set(edge.output, edge.names[0]).set(edge.input, edge.names[1]);
      edges.push(edge);
    }
  }
  const { order, circles } = inBirthOrder(
    lots.map((lot) => lot.id),
    edges,
  );
  for (const circle of circles) {
    // The last of its rows in this folder is the one that closes it.
    const lines = circle.flatMap((lot, index) => lineOf.get(lot + circle[(index + 1) % circle.length]!) ?? []);
    const path = circle.length > 12 ? [...circle.slice(0, 12).map((lot) => names.get(lot)!), '...'] : circle.map((lot) => names.get(lot)!);
    book.mistakes.add({
      file: LOT_INPUTS.name,
      line: lines.length > 0 ? Math.max(...lines) : null,
      column: 'input',
      code: 'REFUSED',
      wrong: `a lot cannot be made of itself: ${[...path, names.get(circle[0]!)].join(' <- ')}`,
      remedy: 'remove the input that closes the circle',
    });
  }
  const byId = new Map(lots.map((lot) => [lot.id, lot]));
  return order.flatMap((id) => byId.get(id) ?? []);
}
