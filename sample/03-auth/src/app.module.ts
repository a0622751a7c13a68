import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { RevaliWsModule } from 'nestjs-revali-ws';
import { AsyncApiModule } from 'nestjs-revali-ws-asyncapi';

import { AuthController } from './auth.controller.js';
import { JwtStrategy } from './jwt.strategy.js';
import { LiveController } from './live.controller.js';
import { OpenConnections } from './open-connections.js';
import { Settings, SettingsModule } from './settings.js';
import { SignIns } from './sign-ins.js';
import { TalkRooms } from './talk.rooms.js';
import { Users } from './users.js';

@Module({
  imports: [
    SettingsModule,
    PassportModule,
    JwtModule.registerAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: ({ jwtSecret }: Settings) => ({ secret: jwtSecret }),
    }),
    RevaliWsModule.forRoot({
      // Lets the page see 4401 and 4403 with their reasons: browsers hide an HTTP refusal from pages.
      refusal: 'close',
      observers: [OpenConnections],
      // `origins` keeps its default, 'same-origin'. A browser sends the session cookie no matter which page opens
      // the connection; this check keeps other sites from using it (cross-site WebSocket hijacking).
    }),
    AsyncApiModule.forRoot({ info: { title: 'Authentication', version: '1.0.0' } }),
  ],
  controllers: [AuthController, LiveController],
  providers: [JwtStrategy, OpenConnections, SignIns, TalkRooms, Users],
})
export class AppModule {}
