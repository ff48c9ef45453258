import {
  canonicalDecimal,
  type Decimal,
  type Grams,
  type NodeType,
  type Parsed,
  parseDecimal,
  parseGlobalId,
  parseUnit,
  type QuantityAsEntered,
  type Reason,
  Refusal,
  toGrams,
  type Unit,
} from '@lotline/schema';
import { Field, InputType } from 'type-graphql';
import { z } from 'zod';

// Fields of a command's input, read once by the parsers of the codes: past them nobody checks again.

@InputType({ description: 'What every command takes.' })
export abstract class CommandInput {
  @Field(() => String, { description: 'The same key with the same input gives the same outcome again; remembered for 30 days.' })
  idempotencyKey: string;
}

/** The key of a command, as the runner reads it. */
export const idempotencyKey = z.string('it is missing');

/** One of a list of codes. @param what as a person says it, e.g. "a scope" */
export const oneOf = <Code extends string>(codes: Readonly<Record<string, Code>>, what: string) =>
  z.enum(codes as Record<Code, Code>, `${what} is one of ${Object.values(codes).join(', ')}`);

/** The words for the argument `input` of every mutation. */
export const INPUT = { description: 'What to do, and the idempotencyKey under which it is done once.' };

/** A text that a parser of ours reads. */
export const read = <T>(parse: (text: string) => Parsed<T>) =>
  z.string('it is missing').transform((text, context): T => {
    const parsed = parse(text);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: parsed.wrong, params: { remedy: parsed.remedy } });
    return z.NEVER;
  });

/** A global id of a type of noun, as its UUID. */
export const idOf = (type: NodeType) =>
  read((text) => {
    const parsed = parseGlobalId(text, type);
    return parsed.ok ? { ok: true, value: parsed.value.id } : parsed;
  });

/** A field that may be left out, or null. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

@InputType({ description: 'A mass as it is written down.' })
export class QuantityInput {
  @Field(() => String, { description: 'A decimal, e.g. "8164.663"; metric masses in whole grams.' })
  value: string;

  @Field(() => String, {
    description: 'UN/ECE Recommendation 20: KGM GRM TNE LBR ONZ STN LTN, or BUA by the bushel weight of the product.',
  })
  unit: string;
}

/** A mass as entered, not yet in grams: a bushel weighs what its product says. */
export interface EnteredMass extends QuantityAsEntered {
  decimal: Decimal;
  unit: Unit;
}

export const quantity = z
  .object({ value: read(parseDecimal), unit: read(parseUnit) })
  .transform(({ value, unit }): EnteredMass => ({ decimal: value, value: canonicalDecimal(value), unit }));

/** The mass in grams, or the reason it is none. */
export function weigh(mass: EnteredMass, kgPerBushel: string | null): Grams | Reason {
  const weighed = toGrams(mass.decimal, mass.unit, kgPerBushel);
  return weighed.ok ? weighed.value : { code: 'BAD_USER_INPUT', message: weighed.wrong, remedy: weighed.remedy };
}

export const isReason = (value: Grams | Reason): value is Reason => typeof value !== 'bigint';

/** What is wrong with an input, field by field. @param at where the input stands */
export const reasonsOf = (error: z.ZodError, at: (string | number)[]): Reason[] =>
  error.issues.map((issue) => ({
    code: 'BAD_USER_INPUT',
    message: issue.message,
    path: [...at, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))],
    remedy: (issue as { params?: { remedy?: string } }).params?.remedy ?? 'see the description of the field',
  }));

/** Reads the argument `input` of a question as commands read theirs. @throws Refusal BAD_USER_INPUT with every reason */
export function readInput<Input>(schema: z.ZodType<Input>, input: unknown): Input {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new Refusal(reasonsOf(parsed.error, ['input']));
}
