import { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';

import type { INestApplication } from '@nestjs/common';

import { within } from '../deadline.js';
import { httpGet, type HttpGetOptions } from '../clients/http.js';
import type { HttpAnswer } from '../clients/http-answer.js';
import { closeAllClients } from '../clients/open-clients.js';
import type { Line, Platform } from './platforms.js';
import { RawClient, type RawClientOptions } from '../raw/raw-client.js';
import type { RecordingLogger } from '../records/recording-logger.js';
import { TestClient, type TestClientOptions } from '../clients/test-client.js';

/** Apps that a test started and did not close yet. */
export const startedApps = new Set<RunningApp>();

/** For `afterEach`: ends all clients, then all apps. */
export async function closeAllApps(): Promise<void> {
  // First the clients: an app's close waits for them.
  await closeAllClients();
  await Promise.all([...startedApps].map((app) => app.close()));
}

/** A listening app, and the ways to reach it. */
export class RunningApp {
  readonly server: Server;
  readonly port: number;
  private closing: Promise<void> | undefined;
  private readonly line: Line | undefined;

  constructor(
    readonly app: INestApplication,
    readonly logs: RecordingLogger,
    createLine?: Platform['createLine'],
  ) {
    const server: unknown = app.getHttpServer();
    if (!(server instanceof Server)) throw new Error('the app has no server');
    this.server = server;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the app has no port');
    this.port = address.port;
    this.line = createLine?.(this.http('').slice(0, -1));
    startedApps.add(this);
  }

  /** `ws://127.0.0.1:port/path` */
  url(path: string): string {
    return this.address('ws', path);
  }

  /** `http://127.0.0.1:port/path` */
  http(path: string): string {
    return this.address('http', path);
  }

  connect(path: string, options?: TestClientOptions): Promise<TestClient> {
    const { line } = this;
    const carried = line && { createConnection: () => line.open() };
    return TestClient.connect(this.url(path), { ...carried, ...options });
  }

  raw(options?: RawClientOptions): Promise<RawClient> {
    if (this.line) return Promise.resolve(RawClient.over(this.line.open(), this.port, options));
    return RawClient.open(this.port, { isSecure: this.isSecure, ...options });
  }

  /** One plain HTTP request; the path goes out verbatim. */
  get(path: string, options?: HttpGetOptions): Promise<HttpAnswer> {
    return httpGet(this.port, path, options);
  }

  /** May be called twice. */
  async close(ms = 15_000): Promise<void> {
    startedApps.delete(this);
    this.line?.renew();
    this.closing ??= this.app.close();
    await within(this.closing, 'app.close()', ms);
  }

  private get isSecure(): boolean {
    return this.server instanceof TlsServer;
  }

  private address(scheme: 'ws' | 'http', path: string): string {
    return `${scheme}${this.isSecure ? 's' : ''}://127.0.0.1:${this.port}${path.startsWith('/') ? '' : '/'}${path}`;
  }
}
