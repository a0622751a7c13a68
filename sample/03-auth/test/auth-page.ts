import type { Browser, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { gate } from '../../../test/support/gate.js';
import { PAGE_DEADLINE_MS, SamplePage } from '../../support/sample-page.js';
import { PASSWORDS } from './api-client.js';

/** The sample's page in a browser, in the words of somebody who uses it. */
export class AuthPage extends SamplePage {
  readonly status: Locator;
  readonly problem: Locator;

  static async open(browser: Browser, url: string): Promise<AuthPage> {
    const authPage = new AuthPage(await browser.newPage());
    await authPage.page.goto(url);
    await authPage.page.getByRole('button', { name: 'Connect live/admin' }).waitFor();
    return authPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.locator('header').getByRole('status');
    this.problem = page.getByRole('alert');
  }

  async signIn(name: keyof typeof PASSWORDS): Promise<void> {
    await this.tryToSignIn(name, PASSWORDS[name]);
    await this.shows(this.status, `Signed in as ${name}`);
  }

  async tryToSignIn(name: string, password: string): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password').fill(password);
    await this.press('Sign in');
  }

  choose(proof: 'the session cookie' | 'the token'): Promise<void> {
    return this.page.getByLabel(proof).check();
  }

  /** Presses Connect beside a route. */
  async connect(route: string, outcome: string): Promise<void> {
    await this.press(`Connect ${route}`);
    await this.showsOutcome(route, outcome);
  }

  showsOutcome(route: string, outcome: string): Promise<void> {
    const row = this.page.getByRole('listitem').filter({ hasText: route });
    return this.shows(row.getByRole('status'), outcome);
  }

  async say(text: string): Promise<void> {
    await this.page.getByLabel('Send to everyone').fill(text);
    await this.press('Say');
  }

  showsLastMessage(text: string): Promise<void> {
    return this.shows(this.messages.last(), text);
  }

  /** Of all messages but the greetings, of which each connection brings one. */
  async showsTalk(...expected: string[]): Promise<void> {
    await eventually(
      async () => {
        const texts = await this.messages.allInnerTexts();
        expect(texts.filter((text) => !text.startsWith('Hello'))).toEqual(expected);
      },
      'what was said',
      PAGE_DEADLINE_MS,
    );
  }

  /** Leaves the page without an answer when it asks for a token. @returns What waits for that, and what answers. */
  async holdRenewal(): Promise<{ asked: Promise<void>; answer: () => void }> {
    const [asked, answered] = [gate(), gate()];
    await this.page.route('**/auth/token', async (route) => {
      asked.open();
      await answered.opened;
      await route.continue();
    });
    return { asked: asked.opened, answer: answered.open };
  }

  private get messages(): Locator {
    return this.page.getByRole('log', { name: 'Messages' }).locator('.text');
  }
}
