import { join } from 'node:path';
import { SCOPE_OF_TYPE } from '@lotline/server/access';
import { buildGraph } from '@lotline/server/graph';
import { type Lotline, startLotline } from '../support/lotline';
import { argumentsOf } from '../support/matrix/arguments';
import { rightsToCommand } from '../support/matrix/commands';
import { Seen } from '../support/matrix/seen';
import { SCOPES, type Story, tellStory } from '../support/matrix/story';
import { readTable } from '../support/matrix/table';
import { Walker } from '../support/matrix/walk';

// Every field of the graph for every kind of viewer, as rights-matrix.md has it. The questions are made from the schema.

const table = readTable(join(__dirname, 'rights-matrix.md'));
const graph = buildGraph();
const walker = new Walker(graph, () => ['']);

let lotline: Lotline;
let story: Story;
beforeAll(async () => {
  lotline = await startLotline({ heartbeatMs: 100, pollMs: 100 });
  story = await tellStory(lotline);
});
afterAll(() => lotline.close());

test('every field has a row, and every row a field', () => {
  const missing: string[] = [];
  const unknown: string[] = [];
  for (const { name: type } of walker.types) {
    const fields = walker.fieldsOf(type).map(({ name }) => name);
    const rows = table.sections.filter((section) => section.type === type).map(({ name, rows: of }) => [name, Object.keys(of)] as const);
    const first = rows.find(([name]) => name === type)?.[1] ?? [];
    missing.push(...fields.filter((field) => !first.includes(field)).map((field) => `${type}.${field}`));
    for (const [name, all] of rows)
      unknown.push(...all.filter((row) => !fields.includes(row.split(' ')[0]!)).map((row) => `${name}: ${row}`));
  }
  const types = walker.types.map(({ name }) => name);
  unknown.push(...table.sections.map(({ type }) => type).filter((type) => !types.includes(type)));
  expect({ missing, unknown }).toEqual({ missing: [], unknown: [] });
});

test('every scope of a key has a row, with the types that it opens', () => {
  const typesOf = (scope: string) => Object.keys(SCOPE_OF_TYPE).filter((type) => SCOPE_OF_TYPE[type] === scope);
  expect(table.scopes).toEqual(Object.fromEntries(SCOPES.map((scope) => [scope, typesOf(scope)])));
  const values = graph.getType('KeyScope') as unknown as { getValues(): { name: string }[] };
  expect(Object.keys(table.scopes)).toEqual(values.getValues().map(({ name }) => name));
});

test('somebody has a value of every field but a few', () => {
  const nobody = walker.types.flatMap(({ name: type }) =>
    walker.fieldsOf(type).flatMap(({ name: field }) => {
      const cells = table.sections.flatMap((section) => (section.type === type ? Object.values(section.rows[field] ?? {}) : []));
      return cells.some((cell) => cell !== '-') ? [] : [`${type}.${field}`];
    }),
  );
  expect(nobody.sort()).toEqual(WITHOUT_VALUE);
});
/** What nothing of the story records; and of the access journal what is written down while the matrix is asked. */
const WITHOUT_VALUE = [
  'AccessRecord.certifier',
  'AccessRecord.code',
  'AccessRecord.key',
  'ArrivalAnswer.findings',
  'ArrivalFinding.message',
  'ArrivalFinding.rule',
  'CloseOut.withheld',
  'CustomsEntry.cancelledOn',
  'CustomsEntryChange.by',
  'CustomsEntryChange.reason',
  'Disposition.kilograms',
  'Disposition.on',
  'EmergencyActionNotification.kilograms',
  'EmergencyActionNotification.notices',
  'EmergencyActionNotification.recordedFor',
  'EmergencyActionNotification.treatment',
  'FilingEntity.entityAddress',
  'FilingEntity.individualName',
  'ImportCertificate.claims',
  'ImportCertificate.importerOfRecord',
  'ImportCertificateLine.shipment',
  'ImportCertificateStatusFact.recipient',
  'Lot.notices',
  'NoticeGiven.emergencyAction',
  'NoticeGiven.lot',
  'NoticeGiven.shipment',
  'Shipment.notices',
  'UnreconciledMass.customsEntry',
  'UnreconciledMass.line',
  'Webhook.deliveries',
  'Webhook.formerUntil',
  'Webhook.reason',
  'WebhookDelivery.lastTriedAt',
  'WebhookDelivery.message',
  'WebhookDelivery.status',
];

const asked = table.sections.filter(({ type }) => type !== 'Mutation');

test.each(asked.map((section) => [section.name, section] as const))('%s', async (_, section) => {
  const seen = new Seen(story, new Walker(graph, argumentsOf(story, section)), table);
  expect(await seen.cells(section, Object.keys(section.rows))).toEqual(section.rows);
  expect(seen.wrongPages).toEqual([]);
});

const commands = table.sections
  .filter(({ type }) => type === 'Mutation')
  .flatMap((section) => Object.keys(section.rows).map((row) => [row, section] as const));

test.each(commands)('command %s', async (row, section) => {
  expect(await rightsToCommand(story, section.party, row)).toEqual(section.rows[row]);
});
