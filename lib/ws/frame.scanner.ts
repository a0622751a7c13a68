/** Opcodes of control frames (RFC 6455 section 5.2). */
export const ControlOpcode = { close: 0x8, ping: 0x9, pong: 0xa } as const;

/** Receives the unmasked payload. */
export type ControlListener = (opcode: number, payload: Buffer) => void;

const MAX_HEADER = 14;
const MAX_CONTROL_PAYLOAD = 125;
const MASK_BIT = 0x80;

/**
 * Looks for control frames in bytes that are not decoded yet, and keeps nothing of the others. The decoder refuses
 * malformed frames.
 */
export class FrameScanner {
  private readonly header = Buffer.alloc(MAX_HEADER);
  /** Bytes of the header so far. */
  private known = 0;
  /** Bytes of the payload that are still to come. */
  private missing = 0;
  /** The payload of a control frame. */
  private payload: Buffer | undefined;
  private hasSeenClose = false;

  constructor(private readonly onControl: ControlListener) {}

  scan(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.length && !this.hasSeenClose) {
      offset += this.missing > 0 ? this.takePayload(chunk, offset) : this.takeHeader(chunk, offset);
    }
  }

  /** @returns How many bytes it took. */
  private takeHeader(chunk: Buffer, offset: number): number {
    this.header[this.known] = chunk[offset] ?? 0;
    this.known += 1;
    if (this.known === this.headerSize) this.beginPayload();
    return 1;
  }

  private takePayload(chunk: Buffer, offset: number): number {
    const taken = Math.min(this.missing, chunk.length - offset);
    if (this.payload)
      chunk.copy(this.payload, this.payload.length - this.missing, offset, offset + taken);
    this.missing -= taken;
    if (this.missing === 0) this.endFrame();
    return taken;
  }

  private get headerSize(): number {
    if (this.known < 2) return MAX_HEADER;
    const second = this.header[1] ?? 0;
    return 2 + extraBytesOf(second & ~MASK_BIT) + ((second & MASK_BIT) === 0 ? 0 : 4);
  }

  private beginPayload(): void {
    const { header } = this;
    const length = (header[1] ?? 0) & ~MASK_BIT;
    if (length === 126) this.missing = header.readUInt16BE(2);
    else if (length === 127) this.missing = Number(header.readBigUInt64BE(2));
    else this.missing = length;
    if (this.opcode >= ControlOpcode.close && this.missing <= MAX_CONTROL_PAYLOAD)
      this.payload = Buffer.alloc(this.missing);
    if (this.missing === 0) this.endFrame();
  }

  private endFrame(): void {
    const { payload, header, opcode } = this;
    if (payload) {
      this.payload = undefined;
      if (((header[1] ?? 0) & MASK_BIT) !== 0) unmask(payload, header, this.known - 4);
      this.hasSeenClose = opcode === ControlOpcode.close;
      this.onControl(opcode, payload);
    }
    this.known = 0;
  }

  private get opcode(): number {
    return (this.header[0] ?? 0) & 0x0f;
  }
}

/** Bytes of the length beyond its first seven bits. */
function extraBytesOf(length: number): number {
  if (length === 126) return 2;
  return length === 127 ? 8 : 0;
}

function unmask(payload: Buffer, header: Buffer, offset: number): void {
  for (let index = 0; index < payload.length; index += 1) {
    payload[index] = (payload[index] ?? 0) ^ (header[offset + (index & 3)] ?? 0);
  }
}
