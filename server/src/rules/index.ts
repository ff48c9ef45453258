import { noImportCertificate } from './certificates';
import { outOfOrderDates } from './dates';
import { missingInputs, moreOutThanIn, nonOrganicInput } from './inputs';
import { overdrawn } from './overdrawn';
import { ownerChangedWithoutTransfer, ownerNotCertified } from './owners';
import { documentNotMarkedOrganic, noDocument } from './papers';
import type { Rule } from './story';
import { noTransport, prohibitedTreatment } from './transport';

export { ARRANGEMENTS } from './arrangements';
export { type CertificateHistory, type Standing, verdictOn, verdictOver } from './certification';
export { BILLS_OF_LADING } from './papers';
export { type Breach, breachesOf, type Flow, type InputsOfProduct, type LotStory, type Presence, type Rule, type Tenure } from './story';

/** Every rule about a lot, in the order in which gaps are told. */
export const RULES: readonly Rule[] = [
  missingInputs,
  moreOutThanIn,
  overdrawn,
  nonOrganicInput,
  ownerChangedWithoutTransfer,
  noTransport,
  noDocument,
  documentNotMarkedOrganic,
  ownerNotCertified,
  noImportCertificate,
  outOfOrderDates,
  prohibitedTreatment,
];
