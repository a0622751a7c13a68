import assert from 'node:assert/strict';
import type { HistoryEntry, HistoryStep, RoomPosition } from '../../brokers/room.broker.js';
import { LONG, type BrokerStage } from './broker.stage.js';
import type { ToldLink } from './told.link.js';

export const TAG = /^[0-9a-f]{8}$/;

export const numbers = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, index) => `${index + from}`);
export const textsOf = (entries: readonly HistoryEntry[]): string[] =>
  entries.map(({ packet }) => packet.toString());

export async function keepAll(
  link: ToldLink,
  room: string,
  texts: readonly string[],
  limits = LONG,
) {
  return Promise.all(texts.map((text) => link.keep(room, text, limits)));
}

export async function withMessages(stage: BrokerStage, count: number, limits = LONG) {
  const room = stage.room('blue', limits);
  const link = await stage.subscriber(room);
  const first = await link.positionOf(room);
  const positions = await keepAll(link, room, numbers(count), limits);
  return { room, link, first, positions };
}

/** Checks that each message is the successor of the one before. */
export function assertChain(
  before: RoomPosition,
  steps: readonly (HistoryStep | undefined)[],
): void {
  let last = before;
  for (const step of steps) {
    assert(step, 'what is kept has a step');
    assert.match(step.tag, TAG);
    const { offset, tag, prev, prevOffset = offset - 1 } = step;
    assert.deepEqual({ offset: prevOffset, tag: prev }, last);
    assert(offset > last.offset, 'offsets grow');
    last = { offset, tag };
  }
}
