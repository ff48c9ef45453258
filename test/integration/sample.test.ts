import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { EXAMPLES } from '@lotline/server/http';
import { FORMATS } from '@lotline/server/import/columns';
import { subscribe } from '../support/live';
import { type Lotline, startLotline } from '../support/lotline';

// What a newcomer meets: the samples, the questions that GraphiQL begins with, and every word of the README that can be checked.

const ROOT = resolve(__dirname, '..', '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const corridors = readdirSync(join(ROOT, 'samples'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

const filesOf = (corridor: string): Record<string, Buffer> => {
  const folder = join(ROOT, 'samples', corridor);
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.csv'))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
};

/** Kilograms of a mass in pounds, as answers write them. */
const lb = (pounds: number): string =>
  String((BigInt(pounds) * 45_359_237n) / 100_000n)
    .replace(/(\d{3})$/, '.$1')
    .replace(/\.?0+$/, '');

/** The README's blocks of a language, in their order. */
const blocks = (language: string): string[] =>
  [...README.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map((match) => match[1]!);

let lotline: Lotline;
const answers = new Map<string, any>();
/** Of whoever has no token: docs/settings.md. */
const SMALLEST_BUDGET = 50_000;

beforeAll(async () => {
  lotline = await startLotline();
  for (const { name } of corridors) await lotline.import(filesOf(name));
  for (const example of EXAMPLES) {
    const name = /^query (\w+)/m.exec(example.query)?.[1];
    if (name) answers.set(name, await lotline.ask(example.query, {}, example.public ? 'nobody' : 'analyst'));
  }
});
afterAll(() => lotline?.close());

describe('the samples', () => {
  it('are known rows when they are imported again', async () => {
    for (const { name } of corridors) {
      const imported = await lotline.import(filesOf(name));
      const counts = Object.keys(filesOf(name)).map((file) => imported[file]!);
      expect(counts.length).toBeGreaterThan(10);
      for (const { recorded, unchanged } of counts) expect({ recorded, known: unchanged > 0 }).toEqual({ recorded: 0, known: true });
    }
  });

  it('hold every file that is read', () => {
    expect(Object.keys(filesOf('soybeans'))).toEqual(expect.arrayContaining(FORMATS.map(({ name }) => name)));
  });

  it('name nobody who exists', async () => {
    const { operations } = await lotline.data(
      '{ operations(first: 500) { totalCount nodes { name nopId certificates { nodes { certifier { name code } } } } } }',
    );
    expect(operations.totalCount).toBe(45);
    for (const { name, nopId, certificates } of operations.nodes) {
      expect(name).toMatch(/ \(invented\)$/);
      if (nopId !== null) expect(nopId).toMatch(/^999/);
      for (const { certifier } of certificates.nodes) {
        expect(certifier.name).toMatch(/ \(invented\)$/);
        expect(certifier.code).toMatch(/^ZZ/);
      }
    }
  });
});

describe('the questions that GraphiQL begins with', () => {
  it('are all answered', () => {
    expect([...answers.keys()]).toEqual(['WhereDidItComeFrom', 'WhereIsItNow', 'WhoIsCertified']);
    for (const { errors, data } of answers.values()) {
      expect(errors).toBeUndefined();
      for (const value of Object.values(data)) expect(value).not.toBeNull();
    }
  });

  it('cost so little that they may be asked again and again', () => {
    for (const { extensions } of answers.values()) expect(extensions.cost.requested).toBeLessThan(SMALLEST_BUDGET / 5);
  });

  it('include one that is told what is recorded while it is looked at', async () => {
    const { query } = EXAMPLES.find((example) => /^subscription WhatHappensNow/m.test(example.query))!;
    const subscriber = await subscribe(lotline, { query });
    await subscriber.abreast();
    expect(subscriber.errors).toEqual([]);
    await subscriber.close();
  });

  it('tell where the soybeans came from: no organic field, and books that do not close', () => {
    const { lot } = answers.get('WhereDidItComeFrom').data;
    expect(lot.quantity).toEqual({ value: '36000000', unit: 'LBR', kilograms: lb(36_000_000) });
    expect(lot.product.organic).toBe(true);
    expect(lot.trace.complete).toBe(false);
    expect(lot.trace.lots.nodes.map(({ lot }: any) => [lot.code, lot.kind, lot.product.organic])).toEqual([
      ['SOY-CHORNOMORSK-7', 'TRANSFORMATION', false],
      ['SOY-SPOT-2024-11', 'PURCHASED', false],
      ['SOY-STEPPE1-2024', 'HARVEST', false],
      ['SOY-STEPPE2-2024', 'HARVEST', false],
      ['SOY-STEPPE3-2024', 'HARVEST', false],
    ]);
    const gaps = lot.trace.gaps.nodes.map((gap: any) => [gap.kind, gap.lot.lot.code, gap.on]);
    expect(gaps).toEqual(
      expect.arrayContaining([
        ['MISSING_INPUTS', 'SOY-SPOT-2024-11', '2024-11-18'],
        ['MORE_OUT_THAN_IN', 'SOY-CHORNOMORSK-7', '2025-02-10'],
        ['OVERDRAWN', 'SOY-STOCKTON-1', '2025-05-21'],
      ]),
    );
    expect(
      lot.ownership.nodes.map(({ owner, acquiredFrom, kilograms }: any) => [owner.country, acquiredFrom?.name ?? null, kilograms]),
    ).toEqual([
      ['TR', null, lb(36_000_000)],
      ['US', 'Sample Strait Trading (invented)', lb(36_000_000)],
    ]);
  });

  it('tell where they are now: 15 million pounds with the importer, 21 million gone', async () => {
    const { lot } = answers.get('WhereIsItNow').data;
    const held = ({ nodes }: any) => nodes.map(({ operation, kilograms }: any) => [operation.name, kilograms]);
    expect(held(lot.atArrival)).toEqual([['Placeholder Organic Imports (invented)', lb(36_000_000)]]);
    expect(held(lot.today)).toEqual([
      ['Placeholder Organic Imports (invented)', lb(15_000_000)],
      ['Pretend Dairy Cooperative (invented)', lb(5_000_000)],
      ['Nosuch Egg Farm (invented)', lb(3_500_000)],
    ]);
    expect(lot.trace.lots.nodes.map(({ depth, lot }: any) => [depth, lot.code])).toEqual([
      [1, 'MEAL-FFM-0512'],
      [1, 'MEAL-MPF-0519'],
      [2, 'FEED-MPF-0609'],
    ]);
    const kinds = lot.trace.gaps.nodes.map((gap: any) => [gap.kind, gap.lot.lot.code]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        ['MORE_OUT_THAN_IN', 'MEAL-MPF-0519'],
        ['OVERDRAWN', 'SOY-STOCKTON-1'],
      ]),
    );

    const { lot: root } = await lotline.data('{ lot(code: "SOY-STOCKTON-1") { ownership { nodes { kilograms acquiredFrom { name } } } } }');
    const sold = root.ownership.nodes.filter(({ acquiredFrom }: any) => acquiredFrom?.name.startsWith('Placeholder'));
    expect(sold.map(({ kilograms }: any) => kilograms)).toEqual([8, 5, 6, 2].map((millions) => lb(millions * 1_000_000)));
  });

  it('tell nobody in particular who is no longer certified', () => {
    const { operations } = answers.get('WhoIsCertified').data;
    expect(operations.nodes.map(({ nopId, certificates }: any) => [nopId, certificates.nodes[0].status])).toEqual([
      ['9990000001', 'REVOKED'],
      ['9990000002', 'SUSPENDED'],
      ['9990000005', 'SURRENDERED'],
    ]);
  });
});

describe('the README', () => {
  it('shows the answer that its question has', async () => {
    const [question] = blocks('graphql');
    const [answer] = blocks('json');
    expect({ data: await lotline.data(question!) }).toEqual(JSON.parse(answer!));
  });

  it('lists the files and columns that are read', () => {
    const said = [...README.matchAll(/^\| `(\w+\.csv)` \| (.*) \|$/gm)].map(([, name, columns]) => [name, columns]);
    const read = FORMATS.map(({ name, columns }) => {
      const those = (required: boolean) =>
        Object.keys(columns)
          .filter((column) => columns[column]!.required === required)
          .join(', ');
      return [name, `${those(true)}, [${those(false)}]`];
    });
    expect(said).toEqual(read);
  });

  it('names folders and files that there are', () => {
    const folders = [...README.matchAll(/^\| `([\w/]+\/)` \|/gm)].map(([, folder]) => folder!);
    const links = [...README.matchAll(/\]\((?!https?:)([^)]+)\)/g)].map(([, file]) => file!);
    expect(folders.length).toBeGreaterThan(3);
    for (const path of [...folders, ...links]) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
  });
});
