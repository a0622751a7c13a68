import { Controller } from '@nestjs/common';
import { CleanUp, RevaliWsMetrics, WebSocket, type WebSocketObserver } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually, within } from '../../support/deadline.js';
import { OwnTime } from '../../support/own-time.js';
import { gate } from '../../support/gate.js';
import { transports } from '../../support/apps/transports.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

const forRoot = { shutdownTimeout: 150, maxConnections: 1 };

const openIn = (app: RunningApp): number =>
  app.app.get(RevaliWsMetrics).snapshot().connections.open;

const warnings = (app: RunningApp): string[] =>
  app.logs.messages('warn').filter((line) => line.includes('has not settled'));

describe.each(transports)(
  'what never settles at the end of a connection, on $label',
  (platform) => {
    afterEach(closeAllApps);

    it('does not keep its place: a clean-up', async () => {
      const { open, opened } = gate();
      const events: string[] = [];
      @Controller()
      class Chat {
        @WebSocket('chat', { triggerOnConnect: true })
        chat(cleanUp: CleanUp): void {
          cleanUp.add(async () => {
            await opened;
            events.push('went on');
          });
          cleanUp.add(() => events.push('the other'));
        }
      }
      const app = await startApp(platform, { controllers: [Chat], forRoot });
      for (let life = 0; life < 2; life += 1) {
        const client = await app.connect('chat');
        await client.close();
        expect(openIn(app)).toBe(1);
        expect(await upgradeStatus(app, '/chat')).toBe(503);
        await eventually(() => expect(openIn(app)).toBe(0), 'the place to be free');
      }
      expect(events).toEqual(['the other', 'the other']);
      // Clients give reason for the line: it comes once in ten seconds.
      expect(warnings(app)).toEqual([
        'A clean-up of Chat.chat() has not settled within 150 ms (shutdownTimeout). ' +
          'It may go on, but its connection no longer counts as open.',
      ]);
      open();
      await eventually(() => expect(events).toHaveLength(4), 'the clean-ups to go on');
    });

    it('is said of an observer as well, and app.close() does not wait for it later', async () => {
      const observer: WebSocketObserver = { onClose: () => new Promise(() => undefined) };
      @Controller()
      class Chat {
        @WebSocket('chat')
        chat(): void {}
      }
      const app = await startApp(platform, {
        controllers: [Chat],
        forRoot: { maxConnections: 1, shutdownTimeout: 1000, observers: [observer] },
      });
      const client = await app.connect('chat');
      await client.close();
      await eventually(() => expect(openIn(app)).toBe(0), 'the place to be free');
      await eventually(
        () => expect(warnings(app).join()).toContain('An observer of Chat.chat() has not settled'),
        'the line',
      );
      const began = new OwnTime();
      await within(app.close(), 'the end');
      expect(began.end()).toBeLessThan(900);
    });
  },
);
