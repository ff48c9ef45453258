import type { Day, Standard } from '@lotline/schema';

/** An arrangement under which the United States takes a foreign organic certificate for its own (7 U.S.C. 6505(b), 7 CFR 205.511). */
export interface Arrangement {
  standard: Exclude<Standard, 'NOP'>;
  /** First day in force. */
  from: Day;
  /** Whose certificates count: goods grown, processed or packed there. ISO 3166-1; the European Union's are its members'. */
  territory: readonly string[];
  /** What it does not cover, in words; the review of an import certificate reads it. */
  limits: string | null;
}

const EUROPEAN_UNION = 'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' ');

const arrangement = (
  standard: Arrangement['standard'],
  from: string,
  territory: readonly string[],
  limits: string | null = null,
): Arrangement => ({
  standard,
  from: from as Day,
  territory,
  limits,
});

/**
 * The arrangements of equivalence, as the USDA Agricultural Marketing Service lists them under International Trade Partners. First days as
 * announced by the USDA at the time; that of the United Kingdom is the end of its transition out of the European Union.
 */
export const ARRANGEMENTS: readonly Arrangement[] = [
  arrangement('CANADA', '2009-06-17', ['CA'], 'Animal products: only as the arrangement says.'),
  arrangement('EU', '2012-06-01', EUROPEAN_UNION, 'Production, processing or packing in the European Union; no aquatic animals.'),
  arrangement('JAPAN', '2014-01-01', ['JP'], 'Produced, or processed last, in Japan.'),
  arrangement('KOREA', '2014-07-01', ['KR'], 'Processed products only.'),
  arrangement('SWITZERLAND', '2015-07-10', ['CH']),
  arrangement('TAIWAN', '2020-05-30', ['TW'], 'Grown, produced or processed last in Taiwan.'),
  arrangement('UK', '2021-01-01', ['GB'], 'Production, processing or packing in the United Kingdom; no aquatic animals.'),
];
