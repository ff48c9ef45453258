import { toKilograms } from '@lotline/schema';
import type { Rule } from './story';

/** Only a harvest comes from nothing: records must span back to the source (7 CFR 205.103(b)(2)). */
export const missingInputs: Rule = {
  gap: 'MISSING_INPUTS',
  citation: '7 CFR 205.103(b)(2)',
  find: ({ kind, inputs, producedOn }) =>
    kind !== 'HARVEST' && inputs.count === 0
      ? [{ on: producedOn, message: 'The lot is no harvest, and nothing says what it was made of.' }]
      : [],
};

/** More came out than went in, water and salt counted (the mass balance of 7 CFR 205.403(d)(4)). */
export const moreOutThanIn: Rule = {
  gap: 'MORE_OUT_THAN_IN',
  citation: '7 CFR 205.403(d)(4)',
  find: ({ grams, inputs, producedOn }) =>
    inputs.count > 0 && inputs.grams < grams
      ? [{ on: producedOn, message: `The lot weighs ${toKilograms(grams)} kg, but only ${toKilograms(inputs.grams)} kg went into it.` }]
      : [],
};
