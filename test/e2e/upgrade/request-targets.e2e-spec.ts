import { Controller, Param, Query } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms, type Platform } from '../../support/apps/platforms.js';
import { closeAllApps, type RunningApp } from '../../support/apps/running-app.js';

const seen: string[] = [];

@Controller()
class LiveController {
  @WebSocket('live/:id', { triggerOnConnect: true })
  live(@Param('id') id: string, @Query('a') a?: string): string {
    return `${id} ${a ?? 'none'}`;
  }

  @WebSocket('', { triggerOnConnect: true })
  root(@Query('a') a?: string): string {
    return `root ${a ?? 'none'}`;
  }
}

type Next = () => void;

function start(platform: Platform, rewrite = (url: string): string => url): Promise<RunningApp> {
  return startApp(platform, {
    controllers: [LiveController],
    configure: (nest) => {
      nest.use((request: { url: string }, _response: unknown, next: Next) => {
        seen.push(request.url);
        request.url = rewrite(request.url);
        next();
      });
    },
  });
}

/** What is sent on connect, or the status of the refusal. */
async function ask(app: RunningApp, target: string, host: string): Promise<string> {
  const client = await app.raw();
  client.upgrade(target, { headers: [['Host', host]] });
  const { status } = await client.response();
  const answer = status === 101 ? (await client.nextFrame()).payload.toString() : String(status);
  client.destroy();
  return answer;
}

describe.each(platforms)('a target that names its server on $name', (platform) => {
  beforeEach(() => seen.splice(0));
  afterEach(closeAllApps);

  it.each([
    ['http://a.example/live/7?a=1', 'a.example', '/live/7?a=1', '7 1'],
    ['ws://a.example/live/7', 'A.example', '/live/7', '7 none'],
    ['WSS://A.EXAMPLE:443/live/7', 'a.example', '/live/7', '7 none'],
    ['http://a.example/live/7', 'a.example:80', '/live/7', '7 none'],
    ['https://a.example:8443/live/7', 'a.example:8443', '/live/7', '7 none'],
    ['http://[::1]:80/live/7', '[::1]', '/live/7', '7 none'],
    ['http://a.example', 'a.example', '/', 'root none'],
    ['http://a.example?a=/live/7', 'a.example', '/?a=/live/7', 'root /live/7'],
  ])('%s is read as its path', async (target, host, url, answer) => {
    const app = await start(platform);
    expect(await ask(app, target, host)).toBe(answer);
    expect(seen).toEqual([url]);
  });

  it.each([
    ['http://b.example/live/7', 'a.example'],
    ['http://a.example:81/live/7', 'a.example'],
    ['https://a.example:80/live/7', 'a.example'],
    ['http://user@a.example/live/7', 'a.example'],
    ['http://a.example//live/7', 'a.example'],
    ['http://a.example/live/%37', 'a.example'],
    ['http://a.example/live/7#x', 'a.example'],
    ['ftp://a.example/live/7', 'a.example'],
    ['http:///live/7', 'a.example'],
    ['http:/live/7', 'a.example'],
  ])('%s is 400 for %s', async (target, host) => {
    const app = await start(platform);
    expect(await ask(app, target, host)).toBe('400');
    expect(seen).toEqual([]);
  });

  it('may have its query rewritten by middleware, and its path not', async () => {
    const app = await start(platform, (url) => url.replace('a=1', 'a=2'));
    // Fastify has read the query before, and its engine for middleware gives the URL back.
    const read = platform.name === 'express' ? '7 2' : '7 1';
    expect(await ask(app, '/live/7?a=1', 'a.example')).toBe(read);
    const other = await start(platform, (url) => url.replace('/7', '/8'));
    const kept = platform.name === 'express' ? '404' : '7 1';
    expect(await ask(other, '/live/7?a=1', 'a.example')).toBe(kept);
  });
});
