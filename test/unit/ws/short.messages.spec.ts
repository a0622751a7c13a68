import { constants, deflateRawSync } from 'node:zlib';

import * as fc from 'fast-check';
import * as ws from 'ws';

import { deflateOf, inflateOf, type Deflate, type Inflate } from '../../../lib/ws/deflate.parts.js';
import { handleShortMessages } from '../../../lib/ws/short.messages.js';

import { runsOf } from '../../support/property.runs.js';

/** As `ws` parses what a client offers. */
const INDEPENDENT = { server_no_context_takeover: [true], client_no_context_takeover: [true] };

interface Extension extends Deflate, Inflate {
  accept: (offers: readonly object[]) => unknown;
}

class Socket {
  readonly faults: unknown[] = [];
  readonly extension: Extension;
  readonly _extensions: object;

  constructor(params: object = INDEPENDENT) {
    const Constructor: unknown = Reflect.get(ws, 'PerMessageDeflate');
    if (typeof Constructor !== 'function') throw new Error('ws does not export its extension');
    const made: unknown = Reflect.construct(Constructor, [{ isServer: true, maxPayload: 0 }]);
    this._extensions = { 'permessage-deflate': made };
    if (!isExtension(made)) throw new Error('ws has changed its extension');
    made.accept([structuredClone(params)]);
    this.extension = made;
  }

  onFault(error: unknown): void {
    this.faults.push(error);
  }

  /** @returns Its bytes in hex, or why there are none. */
  inflate(data: Uint8Array, isLast = true): Promise<string> {
    return outcome((done) => this.extension.decompress(data, isLast, done));
  }

  deflate(data: string | Uint8Array, isLast = true): Promise<string> {
    return outcome((done) => this.extension.compress(data, isLast, done));
  }
}

function isExtension(value: unknown): value is Extension {
  const socket = { _extensions: { 'permessage-deflate': value } };
  return deflateOf(socket) !== undefined && inflateOf(socket) !== undefined;
}

function outcome(ask: (done: (error: unknown, bytes?: Buffer) => void) => void): Promise<string> {
  return new Promise((resolve) =>
    ask((error, bytes) => resolve(bytes ? bytes.toString('hex') : String(error))),
  );
}

function pair(params?: object): { readonly inPlace: Socket; readonly byWs: Socket } {
  const [inPlace, byWs] = [new Socket(params), new Socket(params)];
  handleShortMessages(inPlace);
  return { inPlace, byWs };
}

const compressed = (data: string | Uint8Array, level?: number): Buffer =>
  deflateRawSync(data, {
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(level !== undefined && { level }),
  }).subarray(0, -4);

const content = fc.oneof(
  fc.uint8Array({ maxLength: 6_000 }),
  fc.string({ maxLength: 3_000 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.nat(100_000).map((length) => new Uint8Array(length)),
);

describe('short messages in place', () => {
  it('inflate as ws does it, and fail as with ws', async () => {
    const damaged = fc
      .record({
        content,
        level: fc.nat(9),
        at: fc.nat(),
        bits: fc.nat(255),
        cut: fc.nat(20),
        more: fc.uint8Array({ maxLength: 8 }),
        isFinal: fc.boolean(),
      })
      .map((of) => {
        const bytes = of.isFinal
          ? deflateRawSync(of.content)
          : Buffer.from(compressed(of.content, of.level));
        const kept = bytes.subarray(0, Math.max(0, bytes.length - of.cut));
        if (kept.length > 0) kept[of.at % kept.length] = (kept[of.at % kept.length] ?? 0) ^ of.bits;
        return Buffer.concat([kept, of.more]);
      });
    await fc.assert(
      fc.asyncProperty(damaged, async (data) => {
        const { inPlace, byWs } = pair();
        expect(await inPlace.inflate(data)).toBe(await byWs.inflate(data));
        const next = compressed('next');
        expect(await inPlace.inflate(next)).toBe(Buffer.from('next').toString('hex'));
        expect(inPlace.faults).toEqual([]);
      }),
      runsOf(400),
    );
  });

  it.each([
    ['', INDEPENDENT],
    [', with small windows', { ...INDEPENDENT, server_max_window_bits: ['9'] }],
    [', with the smallest', { ...INDEPENDENT, server_max_window_bits: ['8'] }],
  ])('deflate to the same bytes as ws%s', async (_name, params) => {
    await fc.assert(
      fc.asyncProperty(fc.array(content, { maxLength: 4 }), async (messages) => {
        const { inPlace, byWs } = pair(params);
        for (const message of messages)
          expect(await inPlace.deflate(message)).toBe(await byWs.deflate(message));
      }),
      runsOf(60),
    );
  });

  it('deflate texts by their bytes', async () => {
    const { inPlace, byWs } = pair();
    for (const text of ['', 'a', 'wörld 😀'.repeat(200)])
      expect(await inPlace.deflate(text)).toBe(await byWs.deflate(text));
  });

  it('stay in step with fragments and long messages, in both directions', async () => {
    const { inPlace, byWs } = pair();
    const parts = ['short', 'x'.repeat(9_000), 'in between', 'y'.repeat(5_000)];
    for (const isLast of [false, true, true, false, true, true])
      for (const part of parts) {
        expect(await inPlace.deflate(part, isLast)).toBe(await byWs.deflate(part, isLast));
        const data = compressed(part);
        expect(await inPlace.inflate(data, isLast)).toBe(await byWs.inflate(data, isLast));
      }
  });

  it('are left to ws where a message may refer to earlier ones', async () => {
    const { inPlace, byWs } = pair({});
    const lengths: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const bytes = await inPlace.deflate('once more');
      expect(bytes).toBe(await byWs.deflate('once more'));
      lengths.push(bytes.length);
    }
    // The second refers to the first.
    expect(lengths[1]).toBeLessThan(lengths[0] ?? 0);
  });

  it('hold no memory but their own', async () => {
    const { inPlace } = pair();
    const inflated = await new Promise<Buffer | undefined>((resolve) => {
      inPlace.extension.decompress(compressed('message'), true, (_error, bytes) => resolve(bytes));
    });
    expect(inflated?.buffer.byteLength).toBe('message'.length);
  });

  it('contain what a receiver throws', async () => {
    const { inPlace } = pair();
    const error = new Error('of the receiver');
    inPlace.extension.decompress(compressed('a'), true, () => {
      throw error;
    });
    inPlace.extension.compress('a', true, () => {
      throw error;
    });
    await Promise.resolve();
    await Promise.resolve();
    expect(inPlace.faults).toEqual([error, error]);
  });

  it('do without parts of ws that are gone', () => {
    for (const _extensions of [
      undefined,
      {},
      { 'permessage-deflate': {} },
      { 'permessage-deflate': { compress: 1, params: null } },
    ])
      expect(() =>
        handleShortMessages({ onFault: () => undefined, ...(_extensions && { _extensions }) }),
      ).not.toThrow();
  });
});
