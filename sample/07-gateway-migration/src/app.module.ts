import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { BoardService } from './board.service.js';
import { EventsController } from './events/events.controller.js';
import { BoardGateway } from './gateway/board.gateway.js';
import { GatewayClients } from './gateway/gateway-clients.js';
import { BoardController } from './route/board.controller.js';

/**
 * How a gateway moves onto routes; each step can be deployed by itself.
 *
 * 1. `RevaliWsModule.forRoot()` takes the place of `app.useWebSocketAdapter(new WsAdapter(app))`. Clients notice
 *    nothing, and the gateway stays as it is.
 * 2. What the gateway knew by itself, who is there and what was said, moves into a service.
 * 3. A route at a path of its own does the same from that service.
 * 4. Clients move, one by one, and those of both kinds meet.
 * 5. A controller of messages speaks to clients that cannot change as the gateway does. Here the sample stands.
 * 6. `gateway/` is deleted, its providers are taken from this module, and `events/` gets its path.
 */
@Module({
  imports: [
    // Browsers do not tell pages why a handshake was refused; like this they see a close code and a reason.
    RevaliWsModule.forRoot({ refusal: 'close' }),
    AsyncApiModule.forRoot({ info: { title: 'From gateway to route', version: '1.0.0' } }),
  ],
  controllers: [BoardController, EventsController],
  providers: [BoardService, BoardGateway, GatewayClients],
})
export class AppModule {}
