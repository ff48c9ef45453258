import { createHmac } from 'node:crypto';
import { DateScalar, type Day, Lot, MassBalance, type Page, Refusal, StepKind, TraceStep, TraceStepConnection } from '@lotline/schema';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { OF_LOTS, operationVisible, seesWhole } from '../access';
import { lotById } from '../lots';
import { idIn, makePage, PageArguments, type Question, readPage } from '../questions';
import { type BalanceStep, countSteps, type MassBalanceRequest, massBalanceOf, type Sums, stepsOf } from './mass-balance';

class FoundMassBalance extends MassBalance {
  constructor(readonly request: MassBalanceRequest) {
    super();
  }
}

const notFound = (what: 'operation' | 'product') =>
  new Refusal({
    code: 'NOT_FOUND',
    message: `there is no such ${what}`,
    path: [what],
    remedy: `send the id of a ${what}, as an answer gave it`,
  });

/** @throws Refusal unless the viewer sees all that a balance of the operation would sum up */
async function checkRight(question: Question, operation: string): Promise<void> {
  const [row] = await question.reader.query(`select from operation o where o.id = $1 and ${operationVisible(question.viewer, 'o')}`, [
    operation,
  ]);
  if (!row) throw notFound('operation');
  if (await seesWhole(question, operation, OF_LOTS)) return;
  throw new Refusal({
    code: 'FORBIDDEN',
    message: 'the balance of an operation is for itself, its certifier and analysts',
    path: ['operation'],
    remedy: 'ask for an operation whose facts you all see',
  });
}

/** The sums of a balance, for who may see it. @throws Refusal FORBIDDEN or NOT_FOUND, or BAD_USER_INPUT for a period in no order */
export async function balanceFor(question: Question, request: MassBalanceRequest): Promise<Sums> {
  const { operation, product, from, to } = request;
  if (from > to)
    throw new Refusal({
      code: 'BAD_USER_INPUT',
      message: `the period ends on ${to}, before it begins`,
      path: ['to'],
      remedy: 'give from and to in order',
    });
  await checkRight(question, operation);
  const [known] = await question.reader.query('select from product where id = $1', [product]);
  if (!known) throw notFound('product');
  return massBalanceOf(question.reader, request);
}

@Resolver(() => MassBalance)
export class MassBalanceResolver {
  @Query(() => MassBalance, {
    description:
      'One operation, one product, one period: 7 CFR 205.403(d)(4). opening + born + received - sent - used - lost = closing, or unexplained says by how much.',
  })
  async massBalance(
    @Arg('operation', () => ID, { description: 'Whose balance.' }) operationId: string,
    @Arg('product', () => ID, { description: 'Of what.' }) productId: string,
    @Arg('from', () => DateScalar, { description: 'First day.' }) from: Day,
    @Arg('to', () => DateScalar, { description: 'Last day.' }) to: Day,
    @Ctx() question: Question,
  ): Promise<MassBalance> {
    const request = {
      operation: idIn(operationId, 'Operation', ['operation']),
      product: idIn(productId, 'Product', ['product']),
      from,
      to,
    };
    return Object.assign(new FoundMassBalance(request), await balanceFor(question, request));
  }

  @FieldResolver(() => TraceStepConnection, { description: 'The facts behind the sums, oldest first. A use is told of the lot used.' })
  async steps(
    @Root() { request: of }: FoundMassBalance,
    @Arg('kinds', () => [StepKind], { nullable: true, description: 'Only these kinds; all where none are given.' }) kinds:
      | StepKind[]
      | null,
    @Args(() => PageArguments) page: PageArguments,
    @Ctx() question: Question,
  ): Promise<Page<TraceStep>> {
    const { reader } = question;
    const list = `steps of ${of.operation} ${of.product} ${of.from} ${of.to}`;
    const request = readPage(question, list, page);
    const { known, after, first } = request;
    const rows = await stepsOf(reader, of, { kinds: kinds ?? null, after, limit: first + 1, known });
    const lots = await reader.loader(lotById).loadMany(rows.map((row) => row.lot));
    const steps = rows.map((row, index) => stepAnswer(question, of, row, lots[index] as Lot));
    return makePage(question, {
      list,
      request,
      position: known ?? (await reader.position()),
      rows: steps,
      keyOf: ({ key }) => key,
      count: () => countSteps(reader, of, { kinds: kinds ?? null, known }),
    });
  }
}

function stepAnswer(
  { refKey, viewer }: Question,
  of: MassBalanceRequest,
  step: BalanceStep,
  lot: Lot,
): TraceStep & { key: readonly string[] } {
  const { kind, on, at, sender, receiver, grams, document, key } = step;
  const ref = createHmac('sha256', refKey)
    .update(`${viewer.name}|${Object.values(of).join()}|${lot.id}`)
    .digest('base64url')
    .slice(0, 22);
  return Object.assign(new TraceStep(), {
    kind,
    on,
    at,
    kilograms: grams,
    ownerId: receiver ?? sender,
    fromId: sender,
    toId: receiver,
    shipmentId: null,
    importCertificateId: null,
    documentIds: document === null ? [] : [document],
    mode: null,
    fromPlace: null,
    toPlace: null,
    productId: lot.productId,
    lot: { ref, depth: 0, kilograms: lot.grams, share: 1, lot, withheld: null },
    key,
  });
}
