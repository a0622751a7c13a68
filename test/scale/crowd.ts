import { DeadlineError, sleep } from '../support/deadline.js';
import { Random } from '../support/random.js';
import { ScaleClient } from './client.js';
import type { Death } from './presence.watch.js';
import type { RoomSight } from './told.js';

export interface CrowdParts {
  readonly size: number;
  /** Rooms of each kind. */
  readonly rooms: number;
  readonly seed: number;
  readonly ports: () => readonly number[];
}

/** Handshakes that begin in one turn. */
const AT_ONCE = 50;
/** Milliseconds within which a client notices that the worker is gone that it was connected to. */
export const NOTICED = 2_000;
/** Milliseconds before a death within which its process may not have said yet who had left. */
const UNSAID = 10_000;
/** Of clients: one in so many reads slowly. */
const SLOW = 10;

/** All clients of a run. Each is in one room of each kind. */
export class Crowd {
  readonly clients: readonly ScaleClient[];
  private readonly random: Random;

  private readonly rooms: number;

  constructor({ size, rooms, seed, ports }: CrowdParts) {
    this.rooms = rooms;
    this.random = new Random(seed);
    const port = (): number | undefined => {
      const living = ports();
      return living[this.random.below(living.length)];
    };
    this.clients = Array.from({ length: size }, (_, index) => {
      const room = index % rooms;
      const path = `/rooms/k${room}/p${room}/h${room}`;
      return new ScaleClient({ name: `c${index}`, path, port, random: this.random });
    });
  }

  /** Those that read slowly, when they are told to. */
  get slow(): readonly ScaleClient[] {
    return this.clients.filter((_, index) => index % SLOW === 0);
  }

  async connect(): Promise<void> {
    for (let start = 0; start < this.clients.length; start += AT_ONCE) {
      for (const client of this.clients.slice(start, start + AT_ONCE)) client.connect();
      await sleep(20);
    }
    await this.until(({ isOpen }) => isOpen, 'to be connected', 30_000);
  }

  /** @throws DeadlineError with those for whom it is not so */
  async until(isSo: (client: ScaleClient) => boolean, what: string, ms: number): Promise<void> {
    const end = performance.now() + ms;
    let left = [...this.clients];
    for (;;) {
      left = left.filter((client) => !isSo(client));
      if (left.length === 0) return;
      if (performance.now() > end) {
        const names = left
          .slice(0, 5)
          .map(({ name, isOpen }) => (isOpen ? name : `${name} (not connected)`));
        throw new DeadlineError(
          `waited ${ms} ms for ${left.length} clients ${what}: ${names.join(', ')}`,
        );
      }
      await sleep(50);
    }
  }

  /** All lose their connections in the same moment. */
  drop(): void {
    for (const client of this.clients) client.drop();
  }

  /** @returns The rooms of presence by the keys of those who were there, as a process that has died may have said last. */
  visitsEndedBy({ at, port, isWorker }: Death): Map<string, string> {
    const ended = this.clients.flatMap(({ visits }, index) =>
      visits
        .filter((visit) => visit.port === port && visit.from <= at && visit.to >= at - UNSAID)
        // Its port says nothing of the worker: those who lose their connections then were there.
        .filter((visit) => !isWorker || visit.to <= at + NOTICED)
        .map(({ key }) => [key, `h${index % this.rooms}`] as const),
    );
    return new Map(ended);
  }

  /** @param kind Of rooms. */
  sightsOf(kind: string): RoomSight[] {
    return this.clients.flatMap(({ name, told }) =>
      [...told]
        .filter(([room]) => room.startsWith(`${kind}/`))
        .map(([room, list]) => ({ client: name, room, told: list })),
    );
  }

  end(): void {
    for (const client of this.clients) client.end();
  }
}
