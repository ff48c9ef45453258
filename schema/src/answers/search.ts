import { createUnionType, Field, ObjectType } from 'type-graphql';
import { CustomsEntry } from '../nouns/customs-entry';
import { Document } from '../nouns/document';
import { ImportCertificate } from '../nouns/import-certificate';
import { Lot } from '../nouns/lot';
import { Operation } from '../nouns/operation';
import { Shipment } from '../nouns/shipment';
import { type EdgeOf, type Page, PageInfo } from '../relay/connection';

export type Findable = Lot | Operation | Shipment | ImportCertificate | Document | CustomsEntry;

export const SearchResult = createUnionType({
  name: 'SearchResult',
  description: 'What a search may find.',
  types: () => [Lot, Operation, Shipment, ImportCertificate, Document, CustomsEntry] as const,
  resolveType: (value) => value.nodeType,
});

@ObjectType({ simpleResolvers: true, description: 'Something found.' })
export class SearchEdge implements EdgeOf<Findable> {
  @Field(() => String, { description: 'Place in the list; opaque.' })
  cursor: string;

  @Field(() => SearchResult, { description: 'What was found.' })
  node: Findable;

  @Field(() => String, { description: 'The code, number or name that fits what was looked for.' })
  matched: string;
}

@ObjectType({ simpleResolvers: true, description: 'What was found: exact codes first, then codes that begin so, then names.' })
export class SearchConnection implements Omit<Page<Findable>, 'totalCount'> {
  @Field(() => [SearchEdge], { description: 'The page, with a cursor each.' })
  edges: SearchEdge[];

  @Field(() => [SearchResult], { description: 'The page, without cursors.' })
  nodes: Findable[];

  @Field(() => PageInfo, { description: 'Where this page stands in its list.' })
  pageInfo: PageInfo;
}
