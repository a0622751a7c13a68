import type { RoomKey } from '../../lib/brokers/room.broker.js';
import { messageOf } from '../../lib/log/error.text.js';
import type { FakeClient } from './fake.client.js';
import { keepsCount, keepsMembers, keyOf, TIMES, type SimulatedNode } from './simulated.node.js';
import { REAPER, type SimulatedServer } from './simulated.server.js';

/** Until everybody must know what has changed: a lease runs out, somebody sees it, all are told. */
const BOUND = TIMES.nodeLease + REAPER + 1_000;

/** What was last seen of a connection in a room. */
interface Sighting {
  readonly isIn: boolean;
  readonly at: number;
  readonly node: SimulatedNode;
}

export interface WitnessParts {
  readonly server: SimulatedServer;
  readonly nodes: readonly SimulatedNode[];
  readonly fail: (what: string) => void;
}

/** Who is in fact where, and whether nodes and broker say the same once they must know it. */
export class PresenceWitness {
  private readonly sightings = new Map<RoomKey, Map<string, Sighting>>();

  constructor(private readonly parts: WitnessParts) {}

  readonly onChange = (room: RoomKey, client: FakeClient, node: SimulatedNode): void => {
    const isIn = !client.hasEnded && client.views.has(room) && !client.joining.has(room);
    const inRoom = this.sightings.get(room) ?? new Map<string, Sighting>();
    this.sightings.set(room, inRoom.set(client.id, { isIn, at: this.now, node }));
  };

  /** At any time: what the broker has, and what those are told who watch. */
  check(node: SimulatedNode): void {
    for (const [room, view] of node.views) {
      this.checkStore(room);
      if (node.healthyFor < BOUND || this.now - view.since < BOUND) continue;
      if (view.isKnown) this.checkView(node, room, view.keys);
      else this.parts.fail(`${node.name} watches ${room}, and is not told who is there`);
    }
  }

  /** At rest: each node gets the same answer from each room that it asks, which is right. */
  async checkAnswers(rooms: readonly RoomKey[]): Promise<void> {
    const { nodes, server, fail } = this.parts;
    let unanswered = 0;
    for (const [index, node] of nodes.entries()) {
      this.check(node);
      // A few each, and all together all of them.
      for (const room of [rooms[index % rooms.length], rooms[(index * 7 + 3) % rooms.length]]) {
        if (room === undefined) continue;
        unanswered += 1;
        this.checkAnswer(node, room)
          .catch((error: unknown) =>
            fail(`${node.name} asks who is in ${room}: ${messageOf(error)}`),
          )
          .finally(() => (unanswered -= 1));
      }
    }
    await server.clock.advance(1_000);
    if (unanswered > 0) fail(`${unanswered} times nobody says who is there`);
  }

  private get now(): number {
    return this.parts.server.clock.now;
  }

  private async checkAnswer(node: SimulatedNode, room: RoomKey): Promise<void> {
    const expected = this.connectionsIn(room);
    const handle = node.at(room);
    if (keepsCount(room)) {
      const { connections } = await handle.count();
      if (connections !== expected.length)
        this.parts.fail(`${node.name} counts ${connections} in ${room}, not ${expected.length}`);
    }
    if (!keepsMembers(room)) return;
    const present = await handle.presence();
    const told = present.flatMap(({ key, connections }) => Array<string>(connections).fill(key));
    const [said, fact] = [told, expected.map(keyOf)].map((keys) => keys.toSorted().join(' '));
    if (said !== fact) this.parts.fail(`${node.name} lists ${said} in ${room}, not ${fact}`);
  }

  private connectionsIn(room: RoomKey): string[] {
    return [...this.seenIn(room)].flatMap(([id, { isIn }]) => (isIn ? [id] : []));
  }

  private seenIn(room: RoomKey): ReadonlyMap<string, Sighting> {
    return this.sightings.get(room) ?? new Map<string, Sighting>();
  }

  private checkStore(room: RoomKey): void {
    const { server, fail } = this.parts;
    const entries = server.presences.read(room).flatMap((node) => node.entries);
    const stored = new Set(entries.map(({ connection }) => connection));
    for (const [id, sighting] of this.seenIn(room))
      if (this.isCertain(sighting) && sighting.isIn !== stored.has(id))
        fail(`the broker ${sighting.isIn ? 'misses' : 'still has'} ${id.slice(-6)} in ${room}`);
  }

  private checkView({ name }: SimulatedNode, room: RoomKey, told: ReadonlySet<string>): void {
    const [certain, possible] = [new Set<string>(), new Set<string>()];
    for (const [id, sighting] of this.seenIn(room)) {
      const isCertain = this.isCertain(sighting);
      if (isCertain && sighting.isIn) certain.add(keyOf(id));
      if (!isCertain || sighting.isIn) possible.add(keyOf(id));
    }
    for (const key of certain)
      if (!told.has(key)) this.parts.fail(`${name} is not told that ${key} is in ${room}`);
    for (const key of told)
      if (!possible.has(key)) this.parts.fail(`${name} is not told that ${key} has left ${room}`);
  }

  /** Everybody must know it: its node has been able to tell it, or is gone. */
  private isCertain({ at, node, isIn }: Sighting): boolean {
    if (this.now - at <= BOUND) return false;
    return node.diedAt === undefined ? node.healthyFor >= BOUND : !isIn;
  }
}
