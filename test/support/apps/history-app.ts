import { Body, Controller } from '@nestjs/common';
import {
  JoinRoom,
  MemoryBroker,
  Rooms,
  WebSocket,
  WebSocketConnection,
  WebSocketRooms,
  type BackpressureOptions,
  type RoomGap,
  type RoomsModuleOptions,
} from 'nestjs-revali-ws';

import type { TestClient } from '../clients/test-client.js';
import { eventually } from '../deadline.js';
import { startApp, type AppSetup } from './app-factory.js';
import type { Platform } from './platforms.js';
import type { RunningApp } from './running-app.js';

export const KEPT = 2000;

class GapRooms extends Rooms {
  readonly gaps: RoomGap[] = [];

  override onGap(gap: RoomGap): void {
    this.gaps.push(gap);
  }
}

@WebSocketRooms('kept', { history: { messages: KEPT, age: '1h' } })
export class KeptRooms extends GapRooms {
  allows = true;

  override authorize(): boolean {
    return this.allows;
  }
}

@WebSocketRooms('short', { history: { messages: 5, age: '1h' } })
export class ShortRooms extends GapRooms {}

@WebSocketRooms('bare')
export class BareRooms extends GapRooms {}

/** Small, so that a test need not send much; without an end, so that a slow machine is no slow reader. */
const backpressure: BackpressureOptions = { highWaterMark: 64 * 1024, timeout: '5m' };

@Controller()
export class HistoryController {
  readonly arrived: WebSocketConnection[] = [];

  @JoinRoom(KeptRooms, ':room')
  @WebSocket('kept/:room', { triggerOnConnect: true, format: 'text', backpressure })
  kept(@Body() text: string | undefined, connection: WebSocketConnection): string | undefined {
    return this.welcome(text, connection);
  }

  @JoinRoom(KeptRooms, ':room', { replay: 3 })
  @WebSocket('replayed/:room', { triggerOnConnect: true, format: 'text' })
  replayed(@Body() text: string | undefined, connection: WebSocketConnection): string | undefined {
    return this.welcome(text, connection);
  }

  @JoinRoom(ShortRooms, ':room')
  @WebSocket('short/:room', { triggerOnConnect: true, format: 'text', backpressure })
  short(@Body() text: string | undefined, connection: WebSocketConnection): string | undefined {
    return this.welcome(text, connection);
  }

  @JoinRoom(BareRooms, ':room')
  @WebSocket('bare/:room', { triggerOnConnect: true, format: 'text' })
  bare(@Body() text: string | undefined, connection: WebSocketConnection): string | undefined {
    return this.welcome(text, connection);
  }

  @JoinRoom(KeptRooms, ({ request }) => roomsOf(request.url))
  @WebSocket('many', { triggerOnConnect: true, format: 'text' })
  many(@Body() text: string | undefined, connection: WebSocketConnection): string | undefined {
    return this.welcome(text, connection);
  }

  private welcome(text: string | undefined, connection: WebSocketConnection): string | undefined {
    if (text !== undefined) return undefined;
    this.arrived.push(connection);
    return 'welcome';
  }
}

/** What a client that asked for headers was told: header, and payload behind it. */
export interface Line {
  readonly kind?: string;
  readonly room?: string;
  readonly position?: string;
  readonly isContinued?: boolean;
  readonly code?: number;
  readonly payload: string;
}

/** Read as docs/resume.md has it, and not by the package's own code. */
export function lineOf(text: string): Line {
  const end = text.indexOf('\n');
  const payload = text.slice(end + 1);
  const [kind, room = '', third = '', flag] = text.slice(0, end).split(' ');
  if (!kind) return { payload };
  return {
    kind,
    room: decodeURIComponent(room),
    ...(kind === 'l' ? { code: Number(third) } : third !== '-' && { position: third }),
    isContinued: flag === '1',
    payload,
  };
}

export const HEADERS = { protocols: 'revali.v1' };

/** The next `count` lines of a client that asked for headers. */
export async function lines(client: TestClient, count: number): Promise<Line[]> {
  const list: Line[] = [];
  while (list.length < count) list.push(lineOf(await client.text()));
  return list;
}

/** The next lines, each as its kind and what it says. */
export async function story(client: TestClient, count: number): Promise<string[]> {
  return (await lines(client, count)).map(({ kind, payload, isContinued }) =>
    kind === 'j' ? `j ${isContinued ? 1 : 0}` : kind === 'm' ? `m ${payload}` : (kind ?? payload),
  );
}

function roomsOf(url: string): string[] {
  return new URL(url, 'ws://localhost').searchParams.get('rooms')?.split('-') ?? [];
}

export class HistoryApp {
  static async start(
    platform: Platform,
    rooms: RoomsModuleOptions = {},
    { providers = [], ...setup }: AppSetup = {},
  ): Promise<HistoryApp> {
    const app = await startApp(platform, {
      controllers: [HistoryController],
      ...setup,
      forRoot: { rooms },
      providers: [KeptRooms, ShortRooms, BareRooms, ...providers],
    });
    return new HistoryApp(app);
  }

  /** Applications that share a broker, in the order of their links. */
  static async cluster(
    platform: Platform,
    count: number,
    rooms: RoomsModuleOptions = {},
  ): Promise<{ apps: HistoryApp[]; broker: MemoryBroker }> {
    const broker = new MemoryBroker();
    const apps: HistoryApp[] = [];
    for (let index = 0; index < count; index += 1)
      apps.push(await HistoryApp.start(platform, { broker, ...rooms }));
    return { apps, broker };
  }

  readonly kept: KeptRooms;
  readonly short: ShortRooms;
  readonly bare: BareRooms;
  readonly controller: HistoryController;

  private constructor(readonly app: RunningApp) {
    this.kept = app.app.get(KeptRooms);
    this.short = app.app.get(ShortRooms);
    this.bare = app.app.get(BareRooms);
    this.controller = app.app.get(HistoryController);
  }

  /** A client that asked for headers. @param resume Tokens. */
  headed(path: string, ...resume: string[]): Promise<TestClient> {
    const query = resume.length > 0 ? `resume=${encodeURIComponent(resume.join(','))}` : '';
    return this.app.connect(`${path}${path.includes('?') ? '&' : '?'}${query}`, HEADERS);
  }

  async connection(index: number): Promise<WebSocketConnection> {
    return eventually(() => {
      const connection = this.controller.arrived.at(index);
      if (!connection) throw new Error('nobody has come');
      return connection;
    }, 'the connection');
  }
}

/** Sends them one after another. */
export async function say(
  room: { broadcast(message: unknown): Promise<unknown> },
  ...texts: string[]
): Promise<void> {
  for (const text of texts) await room.broadcast(text);
}
