import { Body, Controller, ParseEnumPipe, ValidationPipe } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { Colour, Level } from '../../support/apps/enums.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class Address {
  @IsString()
  readonly city: string = '';
}

class User {
  @IsString()
  readonly name: string = '';

  @IsInt()
  readonly age: number = 0;

  @ValidateNested()
  @Type(() => Address)
  readonly address: Address = new Address();
}

enum Local {
  on = 'on',
  off = 'off',
}

enum LocalNumber {
  zero,
  one,
}

interface Anything {
  readonly a: number;
}

const show = (value: unknown): string =>
  `${Buffer.isBuffer(value) ? 'buffer' : Array.isArray(value) ? 'array' : typeof value} ${
    Buffer.isBuffer(value) ? value.toString('hex') : JSON.stringify(value)
  }`;

@Controller()
class Types {
  @WebSocket('string')
  string(@Body() body: string): string {
    return show(body);
  }
  @WebSocket('optional-string')
  optionalString(@Body() body?: string): string {
    return show(body);
  }
  @WebSocket('nullable-string')
  nullableString(@Body() body: string | null): string {
    return show(body);
  }
  @WebSocket('number')
  number(@Body() body: number): string {
    return show(body);
  }
  @WebSocket('boolean')
  boolean(@Body() body: boolean): string {
    return show(body);
  }
  @WebSocket('buffer')
  buffer(@Body() body: Buffer): string {
    return show(body);
  }
  @WebSocket('bytes')
  bytes(@Body() body: Uint8Array): string {
    return show(body);
  }
  @WebSocket('strings')
  strings(@Body() body: string[]): string {
    return show(body);
  }
  @WebSocket('users')
  users(@Body() body: User[]): string {
    return show(body);
  }
  @WebSocket('local-enum')
  localEnum(@Body(new ParseEnumPipe(Local)) body: Local): string {
    return show(body);
  }
  @WebSocket('local-number')
  localNumber(@Body(new ParseEnumPipe(LocalNumber)) body: LocalNumber): string {
    return show(body);
  }
  @WebSocket('colour')
  colour(@Body(new ParseEnumPipe(Colour)) body: Colour): string {
    return show(body);
  }
  @WebSocket('level', { format: 'json' })
  level(@Body(new ParseEnumPipe(Level)) body: Level): string {
    return show(body);
  }
  @WebSocket('union')
  union(@Body() body: 'a' | 'b'): string {
    return show(body);
  }
  @WebSocket('interface')
  anything(@Body() body: Anything): string {
    return show(body);
  }
  @WebSocket('unknown')
  unknown(@Body() body: unknown): string {
    return show(body);
  }
  @WebSocket('dto')
  dto(@Body(new ValidationPipe({ transform: true })) body: User): string {
    return `${body instanceof User} ${body.address instanceof Address} ${body.name}`;
  }
  @WebSocket('optional-dto')
  optionalDto(@Body(new ValidationPipe({ transform: true })) body?: User): string {
    return `${body instanceof User} ${body?.name}`;
  }
}

describe.each(platforms)('the type of the body parameter on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([
    ['string', 'hi', 'string "hi"'],
    ['string', '{"a":1}', 'string "{\\"a\\":1}"'],
    ['string', '', 'string ""'],
    ['string', Buffer.from('é'), 'string "é"'],
    ['optional-string', '[1]', 'string "[1]"'],
    ['nullable-string', 'hi', 'string "hi"'],
    ['nullable-string', '1', 'string "1"'],
    ['nullable-string', 'null', 'string "null"'],
    ['number', '1.5', 'number 1.5'],
    ['number', Buffer.from('7'), 'number 7'],
    ['boolean', 'true', 'boolean true'],
    ['buffer', Buffer.of(1, 255), 'buffer 01ff'],
    ['buffer', 'hi', 'buffer 6869'],
    ['bytes', Buffer.of(0), 'buffer 00'],
    ['strings', '["a"]', 'array ["a"]'],
    ['users', '[{"name":"Ann"}]', 'array [{"name":"Ann"}]'],
    ['local-enum', 'on', 'string "on"'],
    ['local-number', '1', 'number 1'],
    ['colour', 'red', 'string "red"'],
    ['level', '1', '"number 1"'],
    ['union', 'a', 'string "a"'],
    ['interface', '{"a":1}', 'object {"a":1}'],
    ['interface', Buffer.from('{"a":1}'), 'object {"a":1}'],
    ['unknown', ' [1]', 'array [1]'],
    ['unknown', 'plain', 'string "plain"'],
    ['unknown', '1', 'string "1"'],
    ['unknown', '{not json', 'string "{not json"'],
    ['unknown', Buffer.of(0xff), 'buffer ff'],
  ])('%s makes %p arrive as %s', async (path, payload, shown) => {
    const app = await startApp(platform, { controllers: [Types] });
    const client = await app.connect(path);
    client.send(payload);
    expect(await client.text()).toBe(shown);
  });

  it.each([
    ['number', 'one'],
    ['number', ''],
    ['strings', 'a'],
    ['dto', 'plain'],
    ['dto', '{"name":'],
    ['string', Uint8Array.of(0xff)],
    ['dto', Uint8Array.of(0xff)],
  ])('%s refuses %p with 1007', async (path, payload) => {
    const app = await startApp(platform, { controllers: [Types] });
    const client = await app.connect(path);
    client.send(payload);
    expect(await client.closed).toMatchObject({ code: 1007, reason: 'Invalid payload' });
  });

  it.each([
    ['local-enum', 'maybe'],
    ['local-number', '9'],
    ['colour', 'green'],
  ])('%s leaves the check of %p to its pipe', async (path, payload) => {
    const app = await startApp(platform, { controllers: [Types] });
    const client = await app.connect(path);
    client.send(payload);
    expect(await client.closed).toMatchObject({
      code: 1007,
      reason: 'Validation failed (enum string is expected)',
    });
  });

  it('a class is validated and transformed, nested classes as well', async () => {
    const app = await startApp(platform, { controllers: [Types] });
    for (const [path, answer] of [
      ['dto', 'true true Ann'],
      ['optional-dto', 'true Ann'],
    ] as const) {
      const client = await app.connect(path);
      client.sendJson({ name: 'Ann', age: 1, address: { city: 'Bern' } });
      expect(await client.text()).toBe(answer);
      client.sendJson({ name: 'Ann', age: 'x', address: { city: 1 } });
      const { code } = await client.closed;
      expect(code).toBe(1007);
    }
  });

  it('a global ValidationPipe sees each of them as an HTTP route would', async () => {
    @Controller()
    class Validated {
      @WebSocket('user', { errors: 'reply' })
      user(@Body() user: User): boolean {
        return user instanceof User;
      }
      @WebSocket('text')
      text(@Body() text: string): string {
        return text;
      }
      @WebSocket('list')
      list(@Body() list: string[]): string[] {
        return list;
      }
    }
    const app = await startApp(platform, {
      controllers: [Validated],
      configure: (nest) => {
        nest.useGlobalPipes(
          new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
        );
      },
    });
    const client = await app.connect('user');
    client.sendJson({ name: 'Ann', age: 1, address: { city: 'Bern' } });
    expect(await client.json()).toBe(true);
    client.sendJson({ name: 1, age: 1, address: { city: 'Bern' }, extra: true });
    const reply = await client.json<{ error: { statusCode: number; message: string[] } }>();
    expect(reply.error.statusCode).toBe(400);
    expect(reply.error.message.toSorted()).toEqual([
      'name must be a string',
      'property extra should not exist',
    ]);
    const text = await app.connect('text');
    text.send('as it is');
    expect(await text.text()).toBe('as it is');
    const list = await app.connect('list');
    list.send('["a"]');
    expect(await list.json()).toEqual(['a']);
  });
});
