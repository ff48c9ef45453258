import { type Day, quote } from '@lotline/schema';
import { v7 as uuidv7 } from 'uuid';
import type { NewInput } from '../lots';
import { type Book, compare, conflict, equalRow, type KnownLot, keyOf } from './book';
import type { CodeReferences } from './code-references';
import { LOT_INPUTS, type Row } from './columns';
import { weigh } from './weigh';

/** A row of inputs that could be read, with its lots. */
export interface DeclaredInput {
  fact: NewInput;
  row: Row<typeof LOT_INPUTS>;
  output: KnownLot;
  input: KnownLot;
  key: string;
}

/** Inputs of lots that have none yet. */
export async function newInputs(book: Book, references: CodeReferences<KnownLot>): Promise<DeclaredInput[]> {
  const declared: DeclaredInput[] = [];
  const repeats = new Map<string, number>();
  // Outputs of rows with a mistake: their sets are not complete, so they are not compared with what is known.
  const doubted = new Set<string>();
  for (const row of book.folder.rows(LOT_INPUTS)) {
    const { line, values, attributes } = row;
    const output = references.resolve(book, LOT_INPUTS, line, 'output', values.output);
    const input = references.resolve(book, LOT_INPUTS, line, 'input', values.input);
    const grams = weigh(book, LOT_INPUTS, line, values.quantity, values.unit, input?.product ?? null);
    if (!output || !input || !grams) {
      if (output) doubted.add(output.id);
      continue;
    }
    const key = keyOf(input.id, values.quantity.text, values.unit, values.on?.on, values.on?.at, values.reference);
    const earlier = repeats.get(output.id + key);
    if (earlier !== undefined) {
      equalRow(book, LOT_INPUTS, line, earlier);
      continue;
    }
    repeats.set(output.id + key, line);
    const fact: NewInput = {
      id: uuidv7(),
      outputId: output.id,
      inputId: input.id,
      holderId: output.producerId,
      grams,
      value: values.quantity.text,
      unit: values.unit,
      on: values.on?.on ?? null,
      at: values.on?.at ?? null,
      usedOn: values.on?.on ?? output.producedOn,
      reference: values.reference ?? null,
      attributes,
    };
    declared.push({ fact, row, output, input, key });
  }
  let complete = book.folder.whole(LOT_INPUTS);
  for (const { values } of book.folder.broken(LOT_INPUTS)) {
    if (typeof values.output !== 'string') complete = false;
    else for (const lot of references.find(values.output)) doubted.add(lot.id);
  }
  const fresh = complete ? await withoutKnownSets(book, declared, doubted) : declared;
  book.counts[LOT_INPUTS.name] = { recorded: fresh.length, unchanged: declared.length - fresh.length };
  return fresh;
}

interface StoredUse {
  output: string;
  input: string;
  code: string;
  value: string;
  unit: string;
  on_day: Day | null;
  at: Date | null;
  reference: string | null;
  attributes: object | null;
}

/** A lot's inputs are declared once, as a set: the same set is no change, another one a conflict. */
async function withoutKnownSets(book: Book, declared: readonly DeclaredInput[], doubted: ReadonlySet<string>): Promise<DeclaredInput[]> {
  const ids = [...new Set(declared.filter(({ output }) => output.stored && !doubted.has(output.id)).map(({ output }) => output.id))];
  if (ids.length === 0) return [...declared];
  const stored = await book.work.tx.query<StoredUse>(
    `select i.output, i.input, l.code, i.value, i.unit, i.on_day, i.at, i.reference, i.attributes from lot_input i join lot l on l.id = i.input
     where i.output = any($1) and i.retracted_by is null`,
    [ids],
  );
  const known = new Map<string, Map<string, StoredUse>>();
  for (const use of stored) {
    const set = known.get(use.output) ?? new Map<string, StoredUse>();
    known.set(use.output, set.set(keyOf(use.input, use.value, use.unit, use.on_day, use.at, use.reference), use));
  }
  const given = new Map<string, DeclaredInput[]>();
  for (const each of declared) {
    const set = given.get(each.output.id);
    if (set) set.push(each);
    else given.set(each.output.id, [each]);
  }
  const fresh: DeclaredInput[] = [];
  for (const [output, uses] of given) {
    const before = known.get(output);
    if (before) compareSets(book, uses, before);
    else fresh.push(...uses);
  }
  return fresh;
}

/** Notes a CONFLICT that shows the inputs in which the two sets differ. */
function compareSets(book: Book, uses: readonly DeclaredInput[], before: ReadonlyMap<string, StoredUse>): void {
  const keys = new Set(uses.map((use) => use.key));
  const onlyGiven = uses.filter((use) => !before.has(use.key));
  const onlyKnown = [...before].filter(([key]) => !keys.has(key)).map(([, use]) => use);
  const { output, row } = onlyGiven[0] ?? uses[0]!;
  if (onlyGiven.length === 0 && onlyKnown.length === 0) {
    for (const use of uses) compare(book, LOT_INPUTS, use.row, 'the same row', { ...before.get(use.key)! }, {});
    return;
  }
  const known = list(onlyKnown.map((use) => said(use.value, use.unit, use.code, use.on_day, use.reference)));
  const given = list(onlyGiven.map(({ fact, input }) => said(fact.value, fact.unit, input.code, fact.on, fact.reference)));
  const shared = before.size - onlyKnown.length;
  conflict(
    book,
    LOT_INPUTS,
    row.line,
    'output',
    `lot ${quote(output.code)} is known with the inputs ${known}; this folder gives ${given}${shared > 0 ? ` (${shared} are the same)` : ''}`,
    "a lot's inputs are declared once, as a set: repeat all of the known ones, or leave this lot out",
  );
}

const said = (value: string, unit: string, code: string, on: Day | null, reference: string | null): string =>
  `${value} ${unit} of ${quote(code)}${on ? ` on ${on}` : ''}${reference ? `, reference ${quote(reference)}` : ''}`;

const MOST_SAID = 3;

const list = (texts: readonly string[]): string =>
  texts.length === 0
    ? 'nothing else'
    : `${texts.slice(0, MOST_SAID).join(', ')}${texts.length > MOST_SAID ? ` and ${texts.length - MOST_SAID} more` : ''}`;
