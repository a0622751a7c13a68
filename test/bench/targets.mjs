import { medianOf, medianRatio } from './statistics.mjs';

const target = (text, measure, key, subject, base, limit) => ({
  text,
  measure,
  key,
  subject,
  base,
  limit,
});
const atLeast = (value) => ({ text: `≥ ${value}`, holds: (ratio) => ratio >= value });
const atMost = (value) => ({
  text: `≤ ${Number(value.toFixed(2))}`,
  holds: (ratio) => ratio <= value,
});

const targets = [
  target('echo, 16 in flight', 'echo', 'rate16', 'ours', 'ws-json', atLeast(4)),
  target('echo, 16 in flight', 'echo', 'rate16', 'ours', 'gateway', atLeast(5)),
  target('echo, 1 in flight', 'echo', 'rate1', 'ours', 'ws-json', atLeast(1.15)),
  target('echo, 1 in flight', 'echo', 'rate1', 'ours', 'gateway', atLeast(1.8)),
  target(
    'echo with interceptor and pipe',
    'echo',
    'rate16',
    'ours-enhanced',
    'ws-json',
    atLeast(1.5),
  ),
  target(
    'echo with interceptor and pipe',
    'echo',
    'rate16',
    'ours-enhanced',
    'gateway-enhanced',
    atLeast(4),
  ),
  target('echo of a validated body', 'echo', 'rate16', 'ours-zod', 'ws-json', atLeast(2.8)),
  target('the same, 1 in flight', 'echo', 'rate1', 'ours-zod', 'ws-json', atLeast(1)),
  target(
    'echo with a mapping interceptor',
    'echo',
    'rate16',
    'ours-mapped',
    'ws-json',
    atLeast(2.3),
  ),
  target('echo by type', 'echo', 'rate16', 'ours-typed', 'ours-same-body', atLeast(0.9)),
  target('calls', 'echo', 'rate16', 'ours-called', 'ours', atLeast(0.75)),
  target('server CPU, 16 in flight', 'echo', 'cpu16', 'ours', 'ws-json', atMost(0.35)),
  target('server CPU, 1 in flight', 'echo', 'cpu1', 'ours', 'ws-json', atMost(0.9)),
  target('p99 at half load', 'latency', 'p99', 'ours', 'ws-json', atMost(1)),
  target('handshake, Express', 'handshakes', 'rate', 'ours', 'ws', atLeast(0.6)),
  target('handshake, Fastify', 'handshakes', 'rate', 'ours-fastify', 'ws', atLeast(0.6)),
  target('heap of an idle connection', 'memory', 'heap', 'ours', 'ws', atMost(1.3)),
  target('RSS of an idle connection', 'memory', 'rss', 'ours', 'ws', atMost(1.3)),
  target('fan-out to 1,000', 'fan-out', 'rate', 'ours', 'ws', atLeast(1.3)),
  target('fan-out to 1,000, server CPU', 'fan-out', 'cpu', 'ours', 'ws', atMost(0.77)),
  target('room of 10,000, CPU', 'crowd', 'cpu', 'ours-news', 'one-raw-frame-news', atMost(1)),
  target('room of 10,000, 8 KB, CPU', 'crowd', 'cpu', 'ours-8k', 'one-raw-frame-8k', atMost(1)),
  target('p99 during a broadcast', 'bystander', 'worse', 'ours', undefined, atMost(3)),
  target(
    'compressed echo, 16 in flight',
    'compressed-echo',
    'rate16',
    'ours',
    'ws-json',
    atLeast(1),
  ),
  target('storm with a JWT guard, CPU', 'storm', 'cpu', 'ours-jwt', 'ws-jwt', atMost(1.5)),
  target('the same, Fastify', 'storm', 'cpu', 'ours-fastify-jwt', 'ws-jwt', atMost(1.5)),
  target('RSS at 100,000', 'many', 'rss', 'ours', 'ws', atMost(1.2)),
  target('compressed room, 1 KB, CPU', 'compressed-room', 'cpu', 'ours-1k', 'ws-1k', atMost(0.15)),
  target('compressed room, 8 KB, CPU', 'compressed-room', 'cpu', 'ours-8k', 'ws-8k', atMost(0.1)),
  ...['cold', 'warm'].flatMap((key) => [
    target(
      `paced handshake, ${key}`,
      'paced-handshakes',
      key,
      'ours',
      'ws',
      atMost(key === 'cold' ? 1 / 0.55 : 1 / 0.65),
    ),
    target(
      `paced handshake, ${key}`,
      'paced-handshakes',
      key,
      'ours-fastify',
      'ws',
      atMost(key === 'cold' ? 1 / 0.55 : 1 / 0.75),
    ),
    target(
      `with one observer, ${key}`,
      'paced-handshakes',
      key,
      'ours-observed',
      'ours',
      atMost(1 / 0.95),
    ),
  ]),
  target('compressed, server CPU', 'compressed', 'cpu', 'ours-prepared', 'ws', atMost(0.35)),
  target('one room on 2 nodes', 'one-room', 'delivery', 'ours', 'socket.io-classic', atMost(0.75)),
  target('one room on 2 nodes', 'one-room', 'delivery', 'ours', 'socket.io-sharded', atMost(0.75)),
  target('one room on 2 nodes', 'one-room', 'delivery', 'ours', 'socket.io-streams', atMost(0.75)),
  target('rooms of 4 on 8 nodes', 'many-rooms', 'server', 'ours', 'socket.io-classic', atMost(0.5)),
  target('rooms of 4 on 8 nodes', 'many-rooms', 'server', 'ours', 'socket.io-sharded', atMost(0.8)),
  target('rooms of 4 on 8 nodes', 'many-rooms', 'server', 'ours', 'socket.io-streams', atMost(0.5)),
  target('history', 'many-rooms', 'server', 'ours-kept', 'ours', atMost(1.5)),
  target('2 to 8 nodes, placed', 'placement', 'server', 'placed-8', 'placed-2', atMost(1.1)),
  ...['express', 'fastify'].map((platform) =>
    target(
      `matching, ${platform}, CPU of a handshake`,
      'routes',
      'cpu',
      `${platform}-ws-1000`,
      `${platform}-ws-1`,
      atMost(1.05),
    ),
  ),
];

/** @returns A Markdown table of the targets that were measured. */
export function verdict(results) {
  const rows = targets.flatMap(({ text, measure, key, subject, base, limit }) => {
    const [own, other] = [results[measure]?.[subject], results[measure]?.[base]];
    if (!own || (base && !other)) return [];
    // Without a base, what is measured is a ratio already.
    const ratio = other ? medianRatio(own, other, key) : medianOf(own.map((sample) => sample[key]));
    const mark = limit.holds(ratio) ? 'met' : '**missed**';
    const names = base ? `${subject} / ${base}` : subject;
    return [`| ${text} | ${names} | ${limit.text} | ${ratio.toFixed(2)} | ${mark} |`];
  });
  const head = ['## Targets', '', '| measure | ratio of | target | measured | |'];
  return rows.length === 0 ? '' : [...head, '|---|---|---:|---:|---|', ...rows, ''].join('\n');
}
