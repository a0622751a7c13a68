import type { Rule } from '@angular-devkit/schematics';
import { formatFiles, NameParser, normalizeToKebabOrSnakeCase } from '@nestjs/schematics';
import { join, normalize } from 'node:path/posix';
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

/** Options that Nest's own generators also have. */
export interface GeneratorOptions extends ProjectOptions {
  readonly name: string;
  readonly language?: string;
  readonly flat: boolean;
  readonly spec: boolean;
  readonly specFileSuffix: string;
  readonly format: boolean;
}

export interface Generated {
  /** `rooms` for `chat/rooms`. */
  readonly name: string;
  /** `src/chat` */
  readonly parent: string;
  /** `src/chat/rooms`, or with `--flat` `src/chat`. */
  readonly folder: string;
}

/**
 * @param path A folder in the source root.
 * @throws SchematicsException if a file would be outside the source root, or its name would break the generated code.
 */
export function generated(sourceRoot: string, options: GeneratorOptions, path = ''): Generated {
  const { flat, specFileSuffix } = options;
  const name = options.name.replaceAll('\\', '/');
  refuseStrangeFolders(`${path.replaceAll('\\', '/')}/${name}`);
  if (!/^[\w.-]+$/.test(specFileSuffix)) {
    throw new SchematicsException(`${shown(specFileSuffix)} cannot be the suffix of a file.`);
  }
  const location = new NameParser().parse({ name, path });
  const kebab = normalizeToKebabOrSnakeCase(location.name);
  if (!/^[a-z][\w.-]*$/i.test(kebab)) {
    throw new SchematicsException(`${shown(name)} cannot be the name of a class.`);
  }
  // The source root may use another naming style.
  const parent = join('/', sourceRoot, normalizeToKebabOrSnakeCase(location.path));
  return { name: kebab, parent, folder: flat ? parent : `${parent}/${kebab}` };
}

function refuseStrangeFolders(path: string): void {
  const inside = normalize(path.replace(/^\/+/, ''));
  if (inside === '..' || inside.startsWith('../')) {
    throw new SchematicsException(`${shown(path)} leads out of the source folder.`);
  }
  // Imports can name the remaining paths without escapes, in any quotes.
  if (/['"`\\\p{Cc}\u2028\u2029]/u.test(path)) {
    throw new SchematicsException(`${shown(path)} cannot be the name of a folder and of a class.`);
  }
}

/** Shows any text on one line of a terminal. */
const shown = (text: string): string => JSON.stringify(text);

/** A string in the generated code: its content ends neither the quotes nor the line. */
export function literal(text: string): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"')
    .replaceAll("'", String.raw`\'`)
    .replaceAll(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
  return `'${escaped}'`;
}

export function refuseOtherLanguages({ language }: GeneratorOptions): void {
  if (language !== undefined && language !== 'ts') {
    throw new SchematicsException(`This generator writes TypeScript, not "${language}".`);
  }
}

/** Writes the templates of one folder into another; the spec only if requested. */
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

/** @nestjs/schematics 10 cannot format. */
export function formatted({ format }: GeneratorOptions): Rule {
  return format && typeof formatFiles === 'function' ? formatFiles() : noop();
}
