import { readRoomHeader } from '../rooms/room.header.js';
import type { Message } from './message.js';
import { WaitingRoom, type WaitFailures } from './waiting.room.js';

/** The client has entered a room. */
export interface JoinedNotice {
  /** The client is a member. */
  readonly type: 'joined';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** The position before the messages that follow; `undefined` if the room keeps no history. */
  readonly position: string | undefined;
  /** Whether the messages that follow continue from the position that the client sent. */
  readonly recovered: boolean;
}

/** Messages of a room may be missing at this point. */
export interface GapNotice {
  /** Messages may be missing. */
  readonly type: 'gap';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** Messages before it may be missing; `undefined` if the room keeps no history. */
  readonly position: string | undefined;
}

/** The client is no longer in a room. */
export interface LeftNotice {
  /** The client is no longer a member. */
  readonly type: 'left';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** The code given to `expel()` if it closes, else 1000. */
  readonly code: number;
}

/** What a room tells a client that speaks `revali.v1`, apart from its messages. */
export type RoomNotice = JoinedNotice | GapNotice | LeftNotice;

/** Notices by type. */
export interface Notices {
  /** The client is a member. */
  readonly joined: JoinedNotice;
  /** Messages may be missing. */
  readonly gap: GapNotice;
  /** The client is no longer a member. */
  readonly left: LeftNotice;
}

/** How a notice or message moves the client's place in a room. A position of `undefined` means none. */
interface Step {
  readonly isMessage: boolean;
  readonly room?: string;
  readonly position?: string | undefined;
}

const OTHER_MESSAGE: Step = { isMessage: true };
/** Means that the length follows in two bytes. */
const LONG = 255;

/** What rooms tell one client, and the client's place in each room after the messages the test has taken. */
export class TestRooms {
  private readonly notices: WaitingRoom<RoomNotice>;
  private readonly places = new Map<string, string>();
  /** Messages that were not taken yet, and notices after one of them. */
  private readonly ahead: Step[] = [];

  constructor(failures: WaitFailures) {
    this.notices = new WaitingRoom(failures);
  }

  get positions(): Record<string, string> {
    return Object.fromEntries(this.places);
  }

  /** Notices that nobody has asked for. */
  get queued(): readonly RoomNotice[] {
    return this.notices.queued;
  }

  position(room: string): string | undefined {
    return this.places.get(room);
  }

  take(type: RoomNotice['type'], room: string | undefined, timeout: number): Promise<RoomNotice> {
    const awaited = `the notice ${describeNotice({ type, room: room ?? 'a room' })}`;
    const fits = (notice: RoomNotice): boolean =>
      notice.type === type && (room === undefined || notice.room === room);
    return this.notices.take(awaited, timeout, fits);
  }

  /** @returns The message after its header; `undefined` if it is only a notice. */
  receive(message: Message): Message | undefined {
    const { header, content } = splitHeader(message);
    const told = readRoomHeader(header);
    if (!told) return message;
    const { kind, room, position } = told;
    if (kind === 'm') {
      this.ahead.push({ isMessage: true, room, position });
      return content;
    }
    this.notices.put(noticeOf(told));
    const step = { isMessage: false, room, position };
    if (this.ahead.length > 0) this.ahead.push(step);
    else this.go(step);
    return undefined;
  }

  /** A message from outside any room. */
  pass(): void {
    this.ahead.push(OTHER_MESSAGE);
  }

  /** The test has taken the next message. */
  taken(): void {
    const message = this.ahead.shift();
    if (message) this.go(message);
    const next = this.ahead.findIndex(({ isMessage }) => isMessage);
    for (const step of this.ahead.splice(0, next < 0 ? Infinity : next)) this.go(step);
  }

  /** Nothing more will come. */
  end(): void {
    this.notices.end();
  }

  private go({ room, position }: Step): void {
    if (room === undefined) return;
    if (position === undefined) this.places.delete(room);
    else this.places.set(room, position);
  }
}

/** `joined chat/blue` */
export function describeNotice({ type, room }: Pick<RoomNotice, 'type' | 'room'>): string {
  return `"${type}" of ${room}`;
}

function noticeOf(told: NonNullable<ReturnType<typeof readRoomHeader>>): RoomNotice {
  const { kind, room, position, isContinued, code = 0 } = told;
  if (kind === 'l') return { type: 'left', room, code };
  if (kind === 'g') return { type: 'gap', room, position };
  return { type: 'joined', room, position, recovered: isContinued };
}

/** A header line of `revali.v1`, and the payload after it. */
export function splitHeader(message: Message): { header: string; content: Message } {
  if (typeof message === 'string') {
    const end = message.indexOf('\n');
    if (end < 0) return { header: '', content: message };
    return { header: message.slice(0, end), content: message.slice(end + 1) };
  }
  const [first = 0] = message;
  const isLong = first === LONG && message.length >= 3;
  const begin = isLong ? 3 : 1;
  const end = begin + (isLong ? message.readUInt16BE(1) : first);
  return { header: message.toString('latin1', begin, end), content: message.subarray(end) };
}
