import {
  constants,
  createDeflateRaw,
  createInflateRaw,
  type DeflateRaw,
  type InflateRaw,
} from 'node:zlib';

import { chop, fragments } from './frames.js';
import type { RawClient } from './raw-client.js';
import type { RunningApp } from '../apps/running-app.js';
import { transmit } from './sent.js';
import { PATIENCE_MS } from './sights.js';

/** RFC 7692, section 6: the first frame of a compressed message. */
const COMPRESSED = 4;
/** Taken off what is sent, put back to what is received (RFC 7692, section 7.2). */
const TAIL = Buffer.of(0, 0, 0xff, 0xff);

export interface InflatedMessage {
  readonly opcode: number;
  readonly isCompressed: boolean;
  readonly content: Buffer;
}

/** Speaks permessage-deflate by the letter, with what the server agreed to and nothing else. */
export class DeflateClient {
  static async open(app: RunningApp, path: string, offer: string): Promise<DeflateClient> {
    const raw = await app.raw();
    raw.upgrade(path, { headers: [['Sec-WebSocket-Extensions', offer]] });
    const { status, headers } = await raw.response();
    if (status !== 101) throw new Error(`refused with ${status}`);
    return new DeflateClient(raw, headers['sec-websocket-extensions']?.join(', ') ?? '');
  }

  private readonly deflater: DeflateRaw;
  private readonly inflater: InflateRaw;

  private constructor(
    readonly raw: RawClient,
    /** What the server agreed to. */
    readonly agreed: string,
  ) {
    this.deflater = createDeflateRaw({ windowBits: this.windowBits('client') });
    this.inflater = createInflateRaw({ windowBits: this.windowBits('server') });
  }

  /** @param fragmentSize bytes of the compressed message in each frame */
  async send(opcode: number, content: Buffer, fragmentSize = Infinity): Promise<void> {
    const deflated = (await pass(this.deflater, content)).subarray(0, -TAIL.length);
    if (this.startsAnew('client')) this.deflater.reset();
    const [first, ...rest] = fragments(opcode, chop(deflated, fragmentSize));
    if (!first) throw new Error('nothing to send');
    for (const frame of [{ ...first, rsv: COMPRESSED }, ...rest]) transmit(this.raw, frame);
  }

  async receive(): Promise<InflatedMessage> {
    const { opcode, rsv, fin, payload } = await this.raw.nextFrame(PATIENCE_MS);
    if (!fin) throw new Error('a fragment, where the server never sends one');
    if (rsv === 0) return { opcode, isCompressed: false, content: payload };
    if (rsv !== COMPRESSED) throw new Error(`the reserved bits ${rsv}`);
    const content = await pass(this.inflater, Buffer.concat([payload, TAIL]));
    if (this.startsAnew('server')) this.inflater.reset();
    return { opcode, isCompressed: true, content };
  }

  private startsAnew(side: 'client' | 'server'): boolean {
    return this.agreed.includes(`${side}_no_context_takeover`);
  }

  private windowBits(side: 'client' | 'server'): number {
    return Number(new RegExp(`${side}_max_window_bits=(\\d+)`).exec(this.agreed)?.[1] ?? 15);
  }
}

/** Through the stream, up to a boundary of bytes; what the stream remembers stays. */
function pass(stream: DeflateRaw | InflateRaw, input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer): void => void chunks.push(chunk);
    stream.on('data', onData);
    stream.once('error', reject);
    stream.write(input);
    stream.flush(constants.Z_SYNC_FLUSH, () => {
      stream.off('data', onData);
      stream.off('error', reject);
      resolve(Buffer.concat(chunks));
    });
  });
}
