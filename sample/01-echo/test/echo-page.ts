import type { Browser, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';

const DEADLINE_MS = 5000;

/** The sample's page in a browser, in the words of somebody who uses it. */
export class EchoPage {
  readonly status: Locator;
  readonly address: Locator;
  readonly message: Locator;
  readonly problem: Locator;
  /** Scripts that failed, and requests for resources that were not answered well. */
  readonly faults: string[] = [];
  /** Where the page loaded something from. */
  readonly origins = new Set<string>();
  /** What the browser tells developers, not pages, about failed connections. */
  readonly socketErrors: string[] = [];

  static async open(browser: Browser, url: string): Promise<EchoPage> {
    const page = await browser.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    const echoPage = new EchoPage(page);
    await page.goto(url);
    return echoPage;
  }

  private constructor(readonly page: Page) {
    this.status = page.getByRole('status');
    this.address = page.getByLabel('Address');
    this.message = page.getByLabel('Message');
    this.problem = page.getByRole('alert');
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('requestfailed', (request) => this.faults.push(`failed: ${request.url()}`));
    page.on('response', (response) => {
      this.origins.add(new URL(response.url()).origin);
      if (!response.ok()) this.faults.push(`${response.status()}: ${response.url()}`);
    });
    page.on('websocket', (socket) =>
      socket.on('socketerror', (error) => this.socketErrors.push(error)),
    );
  }

  async connect(): Promise<void> {
    await this.press('Connect');
    await this.shows(this.status, 'Connected');
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click();
  }

  async send(message: string): Promise<void> {
    await this.message.fill(message);
    await this.press('Send');
  }

  shows(locator: Locator, text: string): Promise<void> {
    return eventually(
      async () => expect(await locator.innerText()).toBe(text),
      `the page to show ${JSON.stringify(text)}`,
      DEADLINE_MS,
    );
  }

  /** The list, without the times: `['→ sent hi', …]`. */
  async showsFrames(expected: string[]): Promise<void> {
    const rows = this.page.getByRole('log', { name: 'Frames' }).locator('.frame');
    await eventually(
      async () => {
        const texts = await rows.allInnerTexts();
        const frames = texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
        for (const frame of frames) expect(frame).toMatch(TIME);
        expect(frames.map((frame) => frame.replace(TIME, ''))).toEqual(expected);
      },
      'the list of frames',
      DEADLINE_MS,
    );
  }

  async showsClose(code: number, reason: string): Promise<void> {
    await this.shows(this.status, 'Not connected');
    await this.shows(this.page.locator('#close-code'), String(code));
    await this.shows(this.page.locator('#close-reason'), reason);
  }
}

const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;
