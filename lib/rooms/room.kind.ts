import 'reflect-metadata';
import type { HistoryLimits } from '../brokers/room.broker.js';
import { InvalidRoomsException } from '../errors/room.exceptions.js';
import { readMetadata } from '../nest/metadata.js';
import type { MessageFormat } from '../options/message.format.js';
import type { RoomsOptions } from '../options/rooms.options.js';
import { resolveOptions } from '../options/revali-ws.options.resolver.js';
import { ROOM_KIND_OPTIONS } from '../options/rooms.descriptors.js';
import type { PresenceKind } from '../presence/room.presence.js';
import { encoderOf, type MessageEncoder } from '../send/message.encoder.js';
import { bytesOf, copyOf } from '../send/payload.js';
import type { SlowRule } from './recipient.js';
import type { RoomPacket } from './room.packet.js';
import { ROOM_HOOKS, type AnyRooms, type RoomHooks } from './rooms.js';

const KIND = Symbol.for('nestjs-revali-ws:rooms-kind');

/** The arguments of `@WebSocketRooms()`. */
export interface KindMetadata {
  readonly name: string;
  readonly options: RoomsOptions;
}

/** Decodes the message of a packet. */
export type Decoder = (packet: Pick<RoomPacket, 'payload' | 'isBinary' | 'isJson'>) => unknown;

/** What all rooms of one class share. */
export interface RoomKind extends RoomHooks, Omit<PresenceKind, 'describe'> {
  readonly name: string;
  /** How much the broker keeps; `undefined`: nothing. */
  readonly history: HistoryLimits | undefined;
  readonly encode: MessageEncoder;
  /** Whether the encoder turns the message into JSON. */
  readonly isJson: (message: unknown) => boolean;
  /** Decodes an encoded message. */
  readonly decode: Decoder;
  /** Bytes. */
  readonly maxMessage: number;
  /** `undefined`: the policy of the member's route. */
  readonly slow: SlowRule;
  /** Whether members are authorized again after an outage. */
  readonly reauthorize: boolean;
}

const NAME = /^[a-z0-9-]{1,32}$/;

export function setKind(target: object, metadata: KindMetadata): void {
  Reflect.defineMetadata(KIND, metadata, target);
}

/** Metadata of the class itself, or of a class that it extends. */
export function kindMetadataOf(target: unknown): KindMetadata | undefined {
  if (typeof target !== 'function') return undefined;
  const metadata = readMetadata(KIND, target);
  return isKindMetadata(metadata) ? metadata : undefined;
}

/** @throws InvalidRoomsException, InvalidWebSocketOptionException */
export function kindOf(rooms: AnyRooms): RoomKind {
  const where = rooms.constructor.name;
  const metadata = kindMetadataOf(rooms.constructor);
  if (!metadata)
    throw new InvalidRoomsException(where, 'has no @WebSocketRooms()', 'Name its rooms with it.');
  const { name, options } = metadata;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new InvalidRoomsException(
      where,
      'has a name in @WebSocketRooms() that is not 1 to 32 characters of a-z, 0-9 and -',
      'The name tells its rooms from others.',
    );
  }
  const resolved = resolveOptions(where, ROOM_KIND_OPTIONS, options);
  const { codec, history, linger, maxMessage, presence, reauthorize } = resolved;
  if (resolved.slow === 'catchUp' && !history)
    throw new InvalidRoomsException(
      where,
      "has slow: 'catchUp' and no history",
      'Missed messages must be kept: set how much history.',
    );
  if (resolved.slow === 'drop' && history)
    throw new InvalidRoomsException(
      where,
      "has slow: 'drop' and history",
      "Members would silently miss messages: use 'catchUp', 'wait' or 'close'.",
    );
  return {
    name,
    history,
    encode: encoderOf(codec),
    isJson: (message) => codec === 'json' || (codec === 'auto' && isMadeJson(message)),
    decode: decoderOf(codec),
    maxMessage,
    slow: resolved.slow ?? (history && 'catchUp'),
    reauthorize,
    presence,
    linger,
    ...rooms[ROOM_HOOKS],
  };
}

function isMadeJson(message: unknown): boolean {
  return typeof message !== 'string' && bytesOf(message) === undefined;
}

function decoderOf(codec: MessageFormat): Decoder {
  if (typeof codec === 'object')
    return ({ payload, isBinary }) => codec.decode(copyOf(payload), isBinary);
  return ({ payload, isBinary, isJson }) => {
    if (isBinary) return copyOf(payload);
    const text = payload.toString('utf8');
    if (!isJson) return text;
    const value: unknown = JSON.parse(text);
    return value;
  };
}

/** Only `setKind()` writes under this key. */
function isKindMetadata(value: unknown): value is KindMetadata {
  return typeof value === 'object' && value !== null;
}
