import { build } from 'esbuild';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const root = new URL('../../../../', import.meta.url).pathname;
const PAGE = join(root, 'docs/recipes/front-ends.md');

/**
 * The blocks of the recipe's page that have a name, with what uses them, as one script.
 *
 * @param contents Imports them by their names: `'./react.js'`.
 */
export async function recipeBundle(contents: string): Promise<string> {
  const blocks = namedBlocks(await readFile(PAGE, 'utf8'));
  const { outputFiles } = await build({
    stdin: { contents, loader: 'ts', resolveDir: join(root, 'packages/client') },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    alias: { 'nestjs-revali-ws-client': join(root, 'packages/client/lib/index.ts') },
    plugins: [
      {
        name: 'recipe',
        setup({ onResolve, onLoad }) {
          onResolve({ filter: /^\.\/(react|vue|routes)\.js$/ }, ({ path }) => ({
            namespace: 'recipe',
            path: path.replace('./', '').replace('.js', '.ts'),
          }));
          onLoad({ filter: /./, namespace: 'recipe' }, ({ path }) => ({
            contents: blocks.get(path),
            loader: 'ts',
            resolveDir: join(root, 'packages/client'),
          }));
        },
      },
    ],
  });
  return outputFiles.map(({ text }) => text).join('');
}

function namedBlocks(markdown: string): Map<string, string> {
  const blocks = markdown.matchAll(/<!-- file: (\S+) -->\n\n```ts\n(.*?)\n```\n/gs);
  return new Map(Array.from(blocks, ([, name = '', code = '']) => [name, code]));
}
