import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readConfig } from '@lotline/server/config';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { HAPROXY_CONFIG, Haproxy, isHaproxyHere } from '../support/haproxy';

// docker-compose.yml without an engine: against the schema of the Compose Specification, and against what the server, its proxy and its image
// say of themselves.

const ROOT = resolve(__dirname, '..', '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true });
const { services } = compose;
const INSTANCES = ['one', 'two', 'worker'] as const;
const DOTENV: Record<string, string> = { POSTGRES_PASSWORD: 'invented', REPLICATION_PASSWORD: 'invented-too' };

/** Puts what .env says in the place of variables, as Compose does. */
const interpolated = (environment: Record<string, string | number>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      String(value).replace(/\$\{(\w+):([-?])([^}]*)\}/g, (_, variable, kind, words) => {
        if (DOTENV[variable]) return DOTENV[variable];
        if (kind === '?') throw new Error(`${variable}: ${words}`);
        return words;
      }),
    ]),
  );

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
    expect(valid({ services: { one: { ...services.one, volume: ['.:/app'] } } })).toBe(false);
  });

  it('names only services, volumes and files that there are', () => {
    for (const { depends_on = {} } of Object.values<any>(services))
      for (const name of Object.keys(depends_on)) expect(Object.keys(services)).toContain(name);
    const sources = Object.values<any>(services).flatMap(({ volumes }) => volumes.map((volume: string) => volume.split(':')[0]));
    const named = new Set(sources.filter((source) => !source.startsWith('.')));
    expect([...named].sort()).toEqual(Object.keys(compose.volumes).sort());
    for (const file of sources.filter((source) => source.startsWith('.'))) expect(existsSync(join(ROOT, file))).toBe(true);
  });

  it('holds no secret: those are in .env, without which nothing starts', () => {
    expect(read('docker-compose.yml')).not.toMatch(/PASSWORD: (?!\$\{\w+:\?)/);
    for (const ignore of ['.gitignore', '.dockerignore']) expect(read(ignore)).toMatch(/^(?:\*\*\/)?\.env\*?$/m);
  });

  it('gives every instance settings that it reads: its part, and the primary and the standby that are beside it', () => {
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = interpolated(services.primary.environment);
    const runs = { one: [true, false], two: [true, false], worker: [false, true] } as const;
    for (const name of INSTANCES) {
      const environment = interpolated(services[name].environment);
      const config = readConfig(environment);
      const [answers, works] = runs[name];
      expect(config).toMatchObject({ demo: false, samples: false, host: '0.0.0.0', answers, works, oidc: null });
      expect(config.databaseUrl).toBe(`postgres://${POSTGRES_USER}:${POSTGRES_PASSWORD}@primary:5432,standby:5432/${POSTGRES_DB}`);
      expect(environment.TRUST_PROXY).toBe(compose.networks.default.ipam.config[0].subnet);
      // Docker kills what is not gone by then.
      expect(Number.parseInt(services[name].stop_grace_period, 10) * 1000).toBeGreaterThan(config.drainMs + 20_000);
      expect(services[name].healthcheck.test.join(' ')).toContain(`http://127.0.0.1:${config.port}/readyz`);
      expect(services[name].volumes).toContain('files:/data');
    }
  });

  it('publishes the proxy alone, to this machine only, and takes from each container what it does not need', () => {
    for (const [name, service] of Object.entries<any>(services)) {
      expect([name, service.ports ?? []]).toEqual([name, name === 'proxy' ? ['127.0.0.1:4000:4000'] : []]);
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
      expect(service.privileged ?? false).toBe(false);
      expect(service.healthcheck).toBeDefined();
    }
  });

  it('sends the proxy to both servers', () => {
    const { LOTLINE_ONE, LOTLINE_TWO } = services.proxy.environment;
    for (const [name, address] of [
      ['one', LOTLINE_ONE],
      ['two', LOTLINE_TWO],
    ])
      expect(address).toBe(`${name}:${services[name].environment.PORT}`);
  });

  (isHaproxyHere() ? it : it.skip)('has a configuration of the proxy that HAProxy takes without a warning', () => {
    const env = { PATH: process.env.PATH, ...Haproxy.settings(4000, [4001, 4002]) };
    const { status, stderr } = spawnSync('haproxy', ['-c', '-f', HAPROXY_CONFIG], { env, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('turns away from a server before that stops answering', () => {
    const { drainMs } = readConfig(interpolated(services.one.environment));
    const [, every, times] = /inter (\d+)ms .*fall (\d+)/.exec(readFileSync(HAPROXY_CONFIG, 'utf8'))!;
    expect(drainMs).toBeGreaterThan(2 * Number(every) * Number(times));
  });
});

describe('Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));

  it('ends as nobody, by number, with a check of its health', () => {
    expect(last.findLast((line) => line.startsWith('USER '))).toBe('USER 65534:65534');
    expect(last.some((line) => line.startsWith('HEALTHCHECK '))).toBe(true);
    // In its exec form: a shell would not pass on the signal to stop.
    expect(last.findLast((line) => line.startsWith('CMD '))).toMatch(/^CMD \["node", /);
  });

  it('holds nothing of the checkout but what it names, and no setting that is a secret', () => {
    expect(last.filter((line) => /^(?:COPY|ADD) /.test(line) && !line.includes('--from=build'))).toEqual([]);
    expect(lines.filter((line) => /^ARG |TOKEN|SECRET|PASSWORD|DATABASE_URL=/.test(line))).toEqual([]);
  });

  it('runs a Node.js that the package accepts', () => {
    expect(JSON.parse(read('package.json')).engines.node).toBe('>=20.19');
    for (const [, version] of read('Dockerfile').matchAll(/^FROM node:(\d+)/gm)) expect(Number(version)).toBeGreaterThanOrEqual(20);
  });
});
