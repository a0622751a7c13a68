import { Module } from '@nestjs/common';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { ChatModule } from './chat/chat.module.js';

@Module({
  imports: [
    // With 'close' the page is told why it may not come in; a browser shows an HTTP refusal to nobody.
    RevaliWsModule.forRoot({ refusal: 'close', maxConnections: 1_000 }),
    AsyncApiModule.forRoot({ info: { title: 'Chat', version: '1.0.0' } }),
    ChatModule,
  ],
})
export class AppModule {}
