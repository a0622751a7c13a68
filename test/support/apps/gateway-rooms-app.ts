import { Body, Controller, Injectable } from '@nestjs/common';
import {
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
} from '@nestjs/websockets';
import {
  JoinRoom,
  Rooms,
  WebSocket as Route,
  WebSocketConnection,
  WebSocketRooms,
  type RevaliWsModuleOptions,
} from 'nestjs-revali-ws';
import type { WebSocket } from 'ws';

import type { TestClient, TestClientOptions } from '../clients/test-client.js';
import { eventually } from '../deadline.js';
import { startApp } from './app-factory.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

@WebSocketRooms('chat')
export class ChatRooms extends Rooms {
  readonly asked: WebSocketConnection<object>[] = [];

  override authorize(connection: WebSocketConnection<object>, room: string): boolean {
    this.asked.push(connection);
    return room !== 'secret';
  }
}

@WebSocketRooms('public', { presence: true })
export class PublicRooms extends Rooms<unknown, { name: string }> {
  override memberOf({ handshake, socket }: WebSocketConnection<object>) {
    const key = String(handshake.query['user']);
    return { key, name: `${key} of ${String(socket && Reflect.get(socket, 'team'))}` };
  }
}

@WebSocketRooms('kept', { history: { messages: 50, age: '1m' } })
export class KeptRooms extends Rooms {}

@WebSocketRooms('dropping', { slow: 'drop' })
export class DroppingRooms extends Rooms {}

/** Broadcasts from outside of any handler. */
@Injectable()
export class NewsService {
  constructor(private readonly chat: ChatRooms) {}

  tell(room: string, message: unknown): Promise<void> {
    return this.chat.at(room).broadcast(message);
  }
}

/** Lets a test have the clients, and say what is done with a message. */
@WebSocketGateway({ path: '/gate' })
export class ChatGateway {
  readonly arrived: WebSocket[] = [];
  act: (client: WebSocket, data: unknown) => unknown = () => undefined;

  constructor(private readonly chat: ChatRooms) {}

  handleConnection(client: WebSocket): void {
    Object.assign(client, { team: 'blue' });
    this.arrived.push(client);
  }

  @SubscribeMessage('say')
  async say(@MessageBody() text: string): Promise<unknown> {
    await this.chat.at('blue').broadcast({ event: 'said', data: text });
    return { event: 'answer', data: text };
  }

  @SubscribeMessage('act')
  onAct(@MessageBody() data: unknown, @ConnectedSocket() client: WebSocket): unknown {
    return this.act(client, data);
  }
}

@Controller()
class ChatController {
  @JoinRoom(ChatRooms, ':room')
  @Route('route/:room')
  say(@Body() text: unknown): unknown {
    return text;
  }
}

export interface GatewayMemberOf {
  readonly client: TestClient;
  /** What the gateway has. */
  readonly socket: WebSocket;
}

/** An application whose gateways and routes share rooms, and its insides. */
export class GatewayRoomsApp {
  readonly chat: ChatRooms;
  readonly open: PublicRooms;
  readonly kept: KeptRooms;
  readonly dropping: DroppingRooms;
  readonly gateway: ChatGateway;
  readonly news: NewsService;

  static async start(
    platform: Platform,
    forRoot: RevaliWsModuleOptions = {},
  ): Promise<GatewayRoomsApp> {
    return new GatewayRoomsApp(
      await startApp(platform, {
        forRoot,
        controllers: [ChatController],
        providers: [ChatRooms, PublicRooms, KeptRooms, DroppingRooms, NewsService, ChatGateway],
      }),
    );
  }

  private constructor(readonly app: RunningApp) {
    this.chat = app.app.get(ChatRooms);
    this.open = app.app.get(PublicRooms);
    this.kept = app.app.get(KeptRooms);
    this.dropping = app.app.get(DroppingRooms);
    this.gateway = app.app.get(ChatGateway);
    this.news = app.app.get(NewsService);
  }

  /** One at a time. */
  async enter(query = '', options?: TestClientOptions): Promise<GatewayMemberOf> {
    const { arrived } = this.gateway;
    const before = arrived.length;
    const client = await this.app.connect(`/gate${query}`, options);
    const socket = await eventually(() => {
      const last = arrived[before];
      if (!last) throw new Error('nobody has come');
      return last;
    }, 'the client');
    return { client, socket };
  }
}
