import { DateScalar, type Day, parseDay, today } from '@lotline/schema';
import { Field, ID, InputType, Int } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayActForCertifier } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, read, record } from '../commands';
import type { Columns } from '../database';

@InputType({ description: 'How long a certifying agent takes to decide on a request for an import certificate, from a day on.' })
export class SetLeadTimeInput extends CommandInput {
  @Field(() => ID, { description: 'The certifying agent.' })
  certifier: string;

  @Field(() => DateScalar, { description: 'First day, today or later. What was set from that day before is set anew.' })
  from: string;

  @Field(() => Int, { description: 'Business days, Monday to Friday, the day of the request not counted: 0 to 60.' })
  businessDays: number;
}

const DAYS = 'a lead time is a whole number of business days from 0 to 60';

const setting = z.object({
  idempotencyKey,
  certifier: idOf('Certifier'),
  from: read(parseDay),
  businessDays: z.number(DAYS).int(DAYS).min(0, DAYS).max(60, DAYS),
});

interface NewLeadTime {
  id: string;
  certifier: string;
  from: Day;
  businessDays: number;
}

const LEAD_TIME: Columns<NewLeadTime> = {
  id: ['uuid', (row) => row.id],
  certifier: ['uuid', (row) => row.certifier],
  from_day: ['date', (row) => row.from],
  business_days: ['integer', (row) => row.businessDays],
};

/**
 * A certifying agent says how long it takes to decide, from a day on; what was asked for before keeps the lead time of its day. Nobody is told late what was
 * in time: a day that is over is refused.
 */
export const setLeadTime: Command<z.infer<typeof setting>, { certifier: string }> = {
  name: 'setLeadTime',
  input: setting,
  may: (viewer, { certifier }) => mayActForCertifier(viewer, certifier),
  async run(work, rows) {
    const { tx, command, now } = work;
    const known = await tx.query<{ id: string }>('select id from certifier where id = any($1) order by id for no key update', [
      rows.map(({ certifier }) => certifier),
    ]);
    const certifiers = new Set(known.map(({ id }) => id));
    for (const [index, { certifier, from }] of rows.entries()) {
      if (!certifiers.has(certifier)) work.refuse(index, noSuch('certifier', 'certifier'));
      if (from < today(now))
        work.refuse(index, {
          code: 'REFUSED',
          message: `the day ${from} is over`,
          path: ['from'],
          remedy: 'give today or a day to come: requests were judged by the lead time of their day',
        });
    }
    work.check();
    for (const { certifier, from, businessDays } of rows) {
      await tx.query('update certifier_lead_time set retracted_by = $3 where certifier = $1 and from_day = $2 and retracted_by is null', [
        certifier,
        from,
        command,
      ]);
      await record(work, 'certifier_lead_time', LEAD_TIME, [{ id: uuidv7(), certifier, from, businessDays }]);
      work.emit({ type: 'certifier.lead-time-set', subject: certifier, payload: { from, businessDays } });
    }
    return rows.map(({ certifier }) => ({ certifier }));
  },
};
