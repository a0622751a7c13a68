import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { NodePackageInstallTask, SchematicsException } from '../devkit.js';
import { addEntry } from '../manifest.edit.js';
import { addToModule, findRootModule, type ModuleEntry } from '../module.source.js';
import { findModuleUse } from '../module.use.js';
import { installedIn, readSource, sourceRootOf, type ProjectOptions } from '../project.js';

export interface NestAddOptions extends ProjectOptions {
  readonly module?: string;
  readonly skipInstall?: boolean;
  /** Whether to add the page of the routes, too. */
  readonly asyncapi?: boolean;
}

const ROUTES: ModuleEntry = {
  list: 'imports',
  symbol: 'RevaliWsModule',
  from: 'nestjs-revali-ws',
  call: '.forRoot()',
};
const PAGE: ModuleEntry = {
  list: 'imports',
  symbol: 'AsyncApiModule',
  from: 'nestjs-revali-ws-asyncapi',
  call: '.forRoot()',
};

const MANIFEST = 'package.json';
const SOCKET_IO = '@nestjs/platform-socket.io';

/** `nest add nestjs-revali-ws`, once the CLI has installed the package. Running it again changes nothing. */
export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    const present = installedIn(tree);
    if (tree.exists(MANIFEST)) addDependencies(tree, context, present, options);
    for (const entry of options.asyncapi ? [ROUTES, PAGE] : [ROUTES])
      importModule(tree, context, entry, options);
    tellOfSocketIo(context, present);
  };
}

function importModule(
  tree: Tree,
  { logger }: SchematicContext,
  entry: ModuleEntry,
  options: NestAddOptions,
): void {
  const sourceRoot = sourceRootOf(tree, options);
  const file = options.module ?? findRootModule(tree, sourceRoot);
  if (file === undefined) return logger.warn(byHand(entry, 'No root module was found'));
  if (!tree.exists(file)) throw new SchematicsException(`There is no file ${file}.`);
  const user = findModuleUse(tree, sourceRoot, { file, symbol: entry.symbol });
  if (user !== undefined) return logger.info(`${shown(user)} imports ${entry.symbol} already.`);
  if (!addToModule(tree, file, entry)) {
    const reason = `${shown(file)} was left alone: it is not one @Module({ imports: [ … ] })`;
    logger.warn(byHand(entry, reason));
  }
}

const shown = (file: string): string => file.replace(/^\//, '');

const byHand = (
  { symbol, from, call }: ModuleEntry,
  reason: string,
): string => `${reason}. Please add to the root module by hand:

  import { ${symbol} } from '${from}';

  @Module({ imports: [${symbol}${call}] })
`;

/** Without `--skip-install` the CLI has done it; but Yarn, unlike npm and pnpm, installs no peer dependencies. */
function addDependencies(
  tree: Tree,
  context: SchematicContext,
  present: Readonly<Record<string, string>>,
  { skipInstall, asyncapi }: NestAddOptions,
): void {
  const { version, peerDependencies = {} } = ownManifest();
  const wanted: [string, string | undefined][] = [[ROUTES.from, version && `^${version}`]];
  if (asyncapi) wanted.push([PAGE.from, peerDependencies[PAGE.from]]);
  if (tree.exists('yarn.lock')) wanted.push(['@nestjs/websockets', present['@nestjs/common']]);
  const before = readSource(tree, MANIFEST);
  let content = before;
  for (const [name, range] of wanted) {
    if (range === undefined || name in present) continue;
    content = addEntry(content, { list: 'dependencies', name, value: range });
  }
  if (content === before) return;
  tree.overwrite(MANIFEST, content);
  if (!skipInstall) context.addTask(new NodePackageInstallTask());
}

/** The installed packages decide which adapter serves gateways. */
function tellOfSocketIo({ logger }: SchematicContext, present: object): void {
  if (!(SOCKET_IO in present)) return;
  logger.info(
    `${SOCKET_IO} is installed: it keeps serving @WebSocketGateway() classes. ` +
      'For raw WebSockets: app.useWebSocketAdapter(new RevaliWsAdapter(app)).',
  );
}

interface OwnManifest {
  readonly version?: string;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** Every generator runs in the project's folder. */
function ownManifest(): OwnManifest {
  try {
    const requireFromProject = createRequire(join(process.cwd(), 'package.json'));
    return requireFromProject(`${ROUTES.from}/package.json`) as OwnManifest;
  } catch {
    return {};
  }
}
