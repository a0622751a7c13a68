import type { Browser, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { PAGE_DEADLINE_MS, SamplePage } from '../../support/sample-page.js';

/** The sample's page in a browser, in the words of somebody who uses it. */
export class EchoPage extends SamplePage {
  readonly status: Locator;
  readonly address: Locator;
  readonly message: Locator;
  readonly problem: Locator;

  static async open(browser: Browser, url: string): Promise<EchoPage> {
    const echoPage = new EchoPage(await browser.newPage());
    await echoPage.page.goto(url);
    return echoPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.address = page.getByLabel('Address');
    this.message = page.getByLabel('Message');
    this.problem = page.getByRole('alert');
  }

  async connect(): Promise<void> {
    await this.press('Connect');
    await this.shows(this.status, 'Connected');
  }

  async send(message: string): Promise<void> {
    await this.message.fill(message);
    await this.press('Send');
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
      PAGE_DEADLINE_MS,
    );
  }

  async showsClose(code: number, reason: string): Promise<void> {
    await this.shows(this.status, 'Not connected');
    await this.shows(this.page.locator('#close-code'), String(code));
    await this.shows(this.page.locator('#close-reason'), reason);
  }
}

const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;
