import type { Browser, Locator, Page } from 'playwright-core';

import { SamplePage } from '../../support/sample-page.js';

/** The sample's page in a browser of its own, so to speak: with cookies of its own. */
export class PollPage extends SamplePage {
  readonly status: Locator;
  readonly total: Locator;

  static async open(browser: Browser, url: string): Promise<PollPage> {
    const pollPage = new PollPage(await browser.newPage());
    await pollPage.page.goto(url);
    await pollPage.shows(pollPage.status, 'Live');
    return pollPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.total = page.locator('#total');
  }

  meal(name: string): Locator {
    return this.page
      .getByRole('group', { name: 'What should we eat?' })
      .getByRole('button', { name });
  }

  showsVotes(meal: string, votes: string): Promise<void> {
    return this.shows(this.meal(meal).locator('span').last(), votes);
  }

  async isChosen(meal: string): Promise<boolean> {
    return (await this.meal(meal).getAttribute('aria-pressed')) === 'true';
  }

  /** What the page shows of the answers of one kind. */
  async answered(kind: 'socket' | 'http'): Promise<{ requestId: string; voter: string }> {
    const text = (part: string): Promise<string> =>
      this.page.locator(`#${kind}-${part}`).innerText();
    return { requestId: await text('request'), voter: await text('voter') };
  }
}
