import { readConfig } from '@lotline/server/config';
import { SETTINGS, SettingError } from '@lotline/server/settings';

const refused = (env: NodeJS.ProcessEnv): string[] => {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof SettingError) return error.message.split('\n');
    throw error;
  }
  return [];
};

test('nothing set is demo mode on the embedded database, on loopback', () => {
  expect(readConfig({})).toMatchObject({ port: 4000, host: '127.0.0.1', demo: true, databaseUrl: null, samples: true });
});

test('an empty setting is as one that is not set', () => {
  const names = Object.values(SETTINGS).flatMap((area) => Object.keys(area));
  expect(readConfig(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readConfig({}));
});

test('a database of your own leaves demo mode', () => {
  expect(readConfig({ DATABASE_URL: 'postgres://db/lotline' })).toMatchObject({ demo: false, host: '0.0.0.0', samples: false });
  expect(readConfig({ DATABASE_URL: 'postgres://db/lotline', LOTLINE_DEMO: 'yes' })).toMatchObject({ demo: true, host: '127.0.0.1' });
});

test('everything that cannot be used is named at once, with what would be right', () => {
  expect(refused({ PORT: '70000', POOL_SIZE: '1e1', LOG_LEVEL: 'loud', OID_URL: 'http://oid.example' })).toEqual([
    'PORT=70000: write a whole number from 0 to 65535',
    'LOG_LEVEL=loud: write one of trace debug info warn error fatal silent',
    'POOL_SIZE=1e1: write a whole number from 2 to 200',
    'OID_URL=http://oid.example: write https://, without a query',
  ]);
});

test('what belongs together is set together', () => {
  expect(refused({ LOTLINE_DEMO: 'no' })).toEqual([expect.stringContaining('set DATABASE_URL')]);
  expect(refused({ OIDC_ISSUER: 'https://issuer.example' })).toEqual([expect.stringContaining('set both')]);
  expect(refused({ ACE_TOKEN: 'whatever' })).toEqual(['ACE_TOKEN: set ACE_URL with it']);
  expect(refused({ FILES_S3_BUCKET: 'papers' })).toEqual([expect.stringContaining('set FILES_S3_KEY, FILES_S3_SECRET with it')]);
});

test('a secret is never said, however wrong', () => {
  const secret = 'hunter2-mysql://root:hunter2@db';
  const text = refused({ DATABASE_URL: secret }).join('\n');
  expect(text).toMatch(/^DATABASE_URL: write postgres:/);
  expect(text).not.toContain('hunter2');
});
