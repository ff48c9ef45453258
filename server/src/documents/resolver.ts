import {
  CustomsEntry,
  Document,
  DocumentConnection,
  DocumentContent,
  DocumentType,
  EmergencyActionNotification,
  ImportCertificate,
  Lot,
  LotAdjustment,
  MarkedOrganic,
  Operation,
  OperationCertificate,
  Ownership,
  type Page,
  parseFactId,
  Refusal,
  Shipment,
  TraceStep,
  TransferOffer,
  Treatment,
  toGlobalId,
} from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Query, Resolver, Root } from 'type-graphql';
import { idsOf, linked, PageArguments, pageOfLinked, pageOfNouns, type Question } from '../questions';
import {
  documentById,
  documentsOfCustomsEntries,
  documentsOfEmergencyActions,
  documentsOfImportCertificates,
  documentsOfLosses,
  documentsOfLots,
  documentsOfOperationCertificates,
  documentsOfOperations,
  documentsOfShipments,
  documentsOfTransfers,
  documentsOfTreatments,
  inNumberOrder,
  storedFiles,
  visibleDocument,
} from './loaders';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class DocumentFilter {
  @Field(() => [DocumentType], { nullable: true, description: 'What paper it is.' })
  types?: DocumentType[];

  @Field(() => [String], { nullable: true, description: 'Exact numbers.' })
  numbers?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who issued it.' })
  issuers?: string[];

  @Field(() => [MarkedOrganic], { nullable: true, description: 'Does it identify the goods as organic?' })
  markedOrganic?: MarkedOrganic[];
}

@Resolver(() => Document)
export class DocumentResolver {
  @Query(() => DocumentConnection, { description: 'Documents, oldest first.' })
  documents(
    @Arg('filter', () => DocumentFilter, { nullable: true, description: 'Only those that fit it.' }) filter: DocumentFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfNouns(question, {
      list: 'documents',
      noun: 'document',
      page,
      byId: documentById,
      conditions: (where) => {
        where.anyOf('d.type', filter?.types, 'text');
        where.anyOf('d.number', filter?.numbers, 'text');
        where.anyOf('d.issuer', idsOf(filter?.issuers, 'Operation', 'filter.issuers'), 'uuid');
        where.anyOf('d.marked_organic', filter?.markedOrganic, 'text');
      },
    });
  }
}

@Resolver(() => Document)
export class DocumentContentResolver {
  @FieldResolver(() => DocumentContent, { nullable: true, description: 'Its bytes; null where nobody uploaded them.' })
  async content(@Root() { id, contentSha256 }: Document, @Ctx() { reader }: Question): Promise<DocumentContent | null> {
    if (contentSha256 === null) return null;
    const { sha256, bytes, type } = await reader.loader(storedFiles).load(contentSha256);
    return { url: `/documents/${toGlobalId('Document', id)}/content`, sha256, bytes, type };
  }
}

@Resolver(() => Lot)
export class LotDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers that name it, oldest first.' })
  documents(@Root() { id }: Lot, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfLots, id), documentById);
  }
}

@Resolver(() => Shipment)
export class ShipmentDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about it, oldest first.' })
  documents(@Root() { id }: Shipment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfShipments, id), documentById);
  }
}

@Resolver(() => ImportCertificate)
export class ImportCertificateDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about it, oldest first.' })
  documents(
    @Root() { id }: ImportCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfImportCertificates, id), documentById);
  }
}

@Resolver(() => Operation)
export class OperationDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about itself, oldest first, as far as you see them.' })
  documents(@Root() { id }: Operation, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfOperations, id), documentById);
  }
}

@Resolver(() => OperationCertificate)
export class OperationCertificateDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about it, oldest first, as far as you see them.' })
  documents(
    @Root() { id }: OperationCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfOperationCertificates, id), documentById);
  }
}

@Resolver(() => CustomsEntry)
export class CustomsEntryDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about it, oldest first.' })
  documents(
    @Root() { id }: CustomsEntry,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfCustomsEntries, id), documentById);
  }
}

@Resolver(() => EmergencyActionNotification)
export class EmergencyActionDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Papers about it, oldest first.' })
  documents(
    @Root() { id }: EmergencyActionNotification,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfEmergencyActions, id), documentById);
  }
}

@Resolver(() => Ownership)
export class OwnershipDocumentResolver {
  @FieldResolver(() => Document, { nullable: true, description: 'The paper of the transfer.' })
  document(@Root() { documentId }: Ownership, @Ctx() question: Question): Promise<Document | null> | null {
    return documentId ? visibleDocument(question, documentId) : null;
  }

  @FieldResolver(() => DocumentConnection, { description: 'The paper of the transfer, and those attached to it, oldest first.' })
  documents(
    @Root() { fact }: Ownership,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    const transfer = fact === null ? null : parseFactId(fact);
    const links = transfer?.ok ? linked(question, documentsOfTransfers, transfer.value.id) : () => Promise.resolve([]);
    return pageOfLinked(question, `documents of ${fact}`, page, links, documentById);
  }
}

@Resolver(() => Treatment)
export class TreatmentDocumentResolver {
  @FieldResolver(() => Document, { nullable: true, description: 'Its evidence.' })
  document(@Root() { documentId }: Treatment, @Ctx() question: Question): Promise<Document | null> | null {
    return documentId ? visibleDocument(question, documentId) : null;
  }

  @FieldResolver(() => DocumentConnection, { description: 'Its paper, and those attached to it, oldest first.' })
  documents(@Root() { id }: Treatment, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfTreatments, id), documentById);
  }
}

@Resolver(() => LotAdjustment)
export class LotAdjustmentDocumentResolver {
  @FieldResolver(() => Document, { nullable: true, description: 'Its paper.' })
  document(@Root() { documentId }: LotAdjustment, @Ctx() question: Question): Promise<Document | null> | null {
    return documentId ? visibleDocument(question, documentId) : null;
  }

  @FieldResolver(() => DocumentConnection, { description: 'Its paper, and those attached to it, oldest first.' })
  documents(
    @Root() { id }: LotAdjustment,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, `documents of ${id}`, page, linked(question, documentsOfLosses, id), documentById);
  }
}

@Resolver(() => TransferOffer)
export class TransferOfferDocumentResolver {
  @FieldResolver(() => Document, { nullable: true, description: 'Its paper.' })
  document(@Root() { documentId }: TransferOffer, @Ctx() question: Question): Promise<Document | null> | null {
    return documentId ? visibleDocument(question, documentId) : null;
  }
}

/** Most papers that the steps of one answer may name, those of each step counted for themselves. */
const MOST_PAPERS = 20_000;
const papersGiven = new WeakMap<object, number>();

@Resolver(() => TraceStep)
export class TraceStepDocumentsResolver {
  @FieldResolver(() => [Document], { description: 'Its papers, by type and number.' })
  documents(@Root() { documentIds }: TraceStep, @Ctx() { reader }: Question): Promise<Document[]> | Document[] {
    if (documentIds.length === 0) return [];
    const given = (papersGiven.get(reader) ?? 0) + documentIds.length;
    papersGiven.set(reader, given);
    if (given > MOST_PAPERS)
      throw new Refusal({
        code: 'TOO_COSTLY',
        message: `these steps name more than ${MOST_PAPERS} papers`,
        remedy: 'ask for fewer steps at once, or for the documents of the lots and shipments, which come in pages',
      });
    return reader.loader(inNumberOrder).load(documentIds.join(' '));
  }
}
