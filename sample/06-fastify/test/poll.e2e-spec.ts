import type { TestWebSocket } from 'nestjs-revali-ws/testing';
import type { Browser } from 'playwright-core';

import { cookiesOf } from '../../../test/support/apps/http-plugins.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { connectTo } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import type { PollView } from '../src/poll.controller.js';
import { PollPage } from './poll-page.js';

const PATH = '/poll';

/** Only the meals that have any. */
function votesIn({ votes }: PollView): Record<string, number> {
  return Object.fromEntries(Object.entries(votes).filter(([, count]) => count > 0));
}

async function nextVotes(client: TestWebSocket): Promise<Record<string, number>> {
  return votesIn(await client.json<PollView>());
}

describe('the Fastify sample', () => {
  let sample: RunningApp;

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  async function read(cookie?: string): Promise<PollView> {
    const { status, body } = await sample.get(PATH, { headers: cookie ? { cookie } : {} });
    expect(status).toBe(200);
    return JSON.parse(body) as PollView;
  }

  it('answers a GET once, and a WebSocket at the same path with each change', async () => {
    const client = await connectTo(sample, PATH);
    expect(await nextVotes(client)).toEqual({});
    client.send('Soup');
    expect(await nextVotes(client)).toEqual({ Soup: 1 });
    expect(votesIn(await read())).toEqual({ Soup: 1 });
  });

  it('runs plugins and hooks for both', async () => {
    const answer = await sample.get(PATH);
    const client = await connectTo(sample, PATH);
    const view = await client.json<PollView>();
    expect(client.headers['x-request-id']).toBe(view.requestId);
    expect(answer.headers['x-request-id']).toMatch(/^req-/);
    expect(answer.headers['x-request-id']).not.toBe(view.requestId);
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options']) {
      expect(answer.headers[name]).toEqual(expect.any(String));
      expect(client.headers[name]).toBe(answer.headers[name]);
    }
  });

  it('makes a voter at the handshake, whom a GET knows by the cookie', async () => {
    const client = await connectTo(sample, PATH);
    const { voter, mine } = await client.json<PollView>();
    expect(mine).toBeUndefined();
    client.send('Curry');
    expect(await client.json()).toMatchObject({ voter, mine: 'Curry' });

    expect(client.headers['set-cookie']).toEqual([
      expect.stringMatching(/^voter=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/),
    ]);
    const cookie = cookiesOf(client.headers['set-cookie']);
    expect(await read(cookie)).toMatchObject({ voter, mine: 'Curry' });
    const again = await connectTo(sample, PATH, { headers: { cookie } });
    expect(again.headers).not.toHaveProperty('set-cookie');
    expect(await again.json()).toMatchObject({ voter, mine: 'Curry' });

    const stranger = await read(`voter=${voter}.forged`);
    expect(stranger).not.toHaveProperty('mine');
    expect(stranger.voter).not.toBe(voter);
  });

  it('counts one vote a voter, and tells all that follow', async () => {
    const one = await connectTo(sample, PATH);
    const cookie = cookiesOf(one.headers['set-cookie']);
    const sameOne = await connectTo(sample, PATH, { headers: { cookie } });
    const other = await connectTo(sample, PATH);
    const all = [one, sameOne, other];
    await Promise.all(all.map(nextVotes));

    const steps: [TestWebSocket, string, Record<string, number>][] = [
      [one, 'Soup', { Soup: 1 }],
      [other, 'Soup', { Soup: 2 }],
      [sameOne, 'Salad', { Soup: 1, Salad: 1 }],
    ];
    for (const [client, meal, votes] of steps) {
      client.send(meal);
      expect(await Promise.all(all.map(nextVotes))).toEqual([votes, votes, votes]);
    }
  });

  it('closes on a meal that is not on the menu, and counts nothing', async () => {
    const client = await connectTo(sample, PATH);
    client.send('Caviar');
    expect(await client.closed).toMatchObject({
      code: 1007,
      reason: 'That meal is not on the menu',
    });
    expect(votesIn(await read())).toEqual({});
  });

  describe('in a browser', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
    // A browser that did not start has failed the tests already.
    afterAll(() => browser?.close());

    it('shows everybody the votes as they are given', async () => {
      const one = await PollPage.open(browser, sample.http('/'));
      const other = await PollPage.open(browser, sample.http('/'));
      await one.shows(one.total, 'No votes yet');
      await one.meal('Dumplings').click();
      for (const page of [one, other]) await page.showsVotes('Dumplings', '1 vote');
      expect(await one.isChosen('Dumplings')).toBe(true);
      expect(await other.isChosen('Dumplings')).toBe(false);

      await other.meal('Dumplings').focus();
      await other.page.keyboard.press('Enter');
      for (const page of [one, other]) await page.showsVotes('Dumplings', '2 votes');
      await one.shows(one.total, '2 votes');
      // The keyboard's user goes on from where they were.
      expect(await other.page.locator(':focus').getAttribute('id')).toBe('meal-Dumplings');
      for (const page of [one, other]) {
        expect([...page.origins]).toEqual([sample.http('/').slice(0, -1)]);
        expect(page.faults).toEqual([]);
      }
    });

    it('shows that a GET comes from the voter of the handshake', async () => {
      const page = await PollPage.open(browser, sample.http('/'));
      await page.meal('Soup').click();
      await page.showsVotes('Soup', '1 vote');
      const socket = await page.answered('socket');
      await page.press('Ask now');
      await page.shows(page.page.locator('#http-voter'), socket.voter);
      expect((await page.answered('http')).requestId).not.toBe(socket.requestId);
      expect(await page.page.getByLabel('Last answer').innerText()).toContain('"mine": "Soup"');
    });

    it('shows its routes on a page that it links to', async () => {
      const page = await PollPage.open(browser, sample.http('/'));
      expect(await page.routes()).toEqual(['/poll, twoWay']);
      expect(page.faults).toEqual([]);
    });

    it('says when the server stops, and finds it again', async () => {
      const page = await PollPage.open(browser, sample.http('/'));
      await sample.close();
      await page.shows(page.status, 'Not connected');
      await page.shows(page.page.getByRole('alert'), 'Closed: 1001 Server is shutting down');
      expect(await page.meal('Soup').isDisabled()).toBe(true);

      await startSample(createApp, sample.port);
      await page.press('Connect again');
      await page.shows(page.status, 'Live');
      await page.meal('Soup').click();
      await page.showsVotes('Soup', '1 vote');
    });
  });
});
