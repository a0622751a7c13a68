import type { RawClient } from './raw-client.js';
import { Opcode, takeFrame } from './raw-frame.js';

/** As every decent client does, whatever else it is busy with. */
export function answerPings(client: RawClient, onPing = (): void => undefined): void {
  let unread = client.unread;
  client.socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    for (let frame = takeFrame(unread); frame; frame = takeFrame(unread)) {
      unread = unread.subarray(frame.used);
      const { opcode, payload } = frame.value;
      if (opcode !== Opcode.ping) continue;
      onPing();
      client.frame({ opcode: Opcode.pong, payload });
    }
  });
}
