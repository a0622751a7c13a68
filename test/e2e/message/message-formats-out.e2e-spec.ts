import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class Point {
  constructor(
    readonly x: number,
    readonly y: number,
  ) {}

  toJSON(): object {
    return { at: [this.x, this.y] };
  }
}

const results: Record<string, () => unknown> = {
  string: () => 'plain',
  'empty string': () => '',
  object: () => ({ a: [1, null] }),
  'class with toJSON': () => new Point(1, 2),
  date: () => new Date(0),
  array: () => [1, 'two'],
  number: () => 5,
  boolean: () => false,
  null: () => null,
  promise: () => Promise.resolve({ late: true }),
  buffer: () => Buffer.from([1, 2, 3]),
  uint8array: () => Uint8Array.of(1, 2, 3),
  'part of a buffer': () => Buffer.from([0, 1, 2, 3, 4]).subarray(1, 4),
  uint16array: () => Uint16Array.of(0x0201),
  dataview: () => new DataView(Uint8Array.of(9, 1, 2, 3).buffer, 1),
  arraybuffer: () => Uint8Array.of(1, 2, 3).buffer,
  undefined: () => undefined,
  'promise of undefined': () => Promise.resolve(undefined),
  'a cycle': () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    return cycle;
  },
  bigint: () => 5n,
  symbol: () => Symbol('s'),
};

@Controller('out')
class OutController {
  @WebSocket()
  result(@Body() name: string): unknown {
    return results[name]?.();
  }
}

describe.each(platforms)('results on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['string', 'plain'],
    ['empty string', ''],
    ['object', '{"a":[1,null]}'],
    ['class with toJSON', '{"at":[1,2]}'],
    ['date', '"1970-01-01T00:00:00.000Z"'],
    ['array', '[1,"two"]'],
    ['number', '5'],
    ['boolean', 'false'],
    ['null', 'null'],
    ['promise', '{"late":true}'],
  ])('of the kind %s are the text frame %j', async (name, text) => {
    const app = await startApp(platform, { controllers: [OutController] });
    const client = await app.connect('/out');
    client.send(name);
    expect(await client.text()).toBe(text);
  });

  it.each([
    ['buffer', [1, 2, 3]],
    ['uint8array', [1, 2, 3]],
    ['part of a buffer', [1, 2, 3]],
    ['uint16array', [1, 2]],
    ['dataview', [1, 2, 3]],
    ['arraybuffer', [1, 2, 3]],
  ])('of the kind %s are a binary frame', async (name, sent) => {
    const app = await startApp(platform, { controllers: [OutController] });
    const client = await app.connect('/out');
    client.send(name);
    expect([...(await client.binary())]).toEqual(sent);
  });

  it.each(['undefined', 'promise of undefined'])('of the kind %s are not sent', async (name) => {
    const app = await startApp(platform, { controllers: [OutController] });
    const client = await app.connect('/out');
    client.send(name);
    client.send('string');
    expect(await client.text()).toBe('plain');
  });

  it.each(['a cycle', 'bigint', 'symbol'])(
    'that cannot be written as JSON, such as %s, close with 1011',
    async (name) => {
      const app = await startApp(platform, { controllers: [OutController] });
      const client = await app.connect('/out');
      client.send(name);
      expect(await client.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
      expect(app.logs.at('error')).toHaveLength(1);
    },
  );
});
