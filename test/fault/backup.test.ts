import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lotline } from '@lotline/client';
import { toGlobalId } from '@lotline/schema';
import { ADMINISTRATOR, mintToken, viewerInRole } from '@lotline/server/access';
import { Runner } from '@lotline/server/commands';
import { Database } from '@lotline/server/database';
import { importFolder } from '@lotline/server/import';
import { Cluster, folderForPostgres, runAsPostgres, runLines, withPostgres } from '../support/cluster';
import { csv, writeFolder } from '../support/lotline';
import { Receiver } from '../support/receiver';
import { ServerProcess } from '../support/server-process';
import { UNCONSERVED } from '../support/unconserved';

// docs/backup.md, its steps run as they stand while others write: what is restored elsewhere is what the original was at that moment.

const WRITERS = 4;
/** The lines of a step of the runbook. */
function step(name: string): string {
  const page = readFileSync(join(__dirname, '..', '..', 'docs', 'backup.md'), 'utf8');
  const [, lines] = new RegExp(`^\`\`\`sh ${name}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)!;
  return lines!;
}

/** What was recorded up to a position of the log, a digest for each table: rows that are there now, without what was taken back since; how far a webhook is goes on. */
async function recordedUpTo(database: Database, position: bigint): Promise<Record<string, string>> {
  const tables = await database.query<{ name: string; retractable: boolean }>(
    `select c.table_name as name, bool_or(c.column_name = 'retracted_by') as retractable
     from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.table_name not in ('live_input', 'webhook')
     group by c.table_name having bool_or(c.column_name = 'recorded_by') order by 1`,
  );
  const digests: Record<string, string> = {};
  const digest = async (name: string, rows: string) => {
    const [row] = await database.query<{ digest: string }>(
      `select count(*) || ' ' || md5(coalesce(string_agg(row, '|' order by row), '')) as digest from (${rows}) r`,
      [position],
    );
    digests[name] = row!.digest;
  };
  for (const { name, retractable } of tables) {
    const later =
      "case when (select k.position from command k where k.id = t.retracted_by) > $1 then '{\"retracted_by\": null}'::jsonb else '{}' end";
    await digest(
      name,
      `select (to_jsonb(t) || ${retractable ? later : "'{}'"})::text as row from ${name} t join command c on c.id = t.recorded_by where c.position <= $1`,
    );
  }
  await digest('command', 'select to_jsonb(t)::text as row from command t where position <= $1');
  await digest('event', 'select to_jsonb(e)::text as row from event e join command c on c.id = e.command where c.position <= $1');
  await digest(
    'masses',
    `with moves as (
       select id as lot, producer as owner, grams, recorded_by, null::uuid as retracted_by from lot
       union all select lot, receiver, grams, recorded_by, retracted_by from transfer
       union all select lot, sender, -grams, recorded_by, retracted_by from transfer
       union all select lot, holder, -grams, recorded_by, retracted_by from lot_adjustment)
     select lot || ' ' || owner || ' ' || sum(grams) as row from moves m join command c on c.id = m.recorded_by left join command r on r.id = m.retracted_by
     where c.position <= $1 and (r.position is null or r.position > $1) group by lot, owner`,
  );
  return digests;
}

const positionOf = async (database: Database): Promise<bigint> =>
  BigInt((await database.query<{ position: string }>('select position from log_counter'))[0]!.position);

withPostgres('docs/backup.md', () => {
  test('a backup that is taken while others write, restored elsewhere, is what the original was at its cursor', async () => {
    const home = folderForPostgres();
    const backup = join(home, 'backup');
    await runAsPostgres('mkdir -p "$BACKUP/wal"', { BACKUP: backup });
    const ours = mkdtempSync(join(tmpdir(), 'lotline-backup-files-'));
    const [files, filesBackup, restoredFiles] = ['files', 'backup', 'restored'].map((name) => join(ours, name)) as [string, string, string];
    const primary = await Cluster.make({
      wal_level: 'replica',
      archive_mode: 'on',
      archive_command: `test ! -f ${backup}/wal/%f && cp %p ${backup}/wal/%f`,
    });
    const restored = await Cluster.at(folderForPostgres());
    const database = await Database.open(primary.url);
    const original = new ServerProcess(primary.url, { FILES_DIR: files });
    const receiver = await new Receiver().start();
    let copy: ServerProcess | null = null;
    let restoredDatabase: Database | null = null;
    try {
      const names = Array.from({ length: WRITERS }, (_, index) => `B:FARM-${index}`);
      const folder = writeFolder({
        'operations.csv': csv([...names, 'B:MILL'].map((operation) => ({ operation, name: operation, country: 'TR', roles: 'producer' }))),
        'products.csv': csv([{ product: 'Wheat', hts: '1001990000', organic: 'yes' }]),
      });
      await importFolder(new Runner(database), ADMINISTRATOR, folder);
      rmSync(folder, { recursive: true, force: true });
      const idOf = async (noun: 'operation' | 'product', where: string) =>
        toGlobalId(
          noun === 'operation' ? 'Operation' : 'Product',
          (await database.query<{ id: string }>(`select id from ${noun} where ${where}`))[0]!.id,
        );
      const product = await idOf('product', "name = 'Wheat'");
      const tokenOf = async (role: string) => mintToken(await viewerInRole(database, role), database.installation.tokenKey);
      await original.start();

      const tokens = await Promise.all(names.map((name) => tokenOf(`operation:${name}`)));
      const query = 'subscription { lotEvents { cursor sequence change { lot { code } } } }';
      const hooked = await fetch(`http://127.0.0.1:${original.port}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[0]}` },
        body: JSON.stringify({
          query: 'mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) { cursor } }',
          variables: { input: { idempotencyKey: 'hook', url: receiver.url, query } },
        }),
      });
      expect(await hooked.json()).not.toHaveProperty('errors');
      const cursors: string[][] = names.map(() => []);
      let isOver = false;
      const writing = names.map(async (name, writer) => {
        const token = tokens[writer]!;
        const [producer, receiver] = [await idOf('operation', `identifier = '${name}'`), await idOf('operation', "identifier = 'B:MILL'")];
        const us = new Lotline({ url: `http://127.0.0.1:${original.port}`, token });
        for (let count = 0; !isOver; count++) {
          const key = `${writer}-${count}`;
          const quantity = { value: '1000', unit: 'KGM' as const };
          const { lot } = await us.recordHarvest({
            idempotencyKey: `lot ${key}`,
            producer,
            product,
            code: key,
            quantity,
            producedOn: '2026-02-01',
          });
          const half = { value: '400', unit: 'KGM' as const };
          await us.offerTransfer({
            idempotencyKey: `offer ${key}`,
            lot: lot!.id,
            sender: producer,
            receiver,
            quantity: half,
            on: '2026-03-01',
          });
          const lost = { value: '1', unit: 'KGM' as const };
          const loss = {
            idempotencyKey: `loss ${key}`,
            lot: lot!.id,
            holder: producer,
            kind: 'MOISTURE' as const,
            quantity: lost,
            on: '2026-03-02',
          };
          cursors[writer]!.push((await us.recordLoss(loss)).cursor);
          if (count % 3 > 0) continue;
          const body = `scale ticket ${key}\n`;
          const sent = await fetch(`http://127.0.0.1:${original.port}/files`, {
            method: 'POST',
            body,
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' },
          });
          const { sha256 } = (await sent.json()) as { sha256: string };
          const paper = {
            type: 'WEIGHT_CERTIFICATE' as const,
            number: key,
            issuer: producer,
            issuedOn: '2026-03-01',
            markedOrganic: 'YES' as const,
          };
          await us.attachDocument({ idempotencyKey: `paper ${key}`, operation: producer, paper, sha256, lots: [lot!.id] });
        }
      });
      const written = Promise.all(writing);
      while (cursors.some(({ length }) => length < 3)) await sleep(20);
      const env = {
        DATABASE_URL: primary.url,
        BACKUP: backup,
        RESTORED: restored.data,
        FILES_DIR: files,
        FILES_BACKUP: filesBackup,
        RESTORED_FILES: restoredFiles,
      };
      const before = await positionOf(database);
      await runAsPostgres(step('backup'), env);
      await runLines(step('backup-files'), env);
      const there = cursors.map(({ length }) => length);
      while (cursors.some(({ length }, writer) => length < there[writer]! + 3)) await sleep(20);
      isOver = true;
      await written;
      const end = await positionOf(database);

      await runAsPostgres(step('restore'), env);
      await runLines(step('restore-files'), env);
      await restored.start();
      while ((await restored.ask('select pg_is_in_recovery() as still'))[0]!.still) await sleep(50);
      restoredDatabase = await Database.open(restored.url);
      const position = await positionOf(restoredDatabase);
      expect(position).toBeGreaterThanOrEqual(before);
      expect(position).toBeLessThan(end);
      expect(await recordedUpTo(restoredDatabase, position)).toEqual(await recordedUpTo(database, position));
      expect(await restoredDatabase.query(UNCONSERVED)).toEqual([]);

      // What the original has in hand is told by it, and by nobody else.
      await original.end('SIGTERM');
      const told = receiver.received.length;
      expect(told).toBeGreaterThan(0);
      const jobs = () => restoredDatabase!.query('select id, attempts, locked_at from graphile_worker.jobs order by id');
      await restoredDatabase.query("select graphile_worker.add_job('of the original', json_build_object(), max_attempts := 5)");
      const work = await jobs();
      expect(work.length).toBeGreaterThan(0);
      const filesThere = readdirSync(files, { recursive: true }).sort();
      copy = new ServerProcess(restored.url, { FILES_DIR: restoredFiles, LOTLINE_RUNS: 'server', HEARTBEAT_MS: '200' });
      await copy.start();
      const url = `http://127.0.0.1:${copy.port}`;
      const them = new Lotline({ url, token: tokens[0]! });

      // Every paper that is known there has its bytes.
      const papers = await restoredDatabase.query<{ id: string; sha256: string; number: string }>(
        'select d.id, d.sha256, d.number from document d where d.sha256 is not null',
      );
      expect(papers.length).toBeGreaterThan(0);
      const admin = await tokenOf('administrator');
      for (const { id, sha256, number } of papers) {
        const response = await fetch(`${url}/documents/${encodeURIComponent(toGlobalId('Document', id))}/content`, {
          headers: { authorization: `Bearer ${admin}` },
        });
        const bytes = Buffer.from(await response.arrayBuffer());
        expect([number, createHash('sha256').update(bytes).digest('hex')]).toEqual([number, sha256]);
      }

      // A cursor from before the backup goes on: each lot of this farm that came after it, once.
      const expected = await restoredDatabase.query<{ code: string }>(
        `select l.code from lot l join operation o on o.id = l.producer where o.identifier like '%FARM-0' and l.code <> '0-0' order by l.birth_order`,
      );
      const born: string[] = [];
      for await (const { kind, lot } of them.lotEvents({ after: cursors[0]![0]! })) {
        if (kind === 'HARVESTED') born.push(lot.code!);
        if (born.length === expected.length) break;
      }
      expect(born).toEqual(expected.map(({ code }) => code));
      // One of what was lost is told apart, with where to go on.
      const lost = them
        .lotEvents({ after: cursors[0]!.at(-1)! })
        [Symbol.asyncIterator]()
        .next();
      await expect(lost).rejects.toMatchObject({ code: 'CURSOR_EXPIRED', resumeAfter: expect.any(String) });
      // It takes what it is told, and does nothing by itself.
      await them.recordHarvest({
        idempotencyKey: 'at the copy',
        producer: await idOf('operation', "identifier like '%FARM-0'"),
        product,
        code: 'at the copy',
        quantity: { value: '1', unit: 'KGM' },
        producedOn: '2026-02-01',
      });
      await sleep(1500);
      expect(receiver.received).toHaveLength(told);
      expect(await jobs()).toEqual(work);
      expect(readdirSync(files, { recursive: true }).sort()).toEqual(filesThere);
      expect([...original.crashes, ...copy.crashes]).toEqual([]);
    } finally {
      await original.close();
      await receiver.stop();
      await (copy as ServerProcess | null)?.close();
      await restoredDatabase?.close();
      await database.close();
      await restored.close();
      await primary.close();
      for (const folder of [home, ours]) rmSync(folder, { recursive: true, force: true });
    }
  }, 120_000);
});
