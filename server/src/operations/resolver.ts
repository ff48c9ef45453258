import {
  Certifier,
  CountryCodeScalar,
  Operation,
  OperationCertificate,
  OperationCertificateConnection,
  OperationCertificateStatus,
  OperationCertificateStatusFact,
  OperationConnection,
  OperationRole,
  type Page,
  parseOperationIdentifier,
  Refusal,
  today,
  VerifiedProductConnection,
  ViewerAnswer,
} from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, ID, InputType, Query, Resolver, Root } from 'type-graphql';
import { operationVisible } from '../access';
import { knownRow } from '../database';
import { Conditions, idsOf, knownAt, MOST_COUNTED, makePage, PageArguments, pageOfList, type Question, readPage } from '../questions';
import { certifierById, historyOf, operationById, verifiedProducts } from './loaders';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class OperationFilter {
  @Field(() => String, { nullable: true, description: 'Part of the name, in any letter case.' })
  nameContains?: string;

  @Field(() => [CountryCodeScalar], { nullable: true, description: 'Where it is.' })
  countries?: string[];

  @Field(() => [OperationRole], { nullable: true, description: 'What it does.' })
  roles?: OperationRole[];

  @Field(() => [ID], { nullable: true, description: 'Who certifies it.' })
  certifiers?: string[];

  @Field(() => [OperationCertificateStatus], { nullable: true, description: 'Standing of one of its certificates today.' })
  statuses?: OperationCertificateStatus[];
}

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class OperationCertificateFilter {
  @Field(() => [ID], { nullable: true, description: 'Whose certificate.' })
  operations?: string[];

  @Field(() => [ID], { nullable: true, description: 'Who issued it.' })
  certifiers?: string[];

  @Field(() => [OperationCertificateStatus], { nullable: true, description: 'The standing that it comes to.' })
  statuses?: OperationCertificateStatus[];
}

@Resolver(() => ViewerAnswer)
export class ViewerResolver {
  @Query(() => ViewerAnswer, { description: 'Who is asking.' })
  viewer(@Ctx() { viewer }: Question): ViewerAnswer {
    return Object.assign(new ViewerAnswer(), viewer);
  }

  @FieldResolver(() => Operation, { nullable: true, description: 'The operation it acts for.' })
  operation(@Root() viewer: ViewerAnswer, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return viewer.operationId ? reader.loader(operationById).load(viewer.operationId) : null;
  }

  @FieldResolver(() => Certifier, { nullable: true, description: 'The certifier it acts for.' })
  certifier(@Root() viewer: ViewerAnswer, @Ctx() { reader }: Question): Promise<Certifier | null> | null {
    return viewer.certifierId ? reader.loader(certifierById).load(viewer.certifierId) : null;
  }
}

@Resolver(() => Operation)
export class OperationResolver {
  @Query(() => Operation, { nullable: true, description: 'One operation, by NOP ID or SCHEME:value; null where there is none.' })
  async operation(
    @Arg('identifier', () => String, { description: 'Ten digits of a NOP ID, or SCHEME:value.' }) text: string,
    @Ctx() question: Question,
  ): Promise<Operation | null> {
    const { reader, viewer } = question;
    const identifier = parseOperationIdentifier(text);
    if (!identifier.ok)
      throw new Refusal({ code: 'BAD_USER_INPUT', message: identifier.wrong, path: ['identifier'], remedy: identifier.remedy });
    const [row] = await reader.query<{ id: string }>(
      `select o.id from operation o where o.identifier = $1 and ${operationVisible(viewer, 'o')}`,
      [identifier.value],
    );
    return row ? reader.loader(operationById).load(row.id) : null;
  }

  @Query(() => OperationConnection, { description: 'Operations, oldest first.' })
  async operations(
    @Arg('filter', () => OperationFilter, { nullable: true, description: 'Only those that fit it.' }) filter: OperationFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<Operation>> {
    const request = readPage(question, 'operations', page);
    const where = new Conditions();
    where.add(operationVisible(question.viewer, 'o', request.known));
    if (filter?.nameContains != null) where.add(`strpos(lower(o.name), lower(${where.parameter(filter.nameContains)})) > 0`);
    where.anyOf('o.country', filter?.countries, 'text');
    if (filter?.roles != null) where.add(`o.roles && ${where.parameter(filter.roles)}::text[]`);
    const certifiers = idsOf(filter?.certifiers, 'Certifier', 'filter.certifiers');
    if (certifiers)
      where.add(
        `exists (select from operation_certificate c where c.operation = o.id and c.certifier = any(${where.parameter(certifiers)}::uuid[]))`,
      );
    if (filter?.statuses != null) {
      where.add(`exists (select from operation_certificate c, lateral (
        select s.status from operation_certificate_status s where s.operation_certificate = c.id and s.retracted_by is null and s.effective_from <= ${where.parameter(today())}
        order by s.effective_from desc limit 1) s where c.operation = o.id and s.status = any(${where.parameter(filter.statuses)}::text[]))`);
    }
    where.add(knownRow('o', request.known));
    const counted = {
      text: `select count(*)::int as count from (select from operation o where ${where} limit ${MOST_COUNTED + 1}) x`,
      parameters: [...where.parameters],
    };
    if (request.after) where.add(`o.id > ${where.parameter(request.after[0])}`);
    const ids = await question.reader.query<{ id: string }>(
      `select o.id from operation o where ${where} order by o.id limit ${request.first + 1}`,
      where.parameters,
    );
    const operations = await question.reader.loader(operationById).loadMany(ids.map((row) => row.id));
    return makePage(question, {
      list: 'operations',
      request,
      position: request.known ?? (await question.reader.position()),
      rows: operations as Operation[],
      keyOf: (operation) => [operation.id],
      count: async () => (await question.reader.query<{ count: number }>(counted.text, counted.parameters))[0]!.count,
    });
  }

  @FieldResolver(() => OperationCertificateConnection, { description: 'Its organic certificates, oldest first. Public.' })
  async certificates(
    @Root() operation: Operation,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<OperationCertificate>> {
    const list = `certificates of ${operation.id}`;
    const request = readPage(question, list, page);
    const all = await question.reader.loader(certificatesOf).load(operation.id);
    const known = request.known === null ? all : await knownAt(question, all, request.known);
    return pageOfList(question, list, request, known);
  }
}

const certificatesOf = async (reader: Question['reader'], operations: readonly string[]): Promise<OperationCertificate[][]> => {
  const rows = await reader.query<OperationCertificate>(
    'select id, operation as "operationId", certifier as "certifierId", standard, recorded_by as "recordedBy" from operation_certificate where operation = any($1) order by id',
    [operations],
  );
  return operations.map((operation) =>
    rows.filter((row) => row.operationId === operation).map((row) => Object.assign(new OperationCertificate(), row)),
  );
};

@Resolver(() => OperationCertificate)
export class OperationCertificateResolver {
  @FieldResolver(() => Operation, { description: 'Whose certificate it is.' })
  operation(@Root() certificate: OperationCertificate, @Ctx() { reader }: Question): Promise<Operation | null> {
    return reader.loader(operationById).load(certificate.operationId);
  }

  @FieldResolver(() => Certifier, { description: 'Who issued it.' })
  certifier(@Root() certificate: OperationCertificate, @Ctx() { reader }: Question): Promise<Certifier | null> {
    return reader.loader(certifierById).load(certificate.certifierId);
  }

  @FieldResolver(() => [String], { description: 'Its scope, as last reported.' })
  async scope(@Root() certificate: OperationCertificate, @Ctx() { reader }: Question): Promise<string[]> {
    return (await reader.loader(historyOf).load(certificate.id)).findLast((row) => row.scope !== null)?.scope ?? [];
  }

  @FieldResolver(() => VerifiedProductConnection, { description: 'The Product Verification Form.' })
  async products(@Root() certificate: OperationCertificate, @Args(() => PageArguments) page: PageArguments, @Ctx() question: Question) {
    const list = `products of ${certificate.id}`;
    return pageOfList(
      question,
      list,
      readPage(question, list, page),
      verifiedProducts(await question.reader.loader(historyOf).load(certificate.id)),
    );
  }

  @FieldResolver(() => OperationCertificateStatus, {
    description: 'Its standing today; before its first day, the standing it will have then.',
  })
  async status(@Root() certificate: OperationCertificate, @Ctx() { reader }: Question): Promise<OperationCertificateStatus> {
    const history = await reader.loader(historyOf).load(certificate.id);
    return (history.findLast((row) => row.effectiveFrom <= today()) ?? history[0]!).status;
  }

  @FieldResolver(() => [OperationCertificateStatusFact], { description: 'Every step in its standing, oldest first.' })
  history(@Root() certificate: OperationCertificate, @Ctx() { reader }: Question): Promise<OperationCertificateStatusFact[]> {
    return reader.loader(historyOf).load(certificate.id);
  }
}
