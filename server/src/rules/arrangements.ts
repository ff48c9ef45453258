import type { Day, Standard } from '@lotline/schema';

/** An arrangement under which the United States takes a foreign organic certificate for its own (7 U.S.C. 6505(b)). */
export interface Arrangement {
  standard: Exclude<Standard, 'NOP'>;
  /** First day in force. */
  from: Day;
  /** Countries (ISO 3166-1) in which the goods were produced, processed or packed; null where it does not ask. */
  territory: readonly string[] | null;
  /** Does it cover processed goods only? */
  processedOnly: boolean;
}

const arrangement = (
  standard: Arrangement['standard'],
  from: string,
  territory: Arrangement['territory'],
  processedOnly = false,
): Arrangement => ({ standard, from: from as Day, territory, processedOnly });

/** Member states of the European Union. */
const EUROPEAN_UNION = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

/**
 * The arrangements of equivalence, as the USDA Agricultural Marketing Service lists them under International Trade Partners. First days as
 * announced by the USDA at the time; that of the United Kingdom is the end of its transition out of the European Union. That with Canada
 * does not ask where the goods come from; that with Korea covers processed goods. All set terms for animal products (antibiotics, stocking
 * rates), which no record here shows.
 */
export const ARRANGEMENTS: readonly Arrangement[] = [
  arrangement('CANADA', '2009-06-17', null),
  arrangement('EU', '2012-06-01', EUROPEAN_UNION),
  arrangement('JAPAN', '2014-01-01', ['JP']),
  arrangement('KOREA', '2014-07-01', ['KR'], true),
  arrangement('SWITZERLAND', '2015-07-10', ['CH', 'LI']),
  arrangement('TAIWAN', '2020-05-30', ['TW']),
  arrangement('UK', '2021-01-01', ['GB']),
];

const chapterOf = (hts: string): number => Number(hts.slice(0, 2));
/** Harmonized Tariff Schedule: chapters 1 to 5 are of animals, 16 is prepared meat and fish. */
export const isAnimalProduct = (hts: string): boolean => chapterOf(hts) <= 5 || chapterOf(hts) === 16;
/** Harmonized Tariff Schedule: foodstuffs are prepared from chapter 16 on; milling products are chapter 11, oils 15. */
export const isProcessed = (hts: string): boolean => chapterOf(hts) >= 15 || chapterOf(hts) === 11;
