export { amsFlagOf } from './ams-flags';
export { ARRANGEMENTS } from './arrangements';
export {
  anythingHangsOn,
  type CertificateHistory,
  firstUncertifiedDay,
  hangsOn,
  isCertified,
  type Standing,
  verdictOn,
  verdictOver,
} from './certification';
export { CHECKLIST, type Expected } from './checklist';
export { CUT_OFFS } from './cut-offs';
export { type Deadlines, deadlinesOf, type ExpectedTransport, filingCutOff } from './deadlines';
export { LOT_RULES } from './lot-rules';
export { BILLS_OF_LADING, mustBeMarked } from './papers';
export * from './review';
export {
  type Breach,
  breachesOf,
  type DrawOnCertificate,
  type Flow,
  type InputsOfProduct,
  type LotStory,
  type Presence,
  type Rule,
  type Tenure,
} from './story';
