import { setImmediate } from 'node:timers';

import { jest } from '@jest/globals';

import type { RoomPosition } from '../../../lib/brokers/room.broker.js';
import { RoomCounters } from '../../../lib/metrics/room.counters.js';
import { AT_ONCE, LocalRoom } from '../../../lib/rooms/local.room.js';
import type { Recipient, SlowRule } from '../../../lib/rooms/recipient.js';
import { readRoomHeader } from '../../../lib/rooms/room.header.js';
import { RoomBroadcast, type RoomMessage } from '../../../lib/rooms/room.message.js';
import { follows, isSame, positionFrom } from '../../../lib/rooms/room.position.js';
import { RingBudget } from '../../../lib/rooms/room.ring.js';
import { RoomTail } from '../../../lib/rooms/room.tail.js';
import { ModelHistory } from './model-history.js';

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client that asked for headers, and looks at all that it is told. It reads when the test says so. */
export class Client implements Recipient {
  readonly knownId = undefined;
  readonly takesHeaders = true;
  readonly faults: string[] = [];
  readonly lines: string[] = [];
  /** Where it is, as it was told. */
  at: RoomPosition | undefined;
  isComing = false;
  joins = 0;
  gaps = 0;
  messages = 0;
  locals = 0;
  /** How many messages it takes before it reads again. */
  space = Infinity;
  private readers: (() => void)[] = [];

  deliver(message: RoomMessage, slow: SlowRule): boolean {
    if (this.space <= 0 && slow === 'catchUp') return false;
    this.take(message);
    return true;
  }

  deliverMissed(message: RoomMessage): Promise<void> | undefined {
    this.take(message);
    return this.drained();
  }

  drained(): Promise<void> | undefined {
    return this.space > 0 ? undefined : new Promise((resolve) => this.readers.push(resolve));
  }

  onFault(error: unknown): void {
    throw error;
  }

  dropBehind(): void {
    this.faults.push('dropped, though it can be told of a gap');
  }

  read(space: number): void {
    this.space = space;
    for (const reader of this.readers.splice(0)) reader();
  }

  private take({ headed, step }: RoomMessage): void {
    this.space -= 1;
    const text = headed?.payload.toString() ?? '';
    const line = text.slice(0, text.indexOf('\n'));
    this.lines.push(line);
    const notice = readRoomHeader(line);
    const position = positionFrom(notice?.position);
    if (notice?.kind === 'm' && step) this.onMessage(step);
    else if (notice?.kind === 'm') this.locals += 1;
    else {
      if (notice?.isContinued && !(position && this.at && isSame(position, this.at)))
        this.faults.push('goes on elsewhere');
      if (notice?.kind === 'j') this.joins += 1;
      else this.gaps += 1;
      if (!position) this.faults.push(`no position: ${line}`);
      this.at = position;
    }
  }

  private onMessage(step: NonNullable<RoomMessage['step']>): void {
    this.messages += 1;
    if (!this.at || !follows(step, this.at))
      this.faults.push(`${step.offset} after ${this.at?.offset}`);
    this.at = { offset: step.offset, tag: step.tag };
  }
}

/** One of a crowd, whose only part is to take time. */
const BYSTANDER: Recipient = {
  knownId: undefined,
  takesHeaders: false,
  deliver: () => true,
  deliverMissed: () => undefined,
  drained: () => undefined,
  dropBehind: () => undefined,
  onFault: () => undefined,
};

/** A room with history whose broker, turns of the event loop and clients are in the hands of the test. */
export class HistoryRoom {
  readonly history = new ModelHistory();
  readonly turns: (() => void)[] = [];
  readonly counters = new RoomCounters();
  readonly clients: Client[] = [];
  readonly tail: RoomTail;
  readonly room: LocalRoom<Recipient>;
  drops = 0;

  constructor({ size = 0, ring = 16, published = 0 } = {}) {
    for (let count = 0; count < published; count += 1) this.history.publish();
    this.history.onTheWay.length = 0;
    const { counters } = this;
    this.tail = new RoomTail('chat/blue', {
      limits: { messages: ring, bytes: 1_000_000 },
      budget: new RingBudget(10_000_000),
      counters,
      messages: 1000,
      read: (_room, after, limit) => this.history.read(after, limit),
      onFailedRead: () => undefined,
    });
    this.room = new LocalRoom<Recipient>(
      'chat/blue',
      {
        later: (rest) => this.turns.push(rest),
        slow: 'catchUp',
        counters,
        onGap: (_key, position) => {
          if (!position) this.drops += 1;
        },
      },
      this.tail,
    );
    this.tail.room = this.room;
    this.tail.locate(this.history.last);
    for (let count = 0; count < size; count += 1) this.join();
  }

  /** Members enough for a broadcast to need more than one turn. */
  fill(): void {
    for (let count = 0; count <= AT_ONCE; count += 1) this.room.add({ ...BYSTANDER });
  }

  get faults(): string[] {
    return this.clients.flatMap((client) => client.faults);
  }

  join(client = new Client()): Client {
    if (!this.clients.includes(client)) this.clients.push(client);
    this.room.add(client);
    return client;
  }

  async resume(client: Client): Promise<void> {
    const { at } = client;
    if (client.isComing || this.room.has(client)) return;
    client.isComing = true;
    const beginning = at && (await this.tail.beginningOf(at, 0).catch(() => undefined));
    client.isComing = false;
    if (this.room.has(client)) return;
    if (!this.clients.includes(client)) this.clients.push(client);
    this.room.add(client, beginning);
  }

  publish(count = 1): void {
    for (let index = 0; index < count; index += 1) this.history.publish();
    this.deliverAll();
  }

  deliverAll(): void {
    for (const { step, packet } of this.history.onTheWay.splice(0)) this.tail.accept(step, packet);
  }

  local(): void {
    const packet = {
      payload: Buffer.from('local'),
      isBinary: false,
      isControl: false,
      isJson: false,
      except: [],
    };
    this.room.broadcast(new RoomBroadcast('chat/blue', packet, undefined));
  }

  turn(): void {
    this.turns.shift()?.();
  }

  /** Everybody reads, the broker answers, all turns come. */
  async settle(): Promise<void> {
    for (let rounds = 0; rounds < 2_000; rounds += 1) {
      for (const client of this.clients) client.read(Infinity);
      this.turn();
      jest.advanceTimersByTime(1000);
      const [read] = this.history.reads;
      read?.look();
      read?.answer();
      await turn();
      const isDone = this.history.reads.length + this.turns.length + this.room.behind === 0;
      if (isDone && rounds > 3) return;
    }
    throw new Error('it does not come to rest');
  }

  expectAllAtEnd(clients: readonly Client[] = this.clients): void {
    expect(this.faults).toEqual([]);
    for (const { at } of clients) expect(at).toEqual(this.history.last);
  }
}
