import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { eventually } from '../../../test/support/deadline.js';

const DEADLINE_MS = 5000;

/** The page in a browser, in the words of somebody who uses it. */
export class ExplorerPage {
  /** What the console says, and scripts that failed. */
  readonly console: string[] = [];
  /** Where requests and connections went. */
  readonly origins = new Set<string>();
  /** Clicks and keys so far. */
  actions = 0;
  readonly frames: Locator;
  readonly message: Locator;
  readonly status: Locator;

  static async open(
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<ExplorerPage> {
    const explorer = new ExplorerPage(await browser.newPage(options));
    await explorer.page.goto(url);
    await explorer.page.getByRole('heading', { level: 1 }).waitFor();
    return explorer;
  }

  private constructor(readonly page: Page) {
    page.setDefaultTimeout(DEADLINE_MS);
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`failed: ${error.message}`));
    page.on('request', (each) => this.origins.add(new URL(each.url()).host));
    page.on('websocket', (socket) => this.origins.add(new URL(socket.url()).host));
    this.frames = page.getByRole('log', { name: 'Frames' }).locator('.frame');
    this.message = page.getByLabel('Message', { exact: true });
    this.status = page.locator('.status');
  }

  async choose(path: string): Promise<void> {
    this.actions += 1;
    const routes = this.page.getByRole('navigation', { name: 'Routes' });
    await routes.getByRole('link', { name: new RegExp(`^${path}\\s*,`) }).click();
    await this.page.getByRole('heading', { level: 1, name: path, exact: true }).waitFor();
  }

  async press(name: string): Promise<void> {
    this.actions += 1;
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async connect(): Promise<void> {
    await this.press('Connect');
    await this.shows('Open');
  }

  async send(text: string): Promise<void> {
    this.actions += 1;
    await this.message.fill(text);
    await this.press('Send');
  }

  /** How the connection is, or how that begins. */
  shows(status: string): Promise<void> {
    return this.eventually(
      async () => expect(await this.status.innerText()).toContain(status),
      status,
    );
  }

  /** The log, without times and sizes: `['· Open', '↑ hi', '↓ hi']`. */
  async log(): Promise<string[]> {
    const lines = await this.ask(`[...document.querySelectorAll('[role=log] .frame')].map((row) =>
      ['.arrow', '.preview, .event strong']
        .map((part) => row.querySelector(part)?.textContent.trim())
        .join(' '))`);
    return Array.isArray(lines) ? lines.map(String) : [];
  }

  logs(expected: readonly string[]): Promise<void> {
    return this.eventually(async () => expect(await this.log()).toEqual(expected), 'the log');
  }

  /** Its text is this, or has it, as soon as the page has drawn it. */
  says(place: Locator, text: string | RegExp): Promise<void> {
    return this.eventually(
      async () => expect(await place.innerText()).toMatch(text),
      `${String(text)} in its place`,
    );
  }

  /** So many of them are there, as soon as the page has drawn them. */
  counts(places: Locator, count: number): Promise<void> {
    return this.eventually(async () => expect(await places.count()).toBe(count), 'so many');
  }

  /** The last lines of the log are these. */
  ends(...lines: readonly string[]): Promise<void> {
    return this.eventually(
      async () => expect((await this.log()).slice(-lines.length)).toEqual(lines),
      'the end of the log',
    );
  }

  /** The name, the label or the text of what has the focus. */
  async focused(): Promise<string> {
    const name = await this.ask(`(() => {
      const element = document.activeElement;
      return element.getAttribute('name') ?? element.getAttribute('aria-label') ?? element.textContent;
    })()`);
    return String(name);
  }

  /** What the page's own script would see. */
  ask(expression: string): Promise<unknown> {
    return this.page.evaluate<unknown>(expression);
  }

  eventually<T>(check: () => T | PromiseLike<T>, what: string): Promise<T> {
    return eventually(check, what, DEADLINE_MS);
  }
}
