import type { Browser, Locator, Page } from 'playwright-core';

import { SamplePage } from '../../support/sample-page.js';
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

  showsLastMessage(text: string): Promise<void> {
    const messages = this.page.getByRole('log', { name: 'Messages' }).locator('.text');
    return this.shows(messages.last(), text);
  }
}
