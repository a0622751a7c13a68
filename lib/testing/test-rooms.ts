import { readRoomHeader } from '../rooms/room.header.js';
import type { Message } from './message.js';
import { WaitingRoom, type WaitFailures } from './waiting.room.js';

/** A room has let the client in. */
export interface JoinedNotice {
  /** The client is a member. */
  readonly type: 'joined';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** Of the newest message before what comes; `undefined` where the room keeps no history. */
  readonly position: string | undefined;
  /** Whether what comes continues the position that the client was at. */
  readonly recovered: boolean;
}

/** Messages of a room may be missing here. */
export interface GapNotice {
  /** Messages may be missing. */
  readonly type: 'gap';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** What was before it may be missing; `undefined` where the room keeps no history. */
  readonly position: string | undefined;
}

/** The client is in a room no more. */
export interface LeftNotice {
  /** The client is a member no more. */
  readonly type: 'left';
  /** `<kind>/<name>`. */
  readonly room: string;
  /** Of `expel()` where it closes, else 1000. */
  readonly code: number;
}

/** What a room tells a client that speaks `revali.v1`, besides its messages. */
export type RoomNotice = JoinedNotice | GapNotice | LeftNotice;

/** By what it tells. */
export interface Notices {
  /** The client is a member. */
  readonly joined: JoinedNotice;
  /** Messages may be missing. */
  readonly gap: GapNotice;
  /** The client is a member no more. */
  readonly left: LeftNotice;
}

/** What of a room changes where the client is. A position of `undefined` is none. */
interface Step {
  readonly isMessage: boolean;
  readonly room?: string;
  readonly position?: string | undefined;
}

const OTHER_MESSAGE: Step = { isMessage: true };
/** Stands for a length of two bytes that follow. */
const LONG = 255;

/** What rooms tell one client, and where it is in each of them: behind what the test has taken. */
export class TestRooms {
  private readonly notices: WaitingRoom<RoomNotice>;
  private readonly places = new Map<string, string>();
  /** Messages that were not taken yet, and notices behind one of them. */
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

  /** @returns The message behind its header, `undefined` for what is only a notice. */
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

  /** A message from no room. */
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

/** A header line of `revali.v1`, and the payload behind it. */
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
