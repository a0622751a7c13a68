import type { Socket } from 'node:net';
import { ignoreError } from '../close/ignored.errors.js';

export interface UnclaimedDependencies {
  /** Answers the client if the listeners did not. */
  readonly answer: () => void;
  /** Called once. */
  readonly onOver: () => void;
}

/** A listener for any of these shows that someone uses the socket. */
const SIGNS_OF_USE = ['data', 'readable', 'end', 'close', 'drain'];

/**
 * An upgrade that is left to the other listeners of the server. Its client gets an answer if they give none: if they
 * drop the socket without writing, or if nobody has touched it when the time is up. A listener that writes a byte, or
 * reads, has taken it, and nothing of this class is left on the socket.
 */
export class UnclaimedUpgrade {
  private readonly signs: number;
  private readonly written: number;
  private readonly restores: (() => void)[];
  private timer: NodeJS.Timeout | undefined;
  private isOffered = false;
  private isGivenUp = false;
  private isOver = false;

  constructor(
    private readonly socket: Socket,
    private readonly timeoutMs: number,
    private readonly deps: UnclaimedDependencies,
  ) {
    socket.on('error', ignoreError);
    socket.on('close', this.settle);
    this.signs = this.countSigns();
    this.written = socket.bytesWritten;
    this.restores = [
      intercept(socket, 'end', (values) => this.isGivingUp(values)),
      intercept(socket, 'destroy', (values) => this.isGivingUp(values)),
      intercept(socket, 'write', () => this.isSpeaking()),
    ];
  }

  /** @param ask Passes the upgrade to the listeners. If one of them drops it, another may still take it. */
  offer(ask: () => boolean): boolean {
    this.isOffered = true;
    try {
      return ask();
    } finally {
      this.isOffered = false;
      if (this.hasAnswer) this.settle();
      else if (this.isGivenUp) this.answer();
      else if (!this.isOver) this.timer = setTimeout(() => this.expire(), this.timeoutMs);
    }
  }

  /** The time is up. */
  expire(): void {
    if (this.isTaken) this.settle();
    else this.answer();
  }

  private get hasAnswer(): boolean {
    return this.socket.bytesWritten > this.written;
  }

  private get isTaken(): boolean {
    const { socket, signs } = this;
    return this.hasAnswer || socket.readableFlowing !== null || this.countSigns() > signs;
  }

  private isSpeaking(): false {
    this.settle();
    return false;
  }

  private isGivingUp([value]: readonly unknown[]): boolean {
    const hasNothingToSay = value === undefined || typeof value === 'function';
    if (!hasNothingToSay || this.hasAnswer || !this.socket.writable) {
      this.settle();
      return false;
    }
    this.isGivenUp = true;
    if (!this.isOffered) this.answer();
    return true;
  }

  private answer(): void {
    if (this.isOver) return;
    this.settle();
    this.deps.answer();
  }

  private countSigns(): number {
    return SIGNS_OF_USE.reduce((count, event) => count + this.socket.listenerCount(event), 0);
  }

  private readonly settle = (): void => {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    for (const restore of this.restores) restore();
    // While nobody else has it, a reset would end the process.
    if (this.isTaken) this.socket.off('error', ignoreError);
    this.socket.off('close', this.settle);
    this.deps.onOver();
  };
}

/**
 * @param isHeld Whether the call stops here.
 * @returns Restores the original.
 */
function intercept(
  socket: Socket,
  name: 'end' | 'destroy' | 'write',
  isHeld: (values: readonly unknown[]) => boolean,
): () => void {
  const own = Object.getOwnPropertyDescriptor(socket, name);
  const original = socket[name].bind(socket);
  const call = (...values: unknown[]): unknown => {
    if (!isHeld(values)) return Reflect.apply(original, socket, values);
    const done = values.find((value) => typeof value === 'function');
    if (done) socket.once('finish', () => void Reflect.apply(done, socket, []));
    return socket;
  };
  Object.defineProperty(socket, name, { value: call, configurable: true, writable: true });
  return () => {
    if (Object.getOwnPropertyDescriptor(socket, name)?.value !== call) return;
    if (own) Object.defineProperty(socket, name, own);
    else Reflect.deleteProperty(socket, name);
  };
}
