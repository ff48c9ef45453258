import type { DocumentType } from '@lotline/schema';
import { type Breach, FIRST_DAY_OF_THE_PROGRAM, type Rule, STRENGTHENED_ENFORCEMENT } from './story';

/** A bill of lading, of whichever of its three kinds. */
export const BILLS_OF_LADING: ReadonlySet<DocumentType> = new Set(['BILL_OF_LADING', 'MASTER_BILL_OF_LADING', 'HOUSE_BILL_OF_LADING']);

/** Papers that must identify the goods as organic: they go from hand to hand with these. */
const MUST_BE_MARKED: ReadonlySet<DocumentType> = new Set([
  ...BILLS_OF_LADING,
  'PURCHASE_ORDER',
  'SALES_DOCUMENT',
  'INVOICE',
  'PACKING_LIST',
]);

/** Must such a paper identify the goods as organic? */
export const mustBeMarked = (type: DocumentType): boolean => MUST_BE_MARKED.has(type);

/** An organic lot changed hands without a paper, or travelled without a bill of lading: the audit trail is broken there (7 CFR 205.2). */
export const noDocument: Rule = {
  gap: 'NO_DOCUMENT',
  citation: '7 CFR 205.2, 205.103(b)(3)',
  says: 'An audit trail documents every transfer of ownership and every transport: a transfer of an organic lot has its paper, a shipment that carries one a bill of lading.',
  since: FIRST_DAY_OF_THE_PROGRAM,
  judgedBy: 'HOLDER',
  find: ({ product, gifts, carriages, nameOf }) => {
    if (!product.organic) return [];
    const breaches: Breach[] = [];
    for (const { kind, documented, holder, on } of gifts) {
      if (kind === 'TRANSFER' && !documented)
        breaches.push({ on, holder, message: `${nameOf(holder)} transferred some of the lot, and no paper of that is on record.` });
    }
    for (const { billOfLading, shipper, on } of carriages) {
      if (!billOfLading)
        breaches.push({ on, holder: shipper, message: `${nameOf(shipper)} shipped some of the lot, and no bill of lading is on record.` });
    }
    return breaches;
  },
};

/** Audit trail documentation must identify the product as organic (7 CFR 205.103(b)(3), by Strengthening Organic Enforcement). */
export const documentNotMarkedOrganic: Rule = {
  gap: 'DOCUMENT_NOT_MARKED_ORGANIC',
  citation: '7 CFR 205.103(b)(3)',
  says: 'Bills of lading, purchase orders, sales documents, invoices and packing lists of an organic lot identify it as organic; what nobody looked at counts as not marked.',
  since: STRENGTHENED_ENFORCEMENT,
  judgedBy: 'FACT',
  find: ({ product, papers }) =>
    !product.organic
      ? []
      : papers
          .filter(({ type, markedOrganic }) => mustBeMarked(type) && (markedOrganic === 'NO' || markedOrganic === 'UNKNOWN'))
          .map(({ type, number, markedOrganic, issuedOn }) => ({
            on: issuedOn,
            message: `The ${type.toLowerCase().replaceAll('_', ' ')} ${number} ${
              markedOrganic === 'NO' ? 'is not marked organic' : 'is not known to be marked organic'
            }.`,
          })),
};
