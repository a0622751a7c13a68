import type { CloseFrame } from '../close/close.frame.js';
import type { ResolvedRecurringGuards } from '../options/connection.descriptors.js';

/** The view that rounds have of a connection. */
export interface GuardedPeer {
  /** Whether the connection has not begun to end. */
  readonly isOpen: boolean;
  /** Runs in the asynchronous context of the handshake. */
  inScope(run: () => void): void;
  closeForError(frame: CloseFrame, error: unknown): void;
}

/** How often guards run again, and how long they may take. */
export interface RoundsRule extends ResolvedRecurringGuards {
  /** Milliseconds. */
  readonly timeout: number;
  /** The close frame for a refusal. */
  readonly refusalOf: (error: unknown) => CloseFrame;
}

/** The part of the interval by which a round may start early, to spread connections that opened together. */
const JITTER = 1 / 5;

/** The guards did not answer within `handshakeTimeout`: the connection is refused rather than left unguarded. */
export class GuardsTimeout extends Error {}

/** Runs the guards of one connection repeatedly, one round at a time. */
export class GuardRounds {
  private timer: NodeJS.Timeout | undefined;
  private isOver = false;

  /** @param ask Rejects with the refusal. */
  constructor(
    private readonly peer: GuardedPeer,
    private readonly ask: () => Promise<void>,
    private readonly rule: RoundsRule,
  ) {
    this.schedule();
  }

  release(): void {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    const delay = this.rule.every * (1 - Math.random() * JITTER);
    this.timer = setTimeout(() => this.peer.inScope(() => void this.run()), delay);
  }

  private async run(): Promise<void> {
    const { peer, rule } = this;
    if (!peer.isOpen) return;
    try {
      await this.askInTime();
    } catch (error) {
      if (!this.isOver) peer.closeForError(rule.refusalOf(error), error);
      return;
    }
    if (!this.isOver) this.schedule();
  }

  private async askInTime(): Promise<void> {
    const late = new Promise<never>((_resolve, reject) => {
      this.timer = setTimeout(() => reject(new GuardsTimeout()), this.rule.timeout);
    });
    try {
      await Promise.race([this.ask(), late]);
    } finally {
      clearTimeout(this.timer);
    }
  }
}
