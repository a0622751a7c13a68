import type { BrowserContext, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { RETURN_DEADLINE_MS, SamplePage } from '../../support/sample-page.js';

/** The sample's page in a tab, in the words of somebody who uses it. */
export class ChatPage extends SamplePage {
  readonly status: Locator;
  readonly name: Locator;
  readonly room: Locator;
  readonly message: Locator;
  /** Why one is not, or no longer, in the room. */
  readonly problem: Locator;
  /** What is wrong with the message. */
  readonly refusal: Locator;

  static async open(context: BrowserContext, url: string): Promise<ChatPage> {
    const chatPage = new ChatPage(await context.newPage());
    await chatPage.page.goto(url);
    return chatPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.name = page.getByLabel('Your name');
    this.room = page.getByRole('textbox', { name: 'Room' });
    this.message = page.getByLabel('Message', { exact: true });
    this.problem = page.locator('#problem[role=alert]');
    this.refusal = page.locator('#refusal[role=alert]');
  }

  async join(name: string, room = 'lobby'): Promise<void> {
    await this.tryToJoin(name, room);
    await this.shows(this.status, 'In the room');
  }

  async tryToJoin(name: string, room = 'lobby'): Promise<void> {
    await this.name.fill(name);
    await this.room.fill(room);
    await this.press('Join');
  }

  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.press('Send');
  }

  /** Notes as they are, messages as `Ada: hello`; without the times. */
  showsMessages(expected: string[]): Promise<void> {
    const rows = this.page.getByRole('log', { name: 'Messages' }).locator('> *');
    return this.finds('the messages', expected, async () => {
      const texts = await rows.allInnerTexts();
      return texts.map((text) => text.replaceAll(/\s+/g, ' ').replace(HEAD, '$1: '));
    });
  }

  showsMembers(expected: string[]): Promise<void> {
    const names = this.page.getByRole('list', { name: 'Here now' }).locator('li > :last-child');
    return this.finds('who is here', expected, () => names.allInnerTexts());
  }

  private finds(what: string, expected: string[], read: () => Promise<unknown>): Promise<void> {
    // The members have a connection of their own, which may come back later than that of the messages.
    const check = async () => expect(await read()).toEqual(expected);
    return eventually(check, what, RETURN_DEADLINE_MS);
  }
}

/** Avatar, name and time. */
const HEAD = /^(?:\S )?(\S+) \d\d:\d\d /;
