import { entryNumber } from '../world';
import type { Story } from './story';
import type { Section } from './table';
import type { Arguments } from './walk';

/** What the fields that must be asked with something are asked with, for a section of the table. */
export function argumentsOf({ ids }: Story, { of, direction }: Pick<Section, 'of' | 'direction'>): Arguments {
  const id = (name: string) => JSON.stringify(ids[name]);
  /** The noun of a type that is asked of, of several of a type the first. */
  const nounOf = (type: string) => of.map((name) => ids[name]!).find((each) => typeOf(each) === type) ?? ids[USUAL[type]!];
  const asked: Record<string, string[]> = {
    'Query.lot': ['code: "A-FLOUR", producer: "9990000001"'],
    'Query.shipment': ['reference: "A-SHIP", shipper: "9990000001"'],
    'Query.importCertificate': ['number: "999-0000000001-000001"'],
    'Query.importCertificateDeadlines': [
      `input: { certifier: ${id('ZE2')}, neededBy: "2099-06-01",
        transport: { mode: MARITIME, portOfLading: "TRMER", departs: "2099-06-01T08:00:00+03:00" } }`,
      `input: { certifier: ${id('ZE2')}, neededBy: "2020-01-01" }`,
    ],
    'Query.customsFiling': [
      `importCertificate: ${id('999-0000000001-000001')}, kilograms: "1000", lots: [${id('A-FLOUR')}], asKeyed: { messageSet: "OR1", intendedUse: "baking" }`,
    ],
    'Query.operation': ['identifier: "9990000001"'],
    'Query.search': ['text: "A-"', 'text: "999-0000000001"', 'text: "ZZ1-0000011"', 'text: "The "'],
    'Query.recall': [`lots: [${id('A-FLOUR')}]`],
    'Query.massBalance': [`operation: ${id('The exporter')}, product: ${id('Flour')}, from: "2025-01-01", to: "2025-12-31"`],
    'Query.accesses': ['filter: { acts: [GRANTED, ENDED] }'],
    'Operation.accesses': ['filter: { acts: [GRANTED, ENDED] }'],
    'Lot.trace': [`direction: ${direction}`],
  };
  return (parent, field, type) => {
    if (`${parent}.${field}` !== 'Query.node') return asked[`${parent}.${field}`] ?? [''];
    const nouns = type === '' ? Object.values(USUAL).map((name) => ids[name]) : [nounOf(type)];
    return nouns.map((each) => `id: ${JSON.stringify(each)}`);
  };
}

const typeOf = (globalId: string): string => Buffer.from(globalId, 'base64url').toString().split(':')[0]!;

/** Of each type of noun the one that is asked of where a section does not say. */
const USUAL: Record<string, string> = {
  ApiKey: 'A-KEY',
  AuditGrant: 'AUDIT',
  BrokerAssignment: 'ASSIGNMENT',
  Certifier: 'ZE2',
  CustomsEntry: entryNumber(11),
  Document: 'A-INVOICE-2',
  EmergencyActionNotification: 'A-HOLD',
  ImportCertificate: '999-0000000001-000001',
  Lot: 'A-FLOUR',
  Operation: 'The exporter',
  OperationCertificate: 'certificate of ZE1',
  Product: 'Flour',
  Shipment: 'A-SHIP',
  TransferOffer: 'OFFER',
};
