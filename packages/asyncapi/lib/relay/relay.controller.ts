import { Body, Controller, Inject, type Type } from '@nestjs/common';
import { Connection, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import {
  decorate,
  hideFromSwagger,
  type AsyncApiDecorator,
} from '../decorators/controller.decorators.js';
import { hasGuards } from '../decorators/guards.js';
import { memberOf } from '../schema/json.schema.js';
import { RelayWithoutGuardException } from './relay.exceptions.js';
import { RELAY } from './relay.mark.js';
import { RelayService } from './relay.service.js';

const MAX_MESSAGE = 4 * 1024 * 1024;

/**
 * Creates the relay's route, with the decorators of the controller that serves the documents.
 *
 * @throws RelayWithoutGuardException in production, without a guard among the decorators.
 */
export function createRelayController(
  path: string,
  decorators: readonly AsyncApiDecorator[],
): Type<unknown> {
  @Controller()
  class AsyncApiRelayController {
    static readonly [RELAY] = true;

    constructor(@Inject(RelayService) private readonly relays: RelayService) {}

    @WebSocket(`${path}/relay`, {
      format: 'text',
      triggerOnConnect: true,
      origins: 'same-origin',
      maxPayload: MAX_MESSAGE,
      concurrency: 1,
      backpressure: { policy: 'wait' },
      errors: 'close',
    })
    async relay(
      @Connection() connection: WebSocketConnection<object>,
      @Body() text?: string,
    ): Promise<void> {
      if (text === undefined) this.relays.begin(connection);
      else await this.relays.receive(connection, text);
    }
  }
  decorate(AsyncApiRelayController, decorators, ['relay']);
  hideFromSwagger(AsyncApiRelayController);
  const guarded = [AsyncApiRelayController, memberOf(AsyncApiRelayController.prototype, 'relay')];
  if (process.env['NODE_ENV'] === 'production' && !guarded.some(hasGuards))
    throw new RelayWithoutGuardException();
  return AsyncApiRelayController;
}
