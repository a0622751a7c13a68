import type { Browser, Locator, Page } from 'playwright-core';

import { SamplePage } from '../../support/sample-page.js';

/** What the page shows of one reader. */
export interface Shown {
  readonly state: string;
  readonly produced: number;
  readonly read: number;
}

/** The sample's page in a browser, in the words of somebody who looks at it. */
export class FeedPage extends SamplePage {
  readonly status: Locator;
  readonly problem: Locator;

  static async open(browser: Browser, url: string): Promise<FeedPage> {
    const feedPage = new FeedPage(await browser.newPage());
    await feedPage.page.goto(url);
    return feedPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.problem = page.locator('#problem[role=alert]');
  }

  async reader(name: string): Promise<Shown> {
    const text = await this.page.getByRole('region', { name }).innerText();
    const [, state = ''] = /(\w+ generator|Generator \w+)/i.exec(text) ?? [];
    const [, produced] = /Produced\s+(\S+)/.exec(text) ?? [];
    const [, read] = /Read\s+(\S+)/.exec(text) ?? [];
    return { state, produced: Number(produced), read: Number(read) };
  }
}
