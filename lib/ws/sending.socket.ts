import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import type { PreparedMessage } from '../handles/prepared.message.js';
import { BatchingSink, type SendCounter } from '../send/batching.sink.js';
import { CompressingSink } from '../send/compressing.sink.js';
import { FirstByte, frameOf } from '../send/frame.js';
import type { FrameSink } from '../send/frame.sink.js';
import type { FlushScheduler } from '../send/frame.writer.js';
import { Outlet, PIECE, type OutletOwner } from '../send/outlet.js';
import { bytesOf, copyOf, type Payload } from '../send/payload.js';
import { ownGetter } from '../values/own.getter.js';
import { shareCompression, type Share } from './shared.compression.js';
import { streamOf } from './socket.parts.js';
import { StreamProgress } from './stream.progress.js';

type SendData = Parameters<WebSocket['send']>[0];
type SendOptions = NonNullable<Parameters<WebSocket['send']>[1]>;
type SendCallback = (error?: Error) => void;
type ControlCallback = Parameters<WebSocket['ping']>[2];

/** Limit of a control frame (RFC 6455 section 5.5). */
const MAX_CONTROL_BYTES = 125;

/**
 * The socket of `ws` with a single place for frames that the stream does not take at once: there they are counted, hold
 * nothing but themselves, and never split another frame.
 */
export abstract class SendingSocket extends WebSocket implements OutletOwner {
  private outlet: Outlet | undefined;
  private batching: BatchingSink | undefined;
  /** Whether `ws` is sending a message in fragments. */
  private isFragmenting = false;

  static {
    const inStream = ownGetter(WebSocket.prototype, 'bufferedAmount');
    Object.defineProperty(this.prototype, 'bufferedAmount', {
      configurable: true,
      get(this: SendingSocket): number {
        return Number(inStream(this)) + (this.outlet?.beyondStream ?? 0);
      },
    });
  }

  /** @internal */
  abstract onFault(error: unknown): void;

  /** @internal */
  abstract onUnsent(): void;

  /** @internal */
  abstract onTaken(): void;

  /** @internal The path for messages. Created with the first one, so that a silent connection does not pay for it. */
  createSink(scheduler: FlushScheduler, counters: SendCounter): FrameSink {
    const { stream } = this;
    // Only ws can keep compressed frames in order.
    if (!stream || this.extensions !== '')
      return new CompressingSink(
        this,
        stream && new StreamProgress(stream),
        counters,
        shareCompression(this),
      );
    this.batching = new BatchingSink(this, { stream, scheduler, watch }, counters);
    this.batching.outlet = this.outlet;
    return this.batching;
  }

  /** @internal The path around a stream that does not take everything at once. */
  openOutlet(stream: Duplex): Outlet {
    this.outlet ??= new Outlet(stream, this);
    if (this.batching) this.batching.outlet = this.outlet;
    return this.outlet;
  }

  /** @internal Notifies the owner when the kernel has taken the stream's data, no matter who wrote it. */
  awaitStream(): void {
    const { stream } = this;
    if (stream && stream.writableLength > 0) this.openOutlet(stream).awaitStream();
  }

  /** @internal Discards waiting data, except the rest of a frame that was begun. */
  dropUnsent(): void {
    this.outlet?.drop();
  }

  /** @internal Sends data that must not change until the callback. */
  sendByWs(data: SendData, options: SendOptions, callback: SendCallback): void {
    this.outlet?.finishFrame();
    super.send(data, options, callback);
    this.onUnsent();
  }

  /**
   * @internal Sends a message for many clients: nobody modifies its bytes, and others hold them as well.
   * @param share Called if the message is compressed.
   */
  sendPrepared(message: PreparedMessage, share: () => Share | undefined): void {
    if (!this.isFragmenting && this.mayFrame({})) {
      this.put(message.frame, undefined, true);
      return;
    }
    const { payload, isBinary } = message;
    share()?.(payload);
    this.sendByWs(payload, { binary: isBinary }, () => this.onTaken());
  }

  /** @internal Sends an empty message, which is not counted. @returns False in the middle of another message. */
  sendBeat(): boolean {
    if (this.isFragmenting) return false;
    this.send('');
    return true;
  }

  /** As with `ws`, but the bytes may be reused when it returns. */
  override ping(data?: unknown, mask?: boolean, callback?: ControlCallback): void {
    if (mask || !this.sendControl(FirstByte.ping, data, callback)) super.ping(data, mask, callback);
  }

  /** As with `ws`, but the bytes may be reused when it returns. */
  override pong(data?: unknown, mask?: boolean, callback?: ControlCallback): void {
    if (mask || !this.sendControl(FirstByte.pong, data, callback)) super.pong(data, mask, callback);
  }

  /** As with `ws`, but the bytes may be reused when it returns. */
  override send(data: SendData, callback?: SendCallback): void;
  override send(data: SendData, options: SendOptions, callback?: SendCallback): void;
  override send(data: SendData, second?: SendOptions | SendCallback, third?: SendCallback): void {
    const isCallback = typeof second === 'function';
    const [options, callback] = isCallback ? [{}, second] : [second ?? {}, third];
    const payload = payloadIn(data);
    const { isFragmenting } = this;
    this.isFragmenting = options.fin === false;
    if (payload !== undefined && !isFragmenting && this.mayFrame(options)) {
      const isBinary = options.binary ?? typeof payload !== 'string';
      this.put(frameOf(payload, isBinary ? FirstByte.binary : FirstByte.text), callback);
      return;
    }
    const kept = payload === undefined || typeof payload === 'string' ? data : copyOf(payload);
    this.sendByWs(kept, options, (error) => {
      callback?.(error);
      this.onTaken();
    });
  }

  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState === WebSocket.OPEN) this.outlet?.flush();
    super.close(code, reason);
  }

  /** The stream that carries the frames. */
  protected get stream(): Duplex | undefined {
    return streamOf(this);
  }

  private mayFrame({ fin, mask }: SendOptions): boolean {
    return fin !== false && !mask && this.readyState === WebSocket.OPEN && this.extensions === '';
  }

  /** @returns False if `ws` must handle it, which knows how to refuse it; without an error, the callback gets none. */
  private sendControl(firstByte: number, data: unknown, callback: ControlCallback): boolean {
    const payload = payloadIn(data ?? '');
    if (payload === undefined || this.readyState !== WebSocket.OPEN || !this.stream) return false;
    const frame = frameOf(payload, firstByte);
    if (frame.length > 2 + MAX_CONTROL_BYTES) return false;
    this.put(frame, callback && ((...error) => void Reflect.apply(callback, undefined, error)));
    return true;
  }

  private put(frame: Buffer, callback?: SendCallback, isShared = false): void {
    const { stream } = this;
    if (!stream) return;
    if (this.outlet || stream.writableLength > 0 || frame.length > PIECE) {
      this.openOutlet(stream).write(frame, { onLeft: callback, isShared });
    } else {
      stream.write(frame, (error) => callback?.(error ?? undefined));
      this.awaitStream();
    }
  }
}

const watch = (stream: Duplex): StreamProgress => new StreamProgress(stream);

function payloadIn(data: unknown): Payload | undefined {
  if (typeof data === 'number') return data.toString();
  return typeof data === 'string' ? data : bytesOf(data);
}
