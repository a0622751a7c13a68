import type { Browser, Page } from 'playwright-core';
import { within } from '../support/deadline.js';

/** Browsers open WebSockets to one host one after the other. */
const DEADLINE = 30_000;

/** Runs in the browser. */
const SCRIPT = `
let sockets = [];
function open(path, count) {
  const opened = Array.from({ length: count }, () => {
    const socket = new WebSocket(path);
    const entry = { socket };
    entry.over = new Promise((resolve) => {
      socket.onclose = ({ code, reason, wasClean }) => resolve({ code, reason, wasClean });
    });
    sockets.push(entry);
    return new Promise((resolve, reject) => {
      socket.onopen = resolve;
      entry.over.then(({ code }) => reject(new Error('closed with ' + code)));
    });
  });
  return Promise.all(opened).then(() => opened.length);
}
function closed() {
  return Promise.all(sockets.map(({ over }) => over));
}
function echo() {
  return Promise.all(
    sockets.map(
      ({ socket, over }, index) =>
        new Promise((resolve, reject) => {
          socket.onmessage = ({ data }) => resolve(data);
          over.then(({ code }) => reject(new Error('closed with ' + code)));
          socket.send('message ' + index);
        }),
    ),
  );
}
`;

export const SOCKET_PAGE = `<!doctype html><title>Sockets</title><link rel="icon" href="data:,"><script>${SCRIPT}</script>`;

export interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

/** A page in a browser that opens WebSockets to the server that it comes from. */
export class SocketPage {
  private readonly answers: number[] = [];

  private constructor(private readonly page: Page) {}

  static async open(browser: Browser, url: string): Promise<SocketPage> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(url);
    const opened = new SocketPage(page);
    const devTools = await context.newCDPSession(page);
    devTools.on('Network.webSocketHandshakeResponseReceived', ({ response }) =>
      opened.answers.push(response.status),
    );
    await devTools.send('Network.enable');
    return opened;
  }

  /** The protocol that the page itself came over: `h2` or `http/1.1`. */
  protocol(): Promise<string> {
    return this.run('performance.getEntriesByType("navigation")[0].nextHopProtocol', 'a protocol');
  }

  /** Rejects if one of them does not open. */
  openAll(path: string, count: number): Promise<number> {
    return this.run(`open(${JSON.stringify(path)}, ${count})`, 'all sockets to open');
  }

  /** Sends one message on each socket. @returns What came back. */
  echo(): Promise<string[]> {
    return this.run('echo()', 'all echoes');
  }

  /** How a socket ends that never opens. */
  refused(path: string): Promise<Closed> {
    return this.run(
      `open(${JSON.stringify(path)}, 1).catch(() => undefined).then(() => sockets.pop().over)`,
      'a refusal',
    );
  }

  /** Of the answers to handshakes: 101 over HTTP/1.1, 200 inside HTTP/2. */
  get statuses(): readonly number[] {
    return this.answers;
  }

  /** Leaves the sockets so far alone. */
  forget(): Promise<void> {
    return this.run('void (sockets = [])', 'nothing');
  }

  /** @returns How all sockets have ended. */
  close(code: number, reason: string): Promise<Closed[]> {
    const args = JSON.stringify([code, reason]);
    return this.run(
      `for (const { socket } of sockets) socket.close(...${args}); closed()`,
      'all sockets to close',
    );
  }

  /** How all sockets have ended. */
  closed(): Promise<Closed[]> {
    return this.run('closed()', 'all sockets to close');
  }

  private run<T>(expression: string, what: string): Promise<T> {
    return within(this.page.evaluate<T>(expression), what, DEADLINE);
  }
}
