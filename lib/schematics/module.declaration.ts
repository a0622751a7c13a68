import type { SchematicContext, Tree } from '@angular-devkit/schematics';
import { ModuleFinder, PathSolver } from '@nestjs/schematics';
import type { Generated } from './generated.js';
import { addToModule, type ModuleEntry } from './module.source.js';
import { findModuleUse } from './module.use.js';
import { fragment, importExtension } from './project.js';

/** A generated class, and the list of a module that it belongs to. */
export interface Declaration {
  readonly list: Exclude<ModuleEntry['list'], 'imports'>;
  readonly symbol: string;
  /** `chat.rooms` for `chat.rooms.ts`. */
  readonly file: string;
}

/** Lists the class in the nearest module; if that is not possible, tells the user what to do. */
export function declareInModule(
  tree: Tree,
  context: SchematicContext,
  { name, folder }: Generated,
  { list, symbol, file }: Declaration,
): boolean {
  const module = new ModuleFinder(tree).find({ name, path: fragment(folder) }) ?? undefined;
  const from = module && importPath(tree, module, `${folder}/${file}`);
  if (module && from && addToModule(tree, module, { list, symbol, from })) return true;
  const place = module ? module.replace(/^\//, '') : 'a module';
  context.logger.warn(`Please add ${symbol} to the ${list} of ${place} by hand.`);
  return false;
}

/** @returns Whether the application imports the package's module; if not, the user is told. */
export function isServed(tree: Tree, context: SchematicContext, sourceRoot: string): boolean {
  const served = findModuleUse(tree, sourceRoot) !== undefined;
  if (!served)
    context.logger.warn('No module imports RevaliWsModule yet: nest add nestjs-revali-ws');
  return served;
}

export function importPath(tree: Tree, from: string, to: string): string {
  return `${new PathSolver().relative(fragment(from), fragment(to))}${importExtension(tree)}`;
}
