import { DateScalar, type Day, parseDay, today } from '@lotline/schema';
import { Field, ID, InputType, Int } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, read, record } from '../commands';
import type { Columns } from '../database';

@InputType({ description: 'Within how many hours an operation wants its certifier told of an emergency action, from a day on.' })
export class SetNoticePolicyInput extends CommandInput {
  @Field(() => ID, { description: 'The operation.' })
  operation: string;

  @Field(() => DateScalar, { description: 'First day, today or later. What was set from that day before is set anew.' })
  from: string;

  @Field(() => Int, { description: 'Hours: 0 to 720. The rule says immediately (7 CFR 205.400(f)).' })
  hours: number;
}

const HOURS = 'a policy is a whole number of hours from 0 to 720';

const setting = z.object({
  idempotencyKey,
  operation: idOf('Operation'),
  from: read(parseDay),
  hours: z.number(HOURS).int(HOURS).min(0, HOURS).max(720, HOURS),
});

interface NewPolicy {
  id: string;
  operation: string;
  from: Day;
  hours: number;
}

const POLICY: Columns<NewPolicy> = {
  id: ['uuid', (row) => row.id],
  operation: ['uuid', (row) => row.operation],
  from_day: ['date', (row) => row.from],
  hours: ['integer', (row) => row.hours],
};

/** An operation says when the clock asks whether its certifier was told; what was recorded before keeps the policy that it had then. */
export const setNoticePolicy: Command<z.infer<typeof setting>, { operation: string }> = {
  name: 'setNoticePolicy',
  input: setting,
  may: (viewer, { operation }) => mayActFor(viewer, operation, 'CUSTOMS_ENTRIES'),
  async run(work, rows) {
    const { tx, command, now } = work;
    const known = await tx.query<{ id: string }>('select id from operation where id = any($1) order by id for no key update', [
      rows.map(({ operation }) => operation),
    ]);
    const operations = new Set(known.map(({ id }) => id));
    for (const [index, { operation, from }] of rows.entries()) {
      if (!operations.has(operation)) work.refuse(index, noSuch('operation', 'operation'));
      if (from < today(now))
        work.refuse(index, {
          code: 'REFUSED',
          message: `the day ${from} is over`,
          path: ['from'],
          remedy: 'give today or a day to come',
        });
    }
    work.check();
    for (const { operation, from, hours } of rows) {
      await tx.query('update notice_policy set retracted_by = $3 where operation = $1 and from_day = $2 and retracted_by is null', [
        operation,
        from,
        command,
      ]);
      await record(work, 'notice_policy', POLICY, [{ id: uuidv7(), operation, from, hours }]);
      work.emit({ type: 'operation.notice-policy-set', subject: operation, payload: { from, hours } });
    }
    return rows.map(({ operation }) => ({ operation }));
  },
};
