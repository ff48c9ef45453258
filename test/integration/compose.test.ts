import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readConfig } from '@lotline/server/config';
import Ajv from 'ajv';
import { parse } from 'yaml';

// docker-compose.yml without an engine: against the schema of the Compose Specification, and against what the server reads.

const ROOT = resolve(__dirname, '..', '..');
const compose = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'));
const { server, database } = compose.services;

/** The schema as dclint ships it. Its `$schema` names draft 7 by an address that ajv does not know as its own. */
function specification(): object {
  const file = join(dirname(require.resolve('dclint/package.json')), 'schemas', 'compose.schema.json');
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
  return schema;
}

describe('docker-compose.yml', () => {
  const valid = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(specification());

  it('is a Compose file', () => {
    valid(compose);
    expect(valid.errors).toBeNull();
    expect(valid({ services: { server: { ...server, volume: ['.:/app'] } } })).toBe(false);
  });

  it('names only volumes and services that it has', () => {
    expect(Object.keys(server.depends_on)).toEqual(['database']);
    const mounted = [server, database].flatMap((service) => service.volumes.map((volume: string) => volume.split(':')[0]));
    expect(mounted.filter((source) => source !== '.').sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('gives the server settings that it reads: the database beside it, the published port', () => {
    const config = readConfig(server.environment);
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = database.environment;
    expect(config).toMatchObject({ demo: false, samples: true, host: '0.0.0.0' });
    expect(config.databaseUrl).toBe(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@database:5432/${POSTGRES_DB}`);
    expect(server.ports).toEqual([`127.0.0.1:${config.port}:${config.port}`]);
  });

  it('runs a Node.js that the package accepts', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(engines.node).toBe('>=20.19');
    expect(Number(/^node:(\d+)$/.exec(server.image)![1])).toBeGreaterThanOrEqual(20);
  });

  it('looks whether the server is ready, and the database', () => {
    expect(server.healthcheck.test.join(' ')).toContain(`http://127.0.0.1:${server.environment.PORT}/readyz`);
    expect(server.depends_on.database.condition).toBe('service_healthy');
    expect(database.healthcheck.test).toContain('pg_isready');
  });
});
