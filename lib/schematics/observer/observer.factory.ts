import type { Rule } from '@angular-devkit/schematics';
import {
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
} from '../devkit.js';
import { formatted, generated, refuseOtherLanguages, type GeneratorOptions } from '../generated.js';
import { importExtension, sourceRootOf, specGlobals } from '../project.js';

export interface ObserverOptions extends GeneratorOptions {
  readonly path?: string;
}

/** `nest g -c nestjs-revali-ws observer <name>` */
export function observer(options: ObserverOptions): Rule {
  refuseOtherLanguages(options);
  return (tree) => {
    const home = `${sourceRootOf(tree, options)}/${options.path ?? ''}`;
    const { name, folder } = generated(home, options);
    const files = apply(url('./files'), [
      options.spec ? noop() : filter((path) => !path.includes('__specFileSuffix__')),
      applyTemplates({
        ...strings,
        name,
        specFileSuffix: options.specFileSuffix,
        extension: importExtension(tree),
        globals: specGlobals(tree),
      }),
      move(folder),
    ]);
    return branchAndMerge(chain([mergeWith(files), formatted(options)]));
  };
}
