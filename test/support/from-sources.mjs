// `node --import`: the package's own name means its sources, compiled in memory.
import { transform } from '@swc/core';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

const lib = new URL('../../lib/', import.meta.url).href;

export async function resolve(specifier, context, next) {
  if (specifier === 'nestjs-revali-ws') return { url: `${lib}index.ts`, shortCircuit: true };
  if (!specifier.startsWith('.') || !context.parentURL?.startsWith(lib))
    return next(specifier, context);
  const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL).href;
  return { url, shortCircuit: true };
}

export async function load(url, context, next) {
  if (!url.startsWith(lib)) return next(url, context);
  const { code } = await transform(readFileSync(fileURLToPath(url), 'utf8'), {
    filename: fileURLToPath(url),
    swcrc: false,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  return { format: 'module', source: code, shortCircuit: true };
}

// Hooks run in a thread of their own, which loads this file once more.
if (isMainThread) register(pathToFileURL(fileURLToPath(import.meta.url)));
