import {
  CustomsEntryLine,
  DateScalar,
  type Day,
  Document,
  type Grams,
  ImportCertificate,
  ImportCertificateConnection,
  ImportCertificateLine,
  ImportCertificateLineConnection,
  ImportCertificateRevision,
  ImportCertificateStatus,
  ImportCertificateStatusFact,
  KilogramsScalar,
  Lot,
  Operation,
  type Page,
  Shipment,
  sumGrams,
  TraceStep,
} from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { nounsOfDocuments } from '../documents';
import { linked, PageArguments, pageOfFacts, pageOfLinked, type Question, seen } from '../questions';
import { ImportCertificateFilter, listImportCertificates } from './list';
import {
  certificatesOfLots,
  certificatesOfShipments,
  claimsOf,
  drawnOn,
  findImportCertificate,
  historyOf,
  importCertificateById,
  linesOf,
  revisionsOf,
  visibleImportCertificate,
} from './loaders';

/** Net mass that a certificate covers: as stated, else the sum of its lines. */
export const massOf = async ({ reader }: Question, { id, grams }: ImportCertificate): Promise<Grams> =>
  grams ?? sumGrams((await reader.loader(linesOf).load(id)).map((line) => line.grams));

/** Its number, where it has one and the viewer sees that it was issued. */
export async function numberOf({ reader, viewer }: Question, { id, issuedNumber }: ImportCertificate): Promise<string | null> {
  if (issuedNumber === null || viewer.certifierId === null) return issuedNumber;
  const history = await reader.loader(historyOf).load({ id, viewer });
  return history.some(({ status }) => status === 'ISSUED') ? issuedNumber : null;
}

@Resolver(() => ImportCertificate)
export class ImportCertificateResolver {
  @Query(() => ImportCertificate, { nullable: true, description: 'By its number; null where there is none, or the viewer may not see it.' })
  importCertificate(
    @Arg('number', () => String, { description: '21 characters, NNN-NNNNNNNNNN-NNNNNN.' }) number: string,
    @Ctx() question: Question,
  ): Promise<ImportCertificate | null> {
    return findImportCertificate(question, number);
  }

  @Query(() => ImportCertificateConnection, { description: 'Import certificates, oldest first.' })
  importCertificates(
    @Arg('filter', () => ImportCertificateFilter, { nullable: true, description: 'Only those that fit it.' })
    filter: ImportCertificateFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificate>> {
    return listImportCertificates(question, 'import certificates', filter, page);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      '21 characters, NNN-NNNNNNNNNN-NNNNNN; null before it is issued in the Organic Integrity Database, or where you do not see that.',
  })
  number(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<string | null> {
    return numberOf(question, certificate);
  }

  @FieldResolver(() => ImportCertificateStatus, { description: 'Where it stands: the last step of its history.' })
  async status(@Root() { id }: ImportCertificate, @Ctx() { reader, viewer }: Question): Promise<ImportCertificateStatus> {
    return (await reader.loader(historyOf).load({ id, viewer })).at(-1)!.status;
  }

  @FieldResolver(() => [ImportCertificateStatusFact], { description: 'Every step in its standing, oldest first.' })
  history(@Root() { id }: ImportCertificate, @Ctx() { reader, viewer }: Question): Promise<ImportCertificateStatusFact[]> {
    return reader.loader(historyOf).load({ id, viewer });
  }

  @FieldResolver(() => [ImportCertificateRevision], { description: 'What was changed after its issue, oldest first; it keeps its number.' })
  revisions(@Root() { id }: ImportCertificate, @Ctx() { reader, viewer }: Question): Promise<ImportCertificateRevision[]> {
    return reader.loader(revisionsOf).load({ id, viewer });
  }

  @FieldResolver(() => DateScalar, { nullable: true, description: 'Day on which the exporter asked for it.' })
  requestedOn(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<Day | null> {
    return dayOf(question, certificate, 'REQUESTED');
  }

  @FieldResolver(() => DateScalar, { nullable: true, description: 'Day on which it was issued.' })
  issuedOn(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<Day | null> {
    return dayOf(question, certificate, 'ISSUED');
  }

  @FieldResolver(() => KilogramsScalar, { description: 'Net mass covered: as stated, else the sum of its lines.' })
  kilograms(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<Grams> {
    return massOf(question, certificate);
  }

  @FieldResolver(() => KilogramsScalar, { description: 'What customs entries drew on it.' })
  drawn(@Root() { id }: ImportCertificate, @Ctx() question: Question): Promise<Grams> {
    return seen(question, drawnOn, id);
  }

  @FieldResolver(() => KilogramsScalar, { description: 'kilograms - drawn; negative where more was drawn than it covers.' })
  async remaining(@Root() certificate: ImportCertificate, @Ctx() question: Question): Promise<Grams> {
    const [mass, drawn] = await Promise.all([massOf(question, certificate), seen(question, drawnOn, certificate.id)]);
    return (mass - drawn) as Grams;
  }

  @FieldResolver(() => ImportCertificateLineConnection, { description: 'What it covers: by product, then lot.' })
  lines(
    @Root() { id }: ImportCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificateLine>> {
    return pageOfFacts(question, `lines of ${id}`, page, () => question.reader.loader(linesOf).load(id));
  }

  @FieldResolver(() => ImportCertificateLineConnection, {
    description: 'Of a certificate for a period: what it claimed of lots as shipments departed under it, by day, then lot.',
  })
  claims(
    @Root() { id }: ImportCertificate,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificateLine>> {
    return pageOfFacts(question, `claims of ${id}`, page, (known) => seen(question, claimsOf, id, known));
  }
}

const dayOf = async ({ reader, viewer }: Question, { id }: ImportCertificate, status: ImportCertificateStatus): Promise<Day | null> =>
  (await reader.loader(historyOf).load({ id, viewer })).find((step) => step.status === status)?.onDay ?? null;

@Resolver(() => Lot)
export class LotImportCertificatesResolver {
  @FieldResolver(() => ImportCertificateConnection, {
    description: 'Import certificates of which a line names it, or under which an entry names it, oldest first.',
  })
  importCertificates(
    @Root() { id }: Lot,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificate>> {
    return pageOfLinked(question, `import certificates of ${id}`, page, linked(question, certificatesOfLots, id), importCertificateById);
  }
}

@Resolver(() => Shipment)
export class ShipmentImportCertificatesResolver {
  @FieldResolver(() => ImportCertificateConnection, {
    description: 'Where it enters the United States: the import certificates of its lots that name its consignee, oldest first.',
  })
  importCertificates(
    @Root() { id }: Shipment,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificate>> {
    const certificates = linked(question, certificatesOfShipments, id);
    return pageOfLinked(question, `import certificates of ${id}`, page, certificates, importCertificateById);
  }
}

@Resolver(() => Operation)
export class OperationImportCertificatesResolver {
  @FieldResolver(() => ImportCertificateConnection, { description: 'Import certificates that name it, oldest first.' })
  importCertificates(
    @Root() { id }: Operation,
    @Arg('filter', () => ImportCertificateFilter, { nullable: true, description: 'Only those that fit it.' })
    filter: ImportCertificateFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificate>> {
    return listImportCertificates(question, `import certificates of ${id}`, filter, page, id);
  }
}

@Resolver(() => CustomsEntryLine)
export class CustomsEntryLineCertificateResolver {
  @FieldResolver(() => ImportCertificate, { nullable: true, description: 'What it draws on.' })
  importCertificate(
    @Root() { importCertificateId }: CustomsEntryLine,
    @Ctx() question: Question,
  ): Promise<ImportCertificate | null> | null {
    return importCertificateId ? visibleImportCertificate(question, importCertificateId) : null;
  }
}

const certificatesOfDocuments = nounsOfDocuments('import_certificate');

@Resolver(() => Document)
export class DocumentImportCertificatesResolver {
  @FieldResolver(() => ImportCertificateConnection, { description: 'Import certificates that it is about, oldest first.' })
  importCertificates(
    @Root() { id }: Document,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<ImportCertificate>> {
    const certificates = linked(question, certificatesOfDocuments, id);
    return pageOfLinked(question, `import certificates of ${id}`, page, certificates, importCertificateById);
  }
}

@Resolver(() => TraceStep)
export class TraceStepCertificateResolver {
  @FieldResolver(() => ImportCertificate, { nullable: true, description: 'The import certificate issued, or entered under.' })
  importCertificate(@Root() { importCertificateId }: TraceStep, @Ctx() question: Question): Promise<ImportCertificate | null> | null {
    return importCertificateId ? visibleImportCertificate(question, importCertificateId) : null;
  }
}
