import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class PersonDto {
  name?: string;
}

interface PersonShape {
  name: string;
}

enum Colour {
  red = 'red',
}

enum Level {
  high = 1,
}

/** What a handler was given, in words. */
function describeBody(body: unknown): string {
  if (Buffer.isBuffer(body)) return `bytes ${body.toString('hex')}`;
  if (typeof body === 'string') return `text ${body}`;
  return `json ${JSON.stringify(body)}`;
}

@Controller('in')
class InController {
  @WebSocket('string')
  text(@Body() body: string): string {
    return describeBody(body);
  }

  @WebSocket('number')
  number(@Body() body: number): string {
    return describeBody(body);
  }

  @WebSocket('boolean')
  boolean(@Body() body: boolean): string {
    return describeBody(body);
  }

  @WebSocket('array')
  array(@Body() body: number[]): string {
    return describeBody(body);
  }

  @WebSocket('class')
  dto(@Body() body: PersonDto): string {
    return describeBody(body);
  }

  @WebSocket('buffer')
  buffer(@Body() body: Buffer): string {
    return describeBody(body);
  }

  @WebSocket('uint8array')
  bytes(@Body() body: Uint8Array): string {
    return describeBody(body);
  }

  @WebSocket('unknown')
  unknown(@Body() body: unknown): string {
    return describeBody(body);
  }

  @WebSocket('interface')
  shape(@Body() body: PersonShape): string {
    return describeBody(body);
  }

  @WebSocket('string-enum')
  colour(@Body() body: Colour): string {
    return describeBody(body);
  }

  @WebSocket('number-enum')
  level(@Body() body: Level): string {
    return describeBody(body);
  }

  @WebSocket('property')
  property(@Body('user.name') name: string, @Body('user') user: object): string {
    return `${name} of ${JSON.stringify(user)}`;
  }

  @WebSocket('none')
  none(): string {
    return 'called';
  }
}

type Case = readonly [path: string, sent: string | Buffer, given: string];

const bytes = Buffer.from([0x00, 0xff, 0x7f]);

/** The type of the parameter, and never the content, decides what it is given. */
const cases: readonly Case[] = [
  ['string', 'plain words', 'text plain words'],
  ['string', '{"a":1}', 'text {"a":1}'],
  ['string', '"quoted"', 'text "quoted"'],
  ['string', '5', 'text 5'],
  ['string', '', 'text '],
  ['string', 'żółw 🎉', 'text żółw 🎉'],
  ['string', Buffer.from('żółw'), 'text żółw'],
  ['number', '5', 'json 5'],
  ['number', '-1.5e3', 'json -1500'],
  ['number', Buffer.from('5'), 'json 5'],
  ['boolean', 'true', 'json true'],
  ['array', '[1,2]', 'json [1,2]'],
  ['class', '{"name":"Ada"}', 'json {"name":"Ada"}'],
  ['class', Buffer.from('{"name":"Ada"}'), 'json {"name":"Ada"}'],
  ['class', ' {"name":null} ', 'json {"name":null}'],
  ['class', 'null', 'json null'],
  ['buffer', bytes, 'bytes 00ff7f'],
  ['buffer', 'abc', 'bytes 616263'],
  ['uint8array', bytes, 'bytes 00ff7f'],
  ['unknown', '{"a":[1]}', 'json {"a":[1]}'],
  ['unknown', ' [1,2]', 'json [1,2]'],
  ['unknown', 'plain words', 'text plain words'],
  ['unknown', '{not json', 'text {not json'],
  ['unknown', '5', 'text 5'],
  ['unknown', '"quoted"', 'text "quoted"'],
  ['unknown', 'true', 'text true'],
  ['unknown', '', 'text '],
  ['unknown', bytes, 'bytes 00ff7f'],
  ['interface', '{"name":"Ada"}', 'json {"name":"Ada"}'],
  ['string-enum', 'red', 'text red'],
  ['number-enum', '1', 'json 1'],
  ['property', '{"user":{"name":"Ada"}}', 'Ada of {"name":"Ada"}'],
  ['none', '{not json', 'called'],
  ['none', Buffer.from([0xff, 0xfe]), 'called'],
];

describe.each(platforms)('bodies on $name', (platform) => {
  afterEach(closeAllApps);

  it.each(cases)('for a parameter %s: %j is given as %s', async (path, sent, given) => {
    const app = await startApp(platform, { controllers: [InController] });
    const client = await app.connect(`/in/${path}`);
    client.send(sent);
    expect(await client.text()).toBe(given);
  });

  it.each<[path: string, sent: string | Buffer]>([
    ['number', 'five'],
    ['boolean', 'yes'],
    ['array', '[1,'],
    ['class', 'Ada'],
    ['class', ''],
    ['class', "{'name':'Ada'}"],
    ['property', '{'],
    ['string', Buffer.from([0x61, 0xff])],
    ['class', Buffer.from([0xff, 0xfe])],
    ['class', '{"__proto__":{"isAdmin":true}}'],
    ['class', '{"a":{"__proto__":{"isAdmin":true}}}'],
    ['class', '{"\\u005f_proto__":{"isAdmin":true}}'],
    ['class', '{"constructor":{"prototype":{"isAdmin":true}}}'],
    ['unknown', '{"__proto__":{"isAdmin":true}}'],
    ['property', '{"__proto__":{"user":{"name":"Eve"}}}'],
  ])('for a parameter %s: %j closes with 1007', async (path, sent) => {
    const app = await startApp(platform, { controllers: [InController] });
    const client = await app.connect(`/in/${path}`);
    client.send(sent);
    expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
    expect(Reflect.get({}, 'isAdmin')).toBeUndefined();
    expect(app.logs.at('error')).toEqual([]);
  });

  it.each([
    ['application/json', '5', 'json 5'],
    ['application/json; charset=utf-8', '"parsed"', 'text parsed'],
    ['application/problem+json', 'null', 'json null'],
    ['text/plain', '{"a":1}', 'text {"a":1}'],
    ['application/octet-stream', 'abc', 'bytes 616263'],
    ['image/png', '{"a":1}', 'json {"a":1}'],
  ])('without a type follow the Content-Type %s of the handshake', async (type, sent, given) => {
    const app = await startApp(platform, { controllers: [InController] });
    const client = await app.connect('/in/unknown', { headers: { 'content-type': type } });
    client.send(sent);
    expect(await client.text()).toBe(given);
  });

  it('with a type do not follow the Content-Type of the handshake', async () => {
    const app = await startApp(platform, { controllers: [InController] });
    const headers = { 'content-type': 'application/json' };
    const client = await app.connect('/in/string', { headers });
    client.send('"quoted"');
    expect(await client.text()).toBe('text "quoted"');
  });

  it('that are no JSON close with 1007 where the handshake promised JSON', async () => {
    const app = await startApp(platform, { controllers: [InController] });
    const headers = { 'content-type': 'application/json' };
    const client = await app.connect('/in/unknown', { headers });
    client.send('plain words');
    expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
  });
});
