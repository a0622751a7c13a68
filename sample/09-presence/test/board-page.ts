import type { BrowserContext, Locator, Page } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { PAGE_DEADLINE_MS, RETURN_DEADLINE_MS, SamplePage } from '../../support/sample-page.js';

interface Cursor {
  readonly name: string;
  readonly color: string;
  /** In percent of the board. */
  readonly at: readonly [left: number, top: number];
}

/** The sample's page in a window, in the words of somebody who uses it. */
export class BoardPage extends SamplePage {
  readonly status: Locator;
  readonly name: Locator;
  readonly problem: Locator;
  private readonly board: Locator;

  static async open(context: BrowserContext, url: string, name: string): Promise<BoardPage> {
    const boardPage = new BoardPage(await context.newPage());
    await boardPage.page.goto(url);
    await boardPage.shows(boardPage.status, 'Live');
    await boardPage.rename(name);
    await boardPage.shows(boardPage.people.filter({ hasText: '(you)' }), `${name} (you)`);
    return boardPage;
  }

  private constructor(page: Page) {
    super(page);
    this.status = page.getByRole('status');
    this.name = page.getByLabel('Your name');
    this.problem = page.locator('#problem[role=alert]');
    this.board = page.locator('#board');
  }

  async rename(name: string): Promise<void> {
    await this.name.fill(name);
    await this.press('Rename');
  }

  /** The pointer, in percent of the board. */
  async pointAt(left: number, top: number): Promise<void> {
    const box = await this.board.boundingBox();
    if (!box) throw new Error('the page shows no board');
    await this.page.mouse.move(box.x + (box.width * left) / 100, box.y + (box.height * top) / 100);
  }

  async leaveBoard(): Promise<void> {
    await this.page.mouse.move(1, 1);
  }

  get people(): Locator {
    return this.page.getByRole('list', { name: 'Here now' }).locator('li');
  }

  /** In any order: that of the keys, which are random. */
  async showsPeople(...expected: string[]): Promise<void> {
    await eventually(
      async () => expect((await this.people.allInnerTexts()).toSorted()).toEqual(expected),
      'who is here',
      // The list has a connection of its own, which may come back later than that of the cursors.
      RETURN_DEADLINE_MS,
    );
  }

  async showsCursors(...expected: Pick<Cursor, 'name' | 'at'>[]): Promise<void> {
    await eventually(
      async () => expect(await this.cursors()).toMatchObject(expected),
      'the cursors of others',
      PAGE_DEADLINE_MS,
    );
  }

  async cursors(): Promise<Cursor[]> {
    const found = await this.board.locator('.cursor:not([hidden])').all();
    return Promise.all(
      found.map(async (cursor) => {
        const [name, style] = [
          // One that is gone in between is not waited for: all are looked for again.
          await cursor.innerText({ timeout: 500 }),
          (await cursor.getAttribute('style', { timeout: 500 })) ?? '',
        ];
        const valueOf = (property: string): string =>
          new RegExp(`${property}: ([^;]+);`).exec(style)?.[1] ?? '';
        const percentOf = (property: string): number => Math.round(parseFloat(valueOf(property)));
        return { name, color: valueOf('--color'), at: [percentOf('left'), percentOf('top')] };
      }),
    );
  }
}
