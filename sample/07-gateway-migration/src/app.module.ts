import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { BoardService } from './board.service.js';
import { EventsController } from './events/events.controller.js';
import { BoardGateway } from './gateway/board.gateway.js';
import { GatewayClients } from './gateway/gateway-clients.js';
import { BoardController } from './route/board.controller.js';

/**
 * How to move a gateway onto routes. You can deploy each step separately.
 *
 * 1. `RevaliWsModule.forRoot()` replaces `app.useWebSocketAdapter(new WsAdapter(app))`. Clients notice nothing, and
 *    the gateway stays as it is.
 * 2. The gateway's state, who is there and what was said, moves into a service.
 * 3. A route at its own path does the same with that service.
 * 4. Clients move one by one, and both kinds meet.
 * 5. A message controller talks to clients that cannot change the way the gateway does. This is the sample's state.
 * 6. Delete `gateway/`, remove its providers from this module, and give its path to `events/`.
 */
@Module({
  imports: [
    // Browsers do not tell pages why a handshake was refused. With this, pages see a close code and a reason.
    RevaliWsModule.forRoot({ refusal: 'close' }),
    AsyncApiModule.forRoot({ info: { title: 'From gateway to route', version: '1.0.0' } }),
  ],
  controllers: [BoardController, EventsController],
  providers: [BoardService, BoardGateway, GatewayClients],
})
export class AppModule {}
