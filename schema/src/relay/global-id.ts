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

/** Types of facts that can be taken back. A fact is no node: it is read where it stands, and named only to take it back. */
export const FACT_TYPES = [
  'LotAdjustment',
  'LotInput',
  'OperationCertificateStatusFact',
  'ShipmentLeg',
  'ShippedLot',
  'Transfer',
  'Treatment',
] as const;
export type FactType = (typeof FACT_TYPES)[number];

/** What a fact is called outside: as a noun is, by its type and its UUID. */
export const toFactId = (type: FactType, id: string): string => Buffer.from(`${type}:${id}`).toString('base64url');

/** The type and UUID in an id of one of these types. */
function parseId<Type extends string>(text: string, types: readonly Type[], remedy: string): Parsed<{ type: Type; id: string }> {
  if (text.length > 200) return bad('it is too long for an id', remedy);
  const [type, id, ...rest] = Buffer.from(text, 'base64url').toString('utf8').split(':');
  if (id === undefined || rest.length > 0 || !UUID.test(id) || !(types as readonly string[]).includes(type ?? ''))
    return bad(`${quote(text)} is not an id`, remedy);
  return good({ type: type as Type, id });
}

/** The type and UUID in a global id; `expected` refuses ids of other types. */
export function parseGlobalId(text: string, expected?: NodeType): Parsed<{ type: NodeType; id: string }> {
  const remedy = expected ? `send an id of type ${expected}, as an answer gave it` : 'send an id as an answer gave it';
  const parsed = parseId(text, NODE_TYPES, remedy);
  if (parsed.ok && expected && parsed.value.type !== expected) return bad(`it is the id of a ${parsed.value.type}`, remedy);
  return parsed;
}

/** The type and UUID of a fact. */
export const parseFactId = (text: string): Parsed<{ type: FactType; id: string }> =>
  parseId(text, FACT_TYPES, 'send what an answer gave as `fact`');
