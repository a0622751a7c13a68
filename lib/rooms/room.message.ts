import type { HistoryStep, RoomKey, RoomPosition } from '../brokers/room.broker.js';
import { withHeader } from '../calls/call.header.js';
import type { PreparedMessage } from '../handles/prepared.message.js';
import { FramedMessage } from '../send/framed.message.js';
import { gapHeader, messageHeader, writeRoom } from './room.header.js';
import type { RoomPacket } from './room.packet.js';

const NO_ONE: readonly string[] = [];
/** What an entry of a ring costs beside its bytes. */
const ENTRY_COST = 300;

/** What goes to the members of a room, in both of its forms. */
export interface RoomMessage {
  /** `undefined`: only clients that asked for headers are told. */
  readonly plain: PreparedMessage | undefined;
  /** With the header of the room, for clients that asked for it. `undefined` for what nobody here can read. */
  readonly headed: PreparedMessage | undefined;
  /** Whether it became JSON when it was encoded. */
  readonly isJson: boolean;
  /** Whether it tells of the room itself, and only clients that asked for headers. */
  readonly isNotice: boolean;
  /** Whether it tells that messages are missing. */
  readonly isGap: boolean;
  /** Ids of connections that do not get it. */
  readonly except: readonly string[];
  /** Its place in the room's history, where it has one. */
  readonly step: HistoryStep | undefined;
  /** Counts what the room has received here; set by the room. */
  seq: number;
}

/**
 * A broadcast: framed once for all who get it bare, and once for all who want the header. Not before it is told: what
 * many catch up on is held once.
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

  /** @param packet `undefined` for one of a later version. It has its place, and clients with headers are told of a gap. */
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

/** A line about the room itself. */
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
