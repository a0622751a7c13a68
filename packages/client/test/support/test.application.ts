import {
  Body,
  Controller,
  Headers,
  HttpException,
  Injectable,
  Module,
  Param,
  Query,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  CloseWebSocketException,
  JoinRoom,
  MemoryBroker,
  OnMessage,
  RevaliWsModule,
  Room,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketController,
  WebSocketRooms,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';
import type { INestApplication } from '@nestjs/common';

/** What the server knows beyond the life of one application: its tickets, and what its handlers were given. */
export class ServerMemory {
  ticket = 'good';
  readonly broker = new MemoryBroker();
  received: unknown[] = [];
  stopped = 0;
}

@Injectable()
class TicketGuard implements CanActivate {
  constructor(private readonly memory: ServerMemory) {}

  canActivate(context: ExecutionContext): boolean {
    const { query } = context.switchToHttp().getRequest<{ query: Record<string, string> }>();
    if (query['status']) throw new HttpException('As you like', Number(query['status']));
    if (query['ticket'] !== this.memory.ticket) throw new UnauthorizedException();
    return true;
  }
}

@Controller()
class PlainController {
  constructor(private readonly memory: ServerMemory) {}

  @WebSocket('echo')
  echo(@Body() message: unknown): unknown {
    this.memory.received.push(message);
    return message;
  }

  @WebSocket('bytes', { format: 'binary' })
  bytes(@Body() message: Uint8Array): Uint8Array {
    return message;
  }

  @WebSocket('close')
  close(@Body() code: number): never {
    throw new CloseWebSocketException(code, 'As you like');
  }

  @WebSocket('close-at-once', { triggerOnConnect: true })
  closeAtOnce(@Query('code') code: string): never {
    throw new CloseWebSocketException(Number(code), 'At once');
  }

  @WebSocket('sink', { mode: 'receiveOnly' })
  sink(@Body() message: unknown): void {
    this.memory.received.push(message);
  }

  @WebSocket('feed', { mode: 'sendOnly' })
  async *feed(
    @Query('since') since: string | undefined,
    @Query('until') until: string,
    connection: WebSocketConnection,
  ): AsyncGenerator<{ id: number }> {
    for (let id = Number(since ?? 0) + 1; id <= Number(until); id += 1) {
      if (!connection.isOpen) return;
      yield { id };
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  @WebSocket('flood', { mode: 'sendOnly' })
  *flood(@Query('count') count: string): Generator<string> {
    for (let n = 0; n < Number(count); n += 1) yield `${n}`;
  }

  @WebSocket('beat', { triggerOnConnect: true })
  beat(@Query('times') times: string, connection: WebSocketConnection): void {
    for (let n = 1; n <= Number(times); n += 1)
      setTimeout(() => connection.isOpen && void connection.send(''), n * 50);
  }

  @UseGuards(TicketGuard)
  @WebSocket('private')
  private(@Body() message: unknown): unknown {
    this.memory.received.push(message);
    return message;
  }

  @WebSocket('ticket')
  ticket(@Headers('x-ticket') ticket: string): string {
    return ticket;
  }

  @WebSocket('files/*path')
  file(@Param('path') path: string | string[]): unknown {
    return { path };
  }

  @WebSocket('pages{/:language}')
  page(@Param() params: object): unknown {
    return params;
  }

  @WebSocket('rooms/:name')
  params(@Param('name') name: string, @Query() query: object): unknown {
    return { name, query };
  }
}

@WebSocketRooms('chat', { history: { messages: 2_000, age: '10m' } })
class ChatRooms extends Rooms {}

@WebSocketRooms('bare')
class BareRooms extends Rooms {}

@Controller()
class RoomController {
  @JoinRoom(ChatRooms, ':room')
  @WebSocket('chat/:room')
  say(@Body() message: unknown, room: Room): void {
    void room.broadcast(message);
  }

  @JoinRoom(BareRooms, ':room')
  @WebSocket('bare/:room')
  sayBare(@Body() message: unknown, room: Room): void {
    void room.broadcast(message);
  }
}

interface Sum {
  readonly numbers?: unknown;
}

@WebSocketController('calls', { concurrency: 16 })
class CallController {
  constructor(private readonly memory: ServerMemory) {}

  @OnMessage('sum')
  sum(@Body() { numbers }: Sum): number {
    this.memory.received.push(numbers);
    if (!Array.isArray(numbers)) throw new HttpException('Which numbers?', 400);
    return numbers.reduce<number>((sum, each) => sum + Number(each), 0);
  }

  @OnMessage('nothing')
  nothing(): void {}

  @OnMessage('count')
  async *count(@Body('until') until: number): AsyncGenerator<number> {
    for (let n = 1; n <= until; n += 1) yield n;
  }

  @OnMessage('wait')
  async *wait(signal: AbortSignal): AsyncGenerator<string> {
    yield 'waiting';
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    this.memory.stopped += 1;
  }

  @OnMessage('never')
  never(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => {
        this.memory.stopped += 1;
        resolve();
      }),
    );
  }

  @OnMessage('leave')
  leave(connection: WebSocketConnection): void {
    connection.close(1012, 'Later');
  }
}

@Controller()
class AnswerController {
  @WebSocket('double')
  double(@Body() value: number): number {
    return value * 2;
  }
}

export interface TestServer {
  readonly app: INestApplication;
  readonly port: number;
  room(kind: 'chat' | 'bare', name: string): Room;
}

export async function startServer(
  memory: ServerMemory,
  options: RevaliWsModuleOptions = {},
): Promise<TestServer> {
  @Module({
    imports: [
      RevaliWsModule.forRoot({
        origins: '*',
        refusal: 'close',
        shutdownTimeout: 500,
        rooms: { broker: memory.broker },
        ...options,
      }),
    ],
    controllers: [PlainController, RoomController, CallController, AnswerController],
    providers: [{ provide: ServerMemory, useValue: memory }, TicketGuard, ChatRooms, BareRooms],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const port = Number(new URL(await app.getUrl()).port);
  return {
    app,
    port,
    room: (kind, name) => app.get<Rooms>(kind === 'chat' ? ChatRooms : BareRooms).at(name),
  };
}
