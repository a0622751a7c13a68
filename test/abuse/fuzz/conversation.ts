import { isUtf8 } from 'node:buffer';

import { decodeClose, Opcode, takeFrame, type RawFrame } from '../../support/raw/raw-frame.js';
import type { ExpectedClose, FrameExpectation, Message } from './expectations.js';
import { faultOfFrame } from './frame-form.js';
import { CLOSE_MS } from './limits.js';

const PREVIEW = 60;
/** Milliseconds. */
const TIMER_STEP = 1;

/** Checks what comes on an open WebSocket: well-formed frames, and in them what was asked for. */
export class Conversation {
  private readonly messages: Message[] = [];
  private endless: ((index: number) => Message) | undefined;
  private pongs: Buffer[] = [];
  private close: ExpectedClose | undefined;
  /** When it was asked for. */
  private closeAskedAt = Infinity;
  private bytes: Buffer = Buffer.alloc(0);
  private parts: RawFrame[] = [];
  private received = 0;
  /** The server's close frame has come. */
  isClosed = false;

  constructor(private readonly onFault: (fault: string) => void) {}

  /** @param at When it was asked for, by the clock of `performance`. */
  expect(expectation: FrameExpectation, at = performance.now()): void {
    const { messages = [], endless, pongs = [], close } = expectation;
    // What comes after a close is not answered any more; a second close may overtake the first.
    if (!this.close) this.messages.push(...messages);
    if (!this.close && endless) this.endless = endless;
    this.pongs.push(...pongs);
    if (!close) return;
    this.closeAskedAt = Math.min(this.closeAskedAt, at);
    const { codes = [], isLossy = false } = this.close ?? {};
    this.close = { codes: [...codes, ...close.codes], isLossy: isLossy || close.isLossy };
  }

  /** Everything that is due has come. */
  get isSettled(): boolean {
    const due = this.messages.length + (this.endless ? 1 : 0);
    return this.close ? this.isClosed : this.received >= due;
  }

  /** What is still awaited, for the eyes. */
  get awaited(): string {
    if (this.received < this.messages.length)
      return `message ${this.received + 1} of ${this.messages.length}: ${describe(this.messages[this.received])}`;
    return this.close ? `a close frame with ${this.close.codes.join(' or ')}` : 'nothing';
  }

  push(chunk: Buffer): void {
    this.bytes = Buffer.concat([this.bytes, chunk]);
    if (this.bytes.toString('latin1', 0, 7) === 'HTTP/1.')
      return this.fail(`HTTP after a 101: ${preview(this.bytes)}`);
    for (let taken = takeFrame(this.bytes); taken; taken = takeFrame(this.bytes)) {
      this.bytes = this.bytes.subarray(taken.used);
      this.read(taken.value, taken.used);
    }
  }

  /** @param isAsked Whether the client has ended its side, or the server was to end. */
  end(isAsked: boolean): void {
    if (isAsked || this.isClosed || this.close?.isLossy) return;
    this.onFault(`the WebSocket ended without a close frame; awaited: ${this.awaited}`);
  }

  private read(frame: RawFrame, size: number): void {
    if (this.isClosed) return this.fail(`a frame after the close frame: ${preview(frame.payload)}`);
    const fault = faultOfFrame(frame, size);
    if (fault) return this.fail(`a broken frame: ${fault} (${preview(frame.payload)})`);
    if (frame.opcode === Opcode.close) this.onClose(frame.payload);
    else if (frame.opcode === Opcode.pong) this.onPong(frame.payload);
    else if (frame.opcode !== Opcode.ping) this.onPart(frame);
  }

  private onPart(frame: RawFrame): void {
    const isFirst = frame.opcode !== Opcode.continuation;
    if (isFirst !== (this.parts.length === 0)) return this.fail('fragments out of order');
    this.parts.push(frame);
    if (!frame.fin) return;
    const [first] = this.parts;
    const payload = Buffer.concat(this.parts.map((part) => part.payload));
    this.parts = [];
    this.onMessage({ isBinary: first?.opcode === Opcode.binary, payload });
  }

  private onMessage(message: Message): void {
    const index = this.received;
    this.received += 1;
    if (!message.isBinary && !isUtf8(message.payload))
      return this.onFault(`a text that is not UTF-8: ${describe(message)}`);
    const expected = this.messages[index] ?? this.endless?.(index - this.messages.length);
    if (!expected) return this.onFault(`an unexpected message: ${describe(message)}`);
    if (message.isBinary !== expected.isBinary || !message.payload.equals(expected.payload))
      this.onFault(`message ${index + 1} is ${describe(message)} instead of ${describe(expected)}`);
  }

  private onPong(payload: Buffer): void {
    const at = this.pongs.findIndex((pong) => pong.equals(payload));
    if (at < 0) this.onFault(`a pong without its ping: ${preview(payload)}`);
    else this.pongs = this.pongs.slice(at + 1);
  }

  /** A machine so busy that the answers took longer than the server waits for them: it closes without the rest. */
  private get hasTimedOut(): boolean {
    return performance.now() - this.closeAskedAt >= CLOSE_MS - TIMER_STEP;
  }

  private onClose(payload: Buffer): void {
    const { code, reason } = decodeClose(payload);
    this.isClosed = true;
    const { codes = [], isLossy = false } = this.close ?? {};
    if (!codes.includes(code))
      return this.onFault(`closed with ${code} ${reason}; awaited: ${this.awaited}`);
    if (!isLossy && !this.hasTimedOut && this.received < this.messages.length)
      this.onFault(`closed with ${code} ${reason}; awaited before: ${this.awaited}`);
  }

  /** What follows cannot be read. */
  private fail(fault: string): void {
    this.onFault(fault);
    this.bytes = Buffer.alloc(0);
    this.isClosed = true;
  }
}

function describe(message: Message | undefined): string {
  if (!message) return 'nothing';
  return `${message.isBinary ? 'binary' : 'text'} of ${message.payload.length} bytes ${preview(message.payload)}`;
}

export function preview(bytes: Buffer): string {
  return JSON.stringify(bytes.toString('latin1', 0, PREVIEW));
}
