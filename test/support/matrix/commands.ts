import type { As, GraphQLAnswer } from '../lotline';
import { entryNumber } from '../world';
import type { Party, Story } from './story';

// Commands as every kind of viewer gives them. Each is well formed and refused by a policy at the last, so that nothing changes: whoever
// comes as far as that may give it.

const TOO_MUCH = { value: '1000000', unit: 'KGM' };

/** The input of each row of commands, after the nouns of the story. */
function inputOf(row: string, id: (name: string) => string): object {
  const [command, ...of] = row.split(' ');
  const other = of.join(' ');
  const lot = id(other.startsWith("of the stranger's") ? 'A-OTHER' : other.startsWith("of the farm's") ? 'A-FIELD' : 'A-FLOUR');
  const partner = id(other === 'to an unknown operation' ? 'The buyer' : 'The importer');
  const document = other === "with the stranger's paper" ? { document: id('A-PAPER-OTHER') } : {};
  const birth = { producer: id('The exporter'), product: id('Flour'), code: 'A-FLOUR', quantity: TOO_MUCH };
  const paper = { type: 'INVOICE', number: 'A-NEW', issuedOn: '2099-01-01', markedOrganic: 'YES' };
  const use = { lot, quantity: TOO_MUCH };
  const entered = { line: 1, hts: '1101000000', importCertificate: id('999-0000000001-000001'), quantity: TOO_MUCH };
  const inputs: Record<string, object> = {
    recordHarvest: birth,
    recordTransformation: { ...birth, inputs: [use] },
    declareLotInputs: { lot, inputs: [use] },
    bookShipment: { reference: 'A-NEW', shipper: id('The exporter'), consignee: partner, lots: [use] },
    recordDeparture: { shipment: id('A-SHIP'), mode: 'ROAD', fromPlace: 'USLAX', toPlace: 'USSCK', departed: '2020-01-01' },
    recordArrival: { shipment: id('A-SHIP'), arrived: '2025-11-01' },
    offerTransfer: { lot, sender: id('The exporter'), receiver: partner, quantity: TOO_MUCH, on: '2025-09-01', ...document },
    attachDocument: {
      operation: id('The exporter'),
      ...(other === "with the stranger's paper"
        ? { document: id('A-PAPER-OTHER') }
        : { paper: { ...paper, issuer: other === '' ? id('The exporter') : partner } }),
      lots: [lot],
    },
    recordLoss: { lot, holder: id('The exporter'), kind: 'COUNT', quantity: TOO_MUCH, on: '2025-09-01' },
    recordTreatment: {
      operation: id('The exporter'),
      ...(other === 'of the shipment' ? { shipment: id('A-SHIP') } : { lot }),
      kind: 'IRRADIATION',
      prohibited: false,
      on: '2025-04-02',
    },
    retractFact: { fact: id('fact of A-FIELD'), reason: 'why not' },
    disputeTransfer: { transferOffer: id('OFFER'), quantity: TOO_MUCH, on: '2025-09-01', reason: 'why not' },
    declineTransfer: { transferOffer: id('OFFER') },
    withdrawTransfer: { transferOffer: id('OFFER') },
    recordOperation: { certifier: id('ZE2'), nopId: '9990000001', name: 'Another', country: 'TR', roles: ['HANDLER'] },
    recordOperationCertificate: { operation: id('The exporter'), certifier: id('ZE2'), effectiveFrom: '2026-03-01' },
    verifyProduct: { operationCertificate: id('certificate of ZE2'), product: id('Flour'), on: '2020-01-01' },
    setNoticePolicy: { operation: id('The exporter'), from: '2020-01-01', hours: 24 },
    notifyCertifier: { emergencyAction: id('A-HOLD'), operation: id('The exporter'), at: '2020-01-01' },
    verifyArrival: {
      operation: id(other === 'of the importer' ? 'The importer' : 'The exporter'),
      importCertificate: id('999-0000000001-000001'),
      on: '2099-01-01',
      answers: ['VALID_CERTIFICATE', 'DATA_ACCURATE', 'NO_PROHIBITED_SUBSTANCE', 'NO_RADIATION'].map((check) => ({
        check,
        verdict: 'NO',
        words: 'looked at',
      })),
    },
    recordEmergencyActionNotification: {
      operation: id(other === 'of the importer' ? 'The importer' : 'The exporter'),
      number: 'A-NEW',
      on: '2099-01-01',
      ordered: 'hold',
      lot: id('A-FLOUR'),
    },
    recordDisposition: {
      operation: id(other === 'of the importer' ? 'The importer' : 'The exporter'),
      emergencyAction: id('A-HOLD'),
      kind: 'DESTROYED',
      on: '2099-01-01',
    },
    setLeadTime: { certifier: id('ZE2'), from: '2020-01-01', businessDays: 5 },
    acceptTransfer: { transferOffer: id('OFFER'), on: '2025-09-01' },
    createKey: { operation: id('The exporter'), name: 'Another', scopes: ['LOTS'], expiresOn: '2020-01-01' },
    assignBroker: { importer: id('The exporter'), broker: id('The exporter'), scopes: ['LOTS'], validUntil: '2020-01-01T00:00:00Z' },
    endBrokerAssignment: { brokerAssignment: id('ENDED') },
    grantAudit: { lot, certifier: id('ZA1'), directions: ['BACK'], reason: 'why not', validUntil: '2020-01-01T00:00:00Z' },
    revokeAudit: { auditGrant: id('REVOKED') },
    retryJob: { job: '999999999' },
    createWebhook: {
      url: 'https://hooks.example.com/',
      query: 'subscription { operationCertificateStatusChanged { change { to } } }',
      after: 'AAAA',
    },
    deleteWebhook: { webhook: '01920000-0000-7000-8000-000000000000' },
    rotateWebhookSecret: { webhook: '01920000-0000-7000-8000-000000000000' },
    testWebhook: { webhook: '01920000-0000-7000-8000-000000000000' },
    replayWebhook: { webhook: '01920000-0000-7000-8000-000000000000' },
    revokeKey: { key: id('A-KEY') },
    requestImportCertificate: {
      exporter: id('The exporter'),
      importer: partner,
      certifier: id('ZA1'),
      kind: 'SHIPMENT',
      origin: 'TR',
      destination: 'US',
      hts: '1101000000',
      standard: 'NOP',
      lines: [{ product: id('Flour'), lot, quantity: TOO_MUCH }],
      neededBy: '2020-01-01',
      ...(document.document && { documents: [document.document] }),
    },
    withdrawImportCertificate: { importCertificate: id('999-0000000001-000001') },
    askForInformation: { importCertificate: id('999-0000000001-000001'), question: 'why' },
    answerInformation: { importCertificate: id('999-0000000001-000001'), answer: 'therefore' },
    approveImportCertificate: { importCertificate: id('999-0000000001-000001') },
    rejectImportCertificate: { importCertificate: id('999-0000000001-000001'), reasons: ['why not'] },
    issueImportCertificate: { importCertificate: id('999-0000000001-000001'), number: '999-0000000001-000009' },
    handOverImportCertificate: { importCertificate: id('999-0000000001-000001'), recipient: partner, on: '2020-01-01' },
    reviseImportCertificate: { importCertificate: id('999-0000000001-000001'), reason: 'why not' },
    voidImportCertificate: { importCertificate: id('999-0000000001-000001'), reason: 'why not' },
    recordCustomsEntry: { importer: id('The importer'), number: 'ABC-1234567-6', filedOn: '2020-01-01', lines: [entered] },
    amendCustomsEntry: { customsEntry: id(entryNumber(11)), lines: [entered], reason: 'why not' },
    cancelCustomsEntry: { customsEntry: id(entryNumber(11)), on: '2020-01-01', reason: 'why not' },
    changeOperationCertificateStatus: {
      operationCertificate: id('certificate of ZE2'),
      status: 'SUSPENDED',
      effectiveFrom: '2026-03-01',
      reason: 'why not',
    },
  };
  return inputs[command!]!;
}

const RIGHTS = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND']);
/** Refused at the last for a day that is over. */
const DATED = new Set(['createKey', 'createWebhook', 'assignBroker', 'grantAudit']);
/** Well formed, and of nothing. */
const unknown = (globalId: string): string => {
  const [type] = Buffer.from(globalId, 'base64url').toString().split(':');
  return Buffer.from(`${type}:01920000-0000-7000-8000-000000000000`).toString('base64url');
};

let given = 0;

/** Why each kind of viewer may not give a command; what is told as not found is told as of an id of nothing. */
export async function rightsToCommand({ lotline, ids, ours, viewers }: Story, party: Party, row: string): Promise<Record<string, string>> {
  const command = row.split(' ')[0]!;
  const give = async (input: object, as: As): Promise<GraphQLAnswer> => {
    const type = `${command[0]!.toUpperCase()}${command.slice(1)}Input!`;
    const query = `mutation ($input: ${type}) { ${command}(input: $input) { cursor } }`;
    return lotline.ask(query, { input: { idempotencyKey: `matrix ${++given}`, ...input } }, as);
  };
  const reasonsOf = ({ errors }: GraphQLAnswer) =>
    errors?.flatMap(({ extensions }) => extensions.reasons ?? [{ code: extensions.code }]) ?? [];
  const cells: Record<string, string> = {};
  for (const [name, viewer] of Object.entries(viewers(party))) {
    const as = viewer('COMMANDS');
    const reasons = reasonsOf(
      await give(
        inputOf(row, (noun) => ids[noun]!),
        as,
      ),
    );
    const codes = reasons.map(({ code }: any) => code);
    if (codes.length === 0 || codes.some((code: string) => code === 'BAD_USER_INPUT' && !DATED.has(command)))
      throw new Error(`${row} for ${name}: ${JSON.stringify(reasons)}`);
    cells[name] = codes.find((code: string) => RIGHTS.has(code)) ?? 'may';
    if (cells[name] !== 'NOT_FOUND') continue;
    // The stranger's own nouns are in its sight.
    const hidden = (noun: string) => (name.startsWith('stranger') || name.startsWith('its') ? ours.has(ids[noun]!) : !ours.has(ids[noun]!));
    const isHidden = (noun: string) =>
      hidden(noun) ||
      (name === 'earlier' && /^(999|fact)/.test(noun)) ||
      (party === 'importer' && noun.endsWith('A-FIELD')) ||
      (party === 'exporter' && noun === entryNumber(11));
    const ofNothing = reasonsOf(
      await give(
        inputOf(row, (noun) => (isHidden(noun) ? unknown(ids[noun]!) : ids[noun]!)),
        as,
      ),
    );
    if (JSON.stringify(ofNothing) !== JSON.stringify(reasons))
      throw new Error(`${row} for ${name}: ${JSON.stringify([reasons, ofNothing])}`);
  }
  return cells;
}
