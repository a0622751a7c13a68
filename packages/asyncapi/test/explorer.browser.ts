import type { Type } from '@nestjs/common';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../sample/support/browser.js';
import { CONTROLLERS } from './explorer.application.js';
import { ExplorerPage } from './explorer.page.js';
import { serveExplorer } from './explorer.server.js';
import { closeAllApps } from './support.js';

/** The browser of all tests of one `describe()`, in which this is called. */
export class ExplorerBrowser {
  private launched: Browser | undefined;

  /** @param args Of the browser's command line. */
  constructor(args: string[] = []) {
    beforeAll(async () => {
      this.launched = await launchBrowser(args);
    });
    afterAll(() => this.launched?.close());
    afterEach(async () => {
      await Promise.all(this.browser.contexts().map((context) => context.close()));
      await closeAllApps();
    });
  }

  get browser(): Browser {
    if (this.launched) return this.launched;
    throw new Error('the browser is there when tests run');
  }

  /** The page of an application of its own. */
  async open(hash: string, controllers: Type<unknown>[] = CONTROLLERS): Promise<ExplorerPage> {
    return ExplorerPage.open(this.browser, (await serveExplorer({ controllers })) + hash);
  }
}
