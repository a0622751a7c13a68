import type { Browser, BrowserContext } from 'playwright-core';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { ChatPage } from './chat-page.js';

describe("the chat sample's page", () => {
  let browser: Browser;
  let context: BrowserContext;
  let sample: RunningApp;
  const tab = (path = '/') => ChatPage.open(context, sample.http(path));

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

  it('lets two tabs talk', async () => {
    const ada = await tab();
    await ada.join('Ada');
    await ada.say('Is anybody here?');
    const ben = await tab('/?room=lobby');
    await ben.join('Ben');
    await ben.showsMessages(['Ada: Is anybody here?', 'You joined lobby']);
    await ben.showsMembers(['Ada', 'Ben (you)']);
    await ada.showsMembers(['Ada (you)', 'Ben']);

    await ben.message.fill('<b>H');
    await ada.shows(ada.page.locator('#typing'), 'Ben is typing…');
    await ben.shows(ben.page.locator('#typing'), '');
    await ben.say('<b>Hi</b>');
    await ada.shows(ada.page.locator('#typing'), '');
    await ada.say('Hi Ben');
    const talk = ['Ben: <b>Hi</b>', 'Ada: Hi Ben'];
    await ben.showsMessages(['Ada: Is anybody here?', 'You joined lobby', ...talk]);

    await ben.page.close();
    const before = ['You joined lobby', 'Ada: Is anybody here?', 'Ben joined'];
    await ada.showsMessages([...before, ...talk, 'Ben left']);
    await ada.showsMembers(['Ada (you)']);

    expect([...ada.origins, ...ben.origins]).toEqual(Array(2).fill(sample.http('').slice(0, -1)));
    expect([...ada.faults, ...ben.faults]).toEqual([]);
  });

  it('shows why one is not let in', async () => {
    const other = await tab();
    await other.tryToJoin('Ben', 'Lobby');
    await other.shows(other.problem, "A room's name has 1 to 32 of a-z, 0-9 and - (4400).");
    await other.tryToJoin('');
    await other.shows(other.problem, 'A name has 1 to 24 letters, digits or spaces (4400).');
    await other.shows(other.status, 'Not in a room');
    await other.join('Ben');
    await other.shows(other.problem, '');
  });

  it('takes two tabs of one name for one member, who may also reload', async () => {
    const ben = await tab();
    await ben.join('Ben');
    const [ada, again] = [await tab(), await tab()];
    await ada.join('Ada');
    await ben.showsMembers(['Ada', 'Ben (you)']);
    await again.join('ADA');
    await again.say('here');
    await again.page.reload();
    await again.join('Ada');
    await ada.page.close();
    await again.say('and here');
    const talk = ['ADA: here', 'and here'];
    await ben.showsMessages(['You joined lobby', 'Ada joined', ...talk]);
    expect(await again.page.locator('.said.own').count()).toBe(2);
    await again.page.close();
    await ben.showsMessages(['You joined lobby', 'Ada joined', ...talk, 'Ada left']);
    await ben.showsMembers(['Ben (you)']);
  });

  it('shows what is wrong with a message, and leaves it to be corrected', async () => {
    const ada = await tab();
    await ada.join('Ada');
    await ada.say('x'.repeat(501));
    await ada.shows(ada.refusal, 'A message has 1 to 500 characters');
    expect(await ada.message.getAttribute('aria-invalid')).toBe('true');
    expect(await ada.message.inputValue()).toHaveLength(501);
    await ada.say('x');
    await ada.shows(ada.refusal, '');
    await ada.showsMessages(['You joined lobby', 'Ada: x']);
  });

  it('says when the server goes', async () => {
    const ada = await tab();
    await ada.join('Ada');
    await sample.close();
    await ada.shows(ada.problem, 'Server is shutting down (1001).');
    await ada.showsMembers([]);
  });

  it('shows its routes on a page that it links to', async () => {
    const ada = await tab();
    expect(await ada.routes()).toEqual(['/chat/:room, twoWay', '/chat/:room/who, sendOnly']);
    expect(ada.faults).toEqual([]);
  });

  it('comes back with the server, and tells that messages may be missing', async () => {
    const ada = await tab();
    await ada.join('Ada');
    await ada.say('before');
    await ada.showsMessages(['You joined lobby', 'Ada: before']);
    await sample.close();
    await ada.shows(ada.status, 'Reconnecting…');
    await ada.say('meanwhile');
    sample = await startSample(createApp, sample.port);
    await ada.showsAgain(ada.status, 'In the room');
    const gap = 'Messages may be missing here';
    await ada.showsMessages(['You joined lobby', 'Ada: before', gap, 'Ada: meanwhile']);
    await ada.showsMembers(['Ada (you)']);
    await ada.shows(ada.problem, '');
    expect(ada.faults).toEqual([]);
  });

  it('can be used with the keyboard alone', async () => {
    const ada = await tab();
    const { keyboard } = ada.page;
    await keyboard.type('Ada');
    await keyboard.press('Enter');
    await ada.shows(ada.status, 'In the room');
    await keyboard.type('by hand');
    await keyboard.press('Enter');
    await ada.showsMessages(['You joined lobby', 'Ada: by hand']);
  });
});
