import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { NodePackageInstallTask, SchematicsException } from '../devkit.js';
import { addToModule, findRootModule } from '../module.source.js';
import { sourceRootOf, type ProjectOptions } from '../project.js';

export interface NestAddOptions extends ProjectOptions {
  readonly module?: string;
  readonly skipInstall?: boolean;
}

const ENTRY = {
  list: 'imports',
  expression: 'RevaliWsModule.forRoot()',
  symbol: 'RevaliWsModule',
  from: 'nestjs-revali-ws',
} as const;

/** `nest add nestjs-revali-ws`, once the CLI has installed the package. A second time it changes nothing. */
export function nestAdd(options: NestAddOptions): Rule {
  return (tree, context) => {
    addDependencies(tree, context, options);
    importModule(tree, context, options);
  };
}

function importModule(tree: Tree, { logger }: SchematicContext, options: NestAddOptions): void {
  const file = options.module ?? findRootModule(tree, sourceRootOf(tree, options));
  if (file === undefined) return logger.warn(byHand('No root module was found'));
  if (!tree.exists(file)) throw new SchematicsException(`There is no file ${file}.`);
  const shown = file.replace(/^\//, '');
  if (tree.readText(file).includes(ENTRY.symbol)) {
    return logger.info(`${shown} imports ${ENTRY.symbol} already.`);
  }
  if (!addToModule(tree, file, ENTRY)) {
    logger.warn(byHand(`${shown} was left alone: it is not one @Module({ imports: [ … ] })`));
  }
}

const byHand = (reason: string): string => `${reason}. Please add to the root module by hand:

  import { ${ENTRY.symbol} } from '${ENTRY.from}';

  @Module({ imports: [${ENTRY.expression}] })
`;

interface PackageJson {
  dependencies?: Record<string, string>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Without `--skip-install` the CLI has done it; but Yarn, other than npm and pnpm, installs no peer dependencies. */
function addDependencies(tree: Tree, context: SchematicContext, options: NestAddOptions): void {
  if (!tree.exists('package.json')) return;
  const manifest = tree.readJson('package.json') as PackageJson;
  const present = { ...manifest.devDependencies, ...manifest.dependencies };
  const wanted: [string, string | undefined][] = [[ENTRY.from, ownRange()]];
  if (tree.exists('yarn.lock')) wanted.push(['@nestjs/websockets', present['@nestjs/common']]);
  const missing = wanted.filter(([name, range]) => range !== undefined && !(name in present));
  if (missing.length === 0) return;
  const dependencies = Object.entries({ ...manifest.dependencies, ...Object.fromEntries(missing) });
  manifest.dependencies = Object.fromEntries(
    dependencies.toSorted(([left], [right]) => (left < right ? -1 : 1)) as [string, string][],
  );
  tree.overwrite('package.json', `${JSON.stringify(manifest, null, 2)}\n`);
  if (!options.skipInstall) context.addTask(new NodePackageInstallTask());
}

/** The project's folder is the working directory of every generator. */
function ownRange(): string | undefined {
  try {
    const requireFromProject = createRequire(join(process.cwd(), 'package.json'));
    const { version } = requireFromProject(`${ENTRY.from}/package.json`) as { version: string };
    return `^${version}`;
  } catch {
    return undefined;
  }
}
