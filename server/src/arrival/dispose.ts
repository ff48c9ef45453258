import { DateScalar, type Day, DispositionKind, type Grams, parseDay, toKilograms } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActFor } from '../access';
import {
  type Command,
  CommandInput,
  idempotencyKey,
  idOf,
  noSuch,
  notYet,
  oneOf,
  optional,
  QuantityInput,
  quantity,
  read,
  record,
  weigh,
} from '../commands';
import type { Columns } from '../database';
import { lockAction } from './action';
import { notItsAction, release } from './hold';

@InputType({ description: 'What became of goods that were held at the border, or of some of them.' })
export class RecordDispositionInput extends CommandInput {
  @Field(() => ID, { description: 'The emergency action that held them.' })
  emergencyAction: string;

  @Field(() => ID, { description: 'Who says so: the importer, the consignee, or the filer of the entry.' })
  operation: string;

  @Field(() => DispositionKind, { description: 'What became of them.' })
  kind: DispositionKind;

  @Field(() => QuantityInput, { nullable: true, description: 'How much; all that is left where none is given.' })
  quantity?: QuantityInput;

  @Field(() => DateScalar, { description: 'Local day.' })
  on: string;
}

const RULE = '7 CFR 205.273';

const disposition = z.object({
  idempotencyKey,
  emergencyAction: idOf('EmergencyActionNotification'),
  operation: idOf('Operation'),
  kind: oneOf(DispositionKind, 'a disposition'),
  quantity: optional(quantity),
  on: read(parseDay),
});

interface NewDisposition {
  id: string;
  action: string;
  kind: DispositionKind;
  grams: bigint;
  value: string | null;
  unit: string | null;
  on: Day;
  madeBy: string;
}

const DISPOSITION: Columns<NewDisposition> = {
  id: ['uuid', (each) => each.id],
  emergency_action: ['uuid', (each) => each.action],
  kind: ['text', (each) => each.kind],
  grams: ['bigint', (each) => each.grams],
  value: ['text', (each) => each.value],
  unit: ['text', (each) => each.unit],
  on_day: ['date', (each) => each.on],
  made_by: ['uuid', (each) => each.madeBy],
};

/**
 * What became of held goods, quantity by quantity, never more than is held. Once all is disposed of, the certificates that cover them stand where
 * they stood before, by what is drawn on them then. What is released as not organic has lost its status, and so has whatever is made of it.
 */
export const recordDisposition: Command<z.infer<typeof disposition>, { emergencyAction: string }> = {
  name: 'recordDisposition',
  input: disposition,
  may: (viewer, { operation }) => mayActFor(viewer, operation, 'CUSTOMS_ENTRIES'),
  async run(work, rows) {
    for (const [index, row] of rows.entries()) {
      const { emergencyAction, operation, kind, quantity: mass, on } = row;
      const action = await lockAction(work, emergencyAction, operation);
      if (!action) {
        work.refuse(index, noSuch('emergency action', 'emergencyAction'));
        continue;
      }
      for (const reason of [await notItsAction(work, operation, action), notYet(on, work.now, 'on')])
        if (reason) work.refuse(index, reason);
      if (on < action.on)
        work.refuse(index, {
          code: 'REFUSED',
          message: `the goods are held since ${action.on}`,
          path: ['on'],
          rule: RULE,
          remedy: 'give the day on which they were disposed of',
        });
      const left = action.held - action.disposed;
      const weighed = mass === null ? left : weigh(mass, action.kgPerBushel);
      if (typeof weighed !== 'bigint') work.refuse(index, { ...weighed, path: ['quantity'] });
      else if (left <= 0n || weighed > left)
        work.refuse(index, {
          code: 'REFUSED',
          message: left <= 0n ? 'all that was held is disposed of' : `${toKilograms(left as Grams)} kg is left of what is held`,
          path: ['quantity'],
          rule: RULE,
          remedy: 'dispose of at most what is left',
        });
      work.check();
      const grams = weighed as bigint;
      await record(work, 'disposition', DISPOSITION, [
        { id: uuidv7(), action: emergencyAction, kind, grams, value: mass?.value ?? null, unit: mass?.unit ?? null, on, madeBy: operation },
      ]);
      work.emit({ type: 'emergency-action.disposed', subject: emergencyAction, payload: { kind, grams: String(grams), on } });
      if (grams === left) await release(work, { operation, day: on }, emergencyAction);
    }
    return rows.map(({ emergencyAction }) => ({ emergencyAction }));
  },
};
