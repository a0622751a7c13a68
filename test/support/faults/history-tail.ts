import { setImmediate } from 'node:timers';

import { jest } from '@jest/globals';

import type { RoomPosition } from '../../../lib/brokers/room.broker.js';
import { RoomCounters } from '../../../lib/metrics/room.counters.js';
import { follows } from '../../../lib/rooms/room.position.js';
import { RingBudget } from '../../../lib/rooms/room.ring.js';
import { RoomTail } from '../../../lib/rooms/room.tail.js';
import { ModelHistory } from './model-history.js';

export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A tail that has one room and a broker whose every step the test makes. */
export class HistoryTail {
  readonly history = new ModelHistory();
  readonly told: string[] = [];
  readonly faults: string[] = [];
  readonly budget = new RingBudget(1_000_000);
  readonly tail: RoomTail;
  /** Where the room is, as it was told. */
  at: RoomPosition;
  gaps = 0;
  failures = 0;

  constructor({ ring = 16, published = 0 } = {}) {
    for (let count = 0; count < published; count += 1) this.history.publish();
    this.history.onTheWay.length = 0;
    this.at = this.history.last;
    this.tail = new RoomTail('chat/blue', {
      limits: { messages: ring, bytes: 1_000_000 },
      budget: this.budget,
      counters: new RoomCounters(),
      messages: 1000,
      read: (_room, after, limit) => this.history.read(after, limit),
      onFailedRead: () => (this.failures += 1),
    });
    this.tail.room = {
      broadcast: (message) => {
        const { step } = message;
        if (!follows(step, this.at)) this.faults.push(`${step.offset} after ${this.at.offset}`);
        if (this.told.includes(step.tag)) this.faults.push(`${step.offset} again`);
        if (message.plain?.payload.toString() !== step.tag) this.faults.push('another message');
        this.told.push(step.tag);
        this.at = { offset: step.offset, tag: step.tag };
      },
      tellGap: (position) => {
        this.gaps += 1;
        this.at = position;
      },
      noteGap: () => this.faults.push('a message that cannot be read'),
    };
  }

  locate(): void {
    this.tail.locate(this.history.last);
  }

  deliver(index = 0): void {
    const [packet] = this.history.onTheWay.splice(index, 1);
    if (packet) this.tail.accept(packet.step, packet.packet);
  }

  deliverAll(): void {
    while (this.history.onTheWay.length > 0) this.deliver();
  }

  /** The broker answers all that it is asked, and is compared with until nothing is new. */
  async settle(): Promise<void> {
    for (let count = 0; count < 3; count += 1) {
      this.locate();
      await this.answerAll();
    }
  }

  /** A history that was cut short shows at the next message. */
  async goOn(): Promise<void> {
    this.history.publish();
    this.deliverAll();
    await this.answerAll();
  }

  async answerAll(): Promise<void> {
    for (let reads = 0; ; reads += 1) {
      if (reads > 50) throw new Error('it reads without end');
      jest.advanceTimersByTime(1000);
      await turn();
      const [read] = this.history.reads;
      if (!read) return;
      read.look();
      read.answer();
      await turn();
    }
  }
}
