import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { relative } from 'node:path/posix';
import { branchAndMerge, chain, strings } from '../devkit.js';
import {
  formatted,
  generated,
  refuseOtherLanguages,
  sourceFiles,
  type Generated,
  type GeneratorOptions,
} from '../generated.js';
import { addEntry } from '../manifest.edit.js';
import { isServed } from '../module.declaration.js';
import { importExtension, installedIn, readSource, sourceRootOf } from '../project.js';

export interface ClientGeneratorOptions extends GeneratorOptions {
  readonly path?: string;
}

const MANIFEST = 'package.json';
const CLIENT = 'nestjs-revali-ws-client';
/** Provides the command `revali-ws`. */
const COMMAND = 'nestjs-revali-ws-asyncapi';

/** `nest g -c nestjs-revali-ws client [name]` */
export function client(options: ClientGeneratorOptions): Rule {
  refuseOtherLanguages(options);
  return (tree, context) => {
    const sourceRoot = sourceRootOf(tree, options);
    const place = generated(sourceRoot, options, options.path);
    const { name, folder } = place;
    const script = `client:${name}`;
    addScript(tree, context, script, commandFor(place, options));
    isServed(tree, context, sourceRoot);
    tellOfPackages(tree, context);
    const values = { ...strings, name, script, extension: importExtension(tree) };
    // A client is tested against a server, so it has no spec of its own.
    const files = sourceFiles('./files', folder, { ...options, spec: false }, values);
    return branchAndMerge(chain([files, formatted(options)]));
  };
}

/** The command reads the built application. */
function commandFor({ name, folder }: Generated, { project }: ClientGeneratorOptions): string {
  const build = project === undefined ? 'nest build' : `nest build ${project}`;
  const out = relative('/', `${folder}/${name}.routes.ts`);
  const app = project === undefined ? '' : ` --app dist/apps/${project}/app.module.js`;
  return `${build} && revali-ws client${app} --out ${asWord(out)}`;
}

/** A folder may have a space in its name. */
const asWord = (path: string): string => (/^[\w./-]+$/.test(path) ? path : JSON.stringify(path));

/** A script of this name may already do what the user wants. */
function addScript(tree: Tree, { logger }: SchematicContext, name: string, command: string): void {
  const before = readSource(tree, MANIFEST);
  const content = addEntry(before, { list: 'scripts', name, value: command });
  if (content !== before) tree.overwrite(MANIFEST, content);
  else logger.warn(`Please add the script "${name}" to package.json by hand: ${command}`);
}

function tellOfPackages(tree: Tree, { logger }: SchematicContext): void {
  const present = installedIn(tree);
  const commands = [
    ...(CLIENT in present ? [] : [`npm install ${CLIENT}`]),
    ...(COMMAND in present ? [] : [`npm install --save-dev ${COMMAND}`]),
  ];
  if (commands.length > 0) logger.warn(`Please install what it needs: ${commands.join(' && ')}`);
}
