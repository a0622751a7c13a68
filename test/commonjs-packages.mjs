// jest's globalSetup. These packages are CommonJS and require() ES modules, Nest 12 for instance:
// Node 20.19 can do that, jest only from Node 24.9 on. So each is put into one ES module of the same
// contents, which imports what the package requires; jest.config.mjs points there.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { root } from './harness.mjs';

const require = createRequire(join(root, 'package.json'));

export const commonJsPackages = ['@fastify/static', '@nestjs/throttler', 'nestjs-cls'];
export const bundleOf = (name) => join('node_modules/.cache/as-esm', `${name}.mjs`);

/** The package's files and what they require from outside, found by following the requires. */
function collect(file, files = new Map(), externals = new Set()) {
  if (files.has(file)) return { files, externals };
  const source = readFileSync(file, 'utf8');
  files.set(file, source);
  for (const [, request] of source.matchAll(/\brequire\(["']([^"']+)["']\)/g)) {
    if (request.startsWith('.')) collect(resolveFrom(file, request), files, externals);
    else externals.add(request);
  }
  return { files, externals };
}

const resolveFrom = (file, request) => createRequire(file).resolve(request);

/** By name, as everybody imports it, unless the package has a version of its own. */
function importedBy(name, request) {
  const resolved = resolveFrom(require.resolve(name), request);
  return resolved.includes(join(name, 'node_modules')) ? resolved : request;
}

function asEsModule(name) {
  const entry = require.resolve(name);
  const { files, externals } = collect(entry);
  const folder = dirname(entry);
  const key = (file) => JSON.stringify(relative(folder, file));
  const requests = (file, source) =>
    [...source.matchAll(/\brequire\(["'](\.[^"']*)["']\)/g)].map(
      ([, request]) => `${JSON.stringify(request)}: ${key(resolveFrom(file, request))}`,
    );
  return [
    ...[...externals].map(
      (request, at) => `import * as external${at} from '${importedBy(name, request)}';`,
    ),
    `const externals = { ${[...externals].map((request, at) => `'${request}': external${at}.default ?? external${at}`).join(', ')} };`,
    'const loaded = {};',
    'const load = (file) => {',
    '  if (loaded[file]) return loaded[file].exports;',
    '  const [requests, run] = files[file];',
    '  const module = (loaded[file] = { exports: {} });',
    '  run((request) => externals[request] ?? load(requests[request]), module, module.exports);',
    '  return module.exports;',
    '};',
    'const files = {',
    ...[...files].map(
      ([file, source]) =>
        `${key(file)}: [{ ${requests(file, source).join(', ')} }, (require, module, exports) => {\n${source}\n}],`,
    ),
    '};',
    `const all = load(${key(entry)});`,
    'export default all;',
    ...Object.keys(require(name))
      .filter((exported) => exported !== '__esModule' && exported !== 'default')
      .map((exported) => `export const ${exported} = all.${exported};`),
  ].join('\n');
}

export default function writeBundles() {
  for (const name of commonJsPackages) {
    const bundle = join(root, bundleOf(name));
    const draft = `${bundle}.${process.pid}`;
    mkdirSync(dirname(bundle), { recursive: true });
    writeFileSync(draft, asEsModule(name));
    renameSync(draft, bundle); // another jest may be reading it
  }
}
