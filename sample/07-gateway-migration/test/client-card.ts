import type { Locator } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { PAGE_DEADLINE_MS, type SamplePage } from '../../support/sample-page.js';

/** One of the clients on the page. */
export class ClientCard {
  readonly status: Locator;
  private readonly article: Locator;

  constructor(
    private readonly page: SamplePage,
    title: 'Old client' | 'New client' | 'Unchanged client',
  ) {
    this.article = page.page.getByRole('article', { name: title });
    this.status = this.article.getByRole('status');
  }

  async connect(key = 'blue door'): Promise<void> {
    await this.article.getByLabel('Key').fill(key);
    await this.press('Connect');
  }

  async post(text: string): Promise<void> {
    await this.article.getByLabel('Notice').fill(text);
    await this.article.getByLabel('Notice').press('Enter');
  }

  press(button: string): Promise<void> {
    return this.article.getByRole('button', { name: button, exact: true }).click();
  }

  shows(status: string): Promise<void> {
    return this.page.shows(this.status, status);
  }

  /** The last rows of the log: `['→ Hello', …]`. */
  showsLast(...expected: string[]): Promise<void> {
    const rows = this.article.getByRole('log', { name: 'Frames' }).locator('p');
    return eventually(
      async () => {
        const texts = await rows.allInnerTexts();
        const frames = texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
        expect(frames.slice(-expected.length)).toEqual(expected);
      },
      'the last frames',
      PAGE_DEADLINE_MS,
    );
  }
}
