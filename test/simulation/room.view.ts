import type { RoomKey, RoomPosition } from '../../lib/brokers/room.broker.js';
import { isSame, positionBefore, writePosition } from '../../lib/rooms/room.position.js';
import type { AcceptedMessage, RoomLog } from './room.log.js';
import type { SimulatedServer } from './simulated.server.js';

export interface ViewParts {
  readonly room: RoomKey;
  readonly client: string;
  readonly server: SimulatedServer;
  readonly hasHistory: boolean;
  /** Where it wants to go on. */
  readonly wanted: RoomPosition | undefined;
  readonly replay: number;
  readonly fail: (what: string) => void;
}

/** What one client has seen of one room, from its join to its leave, and whether that is what was promised. */
export class RoomView {
  /** Up to where it knows the room, with history. */
  position: RoomPosition | undefined;
  isIn = false;
  private readonly log: RoomLog;
  private readonly lastAtRequest: RoomPosition;
  private lastOrder = 0;
  /** Of what was said in the room: from here on it must get everything, without history. */
  private due = Infinity;
  /** It cannot be told of gaps, and its node was told of one. */
  private mayMiss = false;

  constructor(readonly parts: ViewParts) {
    this.log = parts.server.logOf(parts.room);
    this.lastAtRequest = this.log.last;
  }

  /** `j`, or what the application is told. */
  join(position: RoomPosition | undefined, isContinued: boolean): void {
    if (this.isIn) return this.fail('was welcomed twice');
    const { wanted, replay, hasHistory } = this.parts;
    this.isIn = true;
    this.position = position;
    this.due = this.said.length;
    if (hasHistory && !position) return this.fail('joined without a position');
    if (isContinued && (!wanted || !position || !isSame(wanted, position)))
      return this.fail('continues from where it was not');
    if (wanted && !isContinued && this.log.couldGive(wanted, this.lastAtRequest, this.now))
      return this.fail(`was refused to continue from ${writePosition(wanted)}, which is kept`);
    if (isContinued || !position || replay > 0) return undefined;
    this.lastOrder = this.orderOf(position);
    return undefined;
  }

  /** A client that is told nothing but messages may get them from its call on. */
  expect(): void {
    this.isIn = true;
  }

  /** Its call was answered: what is accepted from now on, it must get. */
  enter(position: RoomPosition | undefined): void {
    if (this.due === Infinity) this.due = this.said.length;
    if (this.parts.replay === 0) this.position ??= position;
  }

  /** `m`. @param position `undefined` where the client is told none. */
  take(text: string, position: RoomPosition | undefined): void {
    const { server, room, client, hasHistory } = this.parts;
    const message = server.accepted.get(text);
    if (!this.isIn) return this.fail(`got "${text}" outside`);
    if (!message || message.room !== room) return this.fail(`got "${text}" of nobody here`);
    if (message.except.includes(client)) return this.fail(`got "${text}", which excepts it`);
    if (message.order <= this.lastOrder) return this.fail(`got "${text}" again, or too late`);
    this.lastOrder = message.order;
    if (position && (!message.step || !isSame(position, message.step)))
      return this.fail(`got "${text}" with the position of another`);
    return hasHistory ? this.follow(message) : this.count(message);
  }

  /** `g`. */
  gap(position: RoomPosition | undefined): void {
    if (!this.isIn) return this.fail('was told of a gap outside');
    this.due = this.said.length;
    if (!this.parts.hasHistory) return undefined;
    if (!position || !this.position) return this.fail('was told of a gap without a position');
    if (this.isIdle(this.position, position))
      return this.fail(
        `was at ${writePosition(this.position)}, and told of a gap before ${writePosition(position)} that is none`,
      );
    this.position = position;
    return undefined;
  }

  /** Its node was told that something is missing, and it cannot be. */
  gapOfNode(): void {
    this.mayMiss = true;
    if (this.due !== Infinity) this.due = this.said.length;
  }

  /** After rest. */
  checkComplete(): void {
    const { hasHistory } = this.parts;
    if (!this.isIn) return;
    if (!hasHistory) this.checkDue(this.said.length);
    // What went back, and has not gone on, shows at its next message.
    else if (this.position && !this.log.between(this.log.last, this.position))
      this.checkHole(this.log.last, 'at rest');
  }

  private get said(): readonly AcceptedMessage[] {
    return this.parts.server.saidIn(this.parts.room);
  }

  private get now(): number {
    return this.parts.server.clock.now;
  }

  private follow({ step }: AcceptedMessage): void {
    if (!step) return this.fail('got a message without a place');
    if (this.position) this.checkHole(positionBefore(step), 'before its next message');
    this.position = { offset: step.offset, tag: step.tag };
    this.mayMiss = false;
    return undefined;
  }

  /** Between here and there is nothing, or only what excepts it. */
  private checkHole(to: RoomPosition, when: string): void {
    const from = this.position;
    if (!from || this.mayMiss) return;
    const steps = this.log.between(from, to);
    const missed = steps?.filter(({ tag }) => !this.excepts(tag)).map(writePosition);
    if (missed?.length === 0) return;
    const what = missed ? `misses ${missed.join(' ')}` : 'is in another history';
    this.fail(`${what} ${when}: ${writePosition(from)}, then ${writePosition(to)}`);
  }

  private excepts(tag: string): boolean {
    return this.messageOf(tag)?.except.includes(this.parts.client) === true;
  }

  private messageOf(tag: string): AcceptedMessage | undefined {
    return this.said.find(({ step }) => step?.tag === tag);
  }

  private orderOf({ tag }: RoomPosition): number {
    return this.messageOf(tag)?.order ?? 0;
  }

  private count({ index }: AcceptedMessage): void {
    this.checkDue(index);
    if (this.due !== Infinity) this.due = Math.max(this.due, index + 1);
  }

  private checkDue(end: number): void {
    const missed = this.said
      .slice(this.due, end)
      .filter(({ except }) => !except.includes(this.parts.client));
    if (missed.length > 0) this.fail(`misses ${missed.map(({ text }) => text).join(' ')}`);
  }

  /** Whether the broker has everything that a gap says is missing. */
  private isIdle(from: RoomPosition, to: RoomPosition): boolean {
    if (this.said.some((message) => this.wasLostUnseen(message, from))) return false;
    if (this.log.couldGive(from, to, this.now)) return true;
    const goesBack = this.log.between(to, from) !== undefined;
    return goesBack && this.log.between(from, this.log.last) !== undefined;
  }

  /** The room was there, though this client was not told so. */
  private wasLostUnseen({ step, except }: AcceptedMessage, from: RoomPosition): boolean {
    if (!step || step.offset <= from.offset || !except.includes(this.parts.client)) return false;
    return this.log.between(step, this.log.last) === undefined;
  }

  private fail(what: string): undefined {
    this.parts.fail(what);
  }
}
