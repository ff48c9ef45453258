import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type As, csv, type Lotline, startLotline } from '../support/lotline';

// Two samples as those in them see them: what each is told of the lot that crossed the border, in the words of test/seen. A person has
// read these and found them right; SEEN=write writes them anew, to be read again.

const ROOT = resolve(__dirname, '..', '..');
const BROKER = 'BROKER:SAMPLE-ENTRY';
const DAY_MS = 86_400_000;

interface Sample {
  sample: string;
  lot: string;
  exporter: string;
  importer: string;
  certifier: string;
  /** What the importer lets its broker see. */
  scopes: string[];
}

const SAMPLES: Sample[] = [
  {
    sample: 'soybeans',
    lot: 'SOY-STOCKTON-1',
    exporter: '9990000001',
    importer: '9990000002',
    // Certified the exporter until it revoked its certificate.
    certifier: 'ZZA',
    scopes: ['SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES'],
  },
  {
    sample: 'coffee',
    lot: 'COF-EXCELSO-0123',
    exporter: '9990100004',
    importer: '9990100005',
    certifier: 'ZZC',
    scopes: ['LOTS', 'SHIPMENTS', 'DOCUMENTS', 'IMPORT_CERTIFICATES', 'CUSTOMS_ENTRIES'],
  },
];

/** Lists by the scope that a key needs for each. */
const LISTS = {
  LOTS: 'lots(first: 100) { totalCount nodes { code } }',
  SHIPMENTS: 'shipments(first: 100) { totalCount nodes { reference status } }',
  DOCUMENTS: 'documents(first: 100) { totalCount nodes { type number } }',
  IMPORT_CERTIFICATES:
    'importCertificates(first: 100) { totalCount nodes { number status kilograms drawn remaining customsEntries(first: 5) { nodes { number filer { name } } } } }',
};
const KEY_SCOPES = ['LOTS', 'DOCUMENTS'] as const;
const STORY = `query ($lot: String!) { lot(code: $lot) {
  balance { born used lost onHand elsewhere shipped claimed }
  ownership { nodes { owner { name } from until kilograms certified } }
  back: trace(direction: BACK) { ...Told } forward: trace(direction: FORWARD) { ...Told }
  origin { complete unknown farms { nodes { operation { name } country kilograms lots } } } } }
fragment Told on Trace { rootRef complete
  summary { lots operations depth countries firstOn lastOn }
  lots { nodes { ref depth kilograms lot { code } withheld { productClass country ownerCertified } } }
  links { nodes { from to kilograms } }
  steps(first: 100) { nodes { kind on lot { ref lot { code } } owner { name } from { name } to { name } kilograms mode fromPlace { name } toPlace { name } documents { number } certified } }
  gaps(first: 100) { nodes { kind on message lot { ref } } }
  holders { nodes { operation { name } held fromRoot } } }`;

const nameOf = (operation: { name: string } | null): string => operation?.name.replace(' (invented)', '') ?? '-';
const line = (...parts: unknown[]): string =>
  `    ${parts.filter((part) => part !== null && part !== undefined && part !== '').join('  ')}`;

/** A trace in lines; withheld lots are numbered. */
function told(lot: string, trace: any): string[] {
  const names = new Map<string, string>([[trace.rootRef, lot]]);
  for (const { ref, lot: seen } of trace.lots.nodes)
    names.set(ref, seen?.code ?? `withheld ${[...names.values()].filter((name) => name.startsWith('withheld')).length + 1}`);
  const { summary } = trace;
  return [
    `  complete: ${trace.complete}; ${summary.lots} lots, ${summary.operations} operations, depth ${summary.depth}, ${summary.countries.join(' ') || 'no country'}, ${summary.firstOn ?? '-'} to ${summary.lastOn ?? '-'}`,
    ...trace.lots.nodes.map(({ ref, depth, kilograms, withheld }: any) =>
      line(
        depth,
        names.get(ref),
        `${kilograms} kg`,
        withheld && `HTS ${withheld.productClass}, ${withheld.country}, owner ${withheld.ownerCertified}`,
      ),
    ),
    ...trace.links.nodes.map(({ from, to, kilograms }: any) => line(names.get(from), '->', names.get(to), `${kilograms} kg`)),
    ...trace.steps.nodes.map((step: any) =>
      line(
        step.on ?? 'undated',
        step.kind,
        step.lot.lot?.code,
        step.kilograms && `${step.kilograms} kg`,
        step.from && `from ${nameOf(step.from)}`,
        step.to && `to ${nameOf(step.to)}`,
        step.mode && `${step.mode} ${step.fromPlace.name} - ${step.toPlace.name}`,
        step.certified,
        step.documents.map(({ number }: any) => number).join(' '),
      ),
    ),
    ...trace.gaps.nodes.map(({ kind, on, message, lot: of }: any) => line(kind, names.get(of.ref), on ?? 'undated', message)),
    ...trace.holders.nodes.map(({ operation, held, fromRoot }: any) => line(nameOf(operation), `holds ${held} kg, ${fromRoot} kg of it`)),
  ];
}

async function seenBy(lotline: Lotline, lot: string, as: As): Promise<string> {
  const asked = typeof as === 'object' && 'key' in as ? KEY_SCOPES.map((scope) => LISTS[scope]) : Object.values(LISTS);
  const [lists, story] = [await lotline.data(`{ ${asked.join(' ')} }`, {}, as), (await lotline.data(STORY, { lot }, as)).lot];
  const list = (name: string, of: { totalCount: number; nodes: any[] } | undefined, show: (node: any) => string) =>
    of === undefined ? `  ${name}: not asked for` : `  ${of.totalCount} ${name}: ${of.nodes.map(show).join(', ') || 'none'}`;
  return [
    list('lots', lists.lots, ({ code }) => code),
    list('shipments', lists.shipments, ({ reference, status }) => `${reference} ${status}`),
    list('documents', lists.documents, ({ number }) => number),
    list('import certificates', lists.importCertificates, ({ number, status, kilograms, drawn, remaining, customsEntries }) =>
      [
        number,
        status,
        kilograms,
        `drawn ${drawn}`,
        `remaining ${remaining}`,
        ...customsEntries.nodes.map((entry: any) => `${entry.number} by ${nameOf(entry.filer)}`),
      ].join(' '),
    ),
    ...(story === null
      ? [`  ${lot}: no such lot`]
      : [
          `  ${lot}: ${Object.entries(story.balance)
            .map(([name, kilograms]) => `${name} ${kilograms}`)
            .join(', ')}`,
          ...story.ownership.nodes.map(({ owner, from, until, kilograms, certified }: any) =>
            line(nameOf(owner), from, 'until', until ?? 'now', `${kilograms} kg`, certified),
          ),
          '  BACK',
          ...told(lot, story.back),
          `  ORIGIN complete: ${story.origin.complete}; unknown ${story.origin.unknown} kg`,
          ...story.origin.farms.nodes.map(({ operation, country, kilograms, lots }: any) =>
            line(operation ? nameOf(operation) : 'withheld farms', country, `${kilograms} kg`, `${lots} lots`),
          ),
          '  FORWARD',
          ...told(lot, story.forward),
        ]),
  ].join('\n');
}

test.each(SAMPLES)('$sample by those in it', async ({ sample, lot, exporter, importer, certifier, scopes }) => {
  const lotline = await startLotline();
  try {
    const folder = join(ROOT, 'samples', sample);
    const files = readdirSync(folder).filter((name) => name.endsWith('.csv'));
    await lotline.import(Object.fromEntries(files.map((name) => [name, readFileSync(join(folder, name))])));
    await lotline.import({
      'operations.csv': csv([{ operation: BROKER, name: 'Sample Entry Brokers (invented)', country: 'US', roles: 'BROKER' }]),
    });
    const idOf = async (identifier: string) => (await lotline.data(`{ operation(identifier: "${identifier}") { id } }`)).operation.id;
    const command = (name: string, type: string, answer: string, input: object) =>
      lotline.data(
        `mutation ($input: ${type}!) { ${name}(input: $input) { ${answer} } }`,
        { input: { idempotencyKey: name, ...input } },
        'admin',
      );
    const { createKey } = await command('createKey', 'CreateKeyInput', 'secret', {
      operation: await idOf(importer),
      name: 'Stock application',
      scopes: KEY_SCOPES,
      expiresOn: new Date(Date.now() + 30 * DAY_MS).toISOString().slice(0, 10),
    });
    await command('assignBroker', 'AssignBrokerInput', 'cursor', {
      importer: await idOf(importer),
      broker: await idOf(BROKER),
      scopes,
      validUntil: new Date(Date.now() + 30 * DAY_MS).toISOString(),
    });
    const viewers: [string, As][] = [
      [`exporter ${exporter}`, { operation: exporter }],
      [`importer ${importer}`, { operation: importer }],
      [`certifier ${certifier}`, { certifier }],
      [`broker of the importer, for ${scopes.join(' ')}`, { operation: BROKER }],
      [`partner with a key of the importer, for ${KEY_SCOPES.join(' ')}`, { key: createKey.secret }],
      ['nobody', 'nobody'],
    ];
    const parts: string[] = [];
    for (const [name, as] of viewers) parts.push(`${name}\n${await seenBy(lotline, lot, as)}\n`);
    const text = parts.join('\n');
    const file = join(ROOT, 'test', 'seen', `${sample}.txt`);
    if (process.env.SEEN === 'write') writeFileSync(file, text);
    expect(existsSync(file)).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  } finally {
    await lotline.close();
  }
});
