import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

type Files = Readonly<Record<string, string>>;

export interface Run {
  /** The project afterwards. */
  readonly files: Files;
  /** What the user is told. */
  readonly log: readonly string[];
  /** What is to follow, such as an installation. */
  readonly tasks: readonly string[];
}

type Answer = { readonly run: Run } | { readonly error: string };

const child = fork(join(process.cwd(), 'test/support/schematics/schematics.process.mjs'));

/** Runs a generator as the CLI does, on a project of these files. */
export async function generate(schematic: string, options: object, files: Files): Promise<Run> {
  const answer = once(child, 'message') as Promise<[Answer]>;
  child.send({ schematic, options, files });
  const [result] = await answer;
  if ('error' in result) throw new Error(result.error);
  return result.run;
}

export async function endGenerators(): Promise<void> {
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

const appModule = (extension: string): string => `import { Module } from '@nestjs/common';
import { AppController } from './app.controller${extension}';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`;

const main = (extension: string): string => `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module${extension}';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(3000);
}
bootstrap();
`;

/** A new application of Nest 11: CommonJS and jest. */
export const commonJsApp = (): Record<string, string> => ({
  '/package.json': `${json({
    name: 'app',
    dependencies: { '@nestjs/common': '^11.0.1', 'nestjs-revali-ws': '^0.1.0', rxjs: '^7.8.1' },
    devDependencies: { jest: '^30.0.0' },
  })}\n`,
  '/nest-cli.json': json({ sourceRoot: 'src' }),
  '/src/main.ts': main(''),
  '/src/app.module.ts': appModule(''),
  '/test/jest-e2e.json': json({ testRegex: '.e2e-spec.ts$' }),
});

/** A new application of Nest 12: ES modules and vitest. */
export const esmApp = (): Record<string, string> => ({
  '/package.json': json({
    name: 'app',
    type: 'module',
    dependencies: { '@nestjs/common': '^12.0.1', 'nestjs-revali-ws': '^0.1.0' },
    devDependencies: { vitest: '^4.1.2' },
  }),
  '/nest-cli.json': json({ sourceRoot: 'src' }),
  '/src/main.ts': main('.js'),
  '/src/app.module.ts': appModule('.js'),
  '/vitest.config.ts': 'test: { globals: true, include: ["**/*.spec.ts"] }',
  '/vitest.config.e2e.ts': "test: { globals: true, include: ['**/*.e2e-spec.ts'] }",
  '/test/app.e2e-spec.ts': '',
});

/** A monorepo of two applications, each with its own sources and e2e specs. */
export const monorepo = (): Record<string, string> => ({
  '/package.json': json({ dependencies: { 'nestjs-revali-ws': '^0.1.0' } }),
  '/nest-cli.json': json({
    monorepo: true,
    sourceRoot: 'apps/web/src',
    projects: { web: { sourceRoot: 'apps/web/src' }, api: { sourceRoot: 'apps/api/src' } },
  }),
  ...Object.fromEntries(
    ['web', 'api'].flatMap((name) => [
      [`/apps/${name}/src/main.ts`, main('')],
      [`/apps/${name}/src/app.module.ts`, appModule('')],
      [`/apps/${name}/test/jest-e2e.json`, json({ testRegex: '.e2e-spec.ts$' })],
    ]),
  ),
});
