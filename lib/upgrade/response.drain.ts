import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

const PROPERTY = 'writableNeedDrain';

/**
 * Has whoever streams into a response go on, once what it writes to has drained. Node does so from a listener on the
 * socket, which it takes off for an upgrade.
 */
export function passDrainOn(response: ServerResponse, target: Writable): void {
  if (response.writableEnded || response.destroyed) return;
  // Node would take its own mark back here. With the mark left, the next pipe would wait from its start.
  Object.defineProperty(response, PROPERTY, {
    configurable: true,
    get: () => !response.destroyed && !response.writableEnded && target.writableNeedDrain,
  });
  response.emit('drain');
}
