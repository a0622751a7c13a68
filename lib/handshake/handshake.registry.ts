import { Injectable, type HttpException } from '@nestjs/common';
import type { Handshake } from './handshake.js';

/** What is left of a handshake: an open connection keeps its request, and nothing else of it. */
export const OVER = Symbol('over');

/** The upgrades that are still in middleware or guards. */
@Injectable()
export class HandshakeRegistry {
  private readonly pending = new Set<Handshake>();
  private readonly byRequest = new WeakMap<object, Handshake | typeof OVER>();

  get size(): number {
    return this.pending.size;
  }

  add(handshake: Handshake): void {
    this.pending.add(handshake);
    this.byRequest.set(handshake.request, handshake);
  }

  remove(handshake: Handshake): void {
    this.pending.delete(handshake);
    this.byRequest.set(handshake.request, OVER);
  }

  /**
   * @param request Node's own request.
   * @returns `undefined` for a plain request.
   */
  of(request: object): Handshake | typeof OVER | undefined {
    return this.byRequest.get(request);
  }

  refuseAll(exception: HttpException): void {
    for (const handshake of this.pending) handshake.refuse(exception);
  }
}
