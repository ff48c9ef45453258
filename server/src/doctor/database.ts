import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { CATALOGUE, MIGRATIONS } from '../database';
import { type Finding, fail, look, ok, warn } from './finding';

/** What is said of a database without tables. */
export const EMPTY = 'the database is empty';
const OLDEST = 150_000;
/** The one that server/catalogue.txt was written by; others may word a law differently. */
const CATALOGUE_OF = 18;
const PACKAGED = join(__dirname, '..', '..', 'catalogue.txt');
/** Beyond these two clocks are too far apart, milliseconds: deadlines, and tokens. */
const CLOCK_MS = { warn: 2000, fail: 30_000 };
/** Connections of an instance beside its pool: its workers, its tail and what watches it. */
const BESIDE_POOL = 30;

/** Everything about the database as such. @param demo is it anybody's own? */
export async function databaseItself(client: Client, { poolSize, demo }: { poolSize: number; demo: boolean }): Promise<Finding[]> {
  const one = async <Row>(sql: string): Promise<Row> => (await client.query(sql)).rows[0] as Row;
  const ask = (about: string, work: () => Promise<Finding | Finding[]>) =>
    look(about, 'see that the role of DATABASE_URL may ask it', work);
  const { version } = await one<{ version: number }>(`select current_setting('server_version_num')::int as version`);
  const major = Math.floor(version / 10_000);
  return [
    version < OLDEST
      ? fail('database', `PostgreSQL ${major} is too old`, 'run PostgreSQL 15 or later')
      : ok('database', `PostgreSQL ${major} answers`),
    ...(await ask('standby', async () => {
      const { standby } = await one<{ standby: boolean }>('select pg_is_in_recovery() as standby');
      return standby ? fail('database', 'DATABASE_URL leads to a standby, which takes no commands', 'let it lead to the primary') : [];
    })),
    ...(await ask('clock', async () => {
      const begun = Date.now();
      const { now } = await one<{ now: Date }>('select clock_timestamp() as now');
      const apart = Math.abs(now.getTime() - (begun + Date.now()) / 2);
      const says = `this machine and the database are ${(apart / 1000).toFixed(1)} seconds apart`;
      const remedy = 'set both clocks by NTP';
      return apart > CLOCK_MS.fail ? fail('clock', says, remedy) : apart > CLOCK_MS.warn ? warn('clock', says, remedy) : ok('clock', says);
    })),
    ...(await ask('role', () => rights(client, demo))),
    ...(await ask('connections', async () => {
      const { most } = await one<{ most: number }>(
        `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most`,
      );
      const needed = poolSize + BESIDE_POOL;
      const says = `an instance takes up to ${needed}, the database has ${most}`;
      return needed > most ? fail('connections', says, 'set max_connections higher, or POOL_SIZE lower') : ok('connections', says);
    })),
    ...(await ask('migrations', () => migrations(client))),
    ...(await ask('catalogue', () => catalogue(client, major))),
  ];
}

async function rights(client: Client, demo: boolean): Promise<Finding[]> {
  const { rows: lacking } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
       and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))
     order by 1`,
  );
  const { rows } = await client.query<{ role: string; super: boolean; schema: boolean; database: boolean }>(
    `select current_user as role, (select rolsuper from pg_roles where rolname = current_user) as super,
       has_schema_privilege('public', 'create') as schema, has_database_privilege(current_database(), 'create') as database`,
  );
  const [{ role, super: isSuper, schema, database }] = rows as [(typeof rows)[0]];
  const found: Finding[] = [];
  if (lacking.length > 0)
    found.push(
      fail(
        'role',
        `${role} may not read and change ${lacking
          .map(({ name }) => name)
          .slice(0, 5)
          .join(', ')}`,
        `grant all on all tables in schema public to ${role}`,
      ),
    );
  if (!schema || !database)
    found.push(
      warn(
        'role',
        `${role} may create nothing ${schema ? 'in the database' : 'in the schema public'}, so that a newer version could not migrate`,
        'let the role own the database',
      ),
    );
  if (isSuper && !demo)
    found.push(warn('role', `${role} is a superuser, which Lotline needs not be`, 'use a role that owns the database and no more'));
  return found.length > 0 ? found : [ok('role', `${role} may do what it must`)];
}

async function migrations(client: Client): Promise<Finding> {
  const { rows: present } = await client.query<{ there: boolean }>(`select to_regclass('public.migration') is not null as there`);
  if (!present[0]!.there) return fail('migrations', EMPTY, 'start a server: it makes the tables');
  const { rows } = await client.query<{ name: string }>('select name from migration');
  const done = new Set(rows.map(({ name }) => name));
  const names = MIGRATIONS.map(({ name }) => name);
  const newer = [...done].filter((name) => !names.includes(name));
  if (newer.length > 0)
    return fail(
      'migrations',
      `the database is of a newer version than this one: ${newer.join(', ')}`,
      'run the version that it was migrated by, or a later one',
    );
  const pending = names.filter((name) => !done.has(name));
  if (pending.length > 0)
    return warn('migrations', `${pending.length} are pending: ${pending.join(', ')}`, 'make a backup, then start a server of this version');
  return ok('migrations', `all ${names.length} are done`);
}

async function catalogue(client: Client, major: number): Promise<Finding[]> {
  if (!existsSync(PACKAGED)) return [warn('catalogue', 'this installation does not hold its catalogue.txt', 'install all of the package')];
  const wanted = readFileSync(PACKAGED, 'utf8');
  const { rows } = await client.query<{ line: string }>(`select line from (${CATALOGUE}) x order by line collate "C"`);
  const lines = rows.map(({ line }) => line);
  const missing = entriesOf(wanted).filter((entry) => !lines.includes(entry));
  const more = lines.filter((line) => !wanted.includes(line));
  const named = (entries: string[]) =>
    entries
      .map((entry) => entry.split('\n')[0]!.slice(0, 100))
      .slice(0, 3)
      .join('; ');
  const found: Finding[] = [];
  const remedy = 'undo what was changed by hand, or restore a backup';
  if (missing.length > 0) {
    const says = `${missing.length} of its tables and laws are missing or changed: ${named(missing)}`;
    found.push(
      major === CATALOGUE_OF
        ? fail('catalogue', says, remedy)
        : warn('catalogue', `${says} (written by PostgreSQL ${CATALOGUE_OF}, this is ${major})`, remedy),
    );
  }
  if (more.length > 0)
    found.push(
      warn(
        'catalogue',
        `${more.length} are not of this version: ${named(more)}`,
        'see who added them; a later version may not expect them',
      ),
    );
  return found.length > 0 ? found : [ok('catalogue', `its ${lines.length} tables, columns and laws are as this version has them`)];
}

/** Entries of the committed text: some have several lines, and each begins by what it is. */
function entriesOf(text: string): string[] {
  const [, ...body] = text.trimEnd().split('\n\n');
  return body.join('\n\n').split(/\n(?=(?:column|constraint|index|trigger|function|extension|view) )/);
}
