import type { INestApplication, NestApplicationOptions } from '@nestjs/common';
import type { Browser, BrowserContext } from 'playwright-core';

import { closeAllApps } from '../../../test/support/apps/running-app.js';
import { RedisServer } from '../../../test/support/servers/redis-server.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { ChatPage } from './chat-page.js';

describe("the chat sample's page with a Redis", () => {
  let redis: RedisServer;
  let createApp: (options: NestApplicationOptions) => Promise<INestApplication>;
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    redis = await RedisServer.start();
    browser = await launchBrowser();
    context = await browser.newContext();
    // The module reads it when it is loaded.
    process.env.REDIS_URL = redis.url;
    ({ createApp } = await import('../src/create-app.js'));
  });
  afterEach(closeAllApps);
  // What did not start has failed the test already.
  afterAll(async () => {
    delete process.env.REDIS_URL;
    await browser?.close();
    await redis?.stop();
  });

  it('misses nothing of what is said while its server restarts', async () => {
    const sample = await startSample(createApp);
    const ada = await ChatPage.open(context, sample.http('/'));
    await ada.join('Ada');
    await ada.say('before');
    await ada.showsMessages(['You joined lobby', 'Ada: before']);
    await sample.close();
    await ada.shows(ada.status, 'Reconnecting…');
    await ada.say('on its way');

    const other = await startSample(createApp);
    const ben = await ChatPage.open(context, other.http('/'));
    await ben.join('Ben');
    await ben.say('Are you there?');
    await ben.showsMessages(['Ada: before', 'You joined lobby', 'Ben: Are you there?']);

    await startSample(createApp, sample.port);
    await ada.showsAgain(ada.status, 'In the room');
    const talk = ['Ada: before', 'Ben: Are you there?', 'Ada: on its way'];
    await ada.showsMessages(['You joined lobby', ...talk]);
    expect(ada.faults).toEqual([]);
  });
});
