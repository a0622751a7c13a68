import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';
import { compareRoutes } from 'nestjs-revali-ws/testing';
import { Controller } from '@nestjs/common';
import { Sends, WebSocket } from 'nestjs-revali-ws';
import { closeAllApps, startApp } from './support.js';

@Controller()
class ChatController {
  @WebSocket('chat')
  @Sends(String)
  chat(): void {}
}

describe('compareRoutes() of the testing kit', () => {
  afterEach(closeAllApps);

  it('tells what has changed since a file was written', async () => {
    const { app } = await startApp({ controllers: [ChatController] });
    const folder = await mkdtemp(join(tmpdir(), 'compare-'));
    try {
      const file = join(folder, 'async-api.json');
      const text = JSON.stringify(await createAsyncApiDocument(app));
      await writeFile(file, text);
      expect(await compareRoutes(app, file)).toEqual([]);
      await writeFile(file, text.replaceAll('/chat', '/talk'));
      expect(await compareRoutes(app, file)).toEqual([
        { level: 'breaking', route: '/talk', direction: 'route', text: 'The route is gone' },
        { level: 'added', route: '/chat', direction: 'route', text: 'The route is new' },
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
