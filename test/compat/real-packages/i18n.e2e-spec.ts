import { Controller } from '@nestjs/common';
import {
  AcceptLanguageResolver,
  I18n,
  I18nContext,
  I18nModule,
  I18nService,
  QueryResolver,
} from 'nestjs-i18n';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { closeApps, connect, platforms, start } from './app.js';

@Controller()
class ChatController {
  constructor(private readonly service: I18nService) {}

  @WebSocket('chat')
  chat(@I18n() i18n: I18nContext): object {
    return {
      decorator: i18n.t('chat.welcome'),
      current: I18nContext.current()?.lang,
      service: this.service.t('chat.welcome', { lang: I18nContext.current()?.lang ?? 'none' }),
    };
  }
}

for (const platform of platforms) {
  describe(`nestjs-i18n on ${platform}`, () => {
    afterEach(closeApps);

    const startTranslated = () =>
      start({
        platform,
        imports: [
          I18nModule.forRoot({
            fallbackLanguage: 'en',
            loaderOptions: { path: join(process.cwd(), 'src/i18n') },
            resolvers: [new QueryResolver(['lang']), AcceptLanguageResolver],
          }),
        ],
        controllers: [ChatController],
      });

    it('speaks the language of the handshake, in each message', async () => {
      const app = await startTranslated();
      const german = { decorator: 'Willkommen', current: 'de', service: 'Willkommen' };
      const english = { decorator: 'Welcome', current: 'en', service: 'Welcome' };
      const cases = [
        [await connect(app, '/chat', { headers: { 'accept-language': 'de-DE,de;q=0.9' } }), german],
        [await connect(app, '/chat', { query: { lang: 'de' } }), german],
        [await connect(app, '/chat'), english],
      ] as const;
      for (const times of ['once', 'again']) {
        for (const [socket, expected] of cases) {
          socket.send(times);
          assert.deepEqual(await socket.json(), expected);
        }
      }
      await Promise.all(cases.map(([socket]) => socket.close()));
    });
  });
}
