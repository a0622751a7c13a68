import type { HistoryStep, RoomPosition } from '../room.broker.js';

/** Goes before a packet that is not kept. */
const NOT_KEPT = Buffer.from('-');
const DASH = 0x2d;
/** `<offset> <tag> <prev> `, then the packet. */
const STEP = /^(\d{1,15}) ([0-9a-f]{8}) ([0-9a-f]{8}) /;
const MAX_STEP = 15 + 1 + 8 + 1 + 8 + 1;

/** A message in a channel or a stream. */
export interface ChannelMessage {
  readonly packet: Buffer;
  readonly step: HistoryStep | undefined;
}

export const unkept = (packet: Buffer): Buffer => Buffer.concat([NOT_KEPT, packet]);

/** `undefined`: someone else wrote it. */
export function readChannelMessage(bytes: Buffer): ChannelMessage | undefined {
  if (bytes[0] === DASH) return { packet: bytes.subarray(1), step: undefined };
  const match = STEP.exec(bytes.toString('latin1', 0, MAX_STEP));
  const [header, offset, tag, prev] = match ?? [];
  if (header === undefined || tag === undefined || prev === undefined) return undefined;
  return {
    packet: bytes.subarray(header.length),
    step: { offset: Number(offset), tag, prev },
  };
}

/** `<offset> <tag>`, as scripts answer. */
export function readPosition(text: string): RoomPosition | undefined {
  const [, offset, tag] = /^(\d{1,15}) ([0-9a-f]{8})$/.exec(text) ?? [];
  return tag === undefined ? undefined : { offset: Number(offset), tag };
}
