import { Controller } from '@nestjs/common';
import {
  JoinRoom,
  MemoryBroker,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
  type PresenceChange,
  type RevaliWsModuleOptions,
  type Room,
} from 'nestjs-revali-ws';
import type { Observable, Subscription } from 'rxjs';

import type { TestClient } from '../clients/test-client.js';
import { eventually } from '../deadline.js';
import { startApp } from './app-factory.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

interface Named {
  readonly name: string;
}

const userOf = ({ handshake }: WebSocketConnection<object>): string =>
  String(handshake.query['user']);

@WebSocketRooms('present', { presence: true })
export class PresentRooms extends Rooms<string, Named> {
  describe: (connection: WebSocketConnection<object>) => { key: string } & Named = (
    connection,
  ) => ({
    key: userOf(connection),
    name: userOf(connection).toUpperCase(),
  });

  verdict: () => boolean | Promise<boolean> = () => true;

  override authorize(): boolean | Promise<boolean> {
    return this.verdict();
  }

  override memberOf(connection: WebSocketConnection<object>): { key: string } & Named {
    return this.describe(connection);
  }
}

export const LINGER = 400;

@WebSocketRooms('lingering', { presence: true, linger: LINGER })
export class LingeringRooms extends Rooms<string, object> {
  override memberOf(connection: WebSocketConnection<object>): { key: string } {
    return { key: userOf(connection) };
  }
}

@WebSocketRooms('anonymous', { presence: true })
export class AnonymousRooms extends Rooms {}

@WebSocketRooms('counted', { presence: 'count' })
export class CountedRooms extends Rooms {}

@Controller()
class PresenceController {
  readonly arrived: WebSocketConnection[] = [];

  constructor(private readonly present: PresentRooms) {}

  @JoinRoom(PresentRooms, ':room')
  @WebSocket('present/:room', { triggerOnConnect: true })
  enter(connection: WebSocketConnection): void {
    this.arrived.push(connection);
  }

  @JoinRoom(LingeringRooms, ':room')
  @WebSocket('lingering/:room', { triggerOnConnect: true })
  linger(connection: WebSocketConnection): void {
    this.arrived.push(connection);
  }

  @JoinRoom(AnonymousRooms, ':room')
  @WebSocket('anonymous/:room', { triggerOnConnect: true })
  hide(connection: WebSocketConnection): void {
    this.arrived.push(connection);
  }

  @JoinRoom(CountedRooms, ':room')
  @WebSocket('counted/:room', { triggerOnConnect: true })
  count(connection: WebSocketConnection): void {
    this.arrived.push(connection);
  }

  @WebSocket('free', { triggerOnConnect: true })
  free(connection: WebSocketConnection): void {
    this.arrived.push(connection);
  }

  @WebSocket('who/:room', { mode: 'sendOnly' })
  who({ params }: WebSocketConnection): Observable<PresenceChange<Named>> {
    return this.present.at(String(params['room'])).watch();
  }
}

/** An application whose rooms know who is there. */
export class PresenceApp {
  readonly present: PresentRooms;
  readonly lingering: LingeringRooms;
  readonly anonymous: AnonymousRooms;
  readonly counted: CountedRooms;
  readonly plain: Rooms;
  private readonly arrived: WebSocketConnection[];

  static async start(
    platform: Platform,
    rooms: NonNullable<RevaliWsModuleOptions['rooms']> = {},
  ): Promise<PresenceApp> {
    return new PresenceApp(
      await startApp(platform, {
        forRoot: { rooms: { leaveDelay: 20, ...rooms } },
        controllers: [PresenceController],
        providers: [PresentRooms, LingeringRooms, AnonymousRooms, CountedRooms],
      }),
    );
  }

  /** Two applications that share a broker. */
  static async pair(
    platform: Platform,
    rooms: NonNullable<RevaliWsModuleOptions['rooms']> = { broker: new MemoryBroker() },
  ): Promise<[PresenceApp, PresenceApp]> {
    return [await PresenceApp.start(platform, rooms), await PresenceApp.start(platform, rooms)];
  }

  private constructor(readonly running: RunningApp) {
    const { app } = running;
    this.present = app.get(PresentRooms);
    this.lingering = app.get(LingeringRooms);
    this.anonymous = app.get(AnonymousRooms);
    this.counted = app.get(CountedRooms);
    this.plain = app.get(Rooms);
    this.arrived = app.get(PresenceController).arrived;
  }

  /** One at a time. */
  async enter(path: string): Promise<{ client: TestClient; connection: WebSocketConnection }> {
    const before = this.arrived.length;
    const client = await this.running.connect(path);
    const connection = await eventually(() => {
      const last = this.arrived[before];
      if (!last) throw new Error('nobody has come');
      return last;
    }, 'the connection');
    return { client, connection };
  }
}

/** What a watcher is told, as short texts. */
export class Watching {
  readonly told: string[] = [];
  error: unknown;
  isComplete = false;
  private readonly subscription: Subscription;

  constructor(room: Room) {
    this.subscription = room.watch().subscribe({
      next: (change) => this.told.push(textOf(change)),
      error: (error: unknown) => (this.error = error),
      complete: () => (this.isComplete = true),
    });
  }

  async until(...told: string[]): Promise<void> {
    await eventually(() => expect(this.told).toEqual(told), `${told.at(-1)}`);
  }

  stop(): void {
    this.subscription.unsubscribe();
  }
}

function textOf(change: PresenceChange): string {
  if (change.type === 'unknown') return change.type;
  if (change.type === 'here')
    return ['here', ...change.present.map(({ key, connections }) => `${key}×${connections}`)].join(
      ' ',
    );
  return `${change.type} ${change.key}`;
}
