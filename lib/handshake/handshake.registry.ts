import { Injectable, type HttpException } from '@nestjs/common';
import type { Handshake } from './handshake.js';

/** The upgrades that are still in middleware or guards. */
@Injectable()
export class HandshakeRegistry {
  private readonly pending = new Set<Handshake>();
  private readonly byRequest = new WeakMap<object, Handshake>();

  get size(): number {
    return this.pending.size;
  }

  add(handshake: Handshake): void {
    this.pending.add(handshake);
    this.byRequest.set(handshake.request, handshake);
  }

  remove(handshake: Handshake): void {
    this.pending.delete(handshake);
  }

  /** @param request Node's own request. */
  of(request: object): Handshake | undefined {
    return this.byRequest.get(request);
  }

  refuseAll(exception: HttpException): void {
    for (const handshake of this.pending) handshake.refuse(exception);
  }
}
