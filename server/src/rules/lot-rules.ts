import { certificateOverdrawn, noImportCertificate } from './certificates';
import { outOfOrderDates } from './dates';
import { missingInputs, moreOutThanIn, nonOrganicInput } from './inputs';
import { overdrawn } from './overdrawn';
import { ownerChangedWithoutTransfer, ownerNotCertified } from './owners';
import { documentNotMarkedOrganic, noDocument } from './papers';
import { lostOrganicStatus } from './status';
import type { Rule } from './story';
import { noTransport, prohibitedTreatment } from './transport';

/** Every rule about a lot, in the order in which gaps are told. */
export const LOT_RULES: readonly Rule[] = [
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
  certificateOverdrawn,
  outOfOrderDates,
  prohibitedTreatment,
  lostOrganicStatus,
];
