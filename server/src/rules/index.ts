import { missingInputs, moreOutThanIn } from './inputs';
import { overdrawn } from './overdrawn';
import type { Rule } from './story';

export type { Flow, LotStory, Rule } from './story';

/** Every rule about a lot, in the order in which gaps are told. */
export const RULES: readonly Rule[] = [missingInputs, moreOutThanIn, overdrawn];
