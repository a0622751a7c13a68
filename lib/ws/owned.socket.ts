import { WebSocket } from 'ws';
import { isSendableCloseCode, CloseCode } from '../close/close.code.js';
import { ControlFrames, frameBytesOfControl } from './control.frames.js';
import { ControlOpcode } from './frame.scanner.js';
import { Intake } from './intake.js';
import { peerCloseIn, type PeerClose } from './peer.close.js';
import { SendingSocket } from './sending.socket.js';
import { handleShortMessages } from './short.messages.js';
import type { SocketOwner } from './socket.owner.js';
import {
  guardEnd,
  hasReceivedClose,
  keepOpenPastEnd,
  receiverOf,
  streamOf,
} from './socket.parts.js';
import { bytesReadOn, bytesTakenOn, hasBytesWaitingOn, type LifeSigns } from './socket.vitals.js';

const NOTHING = Buffer.alloc(0);

/**
 * The socket of `ws` with a single owner. The owner is notified before any listener, and without being one: five
 * listeners would take 250 bytes per connection, and a detour for each message.
 */
export class OwnedSocket extends SendingSocket implements LifeSigns {
  private owner: SocketOwner | undefined;
  private lazyControl: ControlFrames | undefined;
  private lazyIntake: Intake | undefined;
  private peerClose: PeerClose | undefined;
  private isEmittingMessage = false;
  private isEndGuarded = false;
  /** Bytes of control frames received. */
  private controlBytes = 0;
  /** The part of these bytes that belongs to unsolicited pongs. */
  private strayBytes = 0;

  /** @internal Nothing is lost if this is called before control returns to the event loop after the upgrade. */
  attach(owner: SocketOwner): void {
    this.owner = owner;
    if (this.extensions !== '') {
      this.guardEnd();
      handleShortMessages(this);
    }
    // An empty table of listeners takes 184 bytes. Emitters create a new one when a listener is added.
    if (this.eventNames().length === 0) Reflect.set(this, '_events', undefined);
  }

  /** Events of `ws` itself. Errors that the owner has received need no listener. */
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const { owner } = this;
    if (!owner) return super.emit(event, ...args);
    this.isEmittingMessage = event === 'message';
    try {
      this.tell(owner, event, args);
      return this.listenerCount(event) === 0 ? true : super.emit(event, ...args);
    } catch (error) {
      // Also for errors of a listener that the application has added to the raw socket.
      owner.onFault(error);
      return true;
    } finally {
      this.isEmittingMessage = false;
    }
  }

  /** @internal */
  onFault(error: unknown): void {
    if (this.owner) this.owner.onFault(error);
    else this.terminate();
  }

  /** @internal */
  override onUnsent(): void {
    this.owner?.onUnsent();
  }

  /** @internal */
  override onTaken(): void {
    this.owner?.onTaken();
  }

  /** @internal Used if `ws` was told not to. */
  answerPing(data: Buffer): void {
    this.control.answer(data);
  }

  /** @internal Stops decoding messages: data that was read stays undecoded. Call it while a message is reported. */
  hold(): void {
    this.intake?.hold();
  }

  /** @internal Decodes what was held, and reads on. */
  release(): void {
    if (this.readyState === WebSocket.CLOSED) this.lazyIntake?.drop();
    else this.lazyIntake?.release(this.isEmittingMessage);
  }

  /**
   * @internal Reads on while it holds, to see control frames and the end of the connection.
   * @returns False if as many bytes as allowed are kept, and nothing is read.
   */
  peek(maxBytes: number): boolean {
    return this.peerClose !== undefined || (this.lazyIntake?.peek(maxBytes) ?? true);
  }

  /** @internal Whether nothing is read: neither a pong nor the client's end can be seen. */
  get isBlind(): boolean {
    return this.peerClose !== undefined || (this.lazyIntake?.isBlind ?? false);
  }

  /** @internal Since when, by `Date.now()`. */
  get blindSince(): number {
    return this.lazyIntake?.blindSince ?? 0;
  }

  /** @internal */
  get heard(): number {
    return this.bytesRead - this.strayBytes;
  }

  /** @internal Bytes of messages, complete or not. */
  get messageBytes(): number {
    return this.bytesRead - this.controlBytes;
  }

  /** @internal */
  get taken(): number {
    const stream = streamOf(this);
    return stream ? bytesTakenOn(stream) : 0;
  }

  /** @internal */
  get isWaiting(): boolean {
    const stream = streamOf(this);
    return stream !== undefined && hasBytesWaitingOn(stream);
  }

  /**
   * Starts the closing handshake. `ws` itself also calls it, to echo the client's close frame and after a protocol
   * error; either way, the owner is notified here before the frame is sent.
   */
  override close(code?: number, reason?: string | Buffer): void {
    if (this.readyState !== WebSocket.OPEN) return super.close(code, reason);
    this.tellProtocolError();
    if (this.isEchoToWait(code, reason)) return undefined;
    const frame = this.peerClose ?? { code, reason: reason?.toString() ?? '' };
    if (frame.code !== undefined && !isSendableCloseCode(frame.code))
      return super.close(code, reason);
    const isEcho = this.peerClose !== undefined;
    this.owner?.onClosing(frame.code ?? CloseCode.NoStatus, frame.reason, isEcho);
    if (frame.code === undefined) super.close();
    else super.close(frame.code, frame.reason);
    return this.owner?.onCloseSent();
  }

  private tell(owner: SocketOwner, event: string | symbol, [first, second]: unknown[]): void {
    switch (event) {
      case 'message':
        if (Buffer.isBuffer(first)) owner.onMessage(first, second === true);
        break;
      case 'ping':
      case 'pong':
        if (!Buffer.isBuffer(first)) break;
        this.boundControlFrames(first);
        if (!this.lazyIntake?.wasToldAhead()) this.tellControlFrame(ControlOpcode[event], first);
        break;
      case 'error':
        if (first instanceof Error) owner.onError(first);
        break;
      case 'close':
        this.tellEnd(owner, first, String(second));
        break;
      default:
    }
  }

  private tellControlFrame(opcode: number, payload: Buffer): void {
    if (opcode === ControlOpcode.close) {
      this.onCloseSeen(payload);
      return;
    }
    const bytes = frameBytesOfControl(payload);
    this.controlBytes += bytes;
    if (opcode === ControlOpcode.ping) this.owner?.onPing(payload);
    else if (this.owner?.onPong(payload) === false) this.strayBytes += bytes;
  }

  /** Found ahead of the held data. `ws` handles a frame that violates the protocol when its turn comes. */
  private onCloseSeen(payload: Buffer): void {
    const peerClose = peerCloseIn(payload);
    if (!peerClose || this.readyState !== WebSocket.OPEN) return;
    this.peerClose = peerClose;
    this.keepOpenPastEnd();
    this.owner?.onCloseSeen(peerClose.code ?? CloseCode.NoStatus, peerClose.reason);
  }

  /** For a close frame of the client, `ws` itself calls first. */
  private isEchoToWait(code: number | undefined, reason: string | Buffer = ''): boolean {
    if (!hasReceivedClose(this) || this.peerClose?.isDecoded) return false;
    const peerClose = { code, reason: reason.toString(), isDecoded: true };
    this.peerClose = peerClose;
    const hasToWait =
      this.owner?.onPeerClosing(code ?? CloseCode.NoStatus, peerClose.reason) === true;
    if (hasToWait) this.keepOpenPastEnd();
    return hasToWait;
  }

  /** The network may break off before the client's close frame, already seen, is decoded. */
  private tellEnd(owner: SocketOwner, code: unknown, reason: string): void {
    if (this.peerClose && !this.peerClose.isDecoded)
      owner.onClosed(this.peerClose.code ?? CloseCode.NoStatus, this.peerClose.reason);
    else owner.onClosed(typeof code === 'number' ? code : CloseCode.Abnormal, reason);
  }

  /** Data before a close frame must still be handled, if both came before the client's FIN. */
  private onPeerEnd(endToo: () => void): void {
    this.lazyIntake?.lookAtAll();
    if (this.peerClose) return;
    const receiver = receiverOf(this);
    if (!receiver || receiver.writableLength === 0) {
      endToo();
      return;
    }
    // Inflating takes time. After an error, ws has already closed.
    receiver.write(NOTHING, (error) => {
      if (!error) this.onPeerEnd(endToo);
    });
  }

  private guardEnd(): void {
    const { stream } = this;
    if (!stream || this.isEndGuarded) return;
    this.isEndGuarded = true;
    guardEnd(stream, (endToo) => this.onPeerEnd(endToo));
  }

  private keepOpenPastEnd(): void {
    const stream = streamOf(this);
    if (stream) keepOpenPastEnd(stream);
  }

  private get bytesRead(): number {
    const stream = streamOf(this);
    return stream ? bytesReadOn(stream) : 0;
  }

  private get control(): ControlFrames {
    return (this.lazyControl ??= new ControlFrames(this));
  }

  /** Created with the first message that has to wait. */
  private get intake(): Intake | undefined {
    if (this.lazyIntake) return this.lazyIntake;
    const receiver = receiverOf(this);
    if (receiver) {
      this.guardEnd();
      this.lazyIntake = new Intake(this, receiver, (opcode, payload) =>
        this.tellControlFrame(opcode, payload),
      );
    }
    return this.lazyIntake;
  }

  private boundControlFrames(payload: Buffer): void {
    const isInMessage = (receiverOf(this)?._fragments.length ?? 0) > 0;
    if (isInMessage) this.control.countInMessage(payload);
    else this.lazyControl?.resetCount();
  }

  /** For a protocol error, `ws` closes first and emits it afterwards. */
  private tellProtocolError(): void {
    const error = receiverOf(this)?.errored;
    if (!error) return;
    this.peerClose = undefined;
    this.owner?.onError(error);
  }
}
