import { createUnionType } from 'type-graphql';
import { Document, Lot, Operation, Product, Shipment } from '../nouns';

export const ReviewSubject = createUnionType({
  name: 'ReviewSubject',
  description: 'What the evidence of a review is about.',
  types: () => [Document, Lot, Operation, Product, Shipment] as const,
  resolveType: ({ nodeType }) => nodeType,
});
export type ReviewSubject = Document | Lot | Operation | Product | Shipment;
