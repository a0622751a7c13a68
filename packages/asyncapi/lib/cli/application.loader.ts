import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { documentOfApplication, type AsyncApiApplication } from '../async-api.document.js';
import type { AsyncApiDocument } from '../document/document.types.js';
import { isClass, memberOf } from '../schema/json.schema.js';
import { CommandFault, reasonOf } from './exit.code.js';
import { oneLine, type Terminal } from './terminal.js';

/** Which application to load, and how to create it. */
export interface ApplicationChoice {
  readonly app?: string | undefined;
  readonly preview: boolean;
}

const FILES = ['dist/create-app.js', 'dist/app.module.js'];

/** How long an application may take to be created, in ms. */
const PATIENCE = 60_000;

/** Creates the document of an application without starting it. @throws CommandFault */
export async function documentOfFile(
  choice: ApplicationChoice,
  terminal: Terminal,
): Promise<AsyncApiDocument> {
  const file = fileOf(choice, terminal.folder);
  const app = await applicationIn(file, choice, terminal.folder);
  try {
    return await documentOfApplication(app, (text) => {
      terminal.warn(oneLine(`Warning: ${text}`));
    });
  } catch (error) {
    throw new CommandFault(`The routes of ${file} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function fileOf({ app }: ApplicationChoice, folder: string): string {
  const candidates = app === undefined ? FILES : [app];
  const found = candidates.find((file) => existsSync(resolve(folder, file)));
  if (found !== undefined) return found;
  throw new CommandFault(
    app === undefined
      ? `There is neither ${FILES.join(' nor ')}. Build the application first, or name its file: --app dist/my-app.js.`
      : `There is no file ${app}. Build the application first, and give the path of a compiled file to --app.`,
  );
}

async function applicationIn(
  file: string,
  { preview }: ApplicationChoice,
  folder: string,
): Promise<AsyncApiApplication> {
  const path = resolve(folder, file);
  const loaded = await load(path, file);
  const createApp = exported(loaded, 'createApp');
  const options = { preview, logger: false, abortOnError: false };
  if (typeof createApp === 'function')
    return applicationOf(file, 'createApp()', preview, () =>
      Reflect.apply(createApp, undefined, [options]),
    );
  const module = exported(loaded, 'AppModule');
  if (isClass(module))
    return applicationOf(file, 'AppModule', preview, () => createContext(path, module, options));
  throw new CommandFault(
    `${file} exports neither createApp() nor AppModule. Export a function createApp(options) that returns the application, before listen().`,
  );
}

async function load(path: string, file: string): Promise<unknown> {
  try {
    return await inTime(file, 'The code', () => import(pathToFileURL(path).href));
  } catch (error) {
    if (error instanceof CommandFault) throw error;
    const cure = path.endsWith('.ts') ? ' Give the compiled file, such as dist/create-app.js.' : '';
    throw new CommandFault(`${file} cannot be loaded: ${reasonOf(error)}.${cure}`, {
      cause: error,
    });
  }
}

/** Finds an export of an ES module or of CommonJS. */
function exported(loaded: unknown, name: string): unknown {
  return memberOf(loaded, name) ?? memberOf(memberOf(loaded, 'default'), name);
}

async function applicationOf(
  file: string,
  what: string,
  preview: boolean,
  create: () => unknown,
): Promise<AsyncApiApplication> {
  const app = await inTime(file, what, create).catch((error: unknown) => {
    if (error instanceof CommandFault) throw error;
    const cure = preview
      ? ' In preview nothing is instantiated, so a method of a provider cannot be called: use --no-preview, or --from with the URL of its document.'
      : '';
    throw new CommandFault(`${what} of ${file} failed: ${reasonOf(error)}.${cure}`, {
      cause: error,
    });
  });
  if (isApplication(app)) return app;
  throw new CommandFault(
    `${what} of ${file} gave no Nest application. Return it from createApp().`,
  );
}

async function inTime(file: string, what: string, create: () => unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new CommandFault(
          `${what} of ${file} was not done after ${PATIENCE / 1_000} s. It must not wait for others.`,
        ),
      );
    }, PATIENCE);
  });
  try {
    return await Promise.race([Promise.resolve().then(create), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Uses the application's own Nest, without an HTTP adapter: the application may use Express or Fastify. */
async function createContext(path: string, module: unknown, options: object): Promise<unknown> {
  const core: unknown = await import(
    pathToFileURL(createRequire(path).resolve('@nestjs/core')).href
  );
  const factory = exported(core, 'NestFactory');
  const create = memberOf(factory, 'createApplicationContext');
  if (typeof create !== 'function') throw new Error('@nestjs/core has no NestFactory');
  const context: unknown = await Reflect.apply(create, factory, [module, options]);
  return context;
}

function isApplication(value: unknown): value is AsyncApiApplication {
  return typeof memberOf(value, 'get') === 'function';
}
