import { HttpException } from '@nestjs/common';
import { Kin } from './kin.exception.js';

/** Rooms that need more than their broker can do. Thrown while the application starts. */
@Kin('BrokerCapabilityException')
export class BrokerCapabilityException extends Error {
  /** @internal @param cure A sentence. */
  constructor(where: string, wants: string, broker: string, cure: string) {
    super(`${where} wants ${wants}, which ${broker} does not keep. ${cure}`);
    this.name = BrokerCapabilityException.name;
  }
}

/** `presence()` and the like, of rooms that do not keep who is there. */
@Kin('NoPresenceException')
export class NoPresenceException extends Error {
  /** @internal */
  constructor(kind: string, call: string, cure: string) {
    super(
      `${call} needs to know who is in rooms of "${kind}". Say @WebSocketRooms('${kind}', { presence: ${cure} }).`,
    );
    this.name = NoPresenceException.name;
  }
}

/** What others would see of a connection cannot be told: it is not let in. */
@Kin('InvalidRoomMemberException')
export class InvalidRoomMemberException extends Error {
  /** @internal */
  constructor(kind: string, what: string, cause?: unknown) {
    super(
      `A member of rooms of "${kind}" ${what}. ` +
        'Let memberOf(), or "as" of join(), give an object of JSON values with a "key".',
      { cause },
    );
    this.name = InvalidRoomMemberException.name;
  }
}

/** More are in a room than a list may hold. 413 over HTTP; uncaught in the message phase, close code 1008. */
@Kin('PresenceTooLargeException')
export class PresenceTooLargeException extends HttpException {
  /** @internal */
  constructor(connections: number, limit: number) {
    const message = `${connections} connections are in the room, and a list holds ${limit}. Use count().`;
    super({ statusCode: 413, message, error: 'Payload Too Large' }, 413);
    this.name = PresenceTooLargeException.name;
    this.message = message;
  }
}
