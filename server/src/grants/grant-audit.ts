import { DateTimeScalar, parseText, type Reason, TraceDirection } from '@lotline/schema';
import { Field, ID, InputType } from 'type-graphql';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { mayCommand, type Viewer } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch, oneOf, read, record } from '../commands';
import type { Columns } from '../database';

/** How far ahead an audit ends at most, days. */
const LONGEST_DAYS = 90;
/** Most audits that are open to a certifier at a time. */
const MOST_AUDITS = 100;
const DAY_MS = 86_400_000;

@InputType({ description: 'The full chain of a lot is to be open to a certifier.' })
export class GrantAuditInput extends CommandInput {
  @Field(() => ID, { description: 'The lot whose chain it is.' })
  lot: string;

  @Field(() => ID, { description: 'Who is to read it.' })
  certifier: string;

  @Field(() => [TraceDirection], { description: 'BACK to what the lot was made of, FORWARD to what was made of it; at least one.' })
  directions: TraceDirection[];

  @Field(() => String, { description: 'What for; at most 1,000 characters.' })
  reason: string;

  @Field(() => DateTimeScalar, { description: `Until when, that instant not included; at most ${LONGEST_DAYS} days from now.` })
  validUntil: Date;
}

const granting = z.object({
  idempotencyKey,
  lot: idOf('Lot'),
  certifier: idOf('Certifier'),
  directions: z
    .array(oneOf(TraceDirection, 'a direction'))
    .min(1, 'an audit has at least one direction')
    .transform((directions) => [...new Set(directions)]),
  reason: read((text) => parseText(text, 1000)),
  validUntil: z.date('it is missing'),
});

interface NewAuditGrant {
  id: string;
  certifierId: string;
  lotId: string;
  directions: TraceDirection[];
  reason: string;
  grantedAt: Date;
  validUntil: Date;
}

const AUDIT_GRANT: Columns<NewAuditGrant> = {
  id: ['uuid', (each) => each.id],
  certifier: ['uuid', (each) => each.certifierId],
  lot: ['uuid', (each) => each.lotId],
  directions: ['text[]', (each) => each.directions],
  reason: ['text', (each) => each.reason],
  granted_at: ['timestamptz', (each) => each.grantedAt],
  valid_until: ['timestamptz', (each) => each.validUntil],
};

const onlyAdministrator = (viewer: Viewer): Reason | null =>
  viewer.kind === 'ADMINISTRATOR'
    ? null
    : (mayCommand(viewer) ?? { code: 'FORBIDDEN', message: 'only an administrator grants audits', remedy: 'ask an administrator' });

/**
 * An administrator opens the full chain of a lot to a certifier, who asked for it with a reason (7 CFR 205.501(a)(21)): to read, not to act.
 * Whoever has facts in the chain is not asked.
 */
export const grantAudit: Command<z.infer<typeof granting>, { grant: string }> = {
  name: 'grantAudit',
  input: granting,
  may: onlyAdministrator,
  async run(work, rows) {
    // A certifier's audits are counted by one command at a time.
    const certifiers = await work.tx.query<{ id: string }>('select id from certifier where id = any($1) order by id for no key update', [
      rows.map(({ certifier }) => certifier),
    ]);
    const lots = await work.tx.query<{ id: string }>('select id from lot where id = any($1)', [rows.map(({ lot }) => lot)]);
    const open = await work.tx.query<{ certifier: string; lot: string; validUntil: Date }>(
      'select certifier, lot, valid_until as "validUntil" from audit_grant where certifier = any($1) and revoked_at is null and valid_until > $2',
      [certifiers.map(({ id }) => id), work.now],
    );
    const grants = rows.map((row, index): NewAuditGrant => {
      const { lot, certifier, directions, reason, validUntil } = row;
      if (!certifiers.some(({ id }) => id === certifier)) work.refuse(index, noSuch('certifier', 'certifier'));
      if (!lots.some(({ id }) => id === lot)) work.refuse(index, noSuch('lot', 'lot'));
      if (validUntil <= work.now || validUntil.getTime() > work.now.getTime() + LONGEST_DAYS * DAY_MS)
        work.refuse(index, {
          code: 'BAD_USER_INPUT',
          message: `an audit ends in the future, and at most ${LONGEST_DAYS} days from now`,
          path: ['validUntil'],
          rule: '7 CFR 205.501(a)(21)',
          remedy: 'give an earlier end, and grant it again where the audit takes longer',
        });
      const own = open.filter((each) => each.certifier === certifier);
      const same = own.find((each) => each.lot === lot);
      if (same)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the chain of this lot is open to the certifier until ${same.validUntil.toISOString()}`,
          path: ['lot'],
          remedy: 'revoke that grant first',
        });
      if (own.length >= MOST_AUDITS)
        work.refuse(index, {
          code: 'REFUSED',
          message: `a certifier has at most ${MOST_AUDITS} audits at a time`,
          path: ['certifier'],
          remedy: 'revoke those that are over',
        });
      return { id: uuidv7(), certifierId: certifier, lotId: lot, directions, reason, grantedAt: work.now, validUntil };
    });
    work.check();
    await record(work, 'audit_grant', AUDIT_GRANT, grants);
    for (const { id, certifierId: certifier, lotId: lot, directions, reason, validUntil } of grants)
      work.emit({
        type: 'audit.granted',
        subject: id,
        payload: { certifier, lot, directions, reason, validUntil: validUntil.toISOString() },
      });
    return grants.map(({ id }) => ({ grant: id }));
  },
};
