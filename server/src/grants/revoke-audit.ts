import { Field, ID, InputType } from 'type-graphql';
import { z } from 'zod';
import { mayActForCertifier, mayCommand } from '../access';
import { type Command, CommandInput, idempotencyKey, idOf, noSuch } from '../commands';

@InputType({ description: 'A grant by which nothing is to be open any more.' })
export class RevokeAuditInput extends CommandInput {
  @Field(() => ID, { description: 'The grant.' })
  auditGrant: string;
}

const revocation = z.object({ idempotencyKey, auditGrant: idOf('AuditGrant') });

/** An administrator revokes a grant, or the certifier gives it back: nothing is open by it any more, on open streams either. */
export const revokeAudit: Command<z.infer<typeof revocation>, { grant: string }> = {
  name: 'revokeAudit',
  input: revocation,
  may: (viewer) =>
    viewer.kind === 'OPERATION' || viewer.kind === 'PARTNER'
      ? { code: 'FORBIDDEN', message: 'the token may not revoke audits', remedy: 'use a token of an administrator or of the certifier' }
      : mayCommand(viewer),
  async run(work, rows) {
    const found = await work.tx.query<{ id: string; certifier: string; lot: string; revokedAt: Date | null; validUntil: Date }>(
      `select id, certifier, lot, revoked_at as "revokedAt", valid_until as "validUntil" from audit_grant
       where id = any($1) order by id for update`,
      [rows.map(({ auditGrant }) => auditGrant)],
    );
    const grants = new Map(found.map((row) => [row.id, row]));
    for (const [index, { auditGrant }] of rows.entries()) {
      const grant = grants.get(auditGrant);
      // A grant of another certifier is as one that is not there.
      if (!grant || mayActForCertifier(work.viewer, grant.certifier)) {
        work.refuse(index, noSuch('audit grant', 'auditGrant'));
        continue;
      }
      const { revokedAt, validUntil } = grant;
      if (revokedAt !== null || validUntil <= work.now)
        work.refuse(index, {
          code: 'CONFLICT',
          message: `the grant ended at ${(revokedAt ?? validUntil).toISOString()}`,
          path: ['auditGrant'],
          remedy: 'nothing is left to do',
        });
    }
    work.check();
    await work.tx.query('update audit_grant set revoked_at = $2 where id = any($1)', [[...grants.keys()], work.now]);
    for (const { id, certifier, lot } of grants.values()) work.emit({ type: 'audit.revoked', subject: id, payload: { certifier, lot } });
    return rows.map(({ auditGrant }) => ({ grant: auditGrant }));
  },
};
