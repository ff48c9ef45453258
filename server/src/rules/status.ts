import { type Grams, toKilograms } from '@lotline/schema';
import { FIRST_DAY_OF_THE_PROGRAM, type Rule } from './story';

/**
 * Goods that were held at the border and released as not organic are not organic any more (7 CFR 205.273), nor is what is made of them. Where it
 * was a part of a lot, nobody knows which part went where.
 */
export const lostOrganicStatus: Rule = {
  gap: 'LOST_ORGANIC_STATUS',
  citation: '7 CFR 205.100, 205.273',
  says: 'Nothing of an organic lot was released at the border as not organic.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'FACT',
  find: ({ product, releases }) =>
    product.organic
      ? releases.map(({ number, on, grams }) => ({
          on,
          message: `${grams === null ? 'What was held' : `${toKilograms(grams as Grams)} kg of what was held`} under ${number} was released as not organic.`,
        }))
      : [],
};
