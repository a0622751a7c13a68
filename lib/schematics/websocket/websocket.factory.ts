import type { Rule, Tree } from '@angular-devkit/schematics';
import { join, relative } from 'node:path/posix';
import {
  apply,
  applyTemplates,
  branchAndMerge,
  chain,
  mergeWith,
  move,
  noop,
  SchematicsException,
  strings,
  url,
} from '../devkit.js';
import {
  formatted,
  generated,
  literal,
  refuseOtherLanguages,
  sourceFiles,
  type Generated,
  type GeneratorOptions,
} from '../generated.js';
import { declareInModule, importPath, isServed, type Declaration } from '../module.declaration.js';
import { findRootModule, moduleClassOf } from '../module.source.js';
import { endToEndSpecs, importExtension, sourceRootOf, specGlobals } from '../project.js';
import { clientPath } from './client.path.js';

export interface WebsocketOptions extends GeneratorOptions {
  /** The route's path. */
  readonly path?: string;
  /** Write a class with a method for each type of message instead of one handler for all. */
  readonly events: boolean;
  readonly mode: 'twoWay' | 'receiveOnly' | 'sendOnly';
  readonly ping: string;
  readonly triggerOnConnect: boolean;
  readonly skipImport: boolean;
}

/** `nest g -c nestjs-revali-ws websocket <name>` */
export function websocket(options: WebsocketOptions): Rule {
  refuseOtherLanguages(options);
  refuseStrayOption(options);
  return (tree, context) => {
    const sourceRoot = sourceRootOf(tree, options);
    const controller = generated(sourceRoot, options);
    // Runs before anything is written.
    if (options.events) refuseForEvents(options, controller.name);
    clientPath(routePath(options, controller.name));
    // First, because the e2e spec starts the application only if the controller is part of it.
    const declared =
      !options.skipImport && declareInModule(tree, context, controller, declarationOf(controller));
    const served = isServed(tree, context, sourceRoot);
    const rootModule = declared && served ? findRootModule(tree, sourceRoot) : undefined;
    return branchAndMerge(
      chain([
        sources(tree, options, controller),
        options.spec ? endToEnd(tree, options, controller, sourceRoot, rootModule) : noop(),
        formatted(options),
      ]),
    );
  };
}

/** `nest g … chat -- --mode=sendOnly` passes the option as the path. */
function refuseStrayOption({ name, path = '' }: WebsocketOptions): void {
  if (!path.startsWith('-')) return;
  throw new SchematicsException(
    `"${path}" is not a path. The Nest CLI passes this option on only in a terminal, where it asks for it. ` +
      `Otherwise: npx schematics nestjs-revali-ws:websocket ${name} ${path}`,
  );
}

/** Options that do not work for a class with `@WebSocketController()`. */
function refuseForEvents({ mode }: WebsocketOptions, name: string): void {
  if (mode === 'sendOnly') {
    throw new SchematicsException(
      '--events is for messages that clients send; with --mode=sendOnly there are none.',
    );
  }
  if (classOf(name) === 'WebSocketController') {
    throw new SchematicsException(
      `With --events, "${name}" cannot be the name: WebSocketController is the decorator of the class.`,
    );
  }
}

const classOf = (name: string): string => `${strings.classify(name)}Controller`;

const declarationOf = ({ name }: Generated): Declaration => ({
  list: 'controllers',
  symbol: classOf(name),
  file: `${name}.controller`,
});

function sources(tree: Tree, options: WebsocketOptions, { name, folder }: Generated): Rule {
  return sourceFiles(options.events ? './files/events' : './files/source', folder, options, {
    ...values(tree, options, name),
    extension: importExtension(tree),
  });
}

function endToEnd(
  tree: Tree,
  options: WebsocketOptions,
  { name, folder, parent }: Generated,
  sourceRoot: string,
  rootModule: string | undefined,
): Rule {
  const specs = endToEndSpecs(tree, sourceRoot, options.specFileSuffix);
  const home = join(specs.folder, relative(join('/', sourceRoot), parent));
  const spec = join(home, `${name}.${specs.suffix}.ts`);
  const moduleClass = rootModule && moduleClassOf(tree.readText(rootModule));
  return mergeWith(
    apply(url('./files/e2e'), [
      applyTemplates({
        ...values(tree, options, name),
        suffix: specs.suffix,
        moduleClass: moduleClass ?? '',
        moduleFile: rootModule ? importPath(tree, spec, rootModule.replace(/\.ts$/, '')) : '',
        controllerFile: importPath(tree, spec, `${folder}/${name}.controller`),
      }),
      move(home),
    ]),
  );
}

const routePath = ({ path }: WebsocketOptions, name: string): string =>
  (path ?? name).replace(/^\/+|\/+$/g, '');

function values(tree: Tree, options: WebsocketOptions, name: string): object {
  const { events, mode, ping, specFileSuffix } = options;
  const path = routePath(options, name);
  // A sendOnly handler runs on connect anyway, and a class with message types has @OnConnect().
  const triggerOnConnect = options.triggerOnConnect && mode !== 'sendOnly' && !events;
  const routeOptions = [
    ...(mode === 'twoWay' ? [] : [`mode: '${mode}'`]),
    ...(ping === '' ? [] : [`ping: '${ping}'`]),
    ...(triggerOnConnect ? ['triggerOnConnect: true'] : []),
  ];
  return {
    ...strings,
    name,
    events,
    mode,
    triggerOnConnect,
    path: literal(path),
    clientPath: literal(clientPath(path)),
    testName: literal(`${clientPath(path)} (WS)`),
    routeOptions: routeOptions.length > 0 ? `{ ${routeOptions.join(', ')} }` : '',
    specFileSuffix,
    globals: specGlobals(tree),
  };
}
