import type { Browser, Locator, Page } from 'playwright-core';

import { SamplePage } from '../../support/sample-page.js';

/** The sample's page in a browser, in the words of somebody who uses it. */
export class UploadPage extends SamplePage {
  readonly status: Locator;
  readonly problem: Locator;
  readonly progress: Locator;

  static async open(browser: Browser, url: string): Promise<UploadPage> {
    const uploadPage = new UploadPage(await browser.newPage());
    await uploadPage.page.goto(url);
    return uploadPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.problem = page.getByRole('alert');
    this.progress = page.getByRole('progressbar', { name: 'Progress' });
  }

  /** @param file A path, or what is in the file. */
  choose(file: string | Buffer): Promise<void> {
    const chosen =
      typeof file === 'string'
        ? file
        : { name: 'bytes', mimeType: 'application/octet-stream', buffer: file };
    return this.page.getByLabel('Choose a file').setInputFiles(chosen);
  }

  /** Drops a file of these bytes onto the page's field for it. */
  async drop(content: string): Promise<void> {
    // As text: these tests are compiled without the types of the browser.
    const dataTransfer = await this.page.evaluateHandle(
      `const transfer = new DataTransfer();
       transfer.items.add(new File([${JSON.stringify(content)}], 'dropped.txt'));
       transfer`,
    );
    await this.page.locator('#drop').dispatchEvent('drop', { dataTransfer });
  }

  async share(): Promise<number> {
    return Number(await this.progress.getAttribute('value'));
  }

  /** What stands below such a heading, on any card. */
  value(term: string): Locator {
    return this.page
      .locator('div', { has: this.page.locator('dt', { hasText: term }) })
      .locator('dd');
  }
}
