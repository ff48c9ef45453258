import type { DocumentType, ImportStage } from '@lotline/schema';
import { BILLS_OF_LADING } from './papers';

// Which papers are expected on the road of an import, stage by stage. What is required breaks a rule where it is missing; the rest helps.

export interface Expected {
  stage: ImportStage;
  /** Any of these will do. */
  types: readonly DocumentType[];
  required: boolean;
  /** Regulation or act. */
  rule: string;
  says: string;
  /** Of each shipment one of its own; of the importer the version in force; else one about the certificate, its lots or its shipments. */
  of: 'ANY' | 'EACH_SHIPMENT' | 'IMPORTER';
  /** Only where an emergency action is on the goods. */
  ifHeld?: true;
}

const BILLS = [...BILLS_OF_LADING];

/**
 * 7 CFR 205.273 (request, review, the importer's verification), 205.103 and 205.2 (records, audit trail), 205.307 (nonretail containers), 205.404
 * (evidence of certification), 7 U.S.C. 6502(13) (what the request form asks); 19 CFR 142.3(a) (entry documentation).
 */
export const CHECKLIST: readonly Expected[] = [
  {
    stage: 'REQUEST',
    types: ['CONTRACT', 'PURCHASE_ORDER'],
    required: true,
    rule: '7 CFR 205.273(a)',
    says: 'A contract or purchase order identifies the importer in the request.',
    of: 'ANY',
  },
  {
    stage: 'REQUEST',
    types: ['INVOICE', 'PACKING_LIST'],
    required: false,
    rule: '7 U.S.C. 6502(13)',
    says: 'An invoice or packing list shows the products and net weights that the request form asks for.',
    of: 'ANY',
  },
  {
    stage: 'REVIEW',
    types: ['ORGANIC_CERTIFICATE'],
    required: false,
    rule: '7 CFR 205.404',
    says: 'The organic certificates of exporter and final handler, where they are not on record themselves.',
    of: 'ANY',
  },
  {
    stage: 'REVIEW',
    types: ['WEIGHT_CERTIFICATE'],
    required: false,
    rule: '7 CFR 205.273(b)',
    says: 'A weight certificate shows that the amount is valid.',
    of: 'ANY',
  },
  {
    stage: 'HAND_OVER',
    types: ['INVOICE', 'SALES_DOCUMENT'],
    required: true,
    rule: '7 CFR 205.103(b)(3)',
    says: 'The importer has the sale on an invoice or another paper that identifies the goods as organic.',
    of: 'ANY',
  },
  {
    stage: 'DEPARTURE',
    types: BILLS,
    required: true,
    rule: '7 CFR 205.2, 205.103(b)(3)',
    says: 'A bill of lading shows how each shipment was carried.',
    of: 'EACH_SHIPMENT',
  },
  {
    stage: 'DEPARTURE',
    types: ['PACKING_LIST'],
    required: true,
    rule: '7 CFR 205.103(b)(3), 205.307',
    says: 'A packing list names the containers of each shipment, which are identified as organic and by their lots.',
    of: 'EACH_SHIPMENT',
  },
  {
    stage: 'DEPARTURE',
    types: ['PHYTOSANITARY_CERTIFICATE'],
    required: false,
    rule: '7 CFR 205.273(d)',
    says: 'A phytosanitary certificate shows whether the goods were treated.',
    of: 'EACH_SHIPMENT',
  },
  {
    stage: 'ENTRY',
    types: ['INVOICE'],
    required: true,
    rule: '19 CFR 142.3(a)',
    says: 'The commercial invoice goes with the entry.',
    of: 'ANY',
  },
  {
    stage: 'ENTRY',
    types: BILLS,
    required: true,
    rule: '19 CFR 142.3(a)',
    says: 'A bill of lading shows the right to make entry.',
    of: 'ANY',
  },
  {
    stage: 'ENTRY',
    types: ['PACKING_LIST'],
    required: false,
    rule: '19 CFR 142.3(a)',
    says: 'The packing list goes with the entry where that is appropriate.',
    of: 'ANY',
  },
  {
    stage: 'ARRIVAL',
    types: ['IMPORT_PROCEDURE'],
    required: true,
    rule: '7 CFR 205.273(d)',
    says: 'The importer verifies what arrived by a documented system, whose version in force is on record.',
    of: 'IMPORTER',
  },
  {
    stage: 'ARRIVAL',
    types: ['WEIGHT_CERTIFICATE'],
    required: false,
    rule: '7 CFR 205.273(d)',
    says: 'A weight certificate or draft survey shows how much arrived.',
    of: 'EACH_SHIPMENT',
  },
  {
    stage: 'ARRIVAL',
    types: ['EMERGENCY_ACTION_NOTIFICATION'],
    required: true,
    rule: '7 CFR 205.273(d), 205.400(f)',
    says: 'The notification shows what was ordered for the goods, and whether they were treated.',
    of: 'ANY',
    ifHeld: true,
  },
  {
    stage: 'RECORDS',
    types: ['CONTRACT', 'PURCHASE_ORDER'],
    required: true,
    rule: '7 CFR 205.103(b)(2)',
    says: 'The purchase is on record.',
    of: 'ANY',
  },
  {
    stage: 'RECORDS',
    types: BILLS,
    required: true,
    rule: '7 CFR 205.103(b)(2)',
    says: 'The transport of each shipment is on record.',
    of: 'EACH_SHIPMENT',
  },
  {
    stage: 'RECORDS',
    types: ['INVOICE', 'SALES_DOCUMENT'],
    required: true,
    rule: '7 CFR 205.103(b)(2)',
    says: 'The sale is on record.',
    of: 'ANY',
  },
  {
    stage: 'RECORDS',
    types: ['PACKING_LIST'],
    required: true,
    rule: '7 CFR 205.103(b)(2)',
    says: 'What was shipped, and how much of it, is on record.',
    of: 'EACH_SHIPMENT',
  },
];
