import type { Rule } from '@angular-devkit/schematics';
import { branchAndMerge, chain, strings } from '../devkit.js';
import {
  formatted,
  generated,
  refuseOtherLanguages,
  sourceFiles,
  type GeneratorOptions,
} from '../generated.js';
import { importExtension, sourceRootOf, specGlobals } from '../project.js';

export interface ObserverOptions extends GeneratorOptions {
  readonly path?: string;
}

/** `nest g -c nestjs-revali-ws observer <name>` */
export function observer(options: ObserverOptions): Rule {
  refuseOtherLanguages(options);
  return (tree) => {
    const { name, folder } = generated(sourceRootOf(tree, options), options, options.path);
    const files = sourceFiles('./files', folder, options, {
      ...strings,
      name,
      specFileSuffix: options.specFileSuffix,
      extension: importExtension(tree),
      globals: specGlobals(tree),
    });
    return branchAndMerge(chain([files, formatted(options)]));
  };
}
