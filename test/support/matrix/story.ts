import { toGlobalId } from '@lotline/schema';
import { workOnce } from '@lotline/server/jobs';
import { tasksOf } from '@lotline/server/later';
import { type As, csv, type Lotline } from '../lotline';
import { certificateNumber, entryNumber } from '../world';

// The one world of the matrix of rights. A farm sells wheat to an exporter, who mills it and sells the flour to an importer; a broker files
// the entry, and a stranger does the like for itself, under codes that begin the same. Each of the three was certified by another agent
// before the story, by one during it, and is certified by a third one now.

/** Whose matrix a section of the table is. */
export type Party = 'farm' | 'exporter' | 'importer' | 'stranger';

const OPERATION: Record<Party | 'packer' | 'bakery' | 'filer' | 'buyer', string> = {
  farm: 'A:FARM',
  exporter: '9990000001',
  importer: '9990000002',
  packer: 'A:PACKER',
  bakery: 'A:BAKERY',
  filer: 'A:FILER',
  stranger: '9990000009',
  buyer: 'B:BUYER',
};
/** Of each party who certified it before the story, during it, and now. */
const CERTIFIERS: Record<Party, [string, string, string]> = {
  farm: ['ZF0', 'ZF1', 'ZF2'],
  exporter: ['ZE0', 'ZE1', 'ZE2'],
  importer: ['ZI0', 'ZI1', 'ZI2'],
  stranger: ['ZS0', 'ZS1', 'ZS2'],
};
const [ISSUER, AUDITOR] = ['ZQ1', 'ZA1'];
/** Of each party a broker that it assigned, for everything. */
const BROKER: Record<Party, string> = { farm: 'C:FARM', exporter: 'C:EXPORTER', importer: 'C:IMPORTER', stranger: 'C:STRANGER' };
/** The farm alone has no certificate: it is known to its partners only. */
const CERTIFIED: Party[] = ['exporter', 'importer', 'stranger'];

const CERTIFICATE = (serial: number) => certificateNumber(1, serial);
const ENTRY = entryNumber(11);
const [WHEAT, FLOUR] = ['1001990000', '1101000000'];

export const SCOPES = ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES', 'COMMANDS'] as const;
export type Scope = (typeof SCOPES)[number];

export interface Story {
  lotline: Lotline;
  /** Global ids by names: codes, numbers, references, names of operations. */
  ids: Record<string, string>;
  /** Everything but the stranger's. */
  ours: ReadonlySet<string>;
  /** Who asks, by the columns of the table. A narrow key lacks a scope. */
  viewers(party: Party): Record<string, (lacking: Scope | null) => As>;
  /** A cursor from before the story. */
  before(as: As): string;
}

const certificate = (certificate: { operation: string; certifier: string; status: string; effective_from: string }, more = {}) => ({
  ...certificate,
  scope: 'handling',
  products: 'Flour',
  reason: 'inspected',
  ...more,
});

const base = {
  'certifiers.csv': csv(
    [...Object.values(CERTIFIERS).flat(), ISSUER, AUDITOR].map((code) => ({
      certifier: code,
      name: `Certifier ${code}`,
      country: 'DE',
      scheme: 'NOP',
    })),
  ),
  'operations.csv': csv(
    [
      ...Object.entries(OPERATION),
      ...Object.entries(BROKER).map(([party, operation]) => [`broker of the ${party}`, operation] as const),
    ].map(([name, operation]) => ({ operation, name: `The ${name}`, country: 'TR', roles: 'handler' })),
  ),
  'products.csv': csv([
    { product: 'Wheat', hts: WHEAT, organic: 'yes' },
    { product: 'Flour', hts: FLOUR, organic: 'yes' },
  ]),
  'operation_certificates.csv': csv(
    CERTIFIED.flatMap((party) => {
      const operation = OPERATION[party];
      const [before, during, now] = CERTIFIERS[party];
      return [
        certificate({ operation, certifier: before, status: 'certified', effective_from: '2021-01-01' }),
        certificate({ operation, certifier: before, status: 'surrendered', effective_from: '2023-01-01' }),
        certificate({ operation, certifier: during, status: 'certified', effective_from: '2023-01-01' }, { products: 'Flour;Wheat' }),
        certificate({ operation, certifier: during, status: 'certified', effective_from: '2024-01-01' }),
        certificate({ operation, certifier: during, status: 'surrendered', effective_from: '2025-10-01' }),
        certificate({ operation, certifier: now, status: 'certified', effective_from: '2025-10-01' }),
      ];
    }),
  ),
};

const { farm, exporter, importer, packer, bakery, filer, stranger, buyer } = OPERATION;
const kilograms = (quantity: number) => ({ quantity, unit: 'KGM' });

const importCertificate = (serial: number, requested_on: string, issued_on: string) => ({
  number: CERTIFICATE(serial),
  kind: 'PERIOD',
  exporter,
  importer,
  certifier: ISSUER,
  hts: FLOUR,
  requested_on,
  issued_on,
  origin: 'TR',
  destination: 'US',
  standard: 'NOP',
  valid_from: issued_on,
  valid_to: '2025-12-31',
  final_handler: packer,
  consignee: bakery,
});

/** What happened while the second agent of each party certified it. */
const during = {
  'lots.csv': csv([
    { code: 'A-FIELD', producer: farm, product: 'Wheat', ...kilograms(600), kind: 'harvest', produced_on: '2025-01-10' },
    { code: 'A-FLOUR', producer: exporter, product: 'Flour', ...kilograms(500), kind: 'transformation', produced_on: '2025-03-01' },
    { code: 'A-BREAD', producer: importer, product: 'Flour', ...kilograms(50), kind: 'transformation', produced_on: '2025-06-01' },
    { code: 'A-OTHER', producer: stranger, product: 'Flour', ...kilograms(500), kind: 'harvest', produced_on: '2025-01-10' },
  ]),
  'lot_inputs.csv': csv([
    { output: 'A-FLOUR', input: 'A-FIELD', ...kilograms(580) },
    { output: 'A-BREAD', input: 'A-FLOUR', ...kilograms(50) },
  ]),
  'transfers.csv': csv([
    { lot: 'A-FIELD', from: farm, to: exporter, on: '2025-02-01', ...kilograms(580), document: 'A-INVOICE-1' },
    { lot: 'A-FLOUR', from: exporter, to: importer, on: '2025-04-01', ...kilograms(400), document: 'A-INVOICE-2' },
    { lot: 'A-FLOUR', from: importer, to: bakery, on: '2025-07-01', ...kilograms(100), document: 'A-INVOICE-3' },
    { lot: 'A-OTHER', from: stranger, to: buyer, on: '2025-04-01', ...kilograms(400), document: '' },
  ]),
  'lot_adjustments.csv': csv([
    { lot: 'A-FLOUR', holder: exporter, kind: 'spoilage', on: '2025-03-20', ...kilograms(3) },
    { lot: 'A-FLOUR', holder: importer, kind: 'sample', on: '2025-05-20', ...kilograms(2), document: 'A-INVOICE-3' },
  ]),
  'shipments.csv': csv([
    { reference: 'A-SHIP', shipper: exporter, consignee: importer, booked_on: '2025-04-01' },
    { reference: 'A-SHIP-OTHER', shipper: stranger, consignee: buyer, booked_on: '2025-04-01' },
  ]),
  'shipment_legs.csv': csv([
    {
      shipment: 'A-SHIP',
      sequence: 1,
      mode: 'maritime',
      from_place: 'TRISK',
      to_place: 'USSCK',
      departed: '2025-04-02T08:00:00+03:00',
      arrived: '2025-04-20T09:00:00-07:00',
      carrier: 'A line',
      conveyance: 'A ship',
      container: 'CSQU3054383',
      seal: 'A-SEAL',
    },
  ]),
  'shipment_lots.csv': csv([
    { shipment: 'A-SHIP', lot: 'A-FLOUR', ...kilograms(400) },
    { shipment: 'A-SHIP-OTHER', lot: 'A-OTHER', ...kilograms(400) },
  ]),
  'treatments.csv': csv([
    { kind: 'fumigation', on: '2025-03-15', substance: 'gas', lot: 'A-FLOUR', shipment: '', document: 'A-GAS' },
    { kind: 'heat', on: '2025-04-10', substance: 'air', lot: '', shipment: 'A-SHIP', document: '' },
  ]),
  'documents.csv': csv(
    [
      { type: 'invoice', number: 'A-INVOICE-1', issuer: farm, issued_on: '2025-02-01', lots: 'A-FIELD' },
      { type: 'invoice', number: 'A-INVOICE-2', issuer: exporter, issued_on: '2025-04-01', lots: 'A-FLOUR', file: 'invoice.txt' },
      { type: 'invoice', number: 'A-INVOICE-3', issuer: importer, issued_on: '2025-07-01', lots: 'A-FLOUR' },
      { type: 'bill_of_lading', number: 'A-BILL', issuer: exporter, issued_on: '2025-04-02', shipments: 'A-SHIP' },
      { type: 'contract', number: 'A-CONTRACT', issuer: exporter, issued_on: '2025-03-30', certificates: CERTIFICATE(1) },
      { type: 'other', number: 'A-GAS', issuer: exporter, issued_on: '2025-03-15' },
      { type: 'invoice', number: 'A-PAPER-OTHER', issuer: stranger, issued_on: '2025-04-01', lots: 'A-OTHER' },
    ].map((each) => ({ ...each, marked_organic: 'yes' })),
  ),
  'invoice.txt': 'flour',
  'import_certificates.csv': csv([importCertificate(1, '2025-03-05', '2025-03-25'), importCertificate(2, '2025-03-05', '2025-03-25')]),
  'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE(1), product: 'Flour', ...kilograms(400), lot: 'A-FLOUR' }]),
  'customs_entries.csv': csv([
    { entry: ENTRY, line: 1, certificate: CERTIFICATE(1), filed_on: '2025-05-05', hts: FLOUR, ...kilograms(300), filer, lots: 'A-FLOUR' },
  ]),
  'emergency_actions.csv': csv([
    {
      number: 'A-HOLD',
      on: '2025-05-10T10:00:00-07:00',
      ordered: 'hold',
      lot: 'A-FLOUR',
      shipment: '',
      certifier_notified_on: '2025-10-02',
      disposition: 'RELEASED_ORGANIC',
    },
  ]),
};

/** What happened after that; of the last certificate only that it was asked for is of before. */
const after = {
  'import_certificates.csv': csv([importCertificate(3, '2025-09-20', '2025-10-08')]),
  'import_certificate_lines.csv': csv([{ certificate: CERTIFICATE(3), product: 'Flour', ...kilograms(20), lot: 'A-FLOUR' }]),
  'shipment_legs.csv': csv([
    {
      shipment: 'A-SHIP',
      sequence: 2,
      mode: 'road',
      from_place: 'USSCK',
      to_place: 'USLAX',
      departed: '2025-10-05',
      arrived: '2025-10-06',
    },
  ]),
  'emergency_actions.csv': csv([{ number: 'A-HOLD-SHIP', on: '2025-10-10', ordered: 'hold', lot: '', shipment: 'A-SHIP' }]),
  'operation_certificates.csv': csv([
    certificate({ operation: exporter, certifier: CERTIFIERS.exporter[2], status: 'suspended', effective_from: '2026-02-01' }),
  ]),
};

const NOUNS = `{
  lots { nodes { id name: code } } shipments { nodes { id name: reference } } documents { nodes { id name: number } }
  importCertificates { nodes { id name: number customsEntries { nodes { id name: number } } } } operations { nodes { id name
    certificates { nodes { id certifier { id name: code } products { nodes { product { id name } } } } } keys { nodes { id name } } } }
  held: lots { nodes { emergencyActions { nodes { id name: number } } } } heldShipments: shipments { nodes { emergencyActions { nodes { id name: number } } } }
  transferOffers(filter: { statuses: [DISPUTED] }) { nodes { id } } }`;

/** Ids of all nouns by their names; of a certificate of an operation by its certifier, of the one offer by OFFER. */
function namesOf(answer: any): Record<string, string> {
  const ids: Record<string, string> = {};
  const look = (value: any): void => {
    if (value === null || typeof value !== 'object') return;
    if (value.id) ids[value.name ?? (value.certifier ? `certificate of ${value.certifier.name}` : 'OFFER')] = value.id;
    for (const each of Object.values(value)) look(each);
  };
  look(answer);
  return ids;
}

/** Tells the story to an empty server. */
export async function tellStory(lotline: Lotline): Promise<Story> {
  await lotline.import(base);
  const operations = namesOf(await lotline.data('{ operations { nodes { id name } } }'));
  let given = 0;
  const command = async (name: string, payload: string, input: object, as: As = 'admin') => {
    const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`;
    const keyed = { idempotencyKey: `story ${++given}`, ...input };
    return (await lotline.data(`mutation ($input: ${type}) { done: ${name}(input: $input) { ${payload} } }`, { input: keyed }, as)).done;
  };

  // Keys first: what they hear begins with the story.
  const keys = new Map<string, As>();
  const expiresOn = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  for (const party of Object.keys(CERTIFIERS) as Party[])
    for (const lacking of [null, ...SCOPES]) {
      const scopes = SCOPES.filter((scope) => scope !== lacking);
      const input = { operation: operations[`The ${party}`], name: `Key without ${lacking}`, scopes, expiresOn };
      const { secret } = await command('createKey', 'secret', input, { operation: OPERATION[party] });
      keys.set(`${party} ${lacking}`, { key: secret });
    }
  const viewers: Story['viewers'] = (party) => {
    const [earlier, past, certifier] = CERTIFIERS[party];
    const key = (lacking: Scope | null) => keys.get(`${party} ${lacking}`)!;
    return {
      administrator: () => 'admin',
      analyst: () => 'analyst',
      party: () => ({ operation: OPERATION[party] }),
      certifier: () => ({ certifier }),
      past: () => ({ certifier: past }),
      earlier: () => ({ certifier: earlier }),
      key: () => key(null),
      narrow: key,
      stranger: () => ({ operation: stranger }),
      'its certifier': () => ({ certifier: CERTIFIERS.stranger[2] }),
      broker: () => ({ operation: BROKER[party] }),
      auditor: () => ({ certifier: AUDITOR }),
      nobody: () => 'nobody',
    };
  };
  const uuidOf = async (certifier: string): Promise<string> =>
    (await lotline.database.query<{ id: string }>(`select id from certifier where code = '${certifier}'`))[0]!.id;
  const assign = async (party: Party, broker: string, more: object = {}): Promise<string> => {
    const input = {
      importer: operations[`The ${party}`],
      broker: operations[broker],
      scopes: SCOPES,
      validUntil: `${expiresOn}T00:00:00Z`,
      ...more,
    };
    return (await command('assignBroker', 'brokerAssignment { id }', input)).brokerAssignment.id;
  };
  const assignments: Record<string, string> = {};
  for (const party of Object.keys(BROKER) as Party[]) assignments[party] = await assign(party, `The broker of the ${party}`);

  const cursors = new Map<string, string>();
  const everybody = (Object.keys(CERTIFIERS) as Party[]).flatMap((party) => Object.values(viewers(party)).map((viewer) => viewer(null)));
  for (const as of [...everybody, ...keys.values()])
    cursors.set(JSON.stringify(as), (await lotline.ask('{ viewer { kind } }', {}, as)).extensions!.cursor!);

  await lotline.import(during);
  const ids = namesOf(await lotline.data(NOUNS));
  const offer = { lot: ids['A-FLOUR'], sender: ids['The exporter'], receiver: ids['The importer'], on: '2025-08-01' };
  const offered = await command('offerTransfer', 'transferOffer { id }', {
    ...offer,
    quantity: { value: '5', unit: 'KGM' },
    document: ids['A-INVOICE-2'],
  });
  const upload = await fetch(`${lotline.url}/files`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await lotline.token({ operation: exporter })}` },
    body: during['invoice.txt'],
  });
  const { sha256 } = (await upload.json()) as { sha256: string };
  await command(
    'attachDocument',
    'cursor',
    { operation: ids['The exporter'], document: ids['A-INVOICE-2'], sha256 },
    { operation: exporter },
  );
  await command('disputeTransfer', 'cursor', {
    transferOffer: offered.transferOffer.id,
    quantity: { value: '4', unit: 'KGM' },
    on: '2025-08-02',
    reason: 'by the scale',
  });
  const withdrawn = await command('offerTransfer', 'transferOffer { id }', { ...offer, quantity: { value: '1', unit: 'KGM' } });
  await command('withdrawTransfer', 'cursor', { transferOffer: withdrawn.transferOffer.id, reason: 'offered twice' });
  const { node: flour } = await lotline.data(
    'query ($id: ID!) { node(id: $id) { ... on Lot { ownership { nodes { fact owner { id } } } losses { nodes { fact kind } } treatments { nodes { fact kind } } } } }',
    { id: ids['A-FLOUR'] },
  );
  const factOf = (list: any, of: (each: any) => boolean): string => list.nodes.find(of).fact;
  const paper = { operation: ids['The importer'], paper: { issuer: ids['The importer'], issuedOn: '2025-05-01', markedOrganic: 'YES' } };
  await command('attachDocument', 'cursor', {
    ...paper,
    paper: { ...paper.paper, type: 'OTHER', number: 'A-FILE' },
    shipments: [ids['A-SHIP']],
    importCertificates: [ids[CERTIFICATE(1)]],
    operations: [ids['The importer']],
    operationCertificates: [ids['certificate of ZI2']],
    customsEntries: [ids[ENTRY]],
    emergencyActions: [ids['A-HOLD']],
    facts: [
      factOf(flour.ownership, ({ owner }) => owner.id === ids['The importer']),
      factOf(flour.losses, ({ kind }) => kind === 'SAMPLE'),
      factOf(flour.treatments, ({ kind }) => kind === 'FUMIGATION'),
    ],
  });
  for (const [number, issuedOn] of [
    ['A-PROCEDURE-1', '2025-01-15'],
    ['A-PROCEDURE-2', '2025-06-01'],
  ])
    await command('attachDocument', 'cursor', { ...paper, paper: { ...paper.paper, type: 'IMPORT_PROCEDURE', number, issuedOn } });
  const mistaken = await command('recordLoss', 'fact', {
    lot: ids['A-FLOUR'],
    holder: ids['The importer'],
    kind: 'COUNT',
    quantity: { value: '1', unit: 'KGM' },
    on: '2025-08-05',
  });
  await command('retractFact', 'cursor', { fact: mistaken.fact, reason: 'counted again' });
  await command('verifyProduct', 'cursor', {
    operationCertificate: ids['certificate of ZE2'],
    product: ids.Flour,
    labelledAs: 'Fine flour',
    on: '2025-10-01',
  });
  const agent = toGlobalId('Certifier', await uuidOf(CERTIFIERS.exporter[2]));
  const from = new Date().toISOString().slice(0, 10);
  await command('setLeadTime', 'cursor', { certifier: agent, from, businessDays: 5 });
  await lotline.import(after);
  const filed = await lotline.data(NOUNS);
  await command('verifyArrival', 'cursor', {
    operation: ids['The importer'],
    importCertificate: ids[CERTIFICATE(1)],
    shipment: ids['A-SHIP'],
    on: '2025-10-07',
    answers: ['VALID_CERTIFICATE', 'DATA_ACCURATE', 'NO_PROHIBITED_SUBSTANCE', 'NO_RADIATION'].map((check) => ({
      check,
      verdict: check === 'DATA_ACCURATE' ? 'NO' : 'YES',
      words: 'looked at',
      documents: [namesOf(filed)['A-FILE']],
    })),
  });
  const held = namesOf(await lotline.data(NOUNS))['A-HOLD-SHIP'];
  await command('notifyCertifier', 'cursor', { emergencyAction: held, operation: ids['The importer'], at: '2025-10-11T09:00:00-07:00' });
  await command('setNoticePolicy', 'cursor', { operation: ids['The importer'], from, hours: 12 });
  for (const value of ['401', '400'])
    await command('reviseImportCertificate', 'cursor', {
      importCertificate: ids[CERTIFICATE(1)],
      quantity: { value, unit: 'KGM' },
      reason: 'weighed again',
    });
  await command('voidImportCertificate', 'cursor', { importCertificate: ids[CERTIFICATE(2)], reason: 'asked for twice' });
  const request = await command('requestImportCertificate', 'importCertificate { id }', {
    exporter: ids['The exporter'],
    importer: ids['The importer'],
    certifier: agent,
    kind: 'SHIPMENT',
    origin: 'TR',
    destination: 'US',
    hts: FLOUR,
    standard: 'NOP',
    lines: [{ product: ids.Flour, lot: ids['A-FLOUR'], quantity: { value: '1', unit: 'KGM' } }],
    neededBy: expiresOn,
    transport: {
      mode: 'MARITIME',
      portOfLading: 'TRMER',
      portOfEntry: 'USSCK',
      departs: `${expiresOn}T08:00:00+03:00`,
      arrives: '2099-01-01',
    },
  });
  await command('approveImportCertificate', 'cursor', { importCertificate: request.importCertificate.id, reason: 'the field was visited' });
  const gone = { operation: ids['The exporter'], name: 'A-KEY', scopes: ['LOTS'], expiresOn };
  const { key } = await command('createKey', 'key { id }', gone);
  await command('revokeKey', 'cursor', { key: key.id });

  const told = { url: 'https://hooks.example.com/', query: 'subscription { lotEvents { change { kind } } }', variables: {} };
  const { webhook } = await command('createWebhook', 'webhook { id }', told);
  ids['The webhook'] = webhook.id;
  await command('testWebhook', 'cursor', { webhook: webhook.id });

  const ended = await assign('importer', 'The filer', { reason: 'for this entry' });
  await command('endBrokerAssignment', 'cursor', { brokerAssignment: ended });
  const audit = async (directions: string[]): Promise<string> => {
    const certifier = toGlobalId('Certifier', await uuidOf(AUDITOR));
    const input = { lot: ids['A-FLOUR'], certifier, directions, reason: 'a complaint', validUntil: `${expiresOn}T00:00:00Z` };
    return (await command('grantAudit', 'auditGrant { id }', input)).auditGrant.id;
  };
  const revoked = await audit(['BACK']);
  await command('revokeAudit', 'cursor', { auditGrant: revoked });
  const sold = (
    await lotline.data('query ($id: ID!) { node(id: $id) { ... on Lot { ownership { nodes { fact } } } } }', { id: ids['A-FIELD'] })
  ).node.ownership.nodes.find(({ fact }: { fact: string | null }) => fact !== null);
  const grants = {
    ASSIGNMENT: assignments.importer!,
    'ASSIGNMENT of the exporter': assignments.exporter!,
    ENDED: ended,
    AUDIT: await audit(['BACK', 'FORWARD']),
    REVOKED: revoked,
    'fact of A-FIELD': sold!.fact,
    REQUEST: request.importCertificate.id,
    'OFFER that was withdrawn': withdrawn.transferOffer.id,
  };

  // One thing falls due.
  await lotline.database.query("delete from graphile_worker._private_jobs where key not like 'notice FILING_CUT_OFF_NEAR %'");
  await lotline.database.query('update graphile_worker._private_jobs set run_at = now()');
  await workOnce(lotline.database, tasksOf(lotline.runner), { info: () => {}, error: () => {} });

  const job = await tellOutside(lotline, ids[CERTIFICATE(1)]!, ids[ENTRY]!);
  Object.assign(
    ids,
    namesOf(await lotline.data(NOUNS)),
    grants,
    { 'the failed job': job },
    { [AUDITOR]: toGlobalId('Certifier', await uuidOf(AUDITOR)) },
  );
  const theirs = [
    'A-OTHER',
    'A-SHIP-OTHER',
    'A-PAPER-OTHER',
    'The stranger',
    'The buyer',
    'The broker of the stranger',
    ...CERTIFIERS.stranger.map((code) => `certificate of ${code}`),
  ];
  const ours = new Set(Object.entries(ids).flatMap(([name, id]) => (theirs.includes(name) || name.startsWith('Key ') ? [] : [id])));
  return { lotline, ids, ours, viewers, before: (as) => cursors.get(JSON.stringify(as))! };
}

/** What systems outside were told of a certificate while the second agents were there, and what they are to be told since; and a job that failed, by its id. */
async function tellOutside({ database }: Lotline, certificate: string, entry: string): Promise<string> {
  const uuid = (id: string) => Buffer.from(id, 'base64url').toString().split(':')[1]!;
  await database.query(
    `insert into outside_effect (id, system, what, noun, subject, sequence, body, since, state, attempts, last_tried_at, message, settled_at, recorded_by) values
      (gen_random_uuid(), 'ORGANIC_INTEGRITY_DATABASE', 'ISSUE', 'ImportCertificate', $1, 1, '{}', '2025-03-20', 'DONE', 1, '2025-03-20', 'as it was typed', '2025-03-20', gen_random_uuid()),
      (gen_random_uuid(), 'ORGANIC_INTEGRITY_DATABASE', 'REVISE', 'ImportCertificate', $1, 2, '{}', '2025-09-20', 'RETRYING', 3, '2025-11-01', 'it cannot now', null, gen_random_uuid()),
      (gen_random_uuid(), 'AUTOMATED_COMMERCIAL_ENVIRONMENT', 'FILE', 'CustomsEntry', $2, 1, '{}', '2025-05-05', 'DONE', 1, '2025-05-05', null, '2025-05-05', gen_random_uuid())`,
    [uuid(certificate), uuid(entry)],
  );
  const [job] = await database.query<{ id: string }>(
    `select (graphile_worker.add_job('oid', json_build_object('noun', 'ImportCertificate', 'subject', $1::text), $1)).id`,
    [uuid(certificate)],
  );
  await database.query(`select graphile_worker.permanently_fail_jobs(array[$1::bigint], 'it cannot now')`, [job!.id]);
  return job!.id;
}
