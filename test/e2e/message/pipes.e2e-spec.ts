import {
  Body,
  Controller,
  Inject,
  Injectable,
  ParseIntPipe,
  Param,
  Query,
  UsePipes,
  ValidationPipe,
  type ArgumentMetadata,
  type PipeTransform,
} from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { Type } from 'class-transformer';
import { IsInt, IsString, ValidateNested } from 'class-validator';
import { CloseWebSocket, Connection, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Adds its name to a text. */
class Append implements PipeTransform {
  constructor(private readonly name: string) {}

  transform(value: string): string {
    return `${value} ${this.name}`;
  }
}

const MARK = Symbol('MARK');

@Injectable()
class Marking implements PipeTransform {
  constructor(@Inject(MARK) private readonly mark: string) {}

  transform(value: string): string {
    return `${value} ${this.mark}`;
  }
}

class AsyncAppend implements PipeTransform {
  async transform(value: string): Promise<string> {
    await Promise.resolve();
    return `${value} async`;
  }
}

const metadata: ArgumentMetadata[] = [];
class Spy implements PipeTransform {
  transform(value: unknown, about: ArgumentMetadata): unknown {
    metadata.push(about);
    return value;
  }
}

@UsePipes(new Append('controller'))
@Controller()
class AppendController {
  @UsePipes(new Append('method 1'), new Append('method 2'))
  @WebSocket('order')
  say(@Body(new Append('parameter 1'), new Append('parameter 2')) text: string): string {
    return text;
  }

  @WebSocket('async')
  later(@Body(AsyncAppend, new Append('after')) text: string): string {
    return text;
  }

  @WebSocket('injected')
  injected(@Body(Marking) text: string): string {
    return text;
  }
}

class Place {
  @IsString()
  room!: string;
}

class Order {
  @IsString()
  item!: string;

  @IsInt()
  @Type(() => Number)
  count!: number;

  @ValidateNested()
  @Type(() => Place)
  place!: Place;

  total(): number {
    return this.count * 10;
  }
}

const valid = { item: 'tea', count: '2', place: { room: 'kitchen' } };

@Controller()
class OrderController {
  @WebSocket('orders', { errors: 'reply' })
  order(@Body() order: Order): unknown {
    return { order, isOrder: order instanceof Order, total: order.total() };
  }

  @WebSocket('strict')
  strict(@Body() order: Order): unknown {
    return { total: order.total() };
  }

  @WebSocket('numbers/:id')
  numbers(
    @Param('id', ParseIntPipe) id: number,
    @Query('page', ParseIntPipe) page: number,
    @Body('count', ParseIntPipe) count: number,
  ): number[] {
    return [id, page, count];
  }
}

@UsePipes(new Spy())
@Controller()
class SpyController {
  @WebSocket('spy/:id', { triggerOnConnect: true })
  spy(
    @Param('id') _id: string,
    @Body() _order: Order,
    @Body('item') _item: string,
    @Connection() _connection: WebSocketConnection,
    _closer: CloseWebSocket,
  ): string {
    return `${metadata.length} values passed the pipe`;
  }
}

describe.each(platforms)('pipes on $name', (platform) => {
  afterEach(closeAllApps);

  it('run in order: global, controller, method, parameter', async () => {
    const app = await startApp(platform, {
      controllers: [AppendController],
      providers: [
        { provide: APP_PIPE, useValue: new Append('APP_PIPE') },
        { provide: MARK, useValue: '' },
      ],
      configure: (nest) => void nest.useGlobalPipes(new Append('global')),
    });
    const client = await app.connect('/order');
    client.send('text');
    expect(await client.text()).toBe(
      'text APP_PIPE global controller method 1 method 2 parameter 1 parameter 2',
    );
  });

  it('may be asynchronous, and are injected', async () => {
    const app = await startApp(platform, {
      controllers: [AppendController],
      providers: [{ provide: MARK, useValue: 'marked' }],
    });
    const later = await app.connect('/async');
    later.send('text');
    expect(await later.text()).toBe('text controller async after');
    const injected = await app.connect('/injected');
    injected.send('text');
    expect(await injected.text()).toBe('text controller marked');
  });

  it('convert what comes from the path, the query and the body', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    const client = await app.connect('/numbers/7?page=3');
    client.sendJson({ count: '5' });
    expect(await client.json()).toEqual([7, 3, 5]);
    client.sendJson({ count: 'five' });
    expect(await client.closed).toMatchObject({
      code: 1007,
      reason: 'Validation failed (numeric string is expected)',
    });
  });

  it('get the metadata of each parameter, and no value that does not come from the client', async () => {
    metadata.length = 0;
    const app = await startApp(platform, { controllers: [SpyController] });
    const client = await app.connect('/spy/1');
    // On connect there is no body to transform.
    expect(await client.text()).toBe('1 values passed the pipe');
    expect(metadata).toEqual([{ type: 'param', metatype: String, data: 'id' }]);
    metadata.length = 0;
    client.sendJson(valid);
    expect(await client.text()).toBe('3 values passed the pipe');
    expect(metadata).toHaveLength(3);
    expect(metadata).toEqual(
      expect.arrayContaining([
        { type: 'param', metatype: String, data: 'id' },
        { type: 'body', metatype: Order, data: undefined },
        { type: 'body', metatype: String, data: 'item' },
      ]),
    );
  });

  describe('ValidationPipe', () => {
    const start = () =>
      startApp(platform, {
        controllers: [OrderController],
        configure: (nest) =>
          void nest.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true })),
      });

    it('makes the message an instance of its class, and drops what the class does not know', async () => {
      const app = await start();
      const client = await app.connect('/orders');
      client.sendJson({ ...valid, isAdmin: true });
      expect(await client.json()).toEqual({
        order: { item: 'tea', count: 2, place: { room: 'kitchen' } },
        isOrder: true,
        total: 20,
      });
    });

    it('tells the client what is wrong', async () => {
      const app = await start();
      const client = await app.connect('/orders');
      client.sendJson({ ...valid, count: 'many', place: { room: 1 } });
      expect(await client.json()).toEqual({
        error: {
          statusCode: 400,
          error: 'Bad Request',
          message: ['count must be an integer number', 'place.room must be a string'],
        },
      });
      client.sendJson(valid);
      expect(await client.json()).toMatchObject({ total: 20 });
    });

    it('closes with 1007 where errors close', async () => {
      const app = await start();
      const client = await app.connect('/strict');
      client.sendJson(valid);
      expect(await client.json()).toEqual({ total: 20 });
      client.sendJson({ item: 1 });
      expect(await client.closed).toMatchObject({ code: 1007, reason: 'Bad Request Exception' });
    });
  });
});
