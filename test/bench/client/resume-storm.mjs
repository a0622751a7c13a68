// Clients that lose their connections all at once, and come back with their positions.
import { setTimeout as sleep } from 'node:timers/promises';
import { openAll } from './open.mjs';
import { RawConnection } from './raw-connection.mjs';
import { quantilesOf } from './quantiles.mjs';

const wire = { protocol: 'revali.v1' };
const JOINED = /^j (\S+) (\S+) ([01])\n$/;

let places = [];

async function nextJoin(connection) {
  const text = await connection.next();
  const [, room, position, isContinued] = JOINED.exec(text) ?? [];
  if (!room) throw new Error(`${text} instead of a join`);
  return { room, position, isContinued: isContinued === '1' };
}

/** Joins, keeps the positions, and is gone. */
export async function leaveRooms({ targets }) {
  const connections = await openAll(targets, wire, () => undefined);
  places = await Promise.all(connections.map(nextJoin));
  for (const connection of connections) connection.destroy();
}

/** @returns How long it took each of them to have what it has missed, in ms. */
export async function resumeRooms({ targets, overMs, missed, wanted }) {
  const times = await Promise.all(
    targets.map(async (target, index) => {
      await sleep((index / targets.length) * overMs);
      return resume(target, places[index], missed);
    }),
  );
  return quantilesOf(times, wanted);
}

async function resume({ port, path }, { room, position }, missed) {
  const began = performance.now();
  const connection = new RawConnection({ port, localAddress: '127.0.0.2' }, () => undefined);
  await connection.shakeHands(`${path}?resume=${room}~${position}`, wire);
  const { isContinued } = await nextJoin(connection);
  if (!isContinued) throw new Error(`${room} was not resumed`);
  for (let count = 0; count < missed; count += 1) {
    const text = await connection.next();
    if (!text.startsWith(`m ${room} `)) throw new Error(`${text} instead of a message`);
  }
  const time = performance.now() - began;
  connection.destroy();
  return time;
}
