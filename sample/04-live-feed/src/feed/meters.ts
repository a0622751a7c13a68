import { Injectable } from '@nestjs/common';
import type { WebSocketConnection } from 'nestjs-revali-ws';

/** What one generator has done so far. */
export interface Meter {
  produced: number;
  /** It yielded a block, and nobody has asked for the next one yet. */
  isWaiting: boolean;
}

export interface Reading extends Meter {
  /** Bytes that wait in the memory of this process. */
  readonly buffered: number;
}

/** The meters of all readers, by the `id` of their connection. */
@Injectable()
export class Meters {
  private readonly open = new Map<string, { connection: WebSocketConnection; meter: Meter }>();

  attach(connection: WebSocketConnection): Meter {
    const meter = { produced: 0, isWaiting: false };
    this.open.set(connection.id, { connection, meter });
    return meter;
  }

  detach({ id }: WebSocketConnection): void {
    this.open.delete(id);
  }

  read(): Record<string, Reading> {
    const readings: Record<string, Reading> = {};
    for (const [id, { connection, meter }] of this.open)
      readings[id] = { ...meter, buffered: connection.bufferedAmount };
    return readings;
  }
}
