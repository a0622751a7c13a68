import type { RoomKey, RoomPosition } from '../../lib/brokers/room.broker.js';
import { positionFrom, writePosition } from '../../lib/rooms/room.position.js';
import type { Random } from '../support/random.js';
import { FakeClient } from './fake.client.js';
import { RoomView } from './room.view.js';
import { keepsHistory, type SimulatedNode } from './simulated.node.js';
import type { SimulatedServer } from './simulated.server.js';

/** Where a client was when it lost its connection. */
export type Positions = ReadonlyMap<RoomKey, RoomPosition | undefined>;

export interface CrowdParts {
  readonly server: SimulatedServer;
  readonly random: Random;
  readonly anyNode: () => SimulatedNode;
  readonly fail: (what: string) => void;
  /** A connection comes, is in a room, or is not any more. */
  readonly onChange: (room: RoomKey, client: FakeClient, node: SimulatedNode) => void;
}

interface Entrance {
  readonly wanted?: RoomPosition | undefined;
  readonly replay?: number;
  /** Before it is open, as `@JoinRoom()` does. */
  readonly isReserved?: boolean;
}

/** All clients of a cluster. */
export class Crowd {
  readonly nodes = new Map<FakeClient, SimulatedNode>();
  readonly counts = { joins: 0, refused: 0, resumes: 0 };
  /** Of what was seen by those who are gone. */
  fingerprint = 0;
  private connects = 0;

  constructor(private readonly parts: CrowdParts) {}

  get size(): number {
    return this.nodes.size;
  }

  any(): FakeClient | undefined {
    return [...this.nodes.keys()][this.parts.random.below(this.size)];
  }

  connect(node: SimulatedNode, takesHeaders: boolean, url = '/'): FakeClient {
    this.connects += 1;
    const id = `00000000-0000-4000-8000-${this.connects.toString(16).padStart(12, '0')}`;
    const client: FakeClient = new FakeClient({
      id,
      takesHeaders,
      url,
      fail: (what) => this.parts.fail(`client ${id.slice(-6)} ${what}`),
      onClose: () => this.end(client),
    });
    node.clients.add(client);
    this.nodes.set(client, node);
    return client;
  }

  join(client: FakeClient, room: RoomKey): void {
    const { random } = this.parts;
    if (client.views.has(room)) return;
    const replay = keepsHistory(room) && random.chance(0.3) ? 1 + random.below(10) : 0;
    void this.enter(client, room, { replay });
  }

  leave(client: FakeClient): void {
    const rooms = [...client.views.keys()].filter((key) => !client.joining.has(key));
    const key = rooms[this.parts.random.below(rooms.length)];
    const node = this.nodes.get(client);
    if (key === undefined || !node) return;
    node.at(key).leave(client.asMember);
    client.views.delete(key);
    this.onLeft(key, client, node);
  }

  /** Its connection ends. */
  end(client: FakeClient): Positions {
    const positions = new Map(
      Array.from(client.views, ([room, view]) => [room, view.position ?? view.parts.wanted]),
    );
    const node = this.nodes.get(client);
    this.fingerprint = (Math.imul(this.fingerprint, 31) + client.seen) | 0;
    client.end();
    this.nodes.delete(client);
    node?.clients.delete(client);
    for (const room of positions.keys()) if (node) this.onLeft(room, client, node);
    return positions;
  }

  /** Its client comes again, anywhere, and says where it was. */
  comeAgain({ takesHeaders }: FakeClient, positions: Positions): void {
    const { random, anyNode } = this.parts;
    this.counts.resumes += 1;
    const resume = [...positions].flatMap(([room, position]) =>
      position && takesHeaders ? [`${room}~${writePosition(position)}`] : [],
    );
    const next = this.connect(anyNode(), takesHeaders, `/?resume=${resume.join(',')}`);
    const isReserved = random.chance(0.5);
    for (const [room, position] of positions)
      void this.enter(next, room, { wanted: takesHeaders ? position : undefined, isReserved });
  }

  private async enter(client: FakeClient, room: RoomKey, how: Entrance): Promise<void> {
    const node = this.nodes.get(client);
    if (!node) return;
    const view = this.viewOf(client, room, how);
    client.views.set(room, view);
    client.joining.add(room);
    this.parts.onChange(room, client, node);
    if (!client.takesHeaders) view.expect();
    try {
      await (how.isReserved === true
        ? this.reserve(client, node, view)
        : this.enterNow(client, node, view));
      if (!client.hasEnded && !view.isIn) this.parts.fail(`${client.id} is in ${room} unseen`);
      this.counts.joins += 1;
      client.joining.delete(room);
      this.parts.onChange(room, client, node);
    } catch {
      client.joining.delete(room);
      this.onRefused(client, node, view);
    }
  }

  private async enterNow(client: FakeClient, node: SimulatedNode, view: RoomView): Promise<void> {
    const { room, replay } = view.parts;
    const { position } = await node
      .at(room)
      .join(client.asMember, keepsHistory(room) && replay > 0 ? { replay } : {});
    view.enter(positionFrom(position));
  }

  private async reserve(client: FakeClient, node: SimulatedNode, view: RoomView): Promise<void> {
    const { clock, random } = this.parts.server;
    await node.at(view.parts.room).enter(client.asMember, { how: 'reserve' });
    await new Promise<void>((opened) => clock.after(random.below(100), opened));
    if (client.hasEnded) return;
    client.places?.enter();
    view.enter(undefined);
  }

  private viewOf(client: FakeClient, room: RoomKey, { wanted, replay = 0 }: Entrance): RoomView {
    const { server, fail } = this.parts;
    return new RoomView({
      room,
      client: client.id,
      server,
      hasHistory: keepsHistory(room),
      wanted,
      replay,
      fail: (what) =>
        fail(
          `${client.takesHeaders ? 'client' : 'plain'} ${client.id.slice(-6)} in ${room} ${what}`,
        ),
    });
  }

  private onLeft(room: RoomKey, client: FakeClient, node: SimulatedNode): void {
    node.onLeft(room);
    this.parts.onChange(room, client, node);
  }

  /** Its handshake is refused: it tries again with what it knows. */
  private onRefused(client: FakeClient, node: SimulatedNode, { parts }: RoomView): void {
    this.counts.refused += 1;
    if (!client.hasEnded && !parts.wanted) client.views.delete(parts.room);
    this.onLeft(parts.room, client, node);
    if (client.hasEnded || !parts.wanted) return;
    const positions = this.end(client);
    this.parts.server.clock.after(2_000, () => this.comeAgain(client, positions));
  }
}
