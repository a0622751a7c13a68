import { setImmediate as nextTurn } from 'node:timers/promises';

import { chop } from './frames.js';
import type { RawClient } from './raw-client.js';
import { encodeFrame, type FrameToSend } from './raw-frame.js';

/** A frame, bytes as they are, or the end of the client's side: politely, or not. */
export type Sent = FrameToSend | Uint8Array | 'FIN' | 'RST';

export function transmit(client: RawClient, sent: Sent): void {
  if (sent === 'FIN') client.end();
  else if (sent === 'RST') client.resetAndDestroy();
  else client.write(bytesOf(sent));
}

/** In writes of the given number of bytes, each in a turn of the event loop of its own. */
export async function transmitChopped(
  client: RawClient,
  sent: readonly (FrameToSend | Uint8Array)[],
  size: number,
): Promise<void> {
  for (const part of chop(Buffer.concat(sent.map(bytesOf)), size)) {
    client.write(part);
    await nextTurn();
  }
}

function bytesOf(sent: FrameToSend | Uint8Array): Uint8Array {
  return sent instanceof Uint8Array ? sent : encodeFrame(sent);
}
