import { NoticePolicy, Operation, today } from '@lotline/schema';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { seesWhole } from '../access';
import { type BatchOf, grouped, type Transaction } from '../database';
import type { Question } from '../questions';

/** Hours within which a certifier is to be told where an operation has no policy of its own. */
const DEFAULT_HOURS = 24;

/** Policies of operations, oldest first. */
const policiesOf: BatchOf<string, NoticePolicy[]> = async (reader, operations) => {
  const rows = await reader.query<NoticePolicy>(
    `select p.id, p.operation as "operationId", p.from_day as "fromDay", p.hours, p.recorded_by as "recordedBy", p.retracted_by as "retractedBy"
     from notice_policy p where p.operation = any($1) and p.retracted_by is null order by p.from_day`,
    [operations],
  );
  return grouped(
    operations,
    rows.map((row) => Object.assign(new NoticePolicy(), row)),
    ({ operationId }) => operationId,
  );
};

/** Hours of the policy that an operation has on the day of an instant. */
export async function noticeHoursOn(tx: Transaction, operation: string, now: Date): Promise<number> {
  const [row] = await tx.query<{ hours: number }>(
    'select p.hours from notice_policy p where p.operation = $1 and p.from_day <= $2 and p.retracted_by is null order by p.from_day desc limit 1',
    [operation, today(now)],
  );
  return row?.hours ?? DEFAULT_HOURS;
}

@Resolver(() => Operation)
export class OperationNoticePolicyResolver {
  @FieldResolver(() => NoticePolicy, {
    nullable: true,
    description: `Its policy on when its certifier is to be told of an emergency action, in force today; null where it has set none, which is ${DEFAULT_HOURS} hours, and for whoever does not see all of its facts.`,
  })
  async noticePolicy(@Root() { id }: Operation, @Ctx() question: Question): Promise<NoticePolicy | null> {
    if (!(await seesWhole(question, id))) return null;
    return (await question.reader.loader(policiesOf).load(id)).findLast(({ fromDay }) => fromDay <= today()) ?? null;
  }
}
