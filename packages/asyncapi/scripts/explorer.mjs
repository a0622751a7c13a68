// The page of `explorer/`, as one module of texts. So the package reads no files at run time, and a server that is
// bundled itself has the page with it.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../explorer');

async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    // What `light-dark()` in the style needs.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    legalComments: 'none',
    charset: 'utf8',
  });
  return outputFiles[0].text;
}

function file(role, entry, type, text) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { role, name: `explorer.${hash}${extname(entry).replace('.ts', '.js')}`, type, text };
}

/** @returns The source of the module, as ES module or as CommonJS. */
export async function explorerModule(form) {
  const files = [
    file('script', 'main.ts', 'text/javascript', await bundle('main.ts')),
    file('style', 'explorer.css', 'text/css', await bundle('explorer.css')),
    file('icon', 'icon.svg', 'image/svg+xml', readFileSync(join(folder, 'icon.svg'), 'utf8')),
  ];
  const list = JSON.stringify(files, undefined, 2);
  return form === 'esm' ? `export const files = ${list};\n` : `exports.files = ${list};\n`;
}
