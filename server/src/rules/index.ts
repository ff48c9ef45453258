import { outOfOrderDates } from './dates';
import { missingInputs, moreOutThanIn, nonOrganicInput } from './inputs';
import { overdrawn } from './overdrawn';
import { ownerChangedWithoutTransfer, ownerNotCertified } from './owners';
import type { Rule } from './story';
import { noTransport, prohibitedTreatment } from './transport';

export { type CertificateHistory, type Standing, verdictOn, verdictOver } from './certification';
export { breachesOf, type Flow, type InputsOfProduct, type LotStory, type Presence, type Rule, type Tenure } from './story';

/** Every rule about a lot, in the order in which gaps are told. */
export const RULES: readonly Rule[] = [
  missingInputs,
  moreOutThanIn,
  overdrawn,
  nonOrganicInput,
  ownerChangedWithoutTransfer,
  noTransport,
  ownerNotCertified,
  outOfOrderDates,
  prohibitedTreatment,
];
