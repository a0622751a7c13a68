import type { Behaviour } from './run.js';

/** What docs/gateways.md calls it. */
export function labelOf({ name, since }: Behaviour): string {
  return since === undefined ? name : `${name} (Nest ${since})`;
}

/** The row of the table in docs/gateways.md: what `RevaliWsAdapter` does, and what `WsAdapter` does instead. */
export function rowOf(behaviour: Behaviour): [string, string] {
  const differences = (behaviour.stock ?? []).map(({ nest, instead }) =>
    nest === undefined ? instead : `${instead} (Nest ${nest})`,
  );
  return [labelOf(behaviour), differences.join('; ')];
}

/** What ends the process with `WsAdapter`; shown with processes of their own. */
export const crashes: readonly [string, string][] = [
  ['`handleConnection` throws: the client is closed with 1011', 'the process ends'],
  ['`handleConnection` rejects: the client is closed with 1011', 'the process ends'],
  ['a result without a JSON form: the client is closed with 1011', 'the process ends'],
];
