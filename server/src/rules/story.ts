import type { Day, GapKind, Grams, LotKind } from '@lotline/schema';

/** Grams that came to a holder, or left one. */
export interface Flow {
  holder: string;
  grams: Grams;
  on: Day | null;
}

/** What the rules look at: one lot, and those of its facts that belong to the story being told. */
export interface LotStory {
  kind: LotKind;
  grams: Grams;
  producedOn: Day | null;
  producer: string;
  /** Its live inputs: how many, and their grams. */
  inputs: { count: number; grams: Grams };
  /** What holders received, births apart. */
  receipts: readonly Flow[];
  /** What holders gave: transferred, used or lost. */
  gifts: readonly Flow[];
  /** How a holder is called, for the words of a gap. */
  nameOf: (holder: string) => string;
}

/** A rule broken: when, and in words. */
export interface Breach {
  on: Day | null;
  message: string;
}

/** One rule: what it finds missing or wrong with a lot, and the regulation it stands on. */
export interface Rule {
  gap: GapKind;
  citation: string | null;
  find(story: LotStory): Breach[];
}
