import type { BrowserContext, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { SamplePage } from '../../support/sample-page.js';

/** A node is gone for five seconds, and a page that comes back waits for one at most. */
const PATIENCE_MS = 20_000;

/** The sample's page in a tab, in the words of somebody who uses it. */
export class NodesPage extends SamplePage {
  readonly status: Locator;
  readonly name: Locator;
  readonly message: Locator;
  /** Why one is not in the room. */
  readonly problem: Locator;

  static async open(context: BrowserContext, url: string): Promise<NodesPage> {
    const nodesPage = new NodesPage(await context.newPage());
    await nodesPage.page.goto(url);
    return nodesPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.name = page.getByLabel('Your name');
    this.message = page.getByLabel('Message', { exact: true });
    this.problem = page.locator('#problem[role=alert]');
  }

  /** @returns The node that serves it. */
  async join(name: string): Promise<string> {
    await this.name.fill(name);
    await this.press('Join');
    return this.servedBy();
  }

  /** @param node That serves it no more. */
  servedBy(other?: string): Promise<string> {
    return eventually(
      async () => {
        const [, node] = /^Served by node (\w)/.exec(await this.status.innerText()) ?? [];
        if (!node || node === other) throw new Error(await this.status.innerText());
        return node;
      },
      'the node',
      PATIENCE_MS,
    );
  }

  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.press('Send');
  }

  kill(node: string): Promise<void> {
    return this.press(`Kill node ${node}`);
  }

  /** @param expected What was said, and notes. */
  showsMessages(expected: readonly string[]): Promise<void> {
    const rows = this.page.getByRole('log', { name: 'Messages' }).locator('.text, .note');
    return eventually(
      async () => expect(await rows.allInnerTexts()).toEqual(expected),
      'the messages',
      PATIENCE_MS,
    );
  }

  showsPeople(node: string, ...expected: string[]): Promise<void> {
    const people = this.page.getByRole('list', { name: `Served by node ${node}` }).locator('li');
    return eventually(
      async () => expect(await people.allInnerTexts()).toEqual(expected),
      `who is served by node ${node}`,
      PATIENCE_MS,
    );
  }

  showsNode(node: string, state: string): Promise<void> {
    const shown = this.page.locator('.node', { has: this.page.getByText(`Node ${node}`) });
    return eventually(
      async () => expect(await shown.locator('p').innerText()).toBe(state),
      `node ${node} to be ${state}`,
      PATIENCE_MS,
    );
  }
}
