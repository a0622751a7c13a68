import type { DirEntry, Tree } from '@angular-devkit/schematics';
import { SchematicsException } from './devkit.js';

/** What the Nest CLI passes to every generator. */
export interface ProjectOptions {
  readonly sourceRoot?: string;
  readonly project?: string;
}

interface NestCliJson {
  readonly sourceRoot?: string;
  readonly projects?: Readonly<Record<string, { readonly sourceRoot?: string } | undefined>>;
}

interface PackageJson {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** `nest g` has already looked it up, `schematics` has not. */
export function sourceRootOf(tree: Tree, { sourceRoot, project }: ProjectOptions): string {
  const config = readJson<NestCliJson>(tree, 'nest-cli.json');
  const { projects = {} } = config;
  const named = project === undefined ? undefined : projects[project];
  if (project !== undefined && !named) {
    const known = Object.keys(projects).join(', ') || 'none';
    throw new SchematicsException(
      `nest-cli.json has no project "${project}". There are: ${known}.`,
    );
  }
  return sourceRoot ?? named?.sourceRoot ?? config.sourceRoot ?? 'src';
}

/** The version ranges of the project's dependencies, by name. */
export function installedIn(tree: Tree): Readonly<Record<string, string>> {
  const { dependencies, devDependencies } = readJson<PackageJson>(tree, 'package.json');
  return { ...devDependencies, ...dependencies };
}

/** The extension of relative imports. */
export function importExtension(tree: Tree): '' | '.js' {
  return readJson<PackageJson>(tree, 'package.json').type === 'module' ? '.js' : '';
}

/** In Vitest, `describe` and similar functions are globals only if its configuration says so. */
export function specGlobals(tree: Tree): 'global' | 'vitest' {
  const installed = installedIn(tree);
  if (!('vitest' in installed) || 'jest' in installed) return 'global';
  const configs = tree.root.subfiles.filter((file) => /^vitest\..*\.?[cm]?[jt]s$/.test(file));
  return configs.some((file) => /globals:\s*true/.test(tree.readText(file))) ? 'global' : 'vitest';
}

export interface EndToEndSpecs {
  readonly folder: string;
  /** `e2e-spec` for `chat.e2e-spec.ts`. */
  readonly suffix: string;
}

/** Next to the sources, as in Nest: `test/`, or `apps/api/test/` in a monorepo. */
export function endToEndSpecs(
  tree: Tree,
  sourceRoot: string,
  specFileSuffix: string,
): EndToEndSpecs {
  const home =
    ancestors(tree.getDir(sourceRoot)).find((dir) => hasFiles(dir.dir(fragment('test')))) ??
    tree.getDir(sourceRoot).parent ??
    tree.root;
  const folder = `${home.path === '/' ? '' : home.path}/test`;
  const places = [tree.getDir(folder), home, tree.root];
  const suffix = places.map((dir) => configuredSuffix(dir)).find((found) => found !== undefined);
  return { folder, suffix: suffix ?? `e2e-${specFileSuffix}` };
}

/** Read from the pattern of their configuration: `".e2e-spec.ts$"`, `"**\/*.e2e-spec.ts"`. */
function configuredSuffix(dir: DirEntry): string | undefined {
  const config = dir.subfiles.find((file) =>
    /^(jest|vitest).*e2e.*\.(json|[cm]?[jt]s)$/.test(file),
  );
  const text = config === undefined ? '' : String(dir.file(config)?.content ?? '');
  return /\be2e-\w+(?=\\*\.)/.exec(text)?.[0];
}

const hasFiles = (dir: DirEntry): boolean => dir.subfiles.length > 0;

/** The folder itself, then its parents. */
export function ancestors(dir: DirEntry): DirEntry[] {
  return dir.parent ? [dir, ...ancestors(dir.parent)] : [dir];
}

type PathFragment = Parameters<DirEntry['dir']>[0];

/** The devkit marks its path strings with a brand. */
export const fragment = (name: string): PathFragment => name as PathFragment;

/** As is, including a byte order mark. */
export function readSource(tree: Tree, path: string): string {
  return tree.read(path)?.toString('utf8') ?? '';
}

function readJson<T extends object>(tree: Tree, path: string): Partial<T> {
  if (!tree.exists(path)) return {};
  const content = tree.readJson(path);
  return typeof content === 'object' && content !== null ? (content as Partial<T>) : {};
}
