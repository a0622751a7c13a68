import { build } from 'esbuild';

const folder = new URL('../../', import.meta.url).pathname;

/** A file of the tests with all that it imports, as one script. */
export async function bundle(file: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}test/${file}`],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // Only runtimes without a WebSocket load it.
    external: ['ws'],
    alias: { 'nestjs-revali-ws-client': `${folder}lib/index.ts` },
  });
  return outputFiles.map(({ text }) => text).join('');
}
