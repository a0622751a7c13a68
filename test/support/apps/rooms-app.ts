import { Body, Controller, Param, Post } from '@nestjs/common';
import {
  JoinRoom,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
  type RevaliWsModuleOptions,
  type Room,
} from 'nestjs-revali-ws';

import type { TestClient, TestClientOptions } from '../clients/test-client.js';
import { eventually } from '../deadline.js';
import { startApp, type AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

type Verdict = (
  connection: WebSocketConnection<object>,
  room: string,
) => boolean | Promise<boolean>;

@WebSocketRooms('chat', { maxMessage: 1000 })
export class ChatRooms extends Rooms {
  verdict: Verdict = () => true;

  override authorize(
    connection: WebSocketConnection<object>,
    room: string,
  ): boolean | Promise<boolean> {
    return this.verdict(connection, room);
  }
}

@WebSocketRooms('other')
export class OtherRooms extends Rooms {}

/** Lets a test have the connections, and say what is done with a message. */
@Controller()
export class RoomsController {
  readonly arrived: WebSocketConnection[] = [];
  act: (connection: WebSocketConnection, text: string) => unknown = () => undefined;
  post: (room: string) => unknown = () => undefined;

  @JoinRoom(ChatRooms, ':room')
  @WebSocket('chat/:room', { triggerOnConnect: true, format: 'text' })
  chat(@Body() text: string | undefined, connection: WebSocketConnection): unknown {
    return this.handle(text, connection);
  }

  @WebSocket('free', { triggerOnConnect: true, format: 'text', concurrency: 4 })
  free(@Body() text: string | undefined, connection: WebSocketConnection): unknown {
    return this.handle(text, connection);
  }

  @Post('chat/:room')
  async fromHttp(@Param('room') room: string): Promise<void> {
    await this.post(room);
  }

  private handle(text: string | undefined, connection: WebSocketConnection): unknown {
    if (text === undefined) this.arrived.push(connection);
    return text === undefined ? undefined : this.act(connection, text);
  }
}

export interface Member {
  readonly client: TestClient;
  readonly connection: WebSocketConnection;
}

/** An application with rooms, and its insides. */
export class RoomsApp {
  readonly chat: ChatRooms;
  readonly other: OtherRooms;
  readonly plain: Rooms;
  readonly controller: RoomsController;

  static async start(
    platform: Platform,
    forRoot: RevaliWsModuleOptions = {},
    { controllers = [], providers = [], ...setup }: AppSetup = {},
  ): Promise<RoomsApp> {
    return new RoomsApp(
      await startApp(platform, {
        ...setup,
        forRoot,
        controllers: [RoomsController, ...controllers],
        providers: [ChatRooms, OtherRooms, ...providers],
      }),
    );
  }

  private constructor(readonly app: RunningApp) {
    this.chat = app.app.get(ChatRooms);
    this.other = app.app.get(OtherRooms);
    this.plain = app.app.get(Rooms);
    this.controller = app.app.get(RoomsController);
  }

  /** One at a time: the connection is the last that has come. */
  async enter(path = 'free', options?: TestClientOptions): Promise<Member> {
    const { arrived } = this.controller;
    const before = arrived.length;
    const client = await this.app.connect(path, options);
    const connection = await eventually(() => {
      const last = arrived[before];
      if (!last) throw new Error('nobody has come');
      return last;
    }, 'the connection');
    return { client, connection };
  }

  async enterAll(count: number, path: string, options?: TestClientOptions): Promise<Member[]> {
    const members: Member[] = [];
    for (let index = 0; index < count; index += 1) members.push(await this.enter(path, options));
    return members;
  }

  /** What the handler does with a message of this member, whose connection closes where it fails. */
  actOf({ client }: Member, act: RoomsController['act']): void {
    this.controller.act = act;
    client.send('act');
  }

  post(room: string): Promise<Response> {
    return fetch(this.app.http(`/chat/${room}`), { method: 'POST' });
  }
}

export function sizeOf(room: Room): number {
  return [...room.local].length;
}
