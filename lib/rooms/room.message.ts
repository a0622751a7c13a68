import type { HistoryStep, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { withHeader } from '../calls/call.header.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import { FramedMessage } from '../send/framed.message.js';
import { gapHeader, messageHeader, writeRoom } from './room.header.js';
import type { RoomPacket } from './room.packet.js';

const NO_ONE: readonly string[] = [];
/** Bytes that an entry of a ring costs in addition to its content. */
const ENTRY_COST = 300;

/** A message to the members of a room, in both of its forms. */
export interface RoomMessage {
  /** `undefined`: only clients that asked for headers get it. */
  readonly plain: PreparedMessage | undefined;
  /** With the room's header, for clients that asked for headers. `undefined` if nobody here can read it. */
  readonly headed: PreparedMessage | undefined;
  /** Whether it was encoded as JSON. */
  readonly isJson: boolean;
  /** Whether it is about the room itself, for clients that asked for headers only. */
  readonly isNotice: boolean;
  /** Whether it says that messages are missing. */
  readonly isGap: boolean;
  /** Ids of connections that do not get it. */
  readonly except: readonly string[];
  /** Its place in the room's history, if it has one. */
  readonly step: HistoryStep | undefined;
  /** Counts the messages that the room has received here; set by the room. */
  seq: number;
}

/**
 * A broadcast: framed once for all clients without headers, and once for all clients with them. Framing is deferred
 * until delivery, and many members that catch up share it.
 */
export class RoomBroadcast implements RoomMessage {
  seq = 0;
  readonly isGap = false;
  readonly isNotice = false;
  readonly isJson: boolean;
  readonly except: readonly string[];
  private packet: RoomPacket | undefined;
  private bare: PreparedMessage | undefined;
  private made: PreparedMessage | undefined;

  /**
   * @param packet `undefined` if it is of a later version. It still has its place, and clients with headers learn of a
   * gap.
   */
  constructor(
    private readonly room: RoomKey,
    packet: RoomPacket | undefined,
    readonly step: HistoryStep | undefined,
  ) {
    this.packet = packet;
    this.isJson = packet?.isJson === true;
    this.except = packet?.except ?? NO_ONE;
  }

  get plain(): PreparedMessage | undefined {
    const { packet } = this;
    if (!packet) return this.bare;
    // The frame has its bytes.
    this.packet = undefined;
    return (this.bare = new FramedMessage(packet.payload, undefined, packet.isBinary));
  }

  get headed(): PreparedMessage | undefined {
    return (this.made ??= this.withHeader());
  }

  private withHeader(): PreparedMessage | undefined {
    const source = this.packet ?? this.bare;
    if (!source) return this.step && gapOf(this.room, this.step).headed;
    const { payload, isBinary } = source;
    const header = messageHeader(writeRoom(this.room), this.step);
    const content = isBinary ? payload : payload.toString('utf8');
    return new FramedMessage(withHeader(header, content), undefined);
  }
}

/** A broadcast with its place in history. */
export class HistoryMessage extends RoomBroadcast {
  readonly bytes: number;

  constructor(
    room: RoomKey,
    packet: RoomPacket | undefined,
    override readonly step: HistoryStep,
  ) {
    super(room, packet, step);
    this.bytes = (packet?.payload.length ?? 0) + ENTRY_COST;
  }
}

/** A header line about the room itself. */
export function noticeOf(header: string, isGap = false): RoomMessage {
  return {
    isGap,
    isNotice: true,
    isJson: false,
    plain: undefined,
    headed: new FramedMessage(`${header}\n`, undefined),
    except: NO_ONE,
    step: undefined,
    seq: 0,
  };
}

export function gapOf(room: RoomKey, position: RoomPosition | undefined): RoomMessage {
  return noticeOf(gapHeader(writeRoom(room), position), true);
}
