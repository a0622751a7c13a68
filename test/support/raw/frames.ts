import { encodeClose, encodeFrame, Opcode, type FrameToSend } from './raw-frame.js';

type Shape = Omit<FrameToSend, 'opcode' | 'payload'>;
type Payload = string | Uint8Array;

const frameOf =
  (opcode: number) =>
  (payload: Payload = '', shape: Shape = {}): FrameToSend => ({ opcode, payload, ...shape });

/** Frames by name; each is well-formed until `shape` says otherwise. */
export const text = frameOf(Opcode.text);
export const binary = frameOf(Opcode.binary);
export const continuation = frameOf(Opcode.continuation);
export const ping = frameOf(Opcode.ping);
export const pong = frameOf(Opcode.pong);

/** Without a code: a close frame without a payload. */
export function close(code?: number, reason?: string): FrameToSend {
  return { opcode: Opcode.close, payload: code === undefined ? '' : encodeClose(code, reason) };
}

/** A message cut into frames, the first with `opcode`; one part is one frame. */
export function fragments(opcode: number, parts: readonly Payload[]): FrameToSend[] {
  return parts.map((payload, index) => ({
    opcode: index === 0 ? opcode : Opcode.continuation,
    fin: index === parts.length - 1,
    payload,
  }));
}

/** Bytes in parts of the given size; the last may be shorter. */
export function chop(bytes: Buffer, size: number): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
  return parts;
}

/** The same bytes many times, to go out in one write. */
export function times(count: number, frame: FrameToSend): Buffer {
  const bytes = encodeFrame(frame);
  return Buffer.alloc(count * bytes.length, bytes);
}
