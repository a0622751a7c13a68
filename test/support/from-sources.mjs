// `node --import`: the package's own name means its sources, compiled in memory, as are the tests' own files.
import { transform } from '@swc/core';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const lib = new URL('../../lib/', import.meta.url).href;
const asyncApi = new URL('../../packages/asyncapi/lib/', import.meta.url).href;
/** As jest's `globalSetup` has written it. */
const explorer = new URL('../../node_modules/.cache/explorer/explorer.files.mjs', import.meta.url);
/** What is compiled in memory beside it. */
const users = ['../', '../../sample/'].map((folder) => new URL(folder, import.meta.url).href);
/** By what imports say. */
const entries = new Map([
  ['nestjs-revali-ws', `${lib}index.ts`],
  ['nestjs-revali-ws/redis', `${lib}brokers/redis/index.ts`],
  ['nestjs-revali-ws-asyncapi', `${asyncApi}index.ts`],
]);

/** What is written in TypeScript: not the scripts beside the tests. */
const isSource = (url) =>
  url?.startsWith(lib) ||
  url?.startsWith(asyncApi) ||
  (users.some((folder) => url?.startsWith(folder)) && new URL(url).pathname.endsWith('.ts'));

export async function resolve(specifier, context, next) {
  const entry = entries.get(specifier);
  if (entry) return { url: entry, shortCircuit: true };
  if (!specifier.startsWith('.') || !isSource(context.parentURL)) return next(specifier, context);
  if (specifier.endsWith('/explorer.files.js')) return { url: explorer.href, shortCircuit: true };
  const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL).href;
  return { url, shortCircuit: true };
}

export async function load(url, context, next) {
  if (!isSource(url)) return next(url, context);
  const { code } = await transform(readFileSync(fileURLToPath(url), 'utf8'), {
    filename: fileURLToPath(url),
    swcrc: false,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
}

// Hooks run in a thread of their own, which loads this file once more.
if (isMainThread) register(pathToFileURL(fileURLToPath(import.meta.url)));
