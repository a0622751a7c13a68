import type { Tree } from '@angular-devkit/schematics';
import { dirname, join } from 'node:path/posix';
import { typescript as ts } from './devkit.js';
import { readSource } from './project.js';

const SUFFIXES = ['', '.ts', '.tsx', '.mts', '.cts', '/index.ts'];

interface CompilerOptions {
  readonly baseUrl?: string;
  readonly paths?: Readonly<Record<string, readonly string[]>>;
}

/** Resolves an import's specifier among the sources: relative, or by `paths` of `tsconfig.json`. */
export class SourceResolver {
  private readonly options: CompilerOptions;

  constructor(private readonly tree: Tree) {
    this.options = compilerOptions(tree);
  }

  /** @returns `undefined` for packages. */
  resolve(specifier: string, from: string): string | undefined {
    const places = specifier.startsWith('.')
      ? [join(dirname(from), specifier)]
      : this.mapped(specifier);
    return places.map((place) => this.fileAt(place)).find((file) => file !== undefined);
  }

  private mapped(specifier: string): string[] {
    const { baseUrl = '.', paths = {} } = this.options;
    return Object.entries(paths).flatMap(([pattern, targets]) => {
      const [start = '', end] = pattern.split('*');
      const isMatch =
        end === undefined
          ? specifier === pattern
          : specifier.startsWith(start) && specifier.endsWith(end);
      if (!isMatch) return [];
      const rest = specifier.slice(start.length, specifier.length - (end?.length ?? 0));
      return targets.map((target) =>
        join(
          '/',
          baseUrl,
          target.replace('*', () => rest),
        ),
      );
    });
  }

  private fileAt(place: string): string | undefined {
    const base = place.replace(/\.([cm]?)js$/, '');
    return SUFFIXES.map((suffix) => base + suffix).find(
      (file) => /\.[cm]?tsx?$/.test(file) && !file.endsWith('.d.ts') && this.tree.exists(file),
    );
  }
}

function compilerOptions(tree: Tree): CompilerOptions {
  const path = 'tsconfig.json';
  if (!tree.exists(path)) return {};
  const { config } = ts.parseConfigFileTextToJson(path, readSource(tree, path)) as {
    readonly config?: { readonly compilerOptions?: CompilerOptions };
  };
  return config?.compilerOptions ?? {};
}
