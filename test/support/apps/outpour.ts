import { Readable } from 'node:stream';

import { Controller, type Type } from '@nestjs/common';
import {
  AsyncWebSocketSender,
  WebSocket,
  WebSocketConnection,
  type BackpressureOptions,
} from 'nestjs-revali-ws';
import { Observable } from 'rxjs';

export const ITEM_SIZE = 64 * 1024;
/** More than the kernel keeps for a client that does not read. */
export const ITEMS = 400;

/** The ways of a handler to send more than a client can take. */
export const sources = [
  'values',
  'generator',
  'async-generator',
  'readable',
  'observable',
  'sender',
] as const;
export type Source = (typeof sources)[number];

/** `ITEMS` large messages, each with its number in front, and what became of them. */
export class Outpour {
  produced = 0;
  ended = 0;
  connection: WebSocketConnection | undefined;

  /** The connection's own buffer. */
  get bufferedAmount(): number {
    return this.connection?.bufferedAmount ?? 0;
  }

  /** What a client has to send to get everything. */
  requests(source: Source): number {
    return source === 'values' ? ITEMS : 1;
  }

  item(): Buffer {
    const item = Buffer.alloc(ITEM_SIZE);
    item.writeUInt32BE(this.produced);
    this.produced += 1;
    return item;
  }

  *items(): Generator<Buffer> {
    try {
      for (let item = 0; item < ITEMS; item += 1) yield this.item();
    } finally {
      this.ended += 1;
    }
  }

  async *asyncItems(): AsyncGenerator<Buffer> {
    yield* this.items();
  }

  pushed(): Observable<Buffer> {
    return new Observable((subscriber) => {
      let next = setImmediate(() => push(1));
      const push = (count: number): void => {
        subscriber.next(this.item());
        if (subscriber.closed) return;
        if (count < ITEMS) next = setImmediate(() => push(count + 1));
        else subscriber.complete();
      };
      return () => {
        clearImmediate(next);
        this.ended += 1;
      };
    });
  }
}

export function controllerOf(outpour: Outpour, backpressure: BackpressureOptions): Type<unknown> {
  @Controller()
  class Pouring {
    @WebSocket('values', { backpressure })
    value(connection: WebSocketConnection): Buffer {
      outpour.connection = connection;
      return outpour.item();
    }

    @WebSocket('generator', { backpressure })
    generator(connection: WebSocketConnection): Generator<Buffer> {
      outpour.connection = connection;
      return outpour.items();
    }

    @WebSocket('async-generator', { backpressure })
    asyncGenerator(connection: WebSocketConnection): AsyncGenerator<Buffer> {
      outpour.connection = connection;
      return outpour.asyncItems();
    }

    @WebSocket('readable', { backpressure })
    readable(connection: WebSocketConnection): Readable {
      outpour.connection = connection;
      return Readable.from(outpour.asyncItems());
    }

    /** Pushes, one item a turn of the event loop, whoever reads them. */
    @WebSocket('observable', { backpressure })
    observable(connection: WebSocketConnection): Observable<Buffer> {
      outpour.connection = connection;
      return outpour.pushed();
    }

    @WebSocket('sender', { backpressure })
    async sender(
      connection: WebSocketConnection,
      sender: AsyncWebSocketSender<Buffer>,
    ): Promise<void> {
      outpour.connection = connection;
      for (let item = 0; item < ITEMS && connection.isOpen; item += 1)
        await sender.send(outpour.item());
      outpour.ended += 1;
    }
  }
  return Pouring;
}
