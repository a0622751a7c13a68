import type { Behaviour } from './run.js';

/** The row of the table in docs/gateways.md. */
export function rowOf({ name, stock, since }: Behaviour): [string, string] {
  const label = since === undefined ? name : `${name} (Nest ${since})`;
  if (!stock) return [label, 'yes'];
  const differences = stock.map(({ nest, instead }) =>
    nest === undefined ? instead : `${instead} (Nest ${nest})`,
  );
  return [label, differences.join('; ')];
}

/** What ends the process with `WsAdapter`; shown with processes of their own. */
export const crashes: readonly [string, string][] = [
  ['`handleConnection` throws: that client is closed with 1011', 'the process ends'],
  ['`handleConnection` rejects: that client is closed with 1011', 'the process ends'],
  ['a result without a JSON form: that client is closed with 1011', 'the process ends'],
];
