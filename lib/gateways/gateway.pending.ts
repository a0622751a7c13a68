import type { HttpException } from '@nestjs/common';
import type { Duplex } from 'node:stream';
import { EarlyBytes } from '../upgrade/handshake.buffer.js';
import { unavailable } from '../upgrade/refusals.js';
import type { Refusal } from '../upgrade/upgrade.request.js';
import type { GatewayServer } from './gateway.server.js';

interface PendingEvents {
  onOver(): void;
  /** @param bytes What the client has sent already. */
  onRefused(refusal: Refusal, bytes: Buffer): void;
}

/** An upgrade whose origin is still being judged, or that its gateway itself judges. Whoever is first decides: the verdict, the clock, the client. */
export class PendingUpgrade {
  private readonly early: EarlyBytes;
  private timer: NodeJS.Timeout | undefined;
  /** Whether the gateway itself is being asked. */
  asksGateway = false;
  private isOver = false;

  constructor(
    readonly server: GatewayServer,
    private readonly socket: Duplex,
    head: Buffer,
    private readonly events: PendingEvents,
  ) {
    this.early = new EarlyBytes(socket, head, this.leave);
    socket.once('close', this.leave);
  }

  expireAfter(ms: number, exception: HttpException): void {
    this.timer = setTimeout(() => this.refuse({ exception }), ms);
  }

  /** Nobody waits for a verdict any more. */
  get isSettled(): boolean {
    return this.isOver;
  }

  refuse(refusal: Refusal): void {
    this.end((bytes) => this.events.onRefused(refusal, bytes));
  }

  shutDown(): void {
    this.refuse(unavailable('Server is shutting down'));
  }

  pass(open: (bytes: Buffer) => void): void {
    this.end(open);
  }

  private end(next: (bytes: Buffer) => void): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.timer);
    this.socket.off('close', this.leave);
    const bytes = this.early.release();
    this.events.onOver();
    next(bytes);
  }

  private readonly leave = (): void => this.end(() => this.socket.destroy());
}
