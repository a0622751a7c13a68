import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Browser } from 'playwright-core';

import { eventually } from '../../../test/support/deadline.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { launchBrowser } from '../../support/browser.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';
import { MAX_SIZE, Uploads } from '../src/uploads.js';
import { slowDisk } from './slow-disk.js';
import { UploadPage } from './upload-page.js';

const MEBIBYTE = 1024 * 1024;

describe('the page of the upload sample', () => {
  const folder = mkdtempSync(join(tmpdir(), 'files-'));
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
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    // A browser that did not start has failed the tests already.
    await browser?.close();
  });

  const showsEqualDigests = async (page: UploadPage, content: string | Buffer): Promise<void> => {
    const digest = createHash('sha256').update(content).digest('hex');
    await page.shows(page.value('Comparison'), 'Equal: every byte arrived');
    await page.shows(page.value('SHA-256, by the server'), digest);
    await page.shows(page.value('SHA-256, by this page'), digest);
    await page.shows(page.status, 'Complete');
  };

  it('waits for a slow server, and shows what it confirms until all has arrived', async () => {
    const disk = slowDisk(sample.app);
    const content = randomBytes(15 * MEBIBYTE);
    const file = join(folder, 'random');
    writeFileSync(file, content);
    const page = await UploadPage.open(browser, sample.http('/'));
    await page.choose(file);
    await page.shows(page.status, 'Uploading…');
    await eventually(async () => {
      const waiting = parseFloat(await page.value('Waiting in the browser').innerText());
      expect(waiting).toBeGreaterThanOrEqual(1);
      expect(waiting).toBeLessThan(1.2);
    }, 'the page to wait');
    expect(await page.share()).toBe(0);
    await page.shows(page.value('Confirmed by the server'), '0.00 MiB of 15.00 MiB');

    disk.open();
    await showsEqualDigests(page, content);
    expect(await page.share()).toBe(1);
    await page.shows(page.value('Size'), '15,728,640 bytes');
    await page.shows(page.value('File'), 'random');
    expect(page.faults).toEqual([]);
    expect([...page.origins]).toEqual([sample.http('/').slice(0, -1)]);
  });

  it('takes a file that is dropped, and an empty one', async () => {
    const page = await UploadPage.open(browser, sample.http('/'));
    await page.drop('dropped');
    await showsEqualDigests(page, 'dropped');
    await page.choose(Buffer.alloc(0));
    await showsEqualDigests(page, '');
  });

  it('says that a file is too large', async () => {
    const large = join(folder, 'large');
    writeFileSync(large, '');
    truncateSync(large, MAX_SIZE + 1);
    const page = await UploadPage.open(browser, sample.http('/'));
    await page.choose(large);
    const text = 'The file is too large. Closed with 4413: Files may have up to 16 MiB';
    await page.shows(page.problem, text);
    await page.shows(page.status, 'Failed');
  });

  it('shows its routes on a page that it links to', async () => {
    const page = await UploadPage.open(browser, sample.http('/'));
    expect(await page.routes()).toEqual([
      '/uploads/progress, sendOnly',
      '/uploads/:id/content, receiveOnly',
    ]);
    expect(page.faults).toEqual([]);
  });

  it('cancels, after which the server has nothing of the file, and another can follow', async () => {
    const disk = slowDisk(sample.app);
    const { folder: uploads } = sample.app.get(Uploads);
    const page = await UploadPage.open(browser, sample.http('/'));
    // More than can be on its way: what arrives before the close is still written, and a whole file is no cancelled one.
    await page.choose(randomBytes(12 * MEBIBYTE));
    await eventually(() => expect(readdirSync(uploads)).toHaveLength(1), 'the file to be there');
    await page.press('Cancel');
    disk.open();
    await page.shows(page.problem, 'Canceled: the server removed what had arrived.');
    await page.shows(page.status, 'Canceled');
    await eventually(() => expect(readdirSync(uploads)).toEqual([]), 'the file to be removed');

    await page.choose(Buffer.from('another'));
    await showsEqualDigests(page, 'another');
    await page.shows(page.problem, '');
  });
});
