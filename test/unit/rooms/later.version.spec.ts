import { MemoryBroker, RoomGapException, Rooms, WebSocketRooms } from 'nestjs-revali-ws';

import type { BrokerLink } from '../../../lib/brokers/room.broker.js';
import type { HubRoom } from '../../../lib/rooms/hub.room.js';
import { RoomHub } from '../../../lib/rooms/room.hub.js';
import type { RoomMember } from '../../../lib/rooms/room.member.js';
import type { RoomMessage } from '../../../lib/rooms/room.message.js';
import type { RoomPlaces } from '../../../lib/rooms/room.places.js';
import { eventually } from '../../support/deadline.js';

const LIMITS = { messages: 100, age: 60_000 };
const nothing = (): void => undefined;

@WebSocketRooms('kept', { history: LIMITS })
class KeptRooms extends Rooms<string> {
  readonly gaps: (string | undefined)[] = [];

  override onGap({ position }: { readonly position?: string }): void {
    this.gaps.push(position);
  }
}

/** A client of `revali.v1`. */
class Client {
  readonly got: string[] = [];
  readonly takesHeaders = true;
  readonly request = { url: '/' };
  readonly knownId = undefined;
  hasEnded = false;
  places: RoomPlaces<RoomMember> | undefined;

  get asMember(): RoomMember {
    return this as unknown as RoomMember;
  }

  deliver({ headed }: RoomMessage): boolean {
    this.got.push(headed?.payload.toString().replace(/^(.) \S+ /, '$1 ') ?? '');
    return true;
  }

  deliverMissed(message: RoomMessage): undefined {
    this.deliver(message);
  }

  drained = nothing;
  dropBehind = nothing;
  onFault(error: unknown): void {
    throw error;
  }
}

/** An application, and another one that has been updated already. */
class Bench {
  readonly broker = new MemoryBroker();
  readonly kind = new KeptRooms();
  readonly hub = new RoomHub({ rooms: { broker: this.broker } });
  readonly room: HubRoom = this.hub.at(this.kind, 'blue');
  private link: BrokerLink | undefined;

  /** A packet of a version that does not exist yet. @returns Its position, as clients have it. */
  async write(): Promise<string> {
    this.link ??= await this.broker.connect(
      { onPacket: nothing, onLost: nothing, onReady: nothing, onNodeGone: nothing },
      { prefix: 'rws' },
    );
    await this.link.publish('kept/blue', Buffer.from([2, 0, 65]), { history: LIMITS });
    const { position } = await this.room.history({ limit: 1 });
    return position;
  }
}

describe('A message of a later version, in a room with history', () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => bench.hub.close());

  it('is a gap for clients that can be told, and what follows comes', async () => {
    const { room, kind } = bench;
    const client = new Client();
    await room.join(client.asMember);
    await room.broadcast('one');
    const unread = await bench.write();
    await room.broadcast('two');
    await eventually(() => expect(client.got).toHaveLength(4), 'all of it');
    expect(client.got[1]).toMatch(/^m 1\.\w{8}\none$/);
    expect(client.got[2]).toBe(`g ${unread}\n`);
    expect(client.got[3]).toMatch(/^m 3\.\w{8}\ntwo$/);
    expect(kind.gaps).toEqual([unread]);
  });

  it('is a gap for a client that goes on from before it', async () => {
    const { room } = bench;
    const { position } = await room.broadcast('one', { receipt: true });
    const unread = await bench.write();
    await room.broadcast('two');
    const client = new Client();
    await room.join(client.asMember, { after: position });
    await eventually(() => expect(client.got).toHaveLength(3), 'all of it');
    expect(client.got[0]).toBe(`j ${position} 1\n`);
    expect(client.got[1]).toBe(`g ${unread}\n`);
    expect(client.got[2]).toMatch(/^m 3\.\w{8}\ntwo$/);
  });

  it('ends what the application listens to', async () => {
    const { room } = bench;
    const heard: unknown[] = [];
    room.listen().subscribe({
      next: ({ message }) => heard.push(message),
      error: (error: unknown) => heard.push(error),
    });
    await eventually(async () => {
      await room.broadcast('one');
      expect(heard).not.toEqual([]);
    }, 'the listener to be there');
    await bench.write();
    await eventually(() => expect(heard.at(-1)).toBeInstanceOf(RoomGapException), 'its end');
  });

  it('makes what is read of the history incomplete', async () => {
    const { room } = bench;
    await room.broadcast('one');
    expect(await room.history()).toMatchObject({ isComplete: true });
    await bench.write();
    const { messages, isComplete } = await room.history();
    expect(messages.map(({ message }) => message)).toEqual(['one']);
    expect(isComplete).toBe(false);
  });
});
