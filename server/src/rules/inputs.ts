import { sumGrams, toKilograms } from '@lotline/schema';
import { FIRST_DAY_OF_THE_PROGRAM, type InputsOfProduct, type Rule } from './story';

const gramsOf = (inputs: readonly InputsOfProduct[]) => sumGrams(inputs.map((each) => each.grams));

/** Only a harvest comes from nothing: records must span back to the source (7 CFR 205.103(b)(2)). */
export const missingInputs: Rule = {
  gap: 'MISSING_INPUTS',
  citation: '7 CFR 205.103(b)(2)',
  says: 'Records trace every lot that is no harvest back to what it was made of.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'PRODUCER',
  find: ({ kind, inputs, producedOn }) =>
    kind !== 'HARVEST' && inputs.length === 0
      ? [{ on: producedOn, message: 'The lot is no harvest, and nothing says what it was made of.' }]
      : [],
};

/** More came out than went in, water and salt counted (the mass balance of 7 CFR 205.403(d)(4)). */
export const moreOutThanIn: Rule = {
  gap: 'MORE_OUT_THAN_IN',
  citation: '7 CFR 205.403(d)(4)',
  says: 'A lot weighs at most what went into it, water and salt counted.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'PRODUCER',
  find: ({ grams, inputs, producedOn }) => {
    const given = gramsOf(inputs);
    return inputs.length > 0 && given < grams
      ? [{ on: producedOn, message: `The lot weighs ${toKilograms(grams)} kg, but only ${toKilograms(given)} kg went into it.` }]
      : [];
  },
};

/** Harmonized Tariff Schedule: water is heading 2201, salt 2501; neither counts (7 CFR 205.301(b)). */
const WATER_AND_SALT = /^(?:2201|2501)/;

/** Organic means at least 95 % organic ingredients by weight, water and salt apart (7 CFR 205.301(b)). */
export const nonOrganicInput: Rule = {
  gap: 'NON_ORGANIC_INPUT',
  citation: '7 CFR 205.301(b)',
  says: 'Of what went into an organic lot, water and salt apart, at least 95 % by weight is organic.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'PRODUCER',
  find: ({ product, inputs, producedOn }) => {
    const weighed = inputs.filter(({ hts }) => !WATER_AND_SALT.test(hts));
    const all = gramsOf(weighed);
    const nonOrganic = gramsOf(weighed.filter(({ organic }) => !organic));
    return product.organic && nonOrganic * 20n > all
      ? [
          {
            on: producedOn,
            message: `The lot is sold as organic, but ${toKilograms(nonOrganic)} of the ${toKilograms(all)} kg that went into it, water and salt apart, are not.`,
          },
        ]
      : [];
  },
};
