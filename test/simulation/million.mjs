// `node --expose-gc --max-old-space-size=6000 --import ./test/support/from-sources.mjs test/simulation/million.mjs`:
// 1,000,000 memberships over 100 nodes in one process, and the heap of each: some minutes. `-- 100000` makes fewer.
import { Logger } from '@nestjs/common';
import { MemoryBroker, Rooms, WebSocketRooms } from 'nestjs-revali-ws';

const { RoomHub } = await import('../../lib/rooms/room.hub.ts');
const NODES = 100;
const TURN = 5_000;
const memberships = Number(process.argv.at(-1)) || 1_000_000;

class ChatRooms extends Rooms {}
WebSocketRooms('chat')(ChatRooms);
const kind = new ChatRooms();

/** What rooms need of a connection. */
class Member {
  knownId = undefined;
  takesHeaders = false;
  hasEnded = false;
  places = undefined;

  deliver() {
    told += 1;
    return true;
  }

  deliverMissed() {}
  drained() {}
  dropBehind() {}
}

let told = 0;

const heap = () => {
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};

/** @param size Members of each room, each on a node of its own, as random placement makes it. */
async function measure(size) {
  const broker = new MemoryBroker();
  const hubs = Array.from({ length: NODES }, () => new RoomHub({ rooms: { broker } }));
  const members = Array.from({ length: memberships }, () => new Member());
  const before = heap();
  const begin = performance.now();
  for (let start = 0; start < memberships; start += TURN) {
    const some = members.slice(start, start + TURN);
    await Promise.all(
      some.map((member, index) => {
        const number = start + index;
        const name = String(Math.floor(number / size));
        return hubs[number % NODES].at(kind, name).join(member);
      }),
    );
  }
  const seconds = (performance.now() - begin) / 1000;
  const bytes = heap() - before;
  told = 0;
  await hubs[0].at(kind, '0').broadcast('hello');
  while (told < Math.min(size, memberships)) await new Promise((resolve) => setImmediate(resolve));
  for (const member of members) {
    member.hasEnded = true;
    member.places.leaveAll();
    member.places = undefined;
  }
  for (const hub of hubs) await hub.close();
  const left = heap() - before;
  console.log(
    `rooms of ${size}: ${Math.round(bytes / memberships)} B a membership, ${seconds.toFixed(1)} s; ` +
      `${told} told of a broadcast; ${Math.round(left / members.length)} B left when all have gone; ` +
      `at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB in all`,
  );
}

Logger.overrideLogger(false);
for (const size of [10, 1_000, memberships]) await measure(size);
