import {
  canonicalDecimal,
  type Decimal,
  type NodeType,
  type Parsed,
  parseDecimal,
  parseGlobalId,
  parseUnit,
  type QuantityAsEntered,
  type Unit,
} from '@lotline/schema';
import { z } from 'zod';

// Fields of a command's input, read once by the parsers of the codes: past them nobody checks again.

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

/** A mass as entered, not yet in grams: a bushel weighs what its product says. */
export interface EnteredMass extends QuantityAsEntered {
  decimal: Decimal;
  unit: Unit;
}

export const quantity = z
  .object({ value: read(parseDecimal), unit: read(parseUnit) })
  .transform(({ value, unit }): EnteredMass => ({ decimal: value, value: canonicalDecimal(value), unit }));
