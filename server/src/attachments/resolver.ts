import { ChecklistStage, type Document, DocumentConnection, ExpectedPaper, ImportCertificate, type Page, Shipment } from '@lotline/schema';
import { Args, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { documentById } from '../documents';
import { PageArguments, pageOfLinked, type Question } from '../questions';
import { checklistOf } from './checklist';

@Resolver(() => ImportCertificate)
export class ImportCertificateChecklistResolver {
  @FieldResolver(() => [ChecklistStage], {
    description:
      'Papers that are expected on its road, stage by stage, and which of them are attached to it, its lots or its shipments, as far as you see.',
  })
  checklist(@Root() { id }: ImportCertificate, @Ctx() { reader, viewer }: Question): Promise<ChecklistStage[]> {
    return reader.loader(checklistOf).load({ noun: 'import_certificate', id, viewer });
  }
}

@Resolver(() => Shipment)
export class ShipmentChecklistResolver {
  @FieldResolver(() => [ChecklistStage], {
    description:
      'Papers that are expected of a shipment of organic goods, and which of them are attached to it or its lots, as far as you see.',
  })
  checklist(@Root() { id }: Shipment, @Ctx() { reader, viewer }: Question): Promise<ChecklistStage[]> {
    return reader.loader(checklistOf).load({ noun: 'shipment', id, viewer });
  }
}

@Resolver(() => ExpectedPaper)
export class ExpectedPaperDocumentsResolver {
  @FieldResolver(() => DocumentConnection, { description: 'Documents of these types, oldest first, each once.' })
  documents(
    @Root() { list, found }: ExpectedPaper,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Document>> {
    return pageOfLinked(question, list, page, () => Promise.resolve(found), documentById);
  }
}
