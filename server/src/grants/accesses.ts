import {
  AccessAct,
  AccessRecord,
  AccessRecordConnection,
  ApiKey,
  Certifier,
  DateScalar,
  type Day,
  Operation,
  type Page,
} from '@lotline/schema';
import { Arg, Args, Ctx, Field, FieldResolver, InputType, Query, Resolver, Root } from 'type-graphql';
import { mayGrantFor, seesAll } from '../access';
import { nounById } from '../database';
import { lowestIdAt } from '../journal';
import { certifierById, operationById } from '../operations';
import { askOf, Conditions, MOST_COUNTED, makePage, PageArguments, type Question, readPage } from '../questions';
import { visibleKey } from './keys';

@InputType({ description: 'Fields are ANDed, lists are ORed.' })
export class AccessFilter {
  @Field(() => [AccessAct], { nullable: true, description: 'What was done.' })
  acts?: AccessAct[];

  @Field(() => DateScalar, { nullable: true, description: 'Written down on that day or later, by UTC.' })
  from?: Day;

  @Field(() => DateScalar, { nullable: true, description: 'Written down on that day or before, by UTC.' })
  to?: Day;
}

const DAY_MS = 86_400_000;
const accessRecordById = nounById(AccessRecord);

/** One page of the access journal, oldest first: of what concerns an operation, or of all where null. */
async function pageOfAccesses(
  question: Question,
  operation: string | null,
  filter: AccessFilter | null,
  page: PageArguments,
): Promise<Page<AccessRecord>> {
  const { reader } = question;
  const request = readPage(question, operation === null ? 'accesses' : `accesses of ${operation}`, page);
  const where = new Conditions();
  const id = operation === null ? 'r.id' : 'r.record';
  const acts = where.parameter(filter?.acts ?? Object.values(AccessAct));
  if (filter?.from != null) where.add(`${id} >= ${where.parameter(lowestIdAt(Date.parse(filter.from)))}::uuid`);
  if (filter?.to != null) where.add(`${id} < ${where.parameter(lowestIdAt(Date.parse(filter.to) + DAY_MS))}::uuid`);
  // Of each act so many, out of its index: a rare one is not looked for among all others.
  const rows = (of: string, all: string, most: number) => `select x.id from unnest(${acts}::text[]) as a(act) cross join lateral (
      select ${id} from ${of} and r.act = a.act and ${all} order by ${id} limit ${most}
    ) x(id) order by x.id limit ${most}`;
  const ask = async <Row>(sql: (of: string) => string, parameters: readonly unknown[]): Promise<Row[]> =>
    operation === null
      ? reader.query<Row>(sql('access_record r where true'), [...parameters])
      : askOf<Row>(reader, operation, { sql: (owner) => sql(`access_owner r where r.operation = ${owner}`), parameters });
  const [all, counted] = [String(where), [...where.parameters]];
  if (request.after) where.add(`${id} > ${where.parameter(request.after[0])}::uuid`);
  const ids = await ask<{ id: string }>((of) => rows(of, String(where), request.first + 1), where.parameters);
  return makePage(question, {
    list: operation === null ? 'accesses' : `accesses of ${operation}`,
    request,
    position: request.known ?? (await reader.position()),
    rows: (await reader.loader(accessRecordById).loadMany(ids.map((row) => row.id))) as AccessRecord[],
    keyOf: (record) => [record.id],
    count: async () => {
      const [row] = await ask<{ count: number }>(
        (of) => `select count(*)::int as count from (${rows(of, all, MOST_COUNTED + 1)}) x`,
        counted,
      );
      return row!.count;
    },
  });
}

const FITS = { nullable: true, description: 'Only what fits it.' };

@Resolver(() => Operation)
export class OperationAccessesResolver {
  @FieldResolver(() => AccessRecordConnection, {
    nullable: true,
    description: 'Who looked at what is its own, oldest first: for itself and for who sees everything; null for everybody else.',
  })
  accesses(
    @Root() { id }: Operation,
    @Arg('filter', () => AccessFilter, FITS) filter: AccessFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<AccessRecord>> | null {
    if (!seesAll(question.viewer) && mayGrantFor(question.viewer, id)) return null;
    return pageOfAccesses(question, id, filter, page);
  }
}

@Resolver(() => AccessRecord)
export class AccessRecordResolver {
  @Query(() => AccessRecordConnection, {
    nullable: true,
    description: 'The whole access journal, oldest first: for who sees everything; null for everybody else.',
  })
  accesses(
    @Arg('filter', () => AccessFilter, FITS) filter: AccessFilter | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<AccessRecord>> | null {
    return seesAll(question.viewer) ? pageOfAccesses(question, null, filter, page) : null;
  }

  @FieldResolver(() => Operation, {
    nullable: true,
    description: 'For which operation the viewer acted: whose data it is learns who looked.',
  })
  operation(@Root() { operationId }: AccessRecord, @Ctx() { reader }: Question): Promise<Operation | null> | null {
    return operationId ? reader.loader(operationById).load(operationId) : null;
  }

  @FieldResolver(() => Certifier, { nullable: true, description: 'For which certifying agent the viewer acted.' })
  certifier(@Root() { certifierId }: AccessRecord, @Ctx() { reader }: Question): Promise<Certifier | null> | null {
    return certifierId ? reader.loader(certifierById).load(certifierId) : null;
  }

  @FieldResolver(() => ApiKey, { nullable: true, description: 'By which key; null where it is not yours.' })
  key(@Root() { keyId }: AccessRecord, @Ctx() question: Question): Promise<ApiKey | null> | null {
    return keyId ? visibleKey(question, keyId) : null;
  }

  @FieldResolver(() => Boolean, {
    nullable: true,
    description: 'Were more operations concerned than are told? For who sees everything; null for everybody else.',
  })
  cut(@Root() { cut }: AccessRecord, @Ctx() { viewer }: Question): boolean | null {
    return seesAll(viewer) ? cut : null;
  }
}
