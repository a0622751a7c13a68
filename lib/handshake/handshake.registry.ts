import { Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { createMarks } from '../values/marks.js';
import { Handshake } from './handshake.js';
import { UpgradeExchange } from './upgrade.exchange.js';

/** What is left of a handshake: an open connection keeps its request, and nothing else of it. */
export const OVER = Symbol('over');

/** The state of each upgrade request: an exchange, then, once its route is known, a handshake, then a connection. */
@Injectable()
export class HandshakeRegistry {
  private readonly marks = createMarks<UpgradeExchange | Handshake | Connection | typeof OVER>();

  begin(exchange: UpgradeExchange): void {
    this.marks.set(exchange.request, exchange);
  }

  /** Its route is known. */
  add(handshake: Handshake): void {
    this.marks.set(handshake.exchange.request, handshake);
  }

  end({ request }: UpgradeExchange): void {
    this.marks.set(request, this.connectionOf(request) ?? OVER);
  }

  /**
   * @param request Node's own request.
   * @returns `undefined` for a plain request.
   */
  of(request: object): UpgradeExchange | typeof OVER | undefined {
    const mark = this.marks.get(request);
    if (mark instanceof Handshake) return mark.exchange;
    return mark === undefined || mark instanceof UpgradeExchange ? mark : OVER;
  }

  /** @returns `undefined` while no route is known. */
  handshakeOf({ request }: UpgradeExchange): Handshake | undefined {
    const mark = this.marks.get(request);
    return mark instanceof Handshake ? mark : undefined;
  }

  /**
   * The connection that the request has become, or may become.
   *
   * @param request Node's own request.
   */
  connectionOf(request: object): Connection | undefined {
    const mark = this.marks.get(request);
    if (mark === OVER || mark instanceof UpgradeExchange) return undefined;
    return mark instanceof Handshake ? mark.connection : mark;
  }
}
