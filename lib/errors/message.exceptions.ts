import { BadRequestException } from '@nestjs/common';
import { Kin } from './kin.exception.js';
import { at, type FaultLocation } from './revali-ws.exceptions.js';

/** `@OnMessage()` or its like in a class that serves no messages. Thrown while the application starts. */
@Kin('MessageOutsideControllerException')
export class MessageOutsideControllerException extends Error {
  /** @internal @param isMarked Whether the class has `@WebSocketController()`, and is listed in the wrong place. */
  constructor(where: FaultLocation, decorator: string, isMarked = false) {
    const { controller } = where;
    super(
      isMarked
        ? `${at(where)} has ${decorator}, but ${controller} is listed under "providers", where it serves nothing. ` +
            `List ${controller} under "controllers" of its module.`
        : `${at(where)} has ${decorator}, but ${controller} is no controller with @WebSocketController(). ` +
            'Put @WebSocketController() on the class in place of @Controller(), and list it under "controllers" of its module.',
    );
    this.name = MessageOutsideControllerException.name;
  }
}

/** A decorator that changes nothing on a method of a `@WebSocketController`. Thrown while the application starts. */
@Kin('MisplacedDecoratorException')
export class MisplacedDecoratorException extends Error {
  /** @internal */
  constructor(where: FaultLocation, decorator: string, cure: string) {
    super(`${at(where)} has ${decorator}, which changes nothing there. ${cure}`);
    this.name = MisplacedDecoratorException.name;
  }
}

/** Two methods of one class that take the same. Thrown while the application starts. */
@Kin('DuplicateMessageHandlerException')
export class DuplicateMessageHandlerException extends Error {
  /** @internal @param what As `@OnMessage('say')`. */
  constructor(what: string, first: FaultLocation, second: FaultLocation) {
    super(
      `${at(second)} has ${what}, which ${at(first)} has already. ` +
        'Leave it to one of them, or let that one call the other.',
    );
    this.name = DuplicateMessageHandlerException.name;
  }
}

/**
 * A message whose type no handler of its `@WebSocketController` takes, or that has none. An `HttpException` with status
 * 400; uncaught, the client sees the close code 1007 `Unknown message type`, or the reply
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
