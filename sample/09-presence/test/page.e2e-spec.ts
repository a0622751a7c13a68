import type { Browser, BrowserContext } from 'playwright-core';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { BoardPage } from './board-page.js';

describe("the presence sample's page", () => {
  let browser: Browser;
  let context: BrowserContext;
  let sample: RunningApp;
  const open = (name: string, path = '/') => BoardPage.open(context, sample.http(path), name);

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    sample = await startSample(createApp);
    context = await browser.newContext();
  });
  afterEach(async () => {
    await context.close();
    await closeAllApps();
  });
  // A browser that did not start has failed the tests already.
  afterAll(() => browser?.close());

  it('shows in each of two windows the cursor of the other', async () => {
    const [ada, ben] = [await open('Ada'), await open('Ben')];
    await ada.showsPeople('Ada (you)', 'Ben');
    await ben.showsPeople('Ada', 'Ben (you)');

    await ada.pointAt(25, 50);
    await ben.showsCursors({ name: 'Ada', at: [25, 50] });
    await ben.pointAt(80, 10);
    await ada.showsCursors({ name: 'Ben', at: [80, 10] });
    await ada.pointAt(30, 60);
    await ben.showsCursors({ name: 'Ada', at: [30, 60] });
    const [[first], [second]] = [await ada.cursors(), await ben.cursors()];
    expect(first?.color).toMatch(/^oklch/);
    expect(first?.color).not.toBe(second?.color);

    await ada.leaveBoard();
    await ben.showsCursors();
    await ada.showsCursors({ name: 'Ben', at: [80, 10] });
    expect([...ada.faults, ...ben.faults]).toEqual([]);
    expect([...ada.origins]).toEqual([sample.http('').slice(0, -1)]);
  });

  it('takes a cursor away with its window, and the name when it does not come back', async () => {
    const [ada, ben] = [await open('Ada'), await open('Ben')];
    await ben.pointAt(50, 50);
    await ada.showsCursors({ name: 'Ben', at: [50, 50] });
    await ben.page.close();
    await ada.showsCursors();
    await ada.showsPeople('Ada (you)');
  });

  it('knows a window again after a reload', async () => {
    const [ada, ben] = [await open('Ada'), await open('Ben')];
    await ada.pointAt(50, 50);
    await ben.showsCursors({ name: 'Ada', at: [50, 50] });
    const [before] = await ben.cursors();
    await ada.leaveBoard();
    await ada.page.reload();
    await ada.shows(ada.status, 'Live');
    await ada.showsPeople('Ada (you)', 'Ben');
    await ada.pointAt(10, 20);
    await ben.showsCursors({ name: 'Ada', at: [10, 20] });
    expect(await ben.cursors()).toMatchObject([{ color: before?.color }]);
  });

  it('shows a new name everywhere, and refuses one that is none', async () => {
    const [ada, ben] = [await open('Ada'), await open('Ben')];
    await ada.pointAt(50, 50);
    await ben.showsCursors({ name: 'Ada', at: [50, 50] });
    await ada.rename('<b>');
    await ada.shows(ada.problem, 'A name has 1 to 24 letters, digits or spaces');
    await ada.rename('Zoë');
    await ben.showsPeople('Ben (you)', 'Zoë');
    await ada.pointAt(40, 40);
    await ben.showsCursors({ name: 'Zoë', at: [40, 40] });
    await ada.shows(ada.problem, '');
  });

  it('shows its routes on a page that it links to', async () => {
    const ada = await open('Ada');
    expect(await ada.routes()).toEqual(['/boards/:board, twoWay', '/boards/:board/who, sendOnly']);
    expect(ada.faults).toEqual([]);
  });

  it('keeps boards apart', async () => {
    const [ada, ben] = [await open('Ada', '/?board=red'), await open('Ben', '/?board=blue')];
    await ben.pointAt(50, 50);
    await ada.showsPeople('Ada (you)');
    await ada.showsCursors();
    await ben.showsPeople('Ben (you)');
  });

  it('goes on when the server is back', async () => {
    const [ada, ben] = [await open('Ada'), await open('Ben')];
    await sample.close();
    await ada.shows(ada.status, 'Server is shutting down');
    await ada.showsPeople();
    // Of no use to anybody later on.
    await ada.pointAt(10, 10);
    sample = await startSample(createApp, sample.port);
    for (const page of [ada, ben]) await page.showsAgain(page.status, 'Live');
    await ada.showsPeople('Ada (you)', 'Ben');
    await ben.showsCursors();
    await ada.pointAt(40, 60);
    await ben.showsCursors({ name: 'Ada', at: [40, 60] });
    expect([...ada.faults, ...ben.faults]).toEqual([]);
  });
});
