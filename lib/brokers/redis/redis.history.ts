import { newTag } from '../position.tag.js';
import type {
  HistoryEntry,
  HistoryPage,
  HistoryStore,
  RoomKey,
  RoomPosition,
} from '../room.broker.js';
import { readChannelMessage, readPosition } from './channel.message.js';
import { POSITIONS, READ } from './history.scripts.js';
import { unavailable } from './redis.errors.js';
import type { RedisNames } from './redis.names.js';
import type { RedisScript } from './redis.script.js';

/** Rooms in one command. */
const BATCH = 512;

export interface HistoryParts {
  readonly names: RedisNames;
  /** @throws BrokerUnavailableException (as a rejection) */
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown>;
}

/** One server's history of rooms. */
export class RedisHistory implements HistoryStore {
  constructor(private readonly parts: HistoryParts) {}

  async read(room: RoomKey, after: RoomPosition | undefined, limit: number): Promise<HistoryPage> {
    const { names } = this.parts;
    const from = after ? `${after.offset}` : '';
    const answer = await this.parts.run(
      READ,
      [names.meta(room), names.stream(room)],
      [newTag(), from, `${limit}`],
    );
    const [newest, ...rest] = buffersIn(answer);
    const entries: HistoryEntry[] = [];
    for (let index = 0; index + 1 < rest.length; index += 2)
      entries.push(entryOf(room, rest[index], rest[index + 1]));
    return { entries, last: positionOf(room, newest) };
  }

  async positions(rooms: readonly RoomKey[]): Promise<readonly RoomPosition[]> {
    const batches: Promise<RoomPosition[]>[] = [];
    for (let start = 0; start < rooms.length; start += BATCH)
      batches.push(this.positionsOf(rooms.slice(start, start + BATCH)));
    return (await Promise.all(batches)).flat();
  }

  private async positionsOf(rooms: readonly RoomKey[]): Promise<RoomPosition[]> {
    const metas = rooms.map((room) => this.parts.names.meta(room));
    const answer = buffersIn(await this.parts.run(POSITIONS, metas, rooms.map(newTag)));
    return rooms.map((room, index) => positionOf(room, answer[index]));
  }
}

const buffersIn = (answer: unknown): Buffer[] =>
  Array.isArray(answer) ? answer.filter((item) => Buffer.isBuffer(item)) : [];

const broken = (room: RoomKey): Error =>
  unavailable(`someone else has written to the history of ${room}`, 'unknown');

function positionOf(room: RoomKey, bytes: Buffer | undefined): RoomPosition {
  const position = bytes && readPosition(bytes.toString('latin1'));
  if (!position) throw broken(room);
  return position;
}

/** @param id `<offset>-<time in ms>` */
function entryOf(room: RoomKey, id: Buffer | undefined, bytes: Buffer | undefined): HistoryEntry {
  const message = bytes && readChannelMessage(bytes);
  const [, time] = id?.toString('latin1').split('-') ?? [];
  if (!message?.step || time === undefined) throw broken(room);
  return { step: message.step, packet: message.packet, time: Number(time) };
}
