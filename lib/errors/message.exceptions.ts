import { BadRequestException } from '@nestjs/common';
import { Kin } from './kin.exception.js';
import { at, type FaultLocation } from './revali-ws.exceptions.js';

/** `@OnMessage()` or a similar decorator in a class that serves no messages. Thrown at startup. */
@Kin('MessageOutsideControllerException')
export class MessageOutsideControllerException extends Error {
  /** @internal @param isMarked Whether the class has `@WebSocketController()` but is listed in the wrong place. */
  constructor(where: FaultLocation, decorator: string, isMarked = false) {
    const { controller } = where;
    super(
      isMarked
        ? `${at(where)} has ${decorator}, but ${controller} is listed under "providers", where it serves nothing. ` +
            `List ${controller} under "controllers" of its module.`
        : `${at(where)} has ${decorator}, but ${controller} is not a controller with @WebSocketController(). ` +
            'Put @WebSocketController() on the class instead of @Controller(), and list it under "controllers" of its module.',
    );
    this.name = MessageOutsideControllerException.name;
  }
}

/** A decorator that has no effect on a method of a `@WebSocketController`. Thrown at startup. */
@Kin('MisplacedDecoratorException')
export class MisplacedDecoratorException extends Error {
  /** @internal */
  constructor(where: FaultLocation, decorator: string, cure: string) {
    super(`${at(where)} has ${decorator}, which has no effect there. ${cure}`);
    this.name = MisplacedDecoratorException.name;
  }
}

/** Two methods of one class handle the same messages. Thrown at startup. */
@Kin('DuplicateMessageHandlerException')
export class DuplicateMessageHandlerException extends Error {
  /** @internal @param what The decorator, such as `@OnMessage('say')`. */
  constructor(what: string, first: FaultLocation, second: FaultLocation) {
    super(
      `${at(second)} has ${what}, which ${at(first)} has already. ` +
        'Leave it to one of them, or let that one call the other.',
    );
    this.name = DuplicateMessageHandlerException.name;
  }
}

/**
 * The message has no type, or one that no method of its `@WebSocketController` handles. An `HttpException` with status
 * 400; if uncaught, the client sees close code 1007 `Unknown message type`, or the reply
 * `{"error":{"statusCode":400,"message":"Unknown message type"}}`.
 */
@Kin('UnknownMessageTypeException')
export class UnknownMessageTypeException extends BadRequestException {
  /**
   * @internal
   * @param cause What the option `by` threw; for exception filters, never sent.
   */
  constructor(cause?: unknown) {
    super({ statusCode: 400, message: 'Unknown message type' }, { cause });
    this.name = UnknownMessageTypeException.name;
    this.message = 'Unknown message type';
  }
}
