import type { Rule } from '@angular-devkit/schematics';
import { branchAndMerge, chain, SchematicsException, strings } from '../devkit.js';
import {
  formatted,
  generated,
  refuseOtherLanguages,
  sourceFiles,
  type GeneratorOptions,
} from '../generated.js';
import { declareInModule, isServed } from '../module.declaration.js';
import { importExtension, sourceRootOf, specGlobals } from '../project.js';

export interface RoomsGeneratorOptions extends GeneratorOptions {
  readonly path?: string;
  readonly history: boolean;
  readonly presence: boolean;
  readonly skipImport: boolean;
}

/** `nest g -c nestjs-revali-ws rooms <name>` */
export function rooms(options: RoomsGeneratorOptions): Rule {
  refuseOtherLanguages(options);
  refuseStrayOption(options);
  return (tree, context) => {
    const sourceRoot = sourceRootOf(tree, options);
    const place = generated(sourceRoot, options, options.path);
    const { name, folder } = place;
    const symbol = classOf(name);
    const kind = kindOf(name);
    if (!options.skipImport) {
      declareInModule(tree, context, place, { list: 'providers', symbol, file: `${name}.rooms` });
    }
    isServed(tree, context, sourceRoot);
    const { history, presence, specFileSuffix } = options;
    const files = sourceFiles('./files', folder, options, {
      ...strings,
      name,
      kind,
      history,
      presence,
      specFileSuffix,
      extension: importExtension(tree),
      globals: specGlobals(tree),
    });
    return branchAndMerge(chain([files, formatted(options)]));
  };
}

/** `nest g … chat -- --history` passes the option as the path. */
function refuseStrayOption({ name, path = '' }: RoomsGeneratorOptions): void {
  if (!path.startsWith('-')) return;
  throw new SchematicsException(
    `"${path}" is not a folder. The Nest CLI passes this option on only in a terminal, where it asks for it. ` +
      `Otherwise: npx schematics nestjs-revali-ws:rooms ${name} ${path}`,
  );
}

function classOf(name: string): string {
  const symbol = `${strings.classify(name)}Rooms`;
  if (symbol === 'WebSocketRooms') {
    throw new SchematicsException(
      `"${name}" cannot be the name: WebSocketRooms is the decorator of the class.`,
    );
  }
  return symbol;
}

/** A kind that `@WebSocketRooms()` accepts, and that no other class has. */
function kindOf(name: string): string {
  const kind = name.toLowerCase().replaceAll(/[._]/g, '-');
  if (kind === 'rooms') {
    throw new SchematicsException(
      '"rooms" cannot be the name: it is that of Rooms itself. Say what they are for, as chat.',
    );
  }
  if (kind.length > 32) {
    throw new SchematicsException(
      `"${name}" cannot be the name of rooms: it is longer than 32 characters.`,
    );
  }
  return kind;
}
