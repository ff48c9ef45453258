import { DateTimeScalar, KeyScope, parseText } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayGrantFor } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, oneOf, optional, read, record } from '../commands';
import type { Columns } from '../database';

/** Most brokers that an importer has assigned at a time, those to come included. */
const MOST_BROKERS = 50;
/** How far ahead an assignment ends at most, days: one that nobody remembers ends by itself. */
const LONGEST_DAYS = 400;
const DAY_MS = 86_400_000;
/** How far the clock of whoever assigns may be behind ours, milliseconds. */
const CLOCK_SKEW_MS = 60_000;

@InputType({ description: 'An importer lets a broker see and act for it.' })
export class AssignBrokerInput extends CommandInput {
  @Field(() => ID, { description: 'Who assigns.' })
  importer: string;

  @Field(() => ID, { description: 'Who is to see and act for it.' })
  broker: string;

  @Field(() => [KeyScope], {
    description:
      'What the broker may see and do, of what the importer may; at least one. COMMANDS is for commands about what the others let it see.',
  })
  scopes: KeyScope[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when on; at once where none is given.' })
  validFrom?: Date;

  @Field(() => DateTimeScalar, { description: `Until when, that instant not included; at most ${LONGEST_DAYS} days from now.` })
  validUntil: Date;

  @Field(() => String, { nullable: true, description: 'What for; at most 1,000 characters. Both sides read it.' })
  reason?: string;
}

const assignment = z.object({
  idempotencyKey,
  importer: idOf('Operation'),
  broker: idOf('Operation'),
  scopes: z
    .array(oneOf(KeyScope, 'a scope'))
    .min(1, 'an assignment has at least one scope')
    .transform((scopes) => [...new Set(scopes)]),
  validFrom: optional(z.date('it is missing')),
  validUntil: z.date('it is missing'),
  reason: optional(read((text) => parseText(text, 1000))),
});

interface NewAssignment {
  id: string;
  importerId: string;
  brokerId: string;
  scopes: KeyScope[];
  validFrom: Date;
  validUntil: Date;
  reason: string | null;
}

const BROKER_ASSIGNMENT: Columns<NewAssignment> = {
  id: ['uuid', (each) => each.id],
  importer: ['uuid', (each) => each.importerId],
  broker: ['uuid', (each) => each.brokerId],
  scopes: ['text[]', (each) => each.scopes],
  valid_from: ['timestamptz', (each) => each.validFrom],
  valid_until: ['timestamptz', (each) => each.validUntil],
  reason: ['text', (each) => each.reason],
};

/** An importer assigns a broker, once at a time: what the importer is a party to, the broker sees as far as the scopes go. */
export const assignBroker: Command<z.infer<typeof assignment>, { assignment: string }> = {
  name: 'assignBroker',
  input: assignment,
  may: (viewer, { importer }) => mayGrantFor(viewer, importer),
  async run(work, rows) {
    const importers = rows.map(({ importer }) => importer);
    // An importer's assignments are counted by one command at a time.
    await work.tx.query('select from operation where id = any($1) order by id for no key update', [importers]);
    const operations = new Set(
      (
        await work.tx.query<{ id: string }>('select id from operation where id = any($1)', [
          rows.flatMap(({ importer, broker }) => [importer, broker]),
        ])
      ).map(({ id }) => id),
    );
    const standing = await work.tx.query<{ importer: string; broker: string; validFrom: Date; validUntil: Date }>(
      `select importer, broker, valid_from as "validFrom", valid_until as "validUntil" from broker_assignment
       where importer = any($1) and ended_at is null and valid_until > $2`,
      [importers, work.now],
    );
    const assignments = rows.map((row, index): NewAssignment => {
      const { importer, broker, scopes, validUntil, reason } = row;
      const validFrom = row.validFrom ?? work.now;
      for (const side of ['importer', 'broker'] as const) if (!operations.has(row[side])) work.refuse(index, noSuch('operation', side));
      if (importer === broker)
        work.refuse(index, {
          code: 'REFUSED',
          message: 'nobody is its own broker',
          path: ['broker'],
          remedy: 'name another operation as the broker',
        });
      if (validFrom.getTime() < work.now.getTime() - CLOCK_SKEW_MS)
        work.refuse(index, {
          code: 'BAD_USER_INPUT',
          message: 'an assignment begins now or later',
          path: ['validFrom'],
          remedy: 'leave it out to begin at once',
        });
      if (validUntil <= work.now || validUntil <= validFrom || validUntil.getTime() > work.now.getTime() + LONGEST_DAYS * DAY_MS)
        work.refuse(index, {
          code: 'BAD_USER_INPUT',
          message: `an assignment ends after it begins, and at most ${LONGEST_DAYS} days from now`,
          path: ['validUntil'],
          remedy: 'give an instant to come, and renew the assignment before it',
        });
      const own = standing.filter((each) => each.importer === importer);
      const same = own.find((each) => each.broker === broker && each.validFrom < validUntil && validFrom < each.validUntil);
      if (same)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `this broker is assigned until ${same.validUntil.toISOString()}`,
          path: ['broker'],
          remedy: 'end that assignment first, or begin after it',
        });
      if (own.length >= MOST_BROKERS)
        work.refuse(index, {
          code: 'REFUSED',
          message: `an importer has at most ${MOST_BROKERS} brokers at a time`,
          path: ['importer'],
          remedy: 'end assignments that are not needed any more',
        });
      return { id: uuidv7(), importerId: importer, brokerId: broker, scopes, validFrom, validUntil, reason };
    });
    work.check();
    await record(work, 'broker_assignment', BROKER_ASSIGNMENT, assignments);
    for (const { id, importerId: importer, brokerId: broker, scopes, validFrom, validUntil, reason } of assignments)
      work.emit({
        type: 'broker.assigned',
        subject: id,
        payload: { importer, broker, scopes, validFrom: validFrom.toISOString(), validUntil: validUntil.toISOString(), reason },
      });
    return assignments.map(({ id }) => ({ assignment: id }));
  },
};
