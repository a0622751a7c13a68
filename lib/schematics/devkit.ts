import { createRequire } from 'node:module';

/**
 * The devkit of Nest's own generators: every installation that generates code has it, and servers need not install it.
 * This folder is built only as CommonJS, because the generators' runner requires it.
 */
const requireAsNest = createRequire(require.resolve('@nestjs/schematics'));

export const {
  SchematicsException,
  apply,
  applyTemplates,
  branchAndMerge,
  chain,
  filter,
  mergeWith,
  move,
  noop,
  strings,
  url,
} = requireAsNest('@angular-devkit/schematics') as typeof import('@angular-devkit/schematics');

export const { NodePackageInstallTask } = requireAsNest(
  '@angular-devkit/schematics/tasks',
) as typeof import('@angular-devkit/schematics/tasks');

export const typescript = requireAsNest('typescript') as typeof import('typescript');
