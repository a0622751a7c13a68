// One program of all blocks: the project's settings, and the package as users see it, built.
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../harness.mjs';

/** @returns the faults of the modules as `{ file, line, text }`. */
export function compile(files) {
  const read = (path) => ts.sys.readFile(path);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), read);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, {
    ...options,
    // No short cut to lib/.
    paths: {},
    // For their syntax: what runs in a browser knows other globals.
    allowJs: true,
    checkJs: false,
    noEmit: true,
    declaration: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // A signature may be shown for its own sake.
    noUnusedParameters: false,
    typeRoots: [join(root, 'node_modules/@types')],
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, code, messageText }) => ({
    file: file?.fileName,
    line: file && file.getLineAndCharacterOfPosition(start).line + 1,
    text: `TS${code}: ${ts.flattenDiagnosticMessageText(messageText, '\n  ')}`,
  }));
}
