import type { AccessAct, EventType, LogEvent, NodeType } from '@lotline/schema';
import type { Viewer } from '../access';
import type { Transaction } from '../database';
import { keep, withIds } from './keep';

/** Events by which somebody is let in, or is let in no more; of which kind of noun each tells. */
const GRANTS: Partial<Record<EventType, { act: Extract<AccessAct, 'GRANTED' | 'ENDED'>; noun: NodeType }>> = {
  'key.created': { act: 'GRANTED', noun: 'ApiKey' },
  'key.revoked': { act: 'ENDED', noun: 'ApiKey' },
  'broker.assigned': { act: 'GRANTED', noun: 'BrokerAssignment' },
  'broker.ended': { act: 'ENDED', noun: 'BrokerAssignment' },
  'audit.granted': { act: 'GRANTED', noun: 'AuditGrant' },
  'audit.revoked': { act: 'ENDED', noun: 'AuditGrant' },
};

/** Writes down who is let in by a command, in its own transaction: of these nothing is lost, however much there is to write. */
export async function keepGrants(tx: Transaction, viewer: Viewer, now: Date, events: readonly LogEvent[]): Promise<void> {
  const [at, by] = [now.getTime(), { viewer, key: null }];
  const granted = events.flatMap(({ type, subject }) => {
    const grant = GRANTS[type];
    return grant ? [{ by, at, lastAt: at, times: 1, ...grant, subject, what: type, code: null, lots: [] }] : [];
  });
  if (granted.length > 0) await keep((sql, parameters) => tx.query(sql, parameters), withIds(granted));
}
