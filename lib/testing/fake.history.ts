import type { Position } from '../handles/room.handle.js';
import { positionFrom, writePosition } from '../rooms/room.position.js';

export interface FakeEntry<TMessage> {
  readonly position: Position;
  readonly message: TMessage;
}

const positionAt = (offset: number): Position =>
  writePosition({ offset, tag: offset.toString(16).padStart(8, '0') });

/** The history of a fake room. Positions count its messages, and are the same in each run. */
export class FakeHistory<TMessage> {
  private readonly entries: FakeEntry<TMessage>[] = [];
  private offset = 0;

  /** @param limit Messages. */
  constructor(private readonly limit: number) {}

  get position(): Position {
    return positionAt(this.offset);
  }

  add(message: TMessage): FakeEntry<TMessage> {
    this.offset += 1;
    const entry = { position: this.position, message };
    this.entries.push(entry);
    if (this.entries.length > this.limit) this.entries.shift();
    return entry;
  }

  newest(count: number): FakeEntry<TMessage>[] {
    return count > 0 ? this.entries.slice(-count) : [];
  }

  /** @throws TypeError for an invalid position. @returns `undefined` if messages in between are missing. */
  after(position: Position): FakeEntry<TMessage>[] | undefined {
    const offset = positionFrom(position)?.offset ?? 0;
    const missed = this.offset - offset;
    const isOurs = position === positionAt(offset) && missed >= 0;
    return isOurs && missed <= this.entries.length ? this.newest(missed) : undefined;
  }
}
