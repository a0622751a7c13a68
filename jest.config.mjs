import { packages } from './scripts/packages.mjs';
import { bundleOf, commonJsPackages } from './test/commonjs-packages.mjs';
import { explorerFiles } from './test/global-setup.mjs';

/** What every project shares: TypeScript through SWC, as native ES modules. */
const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Tests and samples import the package by its own name; it means the sources.
  moduleNameMapper: {
    '^nestjs-revali-ws$': '<rootDir>/lib/index.ts',
    '^nestjs-revali-ws/opentelemetry$': '<rootDir>/lib/opentelemetry/index.ts',
    '^nestjs-revali-ws/nats$': '<rootDir>/lib/brokers/nats/index.ts',
    '^nestjs-revali-ws/redis$': '<rootDir>/lib/brokers/redis/index.ts',
    '^nestjs-revali-ws/testing$': '<rootDir>/lib/testing/index.ts',
    ...Object.fromEntries(
      packages().map(({ folder, manifest }) => [
        `^${manifest.name}$`,
        `<rootDir>/${folder}/lib/index.ts`,
      ]),
    ),
    ...Object.fromEntries(
      commonJsPackages.map((name) => [`^${name}$`, `<rootDir>/${bundleOf(name)}`]),
    ),
    '/explorer\\.files\\.js$': `<rootDir>/${explorerFiles}`,
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/packages/[^/]+/dist/'],
};

const project = (displayName, testMatch) => ({ ...shared, displayName, testMatch });

export default {
  globalSetup: '<rootDir>/test/global-setup.mjs',
  testTimeout: 60_000,
  maxWorkers: 2,
  // What a test file has loaded as ES modules stays in the worker's memory, and makes each later file slower.
  workerIdleMemoryLimit: '1GB',
  projects: [
    project('unit', ['<rootDir>/test/{unit,abuse,scale}/**/*.spec.ts']),
    project('e2e', ['<rootDir>/test/e2e/**/*.e2e-spec.ts']),
    // The same, several in one file, as test/suites.mjs writes them.
    project('suites', ['<rootDir>/.suites/*/*.suite.ts']),
    // What an application meets that has not everything installed.
    {
      ...project('bare', ['<rootDir>/test/bare/*.e2e-spec.ts']),
      moduleNameMapper: {
        '^@nestjs/platform-socket\\.io$': '<rootDir>/test/bare/not-installed.cjs',
        ...shared.moduleNameMapper,
      },
    },
    project('abuse', ['<rootDir>/test/abuse/*.e2e-spec.ts']),
    project('conformance', ['<rootDir>/test/conformance/*.e2e-spec.ts']),
    project('lives', ['<rootDir>/test/soak/*.e2e-spec.ts']),
    project('brokers', ['<rootDir>/test/brokers/**/*.spec.ts']),
    project('simulation', ['<rootDir>/test/simulation/*.spec.ts']),
    project('network', ['<rootDir>/test/network/*.e2e-spec.ts']),
    project('sample', ['<rootDir>/sample/*/test/**/*{.e2e-spec,.spec}.ts']),
    // Servers as browsers see them.
    project('browser', ['<rootDir>/test/browser/*.e2e-spec.ts']),
    // The client on runtimes that are not this one.
    project('foreign', ['<rootDir>/packages/*/test/**/*.foreign-spec.ts']),
    project('packages', ['<rootDir>/packages/*/test/**/*{.e2e-spec,.spec}.ts']),
    // The blocks of the documentation that run, once `node test/docs/check.mjs` has written them.
    project('docs', ['<rootDir>/test/docs/*.spec.ts', '<rootDir>/.blocks/**/*.spec.ts']),
  ],
};
