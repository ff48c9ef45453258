import type { Day } from '@lotline/schema';

/** What ACE asks for where a line of the tariff is entered: AM7 that organic data may be filed, AM8 that they must. */
type AmsFlag = 'AM7' | 'AM8';

interface FlaggedLine {
  hts: string;
  /** First day in force. */
  from: Day;
  /** Null for a line that is organic by its own words, of which no source that we could read says which flag it has. */
  flag: AmsFlag | null;
  source: string;
}

const MARCH_2024 = '2024-03-19' as Day;
const FEBRUARY_2026 = '2026-02-13' as Day;
const NOTICE = 'CSMS 67645994 of 2026-02-06';

/** Lines of which CBP announced that their flag goes from AM7 to AM8. */
const FROM_MAY_TO_MUST = [
  '0201305091',
  '0202305091',
  '0202308015',
  '0709510110',
  '0709700010',
  '0710809723',
  '0804306010',
  '0804508020',
  '0811100075',
  '0811902025',
  '0811905010',
  '0811905210',
  '1104120010',
  '1513190030',
  '1801000010',
  '2008991010',
  '2008999150',
  '2009790040',
  '2009897095',
  '2202999130',
  '3504005010',
];

/** Soybeans, soybean meal, quinoa, coffee. */
const CERTIFIED_ORGANIC = ['1201900010', '1208100010', '1008500010', '0901110015'];

/**
 * Flags of the program AMS/OR as far as published notices name them, oldest first; it is not all of them. The message set exists since
 * 2024-03-19, and a line flagged AM8 that lacks it is rejected since 2024-09-19 (CSMS 61139474).
 */
const AMS_FLAGS: readonly FlaggedLine[] = [
  ...FROM_MAY_TO_MUST.flatMap((hts): FlaggedLine[] => [
    { hts, from: MARCH_2024, flag: 'AM7', source: NOTICE },
    { hts, from: FEBRUARY_2026, flag: 'AM8', source: NOTICE },
  ]),
  ...CERTIFIED_ORGANIC.map(
    (hts): FlaggedLine => ({ hts, from: MARCH_2024, flag: null, source: 'HTSUS, statistical suffix "certified organic"' }),
  ),
];

/** The row of a line of the tariff in force on a day; undefined where none is on record. */
export const amsFlagOf = (hts: string, on: Day): FlaggedLine | undefined =>
  AMS_FLAGS.findLast((each) => each.hts === hts && each.from <= on);
