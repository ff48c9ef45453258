import type { Day, TransportMode } from '@lotline/schema';

/** How long before lading, or before arrival in the United States, customs must have the declaration of the cargo. */
export interface CutOff {
  mode: TransportMode;
  /** First day in force. */
  from: Day;
  hours: number;
  before: 'lading' | 'arrival';
  citation: string;
}

const cutOff = (mode: TransportMode, from: string, hours: number, before: CutOff['before'], citation: string): CutOff => ({
  mode,
  from: from as Day,
  hours,
  before,
  citation,
});

/**
 * The advance declarations of cargo that US Customs and Border Protection asks for: by sea since 67 FR 66318, otherwise since 68 FR 68140, whose
 * ports followed in the course of 2004. Aircraft from nearby areas file when they leave, and trucks of the FAST program within 30 minutes:
 * who is in time here is so there. Modes without a row have no cut-off on record.
 */
export const CUT_OFFS: readonly CutOff[] = [
  cutOff('MARITIME', '2002-12-02', 24, 'lading', '19 CFR 4.7(b)(2)'),
  cutOff('AIR', '2004-01-05', 4, 'arrival', '19 CFR 122.48a(b)'),
  cutOff('RAIL', '2004-01-05', 2, 'arrival', '19 CFR 123.91(b)'),
  cutOff('ROAD', '2004-01-05', 1, 'arrival', '19 CFR 123.92(b)'),
];

/** The cut-off of a mode in force on a day; null where none is on record. */
export const cutOffOf = (mode: TransportMode, on: Day): CutOff | null =>
  CUT_OFFS.findLast((each) => each.mode === mode && each.from <= on) ?? null;
