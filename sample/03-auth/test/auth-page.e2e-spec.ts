import type { Browser } from 'playwright-core';

import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { within } from '../../../test/support/deadline.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { EVERYBODY, TalkRooms } from '../src/talk.rooms.js';
import { AuthPage } from './auth-page.js';

const NOT_SIGNED_IN = 'Closed with 4401: Sign in first (401: not signed in)';
const SIGNED_OUT = 'Closed with 4401: Signed out (401: not signed in)';
const NOT_ALLOWED = 'Closed with 4403: Only for the role admin (403: signed in, but not allowed)';

describe('the page of the authentication sample', () => {
  let browser: Browser;
  let sample: RunningApp;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await closeAllApps();
  });
  // A browser that did not start has failed the tests already.
  afterAll(() => browser?.close());

  it('shows 401, then success and 403, and what a sign-out ends', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    await page.connect('live/member', NOT_SIGNED_IN);

    await page.signIn('user');
    await page.connect('live/member', 'Connected');
    await page.showsLastMessage('Hello, user: the session cookie let you in.');
    await page.connect('live/admin', NOT_ALLOWED);

    await page.press('Sign out');
    await page.shows(page.status, 'Not signed in');
    await page.showsOutcome('live/member', SIGNED_OUT);
    await page.connect('live/member', NOT_SIGNED_IN);
    expect(page.faults).toEqual([]);
    expect([...page.origins]).toEqual([sample.http('/').slice(0, -1)]);
  });

  it('shows the token at the handshake, which a new load of the page has no more', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    await page.signIn('admin');
    await page.choose('the token');
    await page.connect('live/admin', 'Connected');
    await page.showsLastMessage('admin by token on /live/admin');

    await page.page.reload();
    await page.shows(page.status, 'Signed in as admin');
    expect(await page.page.getByLabel('the token').isDisabled()).toBe(true);
    await page.connect('live/admin', 'Connected');
    await page.showsLastMessage('admin by session cookie on /live/admin');
  });

  describe('with tokens of two seconds', () => {
    beforeEach(async () => {
      await sample.close();
      process.env.TOKEN_SECONDS = '2';
      sample = await startSample(createApp);
    });
    afterEach(() => {
      delete process.env.TOKEN_SECONDS;
    });

    it('gets another one when its own has run out, and loses no message over that', async () => {
      const page = await AuthPage.open(browser, sample.http('/'));
      const renewal = await page.holdRenewal();
      const everybody = sample.app.get(TalkRooms).at(EVERYBODY);
      await page.signIn('user');
      await page.choose('the token');
      await page.connect('live/member', 'Connected');
      await everybody.broadcast('before');
      await within(renewal.asked, 'the page to ask for another token');
      await page.showsOutcome('live/member', 'Authentication expired, reconnecting…');
      await everybody.broadcast('meanwhile');
      await page.say('I come back');
      renewal.answer();
      await page.showsTalk('before', 'meanwhile', 'user: I come back');
      await page.showsOutcome('live/member', 'Connected');
      expect(page.faults).toEqual([]);
    });

    it('is let go with 4401 where it has no session to get another one for', async () => {
      const page = await AuthPage.open(browser, sample.http('/'));
      const renewal = await page.holdRenewal();
      await page.signIn('user');
      await page.choose('the token');
      await page.connect('live/member', 'Connected');
      await within(renewal.asked, 'the page to ask for another token');
      await page.page.context().clearCookies();
      renewal.answer();
      const reason = 'The token is invalid, or its time is over';
      await page.showsOutcome('live/member', `Closed with 4401: ${reason} (401: not signed in)`);
    });
  });

  it('says why a sign-in failed', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    await page.tryToSignIn('user', 'wrong');
    await page.shows(page.problem, '401: Wrong name or password');
    await page.shows(page.status, 'Not signed in');
  });

  it('is of no use to the page of another origin, although the browser sends it the cookie', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    await page.signIn('admin');
    const other = await startSample(createApp);
    await page.page.goto(other.http('/'));
    const close = await page.page.evaluate(
      (url) =>
        new Promise((resolve) => {
          new WebSocket(url).addEventListener('close', ({ code, reason }) => {
            resolve({ code, reason });
          });
        }),
      sample.url('/live/admin'),
    );
    expect(close).toEqual({ code: 4403, reason: 'Origin is not allowed' });
  });

  it('shows its routes on a page that it links to', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    expect(await page.routes()).toEqual(['/live/member, twoWay', '/live/admin, twoWay']);
    expect(page.faults).toEqual([]);
  });

  it('can be used with the keyboard alone', async () => {
    const page = await AuthPage.open(browser, sample.http('/'));
    const { keyboard } = page.page;
    await keyboard.press('Tab');
    await keyboard.type('user');
    await keyboard.press('Tab');
    await keyboard.type('made-up-password');
    await keyboard.press('Enter');
    await page.shows(page.status, 'Signed in as user');
    const toConnect = ['Tab', 'Tab'];
    for (const key of toConnect) await keyboard.press(key);
    await keyboard.press('Enter');
    await page.showsOutcome('live/member', 'Connected');
    await keyboard.press('Enter');
    await page.showsOutcome('live/member', 'Closed with 1000: Disconnected by the page');
  });
});
