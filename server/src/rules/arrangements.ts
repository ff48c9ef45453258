import type { Day, Standard } from '@lotline/schema';

/** An arrangement under which the United States takes a foreign organic certificate for its own (7 U.S.C. 6505(b)). */
export interface Arrangement {
  standard: Exclude<Standard, 'NOP'>;
  /** First day in force. */
  from: Day;
}

const arrangement = (standard: Arrangement['standard'], from: string): Arrangement => ({ standard, from: from as Day });

/**
 * The arrangements of equivalence, as the USDA Agricultural Marketing Service lists them under International Trade Partners. First days as
 * announced by the USDA at the time; that of the United Kingdom is the end of its transition out of the European Union.
 */
export const ARRANGEMENTS: readonly Arrangement[] = [
  arrangement('CANADA', '2009-06-17'),
  arrangement('EU', '2012-06-01'),
  arrangement('JAPAN', '2014-01-01'),
  arrangement('KOREA', '2014-07-01'),
  arrangement('SWITZERLAND', '2015-07-10'),
  arrangement('TAIWAN', '2020-05-30'),
  arrangement('UK', '2021-01-01'),
];
