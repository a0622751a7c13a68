import { HttpException } from '@nestjs/common';
import { Kin } from './kin.exception.js';

/** Rooms need a capability that their broker lacks. Thrown at startup. */
@Kin('BrokerCapabilityException')
export class BrokerCapabilityException extends Error {
  /** @internal @param cure A sentence. */
  constructor(where: string, wants: string, broker: string, cure: string) {
    super(`${where} wants ${wants}, which ${broker} does not keep. ${cure}`);
    this.name = BrokerCapabilityException.name;
  }
}

/** `presence()` or a similar method was called on rooms that do not keep presence. */
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

/** The connection may not enter, because the data that other members would see of it is invalid. */
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

/** The room has more members than a list may hold. 413 over HTTP; if uncaught in the message phase, close code 1008. */
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
