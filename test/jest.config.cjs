/** @type {import('jest').Config} */
module.exports = {
  rootDir: __dirname,
  testMatch: ['<rootDir>/**/*.test.ts'],
  testEnvironment: 'node',
  globalSetup: '<rootDir>/support/start-postgres.ts',
  globalTeardown: '<rootDir>/support/stop-postgres.ts',
  setupFiles: ['<rootDir>/support/seed.ts'],
  transform: {
    '\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          keepClassNames: true,
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Packages that ship only ES modules, or import such dynamically, which jest on Node 20 cannot do.
  transformIgnorePatterns: ['/node_modules/(?!(?:cookie|jose|uuid|@opentelemetry/otlp-exporter-base)/)'],
  moduleNameMapper: {
    '^@lotline/schema$': '<rootDir>/../schema/src/index.ts',
    '^@lotline/client$': '<rootDir>/../client-sdk/src/index.ts',
    '^@lotline/client/documents$': '<rootDir>/../client-sdk/src/generated/documents.ts',
    '^@lotline/client/(webhooks|codegen)$': '<rootDir>/../client-sdk/src/$1',
    '^@lotline/server/(.*)$': '<rootDir>/../server/src/$1',
  },
  testSequencer: '<rootDir>/support/longest-first.cjs',
  maxWorkers: 2,
  testTimeout: 60_000,
  reporters: ['default', '<rootDir>/support/closing-line.cjs'],
};
