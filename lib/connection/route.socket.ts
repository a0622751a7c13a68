import { Duplex, Writable } from 'node:stream';
import { WebSocket } from 'ws';
import { isSendableCloseCode, CloseCode } from '../close/close.code.js';
import type { FlushScheduler } from '../send/flush.scheduler.js';
import { JoiningSink, type SendCounter } from '../send/joining.sink.js';
import { ControlFrames } from './control.frames.js';

/** Who is told what happens on a socket. */
export interface SocketOwner {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(): void;
  /** Before a close frame is sent: the server's own, or the echo of the client's. */
  onClosing(code: number, reason: string, isEcho: boolean): void;
  /** After a close frame was sent. */
  onCloseSent(): void;
  onError(error: Error): void;
  /** The TCP connection is gone. */
  onClosed(code: number, reason: string): void;
}

/**
 * The socket of `ws`, telling one owner what happens. It is told before any listener, and without being one: five
 * listeners would be 250 bytes for each connection, and a detour for each message.
 */
export class RouteSocket extends WebSocket {
  private owner: SocketOwner | undefined;
  private lazyControl: ControlFrames | undefined;

  /** @internal Nothing is lost if this is called before control returns to the event loop after the upgrade. */
  attach(owner: SocketOwner): void {
    this.owner = owner;
    // An empty table of listeners takes 184 bytes. Emitters make it anew when a listener comes.
    if (this.eventNames().length === 0) Reflect.set(this, '_events', undefined);
  }

  /** What `ws` tells of itself. Errors that the owner has heard of need no listener. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this;
    if (owner) this.tell(owner, event, args);
    return owner && this.listenerCount(event) === 0 ? true : super.emit(event, ...args);
  }

  /** @internal The way out for messages. Made with the first one, so that a silent connection does without. */
  createSink(scheduler: FlushScheduler, counters: SendCounter): JoiningSink {
    const stream: unknown = Reflect.get(this, '_socket');
    // Compressed frames keep their order only in the hands of ws.
    const transport =
      stream instanceof Duplex && this.extensions === '' ? { stream, scheduler } : undefined;
    return new JoiningSink(this, transport, counters);
  }

  /** @internal Where `ws` was told not to. */
  answerPing(data: Buffer): void {
    this.control.answer(data);
  }

  /**
   * Starts the closing handshake. Also called by `ws` itself, to echo the client's close frame and after a protocol
   * error; the owner learns of each way here, before the frame is sent.
   */
  override close(code?: number, reason?: string | Buffer): void {
    const isFirst =
      this.readyState === WebSocket.OPEN && (code === undefined || isSendableCloseCode(code));
    if (isFirst) {
      const isEcho: unknown = Reflect.get(this, '_closeFrameReceived');
      this.tellProtocolError();
      this.owner?.onClosing(code ?? CloseCode.NoStatus, reason?.toString() ?? '', isEcho === true);
    }
    super.close(code, reason);
    if (isFirst) this.owner?.onCloseSent();
  }

  private tell(owner: SocketOwner, event: string | symbol, [first, second]: unknown[]): void {
    switch (event) {
      case 'message':
        if (Buffer.isBuffer(first)) owner.onMessage(first, second === true);
        break;
      case 'ping':
        this.countControlFrame(first);
        if (Buffer.isBuffer(first)) owner.onPing(first);
        break;
      case 'pong':
        this.countControlFrame(first);
        owner.onPong();
        break;
      case 'error':
        if (first instanceof Error) owner.onError(first);
        break;
      case 'close':
        owner.onClosed(typeof first === 'number' ? first : CloseCode.Abnormal, String(second));
        break;
      default:
    }
  }

  private get control(): ControlFrames {
    return (this.lazyControl ??= new ControlFrames(this));
  }

  private countControlFrame(payload: unknown): void {
    const receiver: unknown = Reflect.get(this, '_receiver');
    const fragments: unknown =
      typeof receiver === 'object' && receiver !== null && Reflect.get(receiver, '_fragments');
    if (Array.isArray(fragments) && fragments.length > 0) this.control.countInMessage(payload);
    else this.lazyControl?.resetCount();
  }

  /** `ws` closes for a protocol error first, and emits it afterwards. */
  private tellProtocolError(): void {
    const receiver: unknown = Reflect.get(this, '_receiver');
    if (receiver instanceof Writable && receiver.errored) this.owner?.onError(receiver.errored);
  }
}
