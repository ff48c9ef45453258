import type { KeyScope, Webhook } from '@lotline/schema';
import { ADMINISTRATOR, ANALYST, certifierViewer, letIn, operationViewer, partnerViewer, type SignedIn, type Viewer } from '../access';
import type { Database, Reader } from '../database';
import type { Caller } from '../journal';

/** Whose a webhook is, as it is kept. */
export type Owner = Pick<Webhook, 'owner' | 'ownerKind' | 'operationId' | 'certifierId' | 'keyId'>;

/** Keys of one operation share the name of their viewer; the webhooks of one are not another's, whose scopes may be less. */
export const ownerName = ({ viewer, key }: Caller): string => (key === null ? viewer.name : `${viewer.name} ${key}`);

export const ownerOf = ({ viewer, key }: Caller): Owner => ({
  owner: ownerName({ viewer, key }),
  ownerKind: viewer.kind,
  operationId: viewer.operationId,
  certifierId: viewer.certifierId,
  keyId: key,
});

/** The owner of a webhook as if it had just signed in; null where it may see nothing any more, its key being revoked or expired. */
export async function signedInAs(
  { ownerKind, operationId, certifierId, keyId }: Owner,
  database: Database | Reader,
): Promise<SignedIn | null> {
  const asked = { query: database.query.bind(database) } as Pick<Reader, 'query'>;
  const signed = async (viewer: Viewer): Promise<SignedIn> => ({ viewer: await letIn(viewer, asked), until: null, key: null });
  if (ownerKind === 'ADMINISTRATOR') return signed(ADMINISTRATOR);
  if (ownerKind === 'ANALYST') return signed(ANALYST);
  if (ownerKind === 'OPERATION') return signed(operationViewer(operationId!));
  if (ownerKind === 'CERTIFIER') return signed(certifierViewer(certifierId!));
  const [key] = await database.query<{ scopes: KeyScope[]; expiresAt: Date }>(
    'select scopes, expires_at as "expiresAt" from api_key where id = $1 and revoked_at is null and expires_at > now()',
    [keyId],
  );
  return key ? { viewer: partnerViewer(operationId!, key.scopes), until: key.expiresAt.getTime(), key: keyId } : null;
}
