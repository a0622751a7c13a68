import type { INestApplication, Type } from '@nestjs/common';

import { startApp } from '../app-factory.js';
import type { Platform } from '../platforms.js';
import { RawClient } from '../../raw/raw-client.js';
import type { RunningApp } from '../running-app.js';
import type { TestClient } from '../../clients/test-client.js';
import { freePort } from '../../servers/server.process.js';
import type { AdapterKind, Parser } from './app.js';

/** Something that gateways do: on both adapters, or on ours alone. */
export interface Behaviour {
  readonly name: string;
  /** What a client or a gateway sees, on either adapter. */
  readonly see: (run: GatewayRun) => Promise<unknown>;
  readonly expected: unknown;
  /** Where Nest's own adapter does something else, in every version of Nest or in one. */
  readonly stock?: readonly StockDifference[];
  /** The first version of Nest that has it at all. */
  readonly since?: number;
}

export interface StockDifference {
  readonly nest?: number;
  readonly instead: string;
  readonly seen: unknown;
}

interface Start {
  readonly parser?: Parser;
  /** Set later, by `setMessageParser()`. */
  readonly laterParser?: Parser;
  readonly prefix?: string;
}

/** One run of a behaviour: a platform and an adapter. */
export class GatewayRun {
  constructor(
    private readonly platform: Platform,
    private readonly kind: AdapterKind,
  ) {}

  start(gateways: readonly Type<unknown>[], start: Start = {}): Promise<RunningApp> {
    return startApp(this.platform, {
      withoutRevaliWs: true,
      providers: [...gateways],
      configure: (app) => this.configure(app, start),
    });
  }

  port(): Promise<number> {
    return freePort();
  }

  private configure(app: INestApplication, { parser, laterParser, prefix }: Start): void {
    const adapter = this.kind.create(app, parser && { messageParser: parser });
    if (laterParser) adapter.setMessageParser(laterParser);
    if (prefix !== undefined) app.setGlobalPrefix(prefix);
    app.useWebSocketAdapter(adapter);
  }
}

/** The answers to events, each awaited before the next is sent. */
export async function replies(client: TestClient, ...events: string[]): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const event of events) {
    client.sendJson({ event, data: 4 });
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    seen.push(await client.json());
  }
  return seen;
}

/** What is seen of an upgrade on the wire. */
export async function answerTo(port: number, path: string): Promise<unknown> {
  const client = await RawClient.open(port);
  client.upgrade(path);
  try {
    const { status, statusLine, headers, body } = await client.response();
    return {
      statusLine,
      isJson: status !== 101 && isJson(body),
      hasLength: 'content-length' in headers,
    };
  } catch {
    return 'no well-formed HTTP response';
  }
}

function isJson(body: string): boolean {
  try {
    return typeof JSON.parse(body) === 'object';
  } catch {
    return false;
  }
}
