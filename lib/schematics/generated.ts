import type { Rule, Tree } from '@angular-devkit/schematics';
import { formatFiles, NameParser, normalizeToKebabOrSnakeCase } from '@nestjs/schematics';
import {
  apply,
  applyTemplates,
  filter,
  mergeWith,
  move,
  noop,
  SchematicsException,
  url,
} from './devkit.js';
import type { ProjectOptions } from './project.js';

/** Options that Nest's own generators have too. */
export interface GeneratorOptions extends ProjectOptions {
  readonly name: string;
  readonly language?: string;
  readonly flat: boolean;
  readonly spec: boolean;
  readonly specFileSuffix: string;
  readonly format: boolean;
}

export interface Generated {
  /** `rooms` of `chat/rooms`. */
  readonly name: string;
  /** `src/chat` */
  readonly parent: string;
  /** `src/chat/rooms`, or with `--flat` `src/chat`. */
  readonly folder: string;
}

export function generated(sourceRoot: string, { name, flat }: GeneratorOptions): Generated {
  const location = new NameParser().parse({ name, path: sourceRoot });
  const kebab = normalizeToKebabOrSnakeCase(location.name);
  if (!/^[a-z][\w.-]*$/i.test(kebab)) {
    throw new SchematicsException(`"${name}" cannot be the name of a class.`);
  }
  const parent = normalizeToKebabOrSnakeCase(location.path);
  return { name: kebab, parent, folder: flat ? parent : `${parent}/${kebab}` };
}

export function refuseOtherLanguages({ language }: GeneratorOptions): void {
  if (language !== undefined && language !== 'ts') {
    throw new SchematicsException(`This generator writes TypeScript, not "${language}".`);
  }
}

/** Writes the templates of one folder into another; the spec only where it is wanted. */
export function sourceFiles(
  templates: string,
  folder: string,
  { spec }: GeneratorOptions,
  values: object,
): Rule {
  return mergeWith(
    apply(url(templates), [
      spec ? noop() : filter((path) => !path.includes('__specFileSuffix__')),
      applyTemplates(values),
      move(folder),
    ]),
  );
}

/** @nestjs/schematics 10 could not format yet. */
export function formatted({ format }: GeneratorOptions): Rule {
  return format && typeof formatFiles === 'function' ? formatFiles() : noop();
}

/** Whether any module of these sources imports ours. */
export function usesModule(tree: Tree, sourceRoot: string): boolean {
  let found = false;
  tree.getDir(sourceRoot).visit((path, entry) => {
    found ||= path.endsWith('.module.ts') && Boolean(entry?.content.includes('RevaliWsModule'));
  });
  return found;
}
