import { eventually } from '../../../test/support/deadline.js';
import { closeAllApps, type RunningApp } from '../../../test/support/apps/running-app.js';
import { upgradeStatus } from '../../../test/support/clients/upgrade-status.js';
import { connectTo } from '../../support/sample-client.js';
import { startSample } from '../../support/start-sample.js';
import { createApp } from '../src/create-app.js';

const PATH = '/example/websocket';

/** Name and labels, and the value. */
type Samples = Record<string, number>;

async function scrape(sample: RunningApp): Promise<Samples> {
  const { status, headers, body } = await sample.get('/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value] = /^(\S+) (\S+)$/.exec(line) ?? [];
      return [name, Number(value)];
    }),
  );
}

describe('the metrics sample', () => {
  let sample: RunningApp;

  beforeEach(async () => {
    sample = await startSample(createApp);
  });
  afterEach(closeAllApps);

  it('shows zeros at the start', async () => {
    expect(await scrape(sample)).toEqual({
      ws_connections_open: 0,
      ws_messages_queued: 0,
      ws_connections_total: 0,
      ws_slow_consumers_total: 0,
      ws_messages_received_total: 0,
      ws_messages_sent_total: 0,
      ws_messages_dropped_total: 0,
      ws_messages_handled_total: 0,
      ws_handler_seconds_total: 0,
      ws_received_bytes_total: 0,
      ws_sent_bytes_total: 0,
    });
  });

  it('follows what happens, however often it is asked', async () => {
    const client = await connectTo(sample, PATH);
    await connectTo(sample, PATH);
    client.send('hello');
    expect(await client.text()).toBe('Echo: hello');
    expect(await upgradeStatus(sample, '/nowhere')).toBe(404);
    expect(await upgradeStatus(sample, '/nowhere')).toBe(404);
    const headers = { Origin: 'https://elsewhere.example' };
    expect(await upgradeStatus(sample, PATH, { headers })).toBe(403);

    const expected = {
      ws_connections_open: 2,
      ws_messages_queued: 0,
      ws_connections_total: 2,
      ws_slow_consumers_total: 0,
      ws_messages_received_total: 1,
      ws_messages_sent_total: 1,
      ws_messages_dropped_total: 0,
      ws_messages_handled_total: 1,
      ws_received_bytes_total: 5,
      ws_sent_bytes_total: 13,
      'ws_handshakes_refused_total{status="403"}': 1,
      'ws_handshakes_refused_total{status="404"}': 2,
    };
    for (let scrapes = 0; scrapes < 2; scrapes += 1) {
      const { ws_handler_seconds_total: seconds, ...others } = await scrape(sample);
      expect(others).toEqual(expected);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThan(1);
    }

    await client.close();
    await eventually(
      async () => expect((await scrape(sample))['ws_connections_open']).toBe(1),
      'one connection to be left',
    );
    expect(await scrape(sample)).toMatchObject({ ws_connections_total: 2 });
  });

  it('has a page of its routes', async () => {
    const { status, headers } = await sample.get('/async-api');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect((await sample.get('/async-api-json')).body).toContain(PATH);
  });

  it('says of each metric what it is', async () => {
    const { body } = await sample.get('/metrics');
    expect(body).toContain('# TYPE ws_connections_open gauge\n');
    expect(body).toContain('# HELP ws_connections_open Connections open now\n');
    expect(body).toContain('# TYPE ws_connections_total counter\n');
    expect(body).toContain('# TYPE ws_handshakes_refused_total counter\n');
  });
});
