import { Body, Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate, type Gate } from '../../support/gate.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Handlers that end when the test says so. */
class Doors {
  readonly started: string[] = [];
  private readonly gates = new Map<string, Gate>();

  async pass(name: string): Promise<void> {
    this.started.push(name);
    await this.of(name).opened;
  }

  open(name: string): void {
    this.of(name).open();
  }

  private of(name: string): Gate {
    const known = this.gates.get(name) ?? gate();
    this.gates.set(name, known);
    return known;
  }
}

describe.each(platforms)('concurrency on $name', (platform) => {
  afterEach(closeAllApps);

  const start = async (doors: Doors) => {
    @Controller()
    class Work {
      @WebSocket('strict')
      async strict(@Body() name: string): Promise<string> {
        await doors.pass(name);
        return name;
      }
      @WebSocket('three', { concurrency: 3 })
      async three(@Body() name: string): Promise<string> {
        await doors.pass(name);
        return name;
      }
    }
    return startApp(platform, { controllers: [Work] });
  };

  it('by default is none: strictly in order, however slow an earlier handler is', async () => {
    const doors = new Doors();
    const app = await start(doors);
    const client = await app.connect('strict');
    for (const name of ['a', 'b', 'c']) client.send(name);
    doors.open('b');
    doors.open('c');
    await client.expectNothing();
    expect(doors.started).toEqual(['a']);
    doors.open('a');
    for (const name of ['a', 'b', 'c']) expect(await client.text()).toBe(name);
  });

  it('is per connection: another client does not wait', async () => {
    const doors = new Doors();
    const app = await start(doors);
    const [first, second] = [await app.connect('strict'), await app.connect('strict')];
    first.send('a');
    second.send('b');
    doors.open('b');
    expect(await second.text()).toBe('b');
    doors.open('a');
    expect(await first.text()).toBe('a');
  });

  it('bounds what runs at once, and replies as the handlers finish', async () => {
    const doors = new Doors();
    const app = await start(doors);
    const client = await app.connect('three');
    for (const name of ['a', 'b', 'c', 'd', 'e']) client.send(name);
    await eventually(() => expect(doors.started).toEqual(['a', 'b', 'c']), 'three calls');
    await client.expectNothing();
    expect(doors.started).toHaveLength(3);
    doors.open('c');
    expect(await client.text()).toBe('c');
    await eventually(() => expect(doors.started).toEqual(['a', 'b', 'c', 'd']), 'the fourth');
    doors.open('a');
    expect(await client.text()).toBe('a');
    doors.open('e');
    expect(await client.text()).toBe('e');
    doors.open('d');
    doors.open('b');
    expect([await client.text(), await client.text()].toSorted()).toEqual(['b', 'd']);
  });

  it.each(['strict', 'three'])('each call keeps its own body (%s)', async (path) => {
    @Controller()
    class Bodies {
      @WebSocket('strict')
      @WebSocket('three', { concurrency: 3 })
      async body(@Body() body: { n: number }, @Body('n') n: number): Promise<unknown> {
        const before = JSON.stringify(body);
        for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
        return { same: before === JSON.stringify(body), n, body: body.n };
      }
    }
    const app = await startApp(platform, { controllers: [Bodies] });
    const client = await app.connect(path);
    for (let n = 0; n < 50; n += 1) client.sendJson({ n });
    const answers: unknown[] = [];
    for (let n = 0; n < 50; n += 1) answers.push(await client.json());
    const expected = Array.from({ length: 50 }, (_item, n) => ({ same: true, n, body: n }));
    expect(answers).toEqual(expect.arrayContaining(expected));
    if (path === 'strict') expect(answers).toEqual(expected);
  });

  it('a stream occupies one of the places until it has ended', async () => {
    const doors = new Doors();
    @Controller()
    class Streams {
      @WebSocket('two', { concurrency: 2 })
      async *two(@Body() name: string): AsyncGenerator<string> {
        yield `${name} begins`;
        await doors.pass(name);
        yield `${name} ends`;
      }
    }
    const app = await startApp(platform, { controllers: [Streams] });
    const client = await app.connect('two');
    for (const name of ['a', 'b', 'c']) client.send(name);
    expect([await client.text(), await client.text()]).toEqual(['a begins', 'b begins']);
    await client.expectNothing();
    doors.open('b');
    expect([await client.text(), await client.text()]).toEqual(['b ends', 'c begins']);
    doors.open('a');
    doors.open('c');
    expect([await client.text(), await client.text()].toSorted()).toEqual(['a ends', 'c ends']);
  });
});
