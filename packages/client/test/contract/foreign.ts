// The contract in another process, or in a page: bundled, with the package. It is told where the server is, and tells
// what came of each behavior.
import * as client from 'nestjs-revali-ws-client';
import { soon, type World } from './behavior.js';
import { contract } from './index.js';

/** What came of them, by name; empty where the client behaves so. */
export type Outcomes = Readonly<Record<string, string>>;

export async function runContract(url: string, controlUrl: string): Promise<Outcomes> {
  const control = async <T>(command: string, ...args: unknown[]): Promise<T> => {
    const body = JSON.stringify({ command, args });
    const response = await fetch(controlUrl, { method: 'POST', body });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  };
  const setsHeaders = !('document' in globalThis);
  const world: World = { client, WebSocket: await socketOf(), setsHeaders, url, control };
  const outcomes: Record<string, string> = {};
  for (const behaviors of Object.values(contract))
    for (const [name, behavior] of Object.entries(behaviors)) {
      outcomes[name] = await soon(behavior(world), 'the behavior', 20_000).then(
        () => '',
        (error: unknown) =>
          error instanceof Error ? (error.stack ?? error.message) : String(error),
      );
      await control('mend');
    }
  return outcomes;
}

/** That of `ws`, where the runtime has none. */
async function socketOf(): Promise<World['WebSocket']> {
  if ('WebSocket' in globalThis) return undefined;
  const { WebSocket } = await import('ws');
  return WebSocket;
}

declare global {
  /** For the page's test. */
  var runContract: (url: string, controlUrl: string) => Promise<Outcomes>;
}

globalThis.runContract = runContract;
const [, , url, controlUrl] = globalThis.process?.argv ?? [];
// A line of its own: a runtime may print warnings before it.
if (url && controlUrl) console.log(`\n${JSON.stringify(await runContract(url, controlUrl))}`);
