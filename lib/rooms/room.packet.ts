import { byteLengthOf, textBytesOf, type Payload } from '../send/payload.js';

/** What all applications with members of a room receive. */
export interface RoomPacket {
  readonly payload: Buffer;
  readonly isBinary: boolean;
  /** Whether it is for the applications themselves, as JSON. */
  readonly isControl: boolean;
  /** Whether it was encoded as JSON: for the application, which decodes it. */
  readonly isJson: boolean;
  /** Ids of connections that do not get it. */
  readonly except: readonly string[];
}

/** The version that this package reads; packets of other versions are ignored. */
const VERSION = 1;
const Flag = { binary: 1, control: 2, except: 4, json: 8 } as const;
const HEAD = 2;
const ID_BYTES = 16;
/** Their count is one byte. */
export const MAX_EXCEPT = 255;

export interface PacketMarks {
  readonly isControl?: boolean;
  readonly isJson?: boolean;
}

/** Version, flags, excepted ids, and the payload. */
export function encodePacket(
  payload: Payload,
  except: readonly string[],
  { isControl = false, isJson = false }: PacketMarks = {},
): Buffer {
  const bytes = typeof payload === 'string' ? textBytesOf(payload) : payload;
  const start = HEAD + (except.length > 0 ? 1 + except.length * ID_BYTES : 0);
  const packet = Buffer.allocUnsafeSlow(start + byteLengthOf(bytes));
  packet[0] = VERSION;
  packet[1] =
    (typeof payload === 'string' ? 0 : Flag.binary) |
    (isControl ? Flag.control : 0) |
    (isJson ? Flag.json : 0) |
    (except.length > 0 ? Flag.except : 0);
  if (except.length > 0) packet[HEAD] = except.length;
  except.forEach((id, index) =>
    packet.write(id.replaceAll('-', ''), HEAD + 1 + index * ID_BYTES, 'hex'),
  );
  packet.set(bytes, start);
  return packet;
}

/** @returns `undefined` if the packet has another version or is truncated. */
export function decodePacket(packet: Buffer): RoomPacket | undefined {
  const flags = packet[1];
  if (packet[0] !== VERSION || flags === undefined) return undefined;
  const hasExcept = (flags & Flag.except) !== 0;
  const count = hasExcept ? packet[HEAD] : 0;
  if (count === undefined) return undefined;
  const start = HEAD + (hasExcept ? 1 + count * ID_BYTES : 0);
  if (start > packet.length) return undefined;
  return {
    payload: packet.subarray(start),
    isBinary: (flags & Flag.binary) !== 0,
    isControl: (flags & Flag.control) !== 0,
    isJson: (flags & Flag.json) !== 0,
    except: Array.from({ length: count }, (_, index) => idAt(packet, index)),
  };
}

function idAt(packet: Buffer, index: number): string {
  const start = HEAD + 1 + index * ID_BYTES;
  const hex = packet.toString('hex', start, start + ID_BYTES);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
