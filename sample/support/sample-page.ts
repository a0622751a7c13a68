import type { Locator, Page } from 'playwright-core';

import { eventually } from '../../test/support/deadline.js';

export const PAGE_DEADLINE_MS = 5000;
/** The client waits for up to 2, 4 and 8 s, and test machines are busy. */
export const RETURN_DEADLINE_MS = 30_000;

/** A sample's page in a browser. Each page's specifics are in a class that extends this one. */
export class SamplePage {
  /** Failed scripts, and failed requests for resources. */
  readonly faults: string[] = [];
  /** The places the page loaded something from. */
  readonly origins = new Set<string>();
  /** What the browser tells developers, not pages, about failed connections. */
  readonly socketErrors: string[] = [];

  constructor(readonly page: Page) {
    page.setDefaultTimeout(PAGE_DEADLINE_MS);
    page.on('pageerror', (error) => this.faults.push(error.message));
    page.on('requestfailed', (request) => {
      // A page that is left does not wait for its icon.
      const wasLeft = request.failure()?.errorText === 'net::ERR_ABORTED';
      if (!wasLeft) this.faults.push(`failed: ${request.url()}`);
    });
    page.on('response', (response) => {
      this.origins.add(new URL(response.url()).origin);
      if (!response.ok()) this.faults.push(`${response.status()}: ${response.url()}`);
    });
    page.on('websocket', (socket) =>
      socket.on('socketerror', (error) => this.socketErrors.push(error)),
    );
  }

  press(button: string): Promise<void> {
    return this.page.getByRole('button', { name: button, exact: true }).click();
  }

  /** Follows the link to the page of the AsyncAPI document. @returns Its routes: `['/chat/:room, twoWay']`. */
  async routes(): Promise<string[]> {
    await this.page.getByRole('link', { name: 'All routes of this application' }).click();
    const links = this.page.getByRole('navigation', { name: 'Routes' }).getByRole('link');
    await links.first().waitFor();
    const texts = await links.allInnerTexts();
    return texts.map((text) => text.replaceAll('\n', '').replace(/^[^/]/, ''));
  }

  shows(locator: Locator, text: string, ms = PAGE_DEADLINE_MS): Promise<void> {
    return eventually(
      async () => expect(await locator.innerText()).toBe(text),
      `the page to show ${JSON.stringify(text)}`,
      ms,
    );
  }

  /** Waits until the server is back and the client has reconnected. */
  showsAgain(locator: Locator, text: string): Promise<void> {
    return this.shows(locator, text, RETURN_DEADLINE_MS);
  }
}
