import type { Browser, BrowserContext } from 'playwright-core';

import { launchBrowser } from '../../support/browser.js';
import type { Cluster } from '../src/cluster/cluster.js';
import { NodesPage } from './nodes-page.js';
import { startNodes } from './start-cluster.js';

describe('the page of the sample with three nodes', () => {
  let browser: Browser;
  let context: BrowserContext;
  let cluster: Cluster;
  const tab = (room: string) => NodesPage.open(context, `${cluster.url}/?room=${room}`);

  beforeAll(async () => {
    cluster = await startNodes();
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    context = await browser.newContext();
  });
  afterEach(() => context.close());
  // What did not start has failed the tests already.
  afterAll(async () => {
    await browser?.close();
    await cluster?.close();
  });

  it('shows who is served by which node, and lets those of different nodes talk', async () => {
    const tabs = [await tab('talk'), await tab('talk'), await tab('talk')];
    const names = ['Ada', 'Ben', 'Cleo'];
    const served: string[] = [];
    for (const [index, each] of tabs.entries()) served.push(await each.join(names[index] ?? ''));
    expect(served.toSorted()).toEqual(['a', 'b', 'c']);
    for (const [index, each] of tabs.entries())
      for (const [at, name] of names.entries())
        await each.showsPeople(served[at] ?? '', at === index ? `${name} (you)` : name);
    for (const [index, each] of tabs.entries()) await each.say(`${index}`);
    for (const each of tabs) {
      await each.showsMessages(['0', '1', '2']);
      expect(each.faults).toEqual([]);
      expect([...each.origins]).toEqual([cluster.url]);
    }
  });

  it('brings those of a killed node back on another, with no message lost and none twice', async () => {
    const [ada, ben] = [await tab('kill'), await tab('kill')];
    const [killed, other] = [await ada.join('Ada'), await ben.join('Ben')];
    expect(other).not.toBe(killed);
    // More than a newcomer would get.
    const said = Array.from({ length: 60 }, (_, index) => `${index}`);
    for (const text of said.slice(0, 10)) await ben.say(text);
    await ben.kill(killed);
    for (const text of said.slice(10)) await ben.say(text);
    const next = await ada.servedBy(killed);
    await ada.showsMessages(said);
    await ada.shows(ada.status, `Served by node ${next}, reconnected 1×`);
    await ben.showsPeople(next, ...(next === other ? ['Ada', 'Ben (you)'] : ['Ada']));
    await ben.showsMessages(said);
    await ben.showsNode(killed, 'up');
    expect([...ada.faults, ...ben.faults]).toEqual([]);
  });

  it('says again what was said while the node was gone, once', async () => {
    // It comes back after a second.
    await context.addInitScript('Math.random = () => 0.999');
    const [ada, ben] = [await tab('again'), await tab('again')];
    const [killed] = [await ada.join('Ada'), await ben.join('Ben')];
    await ada.kill(killed);
    await ada.shows(ada.status, 'Connection lost: reconnecting…');
    const said = ['1', '2', '3'];
    for (const text of said) await ada.say(text);
    await ada.servedBy(killed);
    await ben.showsMessages(said);
    await ada.showsMessages(said);
    await ada.showsNode(killed, 'up');
  });

  it('shows its routes on a page that it links to', async () => {
    const ada = await tab('routes');
    expect(await ada.routes()).toEqual(['/chat/:room, twoWay']);
    expect(ada.faults).toEqual([]);
  });

  it('says why one is not let in', async () => {
    const ada = await tab('Lobby');
    await ada.name.fill('Ada');
    await ada.press('Join');
    await ada.shows(ada.problem, "A room's name has 1 to 32 of a-z, 0-9 and -");
    await ada.shows(ada.status, 'Not in the room');
  });
});
