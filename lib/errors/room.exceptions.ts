import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  PayloadTooLargeException,
  ServiceUnavailableException,
} from '@nestjs/common';
import { Kin } from './kin.exception.js';
import { at, type FaultLocation } from './revali-ws.exceptions.js';

/** Two classes use the same rooms name. Thrown at startup. */
@Kin('DuplicateRoomsNameException')
export class DuplicateRoomsNameException extends Error {
  /** @internal */
  constructor(name: string, first: string, second: string) {
    super(
      `${second} is @WebSocketRooms('${name}'), and so is ${first}. Give one of them another name: ` +
        'rooms of one name in both would be one room.',
    );
    this.name = DuplicateRoomsNameException.name;
  }
}

/** Rooms that cannot be served. Thrown at startup. */
@Kin('InvalidRoomsException')
export class InvalidRoomsException extends Error {
  /** @internal @param cure A sentence. */
  constructor(where: string, what: string, cure: string) {
    super(`${where} ${what}. ${cure}`);
    this.name = InvalidRoomsException.name;
  }
}

/**
 * A parameter injects a room that the route has not joined, or one of several without saying which. Thrown at startup.
 */
@Kin('AmbiguousRoomParameterException')
export class AmbiguousRoomParameterException extends Error {
  /** @internal */
  constructor(where: FaultLocation, joined: readonly string[]) {
    const has =
      joined.length === 0 ? 'joins no such room' : `joins rooms of ${joined.join(' and ')}`;
    super(
      `${at(where)} has a parameter for its room, and the route ${has}. ` +
        'Use @JoinRoom() on the route, and @JoinedRoom(Kind) if it joins several.',
    );
    this.name = AmbiguousRoomParameterException.name;
  }
}

/** The history of rooms that keep none was requested. */
@Kin('NoHistoryException')
export class NoHistoryException extends Error {
  /** @internal @param what The call that asks for it. */
  constructor(kind: string, what: string) {
    super(
      `${what} needs history, and rooms of "${kind}" keep none. Say how much: ` +
        `@WebSocketRooms('${kind}', { history: { messages: 100, age: '5m' } }).`,
    );
    this.name = NoHistoryException.name;
  }
}

/** The application missed messages of a room that it listens to. Read the state again, then listen again. */
@Kin('RoomGapException')
export class RoomGapException extends Error {
  /** @internal */
  constructor(room: string) {
    super(`Messages of the room ${room} are missing. Read its state again, then listen again.`);
    this.name = RoomGapException.name;
  }
}

/** An invalid room name. 400 at the handshake; if uncaught in the message phase, close code 1007. */
@Kin('InvalidRoomNameException')
export class InvalidRoomNameException extends BadRequestException {
  /** @internal The name may come from a client, so it is not shown. */
  constructor(
    /** The kind of rooms that was requested. */
    readonly kind: string,
  ) {
    super('Invalid room name');
    this.name = InvalidRoomNameException.name;
  }
}

/** `authorize()` refused. 403 at the handshake; if uncaught in the message phase, close code 1008. */
@Kin('RoomForbiddenException')
export class RoomForbiddenException extends ForbiddenException {
  /** @internal */
  constructor() {
    super('Forbidden room');
    this.name = RoomForbiddenException.name;
  }
}

/** All that clients are told; problems of the server do not concern them. */
export const ROOMS_UNAVAILABLE = 'Rooms are not available';

/** `authorize()` timed out. 503 at the handshake; if uncaught in the message phase, close code 1013. */
@Kin('RoomAuthorizationTimeoutException')
export class RoomAuthorizationTimeoutException extends ServiceUnavailableException {
  /** @internal */
  constructor(
    /** The kind of rooms that was requested. */
    readonly kind: string,
    ms: number,
  ) {
    super(ROOMS_UNAVAILABLE);
    this.name = RoomAuthorizationTimeoutException.name;
    const what = `authorize() of rooms of "${kind}" has not answered within ${ms} ms`;
    this.message = `${ROOMS_UNAVAILABLE}. ${what}. Let it settle, or give it more time: rooms.joinTimeout`;
  }
}

/**
 * The connection is already in `maxRoomsPerConnection` rooms. 429; if uncaught in the message phase, close code 1008.
 */
@Kin('TooManyRoomsException')
export class TooManyRoomsException extends HttpException {
  /** @internal */
  constructor(limit: number) {
    super(
      { statusCode: 429, message: `More than ${limit} rooms`, error: 'Too Many Requests' },
      429,
    );
    this.name = TooManyRoomsException.name;
    this.message = `More than ${limit} rooms`;
  }
}

/** A broadcast is larger than `maxMessage` of its rooms. 413; if uncaught in the message phase, close code 1008. */
@Kin('MessageTooLargeException')
export class MessageTooLargeException extends PayloadTooLargeException {
  /** @internal */
  constructor(kind: string, bytes: number, limit: number) {
    super(`A message of ${bytes} bytes is more than the ${limit} that rooms of "${kind}" take`);
    this.name = MessageTooLargeException.name;
  }
}

const CURES = {
  refused: "Nothing has happened: try again once rooms.status is 'ready'.",
  unknown: 'It may have been accepted anyway: with history, repeat it with the same id.',
};

/**
 * The broker cannot be reached, or did not answer in time: a broadcast, a join or a query failed. 503 over HTTP; if
 * uncaught in the message phase, close code 1013.
 */
@Kin('BrokerUnavailableException')
export class BrokerUnavailableException extends ServiceUnavailableException {
  /** @internal */
  constructor(
    broker: string,
    what: string,
    /** `'refused'`: nothing happened. `'unknown'`: the broker may have accepted it anyway. */
    readonly outcome: 'refused' | 'unknown',
    cause?: unknown,
  ) {
    // Nest 11 sets no description if there is a cause.
    super(ROOMS_UNAVAILABLE, { cause, description: 'Service Unavailable' });
    this.name = BrokerUnavailableException.name;
    this.message = `${ROOMS_UNAVAILABLE}. ${broker}: ${what}. ${CURES[outcome]}`;
  }
}
