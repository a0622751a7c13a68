import { Injectable } from '@nestjs/common';
import type { Connection } from '../connection/connection.js';
import { Handshake } from './handshake.js';
import { UpgradeExchange } from './upgrade.exchange.js';

/** What is left of a handshake: an open connection keeps its request, and nothing else of it. */
export const OVER = Symbol('over');

/** The state of each upgrade request: an exchange, then, once its route is known, a handshake, then a connection. */
@Injectable()
export class HandshakeRegistry {
  private readonly marks = createRequestMarks<
    UpgradeExchange | Handshake | Connection | typeof OVER
  >();

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

/** What one part of an application remembers about a request. */
export interface RequestMarks<Value> {
  get(request: object): Value | undefined;
  set(request: object, value: Value): void;
}

/** Lets its subclass add private fields to an existing object. */
// oxlint-disable-next-line typescript/no-extraneous-class -- a member would be added to requests as well
class Given {
  constructor(given: object) {
    return given;
  }
}

/**
 * Marks that nobody else can see, change, or copy, like those of a `WeakMap`. But a map has an entry for each open
 * connection, and every garbage collection visits them all; private fields come and go with their request.
 */
export function createRequestMarks<Value>(): RequestMarks<Value> {
  return class Mark extends Given {
    #value: Value;

    constructor(request: object, value: Value) {
      super(request);
      this.#value = value;
    }

    static get(request: object): Value | undefined {
      return #value in request ? request.#value : undefined;
    }

    static set(request: object, value: Value): void {
      if (#value in request) request.#value = value;
      else Reflect.construct(Mark, [request, value]);
    }
  };
}
