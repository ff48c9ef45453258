import type { Reason } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayGrantFor, type Viewer } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch } from '../commands';

@InputType({ description: 'An assignment that is to end now.' })
export class EndBrokerAssignmentInput extends CommandInput {
  @Field(() => ID, { description: 'The assignment.' })
  brokerAssignment: string;
}

const ending = z.object({ idempotencyKey, brokerAssignment: idOf('BrokerAssignment') });

/** Why this viewer is neither side of an assignment, nor an administrator; null where it is. */
export const mayEnd = (viewer: Viewer, { importerId, brokerId }: { importerId: string; brokerId: string }): Reason | null =>
  mayGrantFor(viewer, importerId) && mayGrantFor(viewer, brokerId);

/** Either side ends an assignment early: the broker sees and does nothing more by it, on open streams either. */
export const endBrokerAssignment: Command<z.infer<typeof ending>, { assignment: string }> = {
  name: 'endBrokerAssignment',
  input: ending,
  may: (viewer) => mayGrantFor(viewer, null),
  async run(work, rows) {
    const found = await work.tx.query<{ id: string; importerId: string; brokerId: string; endedAt: Date | null; validUntil: Date }>(
      `select id, importer as "importerId", broker as "brokerId", ended_at as "endedAt", valid_until as "validUntil" from broker_assignment
       where id = any($1) order by id for update`,
      [rows.map(({ brokerAssignment }) => brokerAssignment)],
    );
    const assignments = new Map(found.map((row) => [row.id, row]));
    for (const [index, { brokerAssignment }] of rows.entries()) {
      const assignment = assignments.get(brokerAssignment);
      // An assignment between others is as one that is not there.
      if (!assignment || mayEnd(work.viewer, assignment)) {
        work.refuse(index, noSuch('broker assignment', 'brokerAssignment'));
        continue;
      }
      const { endedAt, validUntil } = assignment;
      if (endedAt !== null || validUntil <= work.now)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the assignment ended at ${(endedAt ?? validUntil).toISOString()}`,
          path: ['brokerAssignment'],
          remedy: 'nothing is left to do',
        });
    }
    work.check();
    await work.tx.query('update broker_assignment set ended_at = $2 where id = any($1)', [[...assignments.keys()], work.now]);
    for (const { id, importerId: importer, brokerId: broker } of assignments.values())
      work.emit({ type: 'broker.ended', subject: id, payload: { importer, broker } });
    return rows.map(({ brokerAssignment }) => ({ assignment: brokerAssignment }));
  },
};
