import { Body, Controller } from '@nestjs/common';
import { CleanUp, WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { unhandled } from '../../support/faults/leaks.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** Calls that wait until the test lets them go, by the message that they handle. */
const waiting = new Map<string, () => void>();
const events: string[] = [];

@Controller('order')
class OrderController {
  @WebSocket('strict')
  async strict(@Body() message: string): Promise<string> {
    events.push(`${message} begins`);
    // The later the message, the quicker its handler.
    for (let turns = 10 - Number(message); turns > 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    events.push(`${message} ends`);
    return message;
  }

  @WebSocket('mixed')
  mixed(@Body() message: string): string | Promise<string> {
    return Number(message) % 2 === 0 ? message : Promise.resolve(message);
  }

  @WebSocket('held')
  async held(@Body() message: string): Promise<string> {
    await new Promise<void>((resolve) => waiting.set(message, resolve));
    return `let go: ${message}`;
  }

  @WebSocket('counted')
  counted(@Body() _message: string, connection: WebSocketConnection): number {
    const count = Number(connection.data['count'] ?? 0) + 1;
    connection.data['count'] = count;
    return count;
  }

  @WebSocket('fragile')
  fragile(@Body() message: string, cleanUp: CleanUp): string {
    cleanUp.add(() => events.push(`cleaned up after ${message}`));
    if (message === 'throw') throw new Error('a secret of the application');
    return message;
  }

  @WebSocket('rejecting')
  async rejecting(@Body() message: string): Promise<string> {
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error(`a secret about ${message}`);
  }
}

describe.each(platforms)('messages of one connection on $name', (platform) => {
  beforeEach(() => {
    events.length = 0;
  });
  afterEach(closeAllApps);

  it('are handled one after another, however long each takes', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    const client = await app.connect('/order/strict');
    const sent = Array.from({ length: 10 }, (_, index) => String(index));
    for (const message of sent) client.send(message);
    for (const message of sent) expect(await client.text()).toBe(message);
    expect(events).toEqual(sent.flatMap((message) => [`${message} begins`, `${message} ends`]));
  });

  it('are answered in order, whether the handler answers at once or later', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    const client = await app.connect('/order/mixed');
    const sent = Array.from({ length: 200 }, (_, index) => String(index));
    for (const message of sent) client.send(message);
    const answers: string[] = [];
    while (answers.length < sent.length) answers.push(await client.text());
    expect(answers).toEqual(sent);
  });
});

describe.each(platforms)('several connections on $name', (platform) => {
  beforeEach(() => {
    events.length = 0;
    waiting.clear();
  });
  afterEach(closeAllApps);

  it('do not wait for one another', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    const slow = await app.connect('/order/held');
    const quick = await app.connect('/order/mixed');
    slow.send('slow');
    quick.send('0');
    expect(await quick.text()).toBe('0');
    const other = await app.connect('/order/held');
    other.send('other');
    quick.send('2');
    expect(await quick.text()).toBe('2');
    waiting.get('other')?.();
    expect(await other.text()).toBe('let go: other');
    waiting.get('slow')?.();
    expect(await slow.text()).toBe('let go: slow');
  });

  it('each have their own data', async () => {
    const app = await startApp(platform, { controllers: [OrderController] });
    const [one, two] = [await app.connect('/order/counted'), await app.connect('/order/counted')];
    one.send('');
    expect(await one.json()).toBe(1);
    one.send('');
    expect(await one.json()).toBe(2);
    two.send('');
    expect(await two.json()).toBe(1);
  });

  it('outlive the one whose handler throws, which is closed with 1011 and logged once', async () => {
    const recorder = unhandled();
    const app = await startApp(platform, { controllers: [OrderController] });
    const other = await app.connect('/order/fragile');
    const failing = await app.connect('/order/fragile');
    failing.send('fine');
    expect(await failing.text()).toBe('fine');
    failing.send('throw');
    failing.send('never handled');
    expect(await failing.closed).toEqual({
      code: 1011,
      reason: 'Internal server error',
      wasClean: true,
    });
    other.send('still here');
    expect(await other.text()).toBe('still here');

    const errors = app.logs.at('error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toBe('OrderController.fragile(): a secret of the application');
    expect(errors[0]?.stack).toContain('OrderController.fragile');
    expect(events).toEqual(['cleaned up after fine', 'cleaned up after throw']);
    expect(await recorder.release()).toEqual([]);
  });

  it('outlive the one whose handler rejects', async () => {
    const recorder = unhandled();
    const app = await startApp(platform, { controllers: [OrderController] });
    const failing = await app.connect('/order/rejecting');
    failing.send('it');
    expect(await failing.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    const other = await app.connect('/order/mixed');
    other.send('0');
    expect(await other.text()).toBe('0');
    expect(app.logs.messages('error')).toEqual(['OrderController.rejecting(): a secret about it']);
    expect(await recorder.release()).toEqual([]);
  });
});
