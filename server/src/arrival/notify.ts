import { type Day, parseMoment } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, notYet, optional, Parties, read, record } from '../commands';
import type { Columns } from '../database';
import { lockAction } from './action';
import { notItsAction } from './hold';

@InputType({ description: 'An operation told its certifier of an emergency action (7 CFR 205.400(f)).' })
export class NotifyCertifierInput extends CommandInput {
  @Field(() => ID, { description: 'The emergency action.' })
  emergencyAction: string;

  @Field(() => ID, { description: 'Who told its certifier.' })
  operation: string;

  @Field(() => ID, { nullable: true, description: 'Who was told; may be left out by an operation that one certifying agent certifies.' })
  certifier?: string;

  @Field(() => String, { nullable: true, description: 'A local day, or an instant with its offset; now where it is left out.' })
  at?: string;
}

const RULE = '7 CFR 205.400(f)';

const notice = z.object({
  idempotencyKey,
  emergencyAction: idOf('EmergencyActionNotification'),
  operation: idOf('Operation'),
  certifier: optional(idOf('Certifier')),
  at: optional(read(parseMoment)),
});

interface NewNotice {
  id: string;
  action: string;
  on: Day;
  at: Date | null;
  certifier: string;
  madeBy: string;
}

const NOTICE: Columns<NewNotice> = {
  id: ['uuid', (each) => each.id],
  emergency_action: ['uuid', (each) => each.action],
  on_day: ['date', (each) => each.on],
  at: ['timestamptz', (each) => each.at],
  certifier: ['uuid', (each) => each.certifier],
  made_by: ['uuid', (each) => each.madeBy],
};

/**
 * Who imports, receives or enters goods that are held told its own certifying agent of it, who sees the action from then on; the two alone see that. Of one
 * that was reported from outside, whoever sees it.
 */
export const notifyCertifier: Command<z.infer<typeof notice>, { emergencyAction: string }> = {
  name: 'notifyCertifier',
  input: notice,
  may: (viewer, { operation }) => mayActFor(viewer, operation, 'CUSTOMS_ENTRIES'),
  async run(work, rows) {
    for (const [index, { emergencyAction, operation, certifier: named, at: told }] of rows.entries()) {
      const action = await lockAction(work, emergencyAction, operation);
      if (!action) {
        work.refuse(index, noSuch('emergency action', 'emergencyAction'));
        continue;
      }
      const stranger = action.madeBy === null ? null : await notItsAction(work, operation, action);
      if (stranger) work.refuse(index, stranger);
      const certifiers = await work.tx.query<{ certifier: string; code: string }>(
        `select distinct v.certifier, c.code from oversight v join certifier c on c.id = v.certifier where v.operation = $1 and v.now order by c.code`,
        [operation],
      );
      const certifier =
        certifiers.find((each) => each.certifier === named) ?? (named === null && certifiers.length === 1 ? certifiers[0] : undefined);
      if (!certifier)
        work.refuse(index, {
          code: 'REFUSED',
          message:
            named === null && certifiers.length > 1
              ? 'several certifying agents certify the operation'
              : 'it does not certify the operation',
          path: ['certifier'],
          rule: RULE,
          remedy:
            certifiers.length > 0
              ? `name one of ${certifiers.map(({ code }) => code).join(', ')}`
              : 'no certifying agent certifies the operation now',
        });
      const { on, at } = told ?? { on: work.now.toISOString().slice(0, 10) as Day, at: work.now };
      const early = notYet(on, work.now, 'at');
      if (early) work.refuse(index, early);
      const isBefore = at !== null && action.at !== null ? at < action.at : on < action.on;
      if (told !== null && isBefore)
        work.refuse(index, {
          code: 'REFUSED',
          message: `the emergency action is of ${action.at?.toISOString() ?? action.on}`,
          path: ['at'],
          rule: RULE,
          remedy: 'give the day or hour at which the certifier was told of it',
        });
      work.check();
      const id = uuidv7();
      await record(work, 'certifier_notice', NOTICE, [
        { id, action: emergencyAction, on, at, certifier: certifier!.certifier, madeBy: operation },
      ]);
      const parties = new Parties();
      parties.add([operation, certifier!.certifier], 'emergency_action', emergencyAction, id, on);
      await parties.record(work);
      work.emit({ type: 'emergency-action.certifier-notified', subject: emergencyAction, payload: { on } });
    }
    return rows.map(({ emergencyAction }) => ({ emergencyAction }));
  },
};
