import ts from 'typescript';
import { commonJsApp, generate, type Run } from './schematics.js';

export const CONTROLLER = '/src/chat/chat.controller.ts';
export const SPEC = '/src/chat/chat.controller.spec.ts';
export const E2E = '/test/chat.e2e-spec.ts';

/** After `nest add`. */
export const added = async (files: Record<string, string>, options: object = {}) =>
  (await generate('nest-add', options, files)).files;

export const websocket = async (options: object = {}, app = commonJsApp): Promise<Run> =>
  generate('websocket', { name: 'chat', ...options }, await added(app()));

/** Of its syntax. */
export const faultsOf = (code = ''): string[] =>
  (
    ts.transpileModule(code, {
      reportDiagnostics: true,
      compilerOptions: { experimentalDecorators: true },
    }).diagnostics ?? []
  ).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));

export const created = ({ files }: Run, before: object): string[] =>
  Object.keys(files)
    .filter((file) => !(file in before))
    .toSorted();
