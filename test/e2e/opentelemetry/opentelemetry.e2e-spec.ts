import { propagation, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { createTracing } from 'nestjs-revali-ws/opentelemetry';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';
import { disableTracing, enableTracing, TraceLog } from '../../support/records/trace-log.js';
import { CONNECTION, Door, RoomController, startTraced } from '../../support/apps/traced-app.js';
import { upgradeStatus } from '../../support/clients/upgrade-status.js';

describe.each(platforms)('OpenTelemetry on $name', (platform) => {
  let log: TraceLog;

  const start = () => startTraced(platform, createTracing({ tracer: log.tracer }));

  beforeEach(() => {
    log = new TraceLog();
    enableTracing();
  });
  afterEach(async () => {
    Door.waiting.open();
    await closeAllApps();
    disableTracing();
  });

  describe('makes a span for each connection', () => {
    it('from the upgrade request to the end', async () => {
      const app = await start();
      const client = await app.connect('room/7?token=secret');
      client.send('hi');
      await client.text();
      await log.span('RoomController.talk');
      expect(log.names).not.toContain(`${CONNECTION}talk`);
      await client.close(4000);
      const span = await log.span(`${CONNECTION}talk`);
      expect(span.kind).toBe(SpanKind.SERVER);
      expect(span.parentSpanContext).toBeUndefined();
      expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
      expect(span.events).toEqual([]);
      expect(span.attributes).toEqual({
        'code.function.name': 'RoomController.talk',
        'http.request.method': 'GET',
        'http.response.status_code': 101,
        'network.protocol.name': 'websocket',
        'url.path': '/room/7',
        'url.scheme': 'http',
        'websocket.close.code': 4000,
        'websocket.close.initiator': 'client',
        'websocket.messages.received': 1,
        'websocket.messages.sent': 1,
      });
    });

    it('that an active span, or else what the headers say, is the parent of', async () => {
      const traceId = '0af7651916cd43dd8448eb211c80319c';
      const spanId = 'b7ad6b7169203331';
      propagation.setGlobalPropagator({
        fields: () => ['x-trace'],
        inject: () => undefined,
        extract: (context, carrier, { get }) =>
          get(carrier, 'x-trace') === 'on'
            ? trace.setSpanContext(context, { traceId, spanId, traceFlags: TraceFlags.SAMPLED })
            : context,
      });
      const app = await start();
      await (await app.connect('room/7', { headers: { 'X-Trace': 'on' } })).close();
      const remote = await log.span(`${CONNECTION}talk`);
      expect(remote.parentSpanContext).toMatchObject({ traceId, spanId });
      expect(remote.spanContext().traceId).toBe(traceId);

      log = new TraceLog();
      const { tracer } = log;
      const { observer } = createTracing({ tracer });
      const instrumented = await startApp(platform, {
        controllers: [RoomController],
        forRoot: { observers: [observer] },
      });
      // As an instrumentation of HTTP servers does it.
      const emit = instrumented.server.emit.bind(instrumented.server);
      instrumented.server.emit = (event: string, ...args: unknown[]): boolean => {
        if (event !== 'request') return emit(event, ...args);
        return tracer.startActiveSpan('request', (span) => {
          const isHandled = emit(event, ...args);
          span.end();
          return isHandled;
        });
      };
      await (await instrumented.connect('room/7', { headers: { 'X-Trace': 'on' } })).close();
      const request = await log.span('request');
      const local = await log.span(`${CONNECTION}talk`);
      expect(local.parentSpanContext?.spanId).toBe(request.spanContext().spanId);
    });

    it.each([
      ['unwanted', 403, SpanStatusCode.UNSET, undefined],
      ['fail', 502, SpanStatusCode.ERROR, '502'],
    ])('that is refused (%s)', async (query, status, code, type) => {
      const app = await start();
      expect(await upgradeStatus(app, `room/7?${query}`)).toBe(status);
      const span = await log.span(`${CONNECTION}talk`);
      expect(span.status).toEqual({ code });
      expect(span.attributes).toMatchObject({
        'http.response.status_code': status,
        'websocket.close.initiator': 'server',
      });
      expect(span.attributes['error.type']).toBe(type);
      expect(span.attributes).not.toHaveProperty(['websocket.close.code']);
      expect(span.events.map(({ name }) => name)).toEqual(type ? ['exception'] : []);
    });

    it('that the client leaves before it is answered', async () => {
      Door.waiting = gate();
      Door.isEntered = false;
      const app = await start();
      const client = await app.raw();
      client.upgrade('/room/7?wait');
      await eventually(() => expect(Door.isEntered).toBe(true), 'the guard');
      client.destroy();
      const span = await log.span(`${CONNECTION}talk`);
      expect(span.status).toEqual({ code: SpanStatusCode.UNSET });
      expect(span.attributes).toMatchObject({ 'websocket.close.initiator': 'client' });
      expect(span.attributes).not.toHaveProperty(['http.response.status_code']);
    });

    it('which is an error where the network broke off', async () => {
      const app = await start();
      (await app.connect('room/7')).terminate();
      const span = await log.span(`${CONNECTION}talk`);
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR });
      expect(span.attributes).toMatchObject({
        'error.type': '1006',
        'websocket.close.code': 1006,
        'websocket.close.initiator': 'network',
      });
    });

    it('and none for a path that has no route', async () => {
      const app = await start();
      expect(await upgradeStatus(app, 'nowhere')).toBe(404);
      await (await app.connect('room/7')).close();
      await log.span(`${CONNECTION}talk`);
      expect(log.names).toEqual([`${CONNECTION}talk`]);
    });
  });

  it('takes the tracer of the global provider where none is given', async () => {
    const tracing = createTracing();
    trace.setGlobalTracerProvider(log.provider);
    const app = await startTraced(platform, tracing);
    const client = await app.connect('room/7');
    client.send('hi');
    await client.text();
    await client.close();
    const span = await log.span(`${CONNECTION}talk`);
    expect(span.instrumentationScope.name).toBe('nestjs-revali-ws');
    expect((await log.span('RoomController.talk')).parentSpanContext).toEqual(span.spanContext());
  });

  it('changes nothing where no SDK is set up', async () => {
    disableTracing();
    const app = await startTraced(platform);
    const client = await app.connect('room/7');
    client.send('hi');
    expect(await client.text()).toBe('hi');
    expect(await client.close()).toMatchObject({ wasClean: true });
    expect(await upgradeStatus(app, 'room/7?unwanted')).toBe(403);
    expect(app.logs.messages('error')).toEqual([]);
  });

  it('keeps two tracings apart', async () => {
    const other = new TraceLog();
    const { observer } = createTracing({ tracer: log.tracer });
    const { interceptor } = createTracing({ tracer: other.tracer });
    const app = await startTraced(platform, { observer, interceptor });
    const client = await app.connect('room/7');
    client.send('hi');
    await client.text();
    await client.close();
    await log.span(`${CONNECTION}talk`);
    expect([log.names, other.names]).toEqual([[`${CONNECTION}talk`], []]);
  });
});
