import {
  Body,
  Controller,
  Inject,
  Injectable,
  Module,
  VersioningType,
  type NestApplicationOptions,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  exploreRoutes,
  JoinRoom,
  OnMessage,
  RevaliWsModule,
  Rooms,
  WebSocket,
  WebSocketController,
  WebSocketRooms,
  WebSocketRoutes,
} from 'nestjs-revali-ws';

const PREVIEW: NestApplicationOptions = { preview: true, logger: false, abortOnError: false };
const made: string[] = [];

@Injectable()
class Database implements OnModuleInit {
  constructor() {
    made.push('Database');
  }

  onModuleInit(): void {
    made.push('onModuleInit');
  }
}

@WebSocketRooms('talks')
class TalkRooms extends Rooms<string> {}

@Controller({ path: 'feed', version: '2' })
class FeedController {
  constructor(@Inject(Database) readonly database: Database) {
    made.push('FeedController');
  }

  @WebSocket([':id', 'all/:id'], { idleTimeout: '10s' })
  @JoinRoom(TalkRooms, ':id')
  feed(@Body() body: string): string {
    return body;
  }
}

@WebSocketController('chat')
class ChatController {
  @OnMessage('say') say(): void {}
}

const forRoot = RevaliWsModule.forRoot({ ping: '7s' });
const forRootAsync = RevaliWsModule.forRootAsync({ useFactory: () => ({ ping: '7s' }) });

@Module({
  imports: [forRoot],
  controllers: [FeedController, ChatController],
  providers: [Database, TalkRooms],
})
class AppModule {}

@Module({ imports: [forRootAsync], controllers: [ChatController] })
class AsyncModule {}

async function create(module: Type<unknown>, options: NestApplicationOptions) {
  const app = await NestFactory.create(module, options);
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI });
  return app;
}

describe('exploreRoutes()', () => {
  it('finds what a running application serves, with nothing instantiated', async () => {
    made.length = 0;
    const preview = exploreRoutes(await create(AppModule, PREVIEW));
    expect(made).toEqual([]);
    const app = await create(AppModule, { logger: false });
    try {
      await app.init();
      const { all } = app.get(WebSocketRoutes);
      expect(all.map(({ path }) => path)).toEqual([
        '/api/v2/feed/:id',
        '/api/v2/feed/all/:id',
        '/api/chat',
      ]);
      expect(preview).toEqual({ all, knowsOptions: true });
      expect(preview.all[0]?.options.ping).toMatchObject({ interval: 7_000 });
      expect(Object.isFrozen(preview.all)).toBe(true);
      expect(exploreRoutes(app)).toEqual({ all, knowsOptions: true });
    } finally {
      await app.close();
    }
  });

  it('says that it does not know what a factory would make', async () => {
    const { all, knowsOptions } = exploreRoutes(await create(AsyncModule, PREVIEW));
    expect(knowsOptions).toBe(false);
    expect(all.map(({ options }) => options.ping)).toMatchObject([{ interval: 30_000 }]);
  });

  it('knows what a factory has made, before app.init()', async () => {
    const app = await create(AsyncModule, { logger: false });
    try {
      const { all, knowsOptions } = exploreRoutes(app);
      expect(knowsOptions).toBe(true);
      expect(all.map(({ options }) => options.ping)).toMatchObject([{ interval: 7_000 }]);
    } finally {
      await app.close();
    }
  });

  it('names the module that is missing', async () => {
    @Module({ controllers: [FeedController], providers: [Database] })
    class BareModule {}
    const app = await create(BareModule, { preview: true, logger: false });
    expect(() => exploreRoutes(app)).toThrow(
      'The application has no RevaliWsModule. Import RevaliWsModule.forRoot() in its root module.',
    );
  });
});
