import { bad, good, type Parsed, quote } from '../refusal';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Types that `node(id:)` answers. */
export const NODE_TYPES = [
  'ApiKey',
  'AuditGrant',
  'BrokerAssignment',
  'Certifier',
  'CustomsEntry',
  'Document',
  'EmergencyActionNotification',
  'ImportCertificate',
  'Lot',
  'Operation',
  'OperationCertificate',
  'Product',
  'Shipment',
  'TransferOffer',
] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** The Relay global id of a noun: base64 of its type and its UUID. */
export const toGlobalId = (type: NodeType, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** The type and UUID in a global id; `expected` refuses ids of other types. */
export function parseGlobalId(text: string, expected?: NodeType): Parsed<{ type: NodeType; id: string }> {
  const remedy = expected ? `send an id of type ${expected}, as an answer gave it` : 'send an id as an answer gave it';
  if (text.length > 200) return bad('it is too long for an id', remedy);
  const [type, id, ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(':');
  if (id === undefined || rest.length > 0 || !UUID.test(id) || !(NODE_TYPES as readonly string[]).includes(type ?? '')) {
    return bad(`${quote(text)} is not an id`, remedy);
  }
  if (expected && type !== expected) return bad(`it is the id of a ${type}`, remedy);
  return good({ type: type as NodeType, id });
}
