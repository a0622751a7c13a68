import { Controller, Param, Query, type PipeTransform } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Changes what it is given, as careless pipes do. */
const exclaim: PipeTransform<Record<string, unknown>, unknown> = {
  transform(value) {
    for (const [key, item] of Object.entries(value)) {
      if (Array.isArray(item)) item.push('more');
      else value[key] = `${String(item)}!`;
    }
    value['added'] = value['added'] === undefined ? 'once' : 'twice';
    return value;
  },
};

@Controller()
class CarelessController {
  @WebSocket('rooms/:room')
  answer(
    @Query(exclaim) query: Record<string, unknown>,
    @Param(exclaim) params: Record<string, unknown>,
  ) {
    return { query, params };
  }

  @WebSocket('list')
  list(@Query('tag') tags: string[]) {
    tags.push('more');
    return tags;
  }
}

describe.each(platforms)('a message on $name', (platform) => {
  afterEach(closeAllApps);

  it('has its own query and path parameters, whatever a pipe has changed before', async () => {
    const app = await startApp(platform, { controllers: [CarelessController] });
    const client = await app.connect('/rooms/den?q=1&tag=a&tag=b');
    const expected = {
      query: { q: '1!', tag: ['a', 'b', 'more'], added: 'once' },
      params: { room: 'den!', added: 'once' },
    };
    client.send('first');
    expect(await client.json()).toEqual(expected);
    client.send('second');
    expect(await client.json()).toEqual(expected);
  });

  it('has its own list of a repeated name', async () => {
    const app = await startApp(platform, { controllers: [CarelessController] });
    const client = await app.connect('/list?tag=a&tag=b');
    client.send('first');
    expect(await client.json()).toEqual(['a', 'b', 'more']);
    client.send('second');
    expect(await client.json()).toEqual(['a', 'b', 'more']);
  });
});
