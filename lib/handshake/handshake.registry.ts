import { Injectable, type HttpException } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { Handshake } from './upgrade.exchange.js';
import { createRequestMarks } from './request.marks.js';

/** What is left of a handshake: an open connection keeps its request, and nothing else of it. */
export const OVER = Symbol('over');

/** The upgrades that are still in middleware or guards, and what became of the others. */
@Injectable()
export class HandshakeRegistry {
  private readonly pending = new Set<Handshake>();
  private readonly marks = createRequestMarks<Handshake | Connection | typeof OVER>();

  get size(): number {
    return this.pending.size;
  }

  add(handshake: Handshake): void {
    this.pending.add(handshake);
    this.marks.set(handshake.request, handshake);
  }

  remove(handshake: Handshake): void {
    this.pending.delete(handshake);
    this.marks.set(handshake.request, handshake.attempt?.connection ?? OVER);
  }

  /**
   * @param request Node's own request.
   * @returns `undefined` for a plain request.
   */
  of(request: object): Handshake | typeof OVER | undefined {
    const mark = this.marks.get(request);
    return mark === undefined || mark instanceof Handshake ? mark : OVER;
  }

  /**
   * The connection that the request has become, or may become.
   *
   * @param request Node's own request.
   */
  connectionOf(request: object): Connection | undefined {
    const mark = this.marks.get(request);
    if (mark === OVER) return undefined;
    return mark instanceof Handshake ? mark.attempt?.connection : mark;
  }

  refuseAll(exception: HttpException): void {
    for (const handshake of this.pending) handshake.refuse(exception);
  }
}
