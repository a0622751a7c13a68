import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { createTracing } from 'nestjs-revali-ws/opentelemetry';

import { eventually } from '../../support/deadline.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import {
  contentOf,
  disableTracing,
  enableTracing,
  TraceLog,
} from '../../support/records/trace-log.js';
import { CONNECTION, startTraced } from '../../support/apps/traced-app.js';

describe.each(platforms)('OpenTelemetry makes a span for each message on $name', (platform) => {
  let log: TraceLog;

  const start = () => startTraced(platform, createTracing({ tracer: log.tracer }));

  beforeEach(() => {
    log = new TraceLog();
    enableTracing();
  });
  afterEach(async () => {
    await closeAllApps();
    disableTracing();
  });

  it("as a child of its connection's", async () => {
    const app = await start();
    const clients = [await app.connect('room/7'), await app.connect('room/7')];
    for (const client of clients) {
      client.send('one');
      client.send('two');
      expect([await client.text(), await client.text()]).toEqual(['one', 'two']);
      await client.close();
    }
    await eventually(() => expect(log.names.length).toBe(6), 'six spans');
    const parents = log.spans.filter(({ name }) => name === `${CONNECTION}talk`);
    expect(parents).toHaveLength(2);
    for (const parent of parents) {
      const { spanId, traceId } = parent.spanContext();
      const children = log.spans.filter(
        ({ parentSpanContext }) => parentSpanContext?.spanId === spanId,
      );
      expect(children.map(({ name }) => name)).toEqual(Array(2).fill('RoomController.talk'));
      for (const child of children) {
        expect(child.spanContext().traceId).toBe(traceId);
        expect(child.kind).toBe(SpanKind.INTERNAL);
        expect(child.status).toEqual({ code: SpanStatusCode.UNSET });
        expect(child.attributes).toEqual({ 'code.function.name': 'RoomController.talk' });
      }
    }
  });

  it('in which a fault is an error, and one of its connection too', async () => {
    const app = await start();
    const client = await app.connect('fail');
    client.send('server');
    expect(await client.closed).toMatchObject({ code: 1011 });
    for (const [name, type] of [
      ['RoomController.fail', 'RangeError'],
      [`${CONNECTION}fail`, '1011'],
    ] as const) {
      const { status, attributes, events } = await log.span(name);
      expect(status).toEqual({ code: SpanStatusCode.ERROR });
      expect(attributes).toMatchObject({ 'error.type': type });
      expect(events).toMatchObject([
        {
          name: 'exception',
          attributes: {
            'exception.type': 'RangeError',
            'exception.message': 'The server is wrong',
            'exception.stacktrace': expect.stringContaining('RoomController.fail') as unknown,
          },
        },
      ]);
    }
  });

  it.each([
    ['client', 'BadRequestException', 1007],
    ['close', 'CloseWebSocketException', 4001],
  ])(
    "in which an exception for the client's sake (%s) is an event",
    async (message, type, code) => {
      const app = await start();
      const client = await app.connect('fail');
      client.send(message);
      expect(await client.closed).toMatchObject({ code });
      const { status, events } = await log.span('RoomController.fail');
      expect(status).toEqual({ code: SpanStatusCode.UNSET });
      expect(events).toMatchObject([{ name: 'exception', attributes: { 'exception.type': type } }]);
      const connection = await log.span(`${CONNECTION}fail`);
      expect(connection.status).toEqual({ code: SpanStatusCode.UNSET });
      expect(connection.events).toEqual([]);
      expect(connection.attributes['websocket.close.code']).toBe(code);
    },
  );

  it('and leaves what fails after it to the span of the connection', async () => {
    const app = await start();
    const client = await app.connect('fail');
    client.send('unserializable');
    expect(await client.closed).toMatchObject({ code: 1011 });
    const { events } = await log.span(`${CONNECTION}fail`);
    expect(events).toMatchObject([
      { attributes: { 'exception.type': 'UnserializableMessageException' } },
    ]);
  });

  it('and none for HTTP requests', async () => {
    const app = await start();
    expect((await app.get('/plain')).body).toBe('plain');
    const client = await app.connect('room/7');
    client.send('hi');
    await client.text();
    await log.span('RoomController.talk');
    expect(log.names).toEqual(['RoomController.talk']);
  });

  it('and records nothing of queries, payloads and close reasons', async () => {
    const app = await start();
    const talking = await app.connect('room/7?secret=secret');
    talking.send('secret');
    await talking.text();
    await talking.close(4000, 'secret');
    for (const [path, message] of [
      ['count', '{"n": secret}'],
      ['count', '{"n": "secret"}'],
      ['fail', 'no error'],
    ] as const) {
      const client = await app.connect(path);
      client.send(message);
      await client.closed;
    }
    await eventually(() => expect(log.names.length).toBe(8), 'eight spans');
    const contents = log.spans.map(contentOf).join('\n');
    expect(contents).not.toMatch(/secret|no error/);
    expect(contents).toContain('Invalid payload');
    expect(contents).toContain('numeric string is expected');
  });
});
