import { Injectable } from '@nestjs/common';
import type { Duplex } from 'node:stream';

/** Running totals of one application; plain numbers, so that counting is nearly free. */
@Injectable()
export class ConnectionCounters {
  opened = 0;
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;
  dropped = 0;
  slowConsumers = 0;
  handled = 0;
  /** In ms; measured only while somebody asks for it. */
  handlerTime = 0;
  /** Keyed by HTTP status; 0: the client left before it got an answer. */
  readonly refused = new Map<number, number>();
  private http2: { open: number; total: number } | undefined;
  private measurers = 0;

  /** Counts a connection inside one of HTTP/2 until its socket closes. */
  openHttp2(socket: Duplex): void {
    const http2 = (this.http2 ??= { open: 0, total: 0 });
    http2.total += 1;
    http2.open += 1;
    socket.once('close', () => (http2.open -= 1));
  }

  /** A part of the snapshot; empty if there was none. */
  get ofHttp2(): { http2?: { readonly open: number; readonly total: number } } {
    return this.http2 ? { http2: { ...this.http2 } } : {};
  }

  refuse(status: number | undefined): void {
    const key = status ?? 0;
    this.refused.set(key, (this.refused.get(key) ?? 0) + 1);
  }

  get isMeasuring(): boolean {
    return this.measurers > 0;
  }

  /** @returns Stops measuring. */
  measure(): () => void {
    let isReleased = false;
    this.measurers += 1;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.measurers -= 1;
    };
  }
}
