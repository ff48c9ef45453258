import { DateScalar, type Day, type ImportCertificate, ImportCertificateStatus, type Page, parseHts, Refusal } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { idsOf, type PageArguments, pageOfNouns, type Question } from '../questions';
import { importCertificateById, issuedOf, numberVisible, statusOf } from './loaders';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class ImportCertificateFilter {
  @Field(() => [ID], { nullable: true, description: 'These certificates.' })
  ids?: string[];

  @Field(() => [String], { nullable: true, description: 'Exact numbers.' })
  numbers?: string[];

  @Field(() => [ImportCertificateStatus], { nullable: true, description: 'Where it stands.' })
  statuses?: ImportCertificateStatus[];

  @Field(() => [ID], { nullable: true, description: 'Who exports.' })
  exporters?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who imports.' })
  importers?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who issues.' })
  certifiers?: string[];

  @Field(() => [String], { nullable: true, description: 'HTS codes of ten digits, with or without points.' })
  hts?: string[];

  @Field(() => DateScalar, { nullable: true, description: 'Issued on that day or later.' })
  issuedFrom?: Day;

  @Field(() => DateScalar, { nullable: true, description: 'Issued on that day or before.' })
  issuedTo?: Day;
}

/** HTS codes as they are stored. @throws Refusal BAD_USER_INPUT for one that cannot be */
export const htsOf = (texts: readonly string[] | null | undefined): string[] | null =>
  texts?.map((text, index) => {
    const hts = parseHts(text);
    if (hts.ok) return hts.value;
    throw new Refusal({ code: 'BAD_USER_INPUT', message: hts.wrong, path: ['filter', 'hts', index], remedy: hts.remedy });
  }) ?? null;

/**
 * Import certificates in id order, oldest first.
 * @param operation only those that name this operation
 */
export function listImportCertificates(
  question: Question,
  list: string,
  filter: ImportCertificateFilter | null,
  page: PageArguments,
  operation: string | null = null,
): Promise<Page<ImportCertificate>> {
  return pageOfNouns(question, {
    list,
    noun: 'import_certificate',
    page,
    byId: importCertificateById,
    ...(operation !== null && {
      owner: {
        id: operation,
        has: (owner) => `${owner} in (ic.exporter, ic.final_handler, ic.importer, ic.importer_of_record, ic.consignee)`,
      },
    }),
    conditions: (where, known) => {
      where.anyOf('ic.id', idsOf(filter?.ids, 'ImportCertificate', 'filter.ids'), 'uuid');
      where.anyOf('ic.number', filter?.numbers, 'text');
      if (filter?.numbers != null) where.add(numberVisible(question.viewer, 'ic.id', known));
      where.anyOf(statusOf(question.viewer, 'ic.id', known), filter?.statuses, 'text');
      where.anyOf('ic.exporter', idsOf(filter?.exporters, 'Operation', 'filter.exporters'), 'uuid');
      where.anyOf('ic.importer', idsOf(filter?.importers, 'Operation', 'filter.importers'), 'uuid');
      where.anyOf('ic.certifier', idsOf(filter?.certifiers, 'Certifier', 'filter.certifiers'), 'uuid');
      where.anyOf('ic.hts', htsOf(filter?.hts), 'text');
      const issued = issuedOf(question.viewer, 'ic.id', known);
      if (filter?.issuedFrom != null) where.add(`${issued} >= ${where.parameter(filter.issuedFrom)}::date`);
      if (filter?.issuedTo != null) where.add(`${issued} <= ${where.parameter(filter.issuedTo)}::date`);
    },
  });
}
