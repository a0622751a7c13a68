// Our routes.  ours.js [--platform express|fastify|fastify-http2] [--middleware 3] [--observers 1] [--compressed]
//   [--session] [--ping 16000]
import 'reflect-metadata';
import { parseArgs } from 'node:util';
import {
  Body,
  Controller,
  Injectable,
  Module,
  Param,
  UseGuards,
  UseInterceptors,
  ValidationPipe,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import {
  CleanUp,
  JoinRoom,
  OnMessage,
  RevaliWsModule,
  Room,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketController,
  WebSocketRooms,
  type WebSocketObserver,
} from 'nestjs-revali-ws';
import { serve } from './control.js';
import {
  AllowGuard,
  EchoDto,
  JwtGuard,
  SameInterceptor,
  SamePipe,
  SchemaBody,
  SessionGuard,
  ZodPipe,
} from './enhancers.js';
import { createApp, listenApp } from './listening.js';
import {
  INDEPENDENT,
  NEWS,
  NEWS_BYTES,
  NEWS_OBJECT,
  PRICES,
  PRICES_OBJECT,
  STORIES,
  STORY_BYTES,
} from './news.js';
import { findSession } from './sessions.js';

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'express' },
    middleware: { type: 'string', default: '0' },
    observers: { type: 'string', default: '0' },
    compressed: { type: 'boolean', default: false },
    session: { type: 'boolean', default: false },
    ping: { type: 'string' },
  },
});

/** Costs what every observer costs, and no more. */
@Injectable()
class SilentObserver implements WebSocketObserver {
  onOpen(): void {}
}

@Controller()
class EchoController {
  @WebSocket('plain')
  plain(@Body() message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('enhanced')
  @UseGuards(AllowGuard)
  @UseInterceptors(SameInterceptor)
  enhanced(@Body(SamePipe) message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('dto')
  dto(@Body(new ValidationPipe({ transform: true })) message: EchoDto): EchoDto {
    return message;
  }

  @WebSocket('zod')
  zod(@Body(ZodPipe) message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('schema')
  schema(@SchemaBody() message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('mapped')
  @UseInterceptors(SameInterceptor)
  mapped(@Body() message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('stream')
  async *stream(@Body() message: Record<string, unknown>): AsyncGenerator {
    yield message;
  }

  @WebSocket('jwt')
  @UseGuards(JwtGuard)
  jwt(@Body() message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('session')
  @UseGuards(JwtGuard, SessionGuard)
  session(@Body() message: Record<string, unknown>): unknown {
    return message;
  }

  @WebSocket('guarded')
  @UseGuards(AllowGuard)
  guarded(@Body() message: Record<string, unknown>): unknown {
    return message;
  }
}

@WebSocketController('typed')
class TypedController {
  @OnMessage('echo')
  echo(@Body() message: Record<string, unknown>): unknown {
    return message;
  }
}

@Controller()
class FeedController {
  private readonly readers = new Set<WebSocketConnection>();

  @WebSocket('feed', { triggerOnConnect: true })
  feed(@Body() message: string | undefined, reader: WebSocketConnection, cleanUp: CleanUp): void {
    if (message) {
      for (const each of this.readers) void each.send(NEWS);
    } else this.add(reader, cleanUp);
  }

  @WebSocket('object-feed', { triggerOnConnect: true })
  objects(
    @Body() message: string | undefined,
    reader: WebSocketConnection,
    cleanUp: CleanUp,
  ): void {
    if (message) {
      for (const each of this.readers) void each.send(NEWS_OBJECT);
    } else this.add(reader, cleanUp);
  }

  @WebSocket('prepared-feed', { triggerOnConnect: true })
  prepared(
    @Body() message: string | undefined,
    reader: WebSocketConnection,
    cleanUp: CleanUp,
  ): void {
    if (message) {
      const prepared = reader.prepare(NEWS_OBJECT);
      for (const each of this.readers) void each.send(prepared);
    } else this.add(reader, cleanUp);
  }

  @WebSocket('prices', { triggerOnConnect: true })
  prices(@Body() message: string | undefined, reader: WebSocketConnection, cleanUp: CleanUp): void {
    if (message) {
      for (const each of this.readers) void each.send(PRICES);
    } else this.add(reader, cleanUp);
  }

  @WebSocket('prepared-prices', { triggerOnConnect: true })
  preparedPrices(
    @Body() message: string | undefined,
    reader: WebSocketConnection,
    cleanUp: CleanUp,
  ): void {
    if (message) {
      const prepared = reader.prepare(PRICES_OBJECT);
      for (const each of this.readers) void each.send(prepared);
    } else this.add(reader, cleanUp);
  }

  private add(reader: WebSocketConnection, cleanUp: CleanUp): void {
    this.readers.add(reader);
    cleanUp.add(() => this.readers.delete(reader));
  }
}

@WebSocketRooms('feed')
class FeedRooms extends Rooms<string> {}

@WebSocketRooms('bytes')
class BytesRooms extends Rooms<Buffer> {}

@WebSocketRooms('kept', { history: { messages: 100, age: '5m' } })
class KeptRooms extends Rooms<string> {}

@Controller()
class RoomController {
  @JoinRoom(FeedRooms, 'all')
  @WebSocket('room-feed')
  feed(@Body() _message: string, room: Room<string>): Promise<void> {
    return room.broadcast(NEWS);
  }

  @JoinRoom(KeptRooms, 'all')
  @WebSocket('kept-feed')
  kept(@Body() _message: string, room: Room<string>): Promise<void> {
    return room.broadcast(NEWS);
  }

  @JoinRoom(BytesRooms, 'all')
  @WebSocket('room-bytes')
  bytes(@Body() _message: string, room: Room<Buffer>): Promise<void> {
    return room.broadcast(NEWS_BYTES);
  }

  @JoinRoom(BytesRooms, ':story')
  @WebSocket('byte-stories/:story')
  byteStory(@Param('story') story: string, room: Room<Buffer>): Promise<void> {
    return room.broadcast(STORY_BYTES.get(story) ?? NEWS_BYTES);
  }

  @JoinRoom(FeedRooms, ':story')
  @WebSocket('stories/:story')
  story(@Param('story') story: string, room: Room<string>): Promise<void> {
    return room.broadcast(STORIES.get(story) ?? '');
  }

  @JoinRoom(FeedRooms, ':room')
  @WebSocket('rooms/:room')
  member(@Body() message: unknown): unknown {
    return message;
  }
}

@Module({
  imports: [
    RevaliWsModule.forRoot({
      perMessageDeflate: values.compressed && INDEPENDENT,
      ...(values.ping !== undefined && { ping: Number(values.ping) }),
      observers: Array.from({ length: Number(values.observers) }, () => SilentObserver),
    }),
  ],
  controllers: [EchoController, TypedController, FeedController, RoomController],
  providers: [FeedRooms, BytesRooms, KeptRooms],
})
class BenchModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    if (values.session) consumer.apply(findSession).forRoutes('{*path}');
    for (let count = 0; count < Number(values.middleware); count += 1)
      consumer
        .apply((_request: unknown, _response: unknown, next: () => void) => next())
        .forRoutes('{*path}');
  }
}

serve(async () => listenApp(await createApp(BenchModule, values.platform)));
