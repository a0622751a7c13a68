// Opens and closes thousands of connections in waves, with traffic, and checks that nothing is left of them.
//   npm run soak -- [--minutes 2] [--connections 10000] [--no-idle]        (after `npm run build`)
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const MEGABYTE = 1024 * 1024;
/** Of an earlier level. */
const TOLERANCE = 0.05;
const MIN_WAVES = 3;
/** File descriptors that a process needs beside its connections. */
const SPARE_DESCRIPTORS = 200;
const STEP_TIMEOUT = 120_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    connections: { type: 'string', default: '10000' },
    // Whether the memory of an idle connection is shown first.
    idle: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const deadline = Date.now() + Number(values.minutes) * 60_000;
const connections = Math.min(Number(values.connections), descriptorLimit() - SPARE_DESCRIPTORS);

function descriptorLimit() {
  const limit = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
  return limit === 'unlimited' ? Infinity : Number(limit);
}

/**
 * An address for each time that clients connect: a port of an address used before may still be in TIME_WAIT, and one
 * address has fewer than three times 10,000.
 */
const localAddresses = (function* () {
  for (let host = 2; ; host = host === 250 ? 2 : host + 1) yield `127.0.0.${host}`;
})();
const nextAddress = () => localAddresses.next().value;

class Child {
  constructor(file, ...args) {
    const path = fileURLToPath(new URL(file, import.meta.url));
    this.process = fork(path, args, { execArgv: ['--expose-gc'] });
  }

  async answer() {
    const signal = AbortSignal.timeout(STEP_TIMEOUT);
    const ended = once(this.process, 'exit', { signal }).then(() => {
      throw new Error('a process has ended');
    });
    ended.catch(() => undefined);
    const [message] = await Promise.race([once(this.process, 'message', { signal }), ended]);
    if (message.failed) throw new Error(message.failed);
    return message;
  }

  ask(command) {
    const answer = this.answer();
    this.process.send(command);
    return answer;
  }

  end() {
    this.process.disconnect();
  }
}

/** Once the server, too, has seen the last connection go, or what is left of them stays. */
async function settled(server, start) {
  let measured = await server.ask('measure');
  for (let tries = 0; tries < 100 && !isSettled(start, measured); tries += 1) {
    await sleep(100);
    measured = await server.ask('measure');
  }
  if (measured.open > 0) throw new Error(`${measured.open} connections are still open`);
  return measured;
}

const isSettled = (start, measured) =>
  measured.open === 0 && leftBetween(start, measured).length === 0;

async function bytesPerIdleConnection(kind, path) {
  const server = new Child('soak-server.mjs', kind);
  const client = new Child('soak-client.mjs');
  const { port } = await server.answer();
  // What is made once, by the first connections, is nobody's.
  await client.ask({ command: 'open', port, path, count: 100, localAddress: nextAddress() });
  await client.ask({ command: 'talk' });
  const before = await server.ask('measure');
  await client.ask({
    command: 'open',
    port,
    path,
    count: connections,
    localAddress: nextAddress(),
  });
  const after = await server.ask('measure');
  client.end();
  server.end();
  const perConnection = (key) => Math.round((after[key] - before[key]) / connections);
  return { heap: perConnection('heap'), rss: perConnection('rss') };
}

async function showIdle() {
  for (const [name, kind, path] of [
    ['nestjs-revali-ws', 'nest', '/echo'],
    ['ws', 'ws', '/'],
  ]) {
    const { heap, rss } = await bytesPerIdleConnection(kind, path);
    console.log(`${name}: ${heap} bytes of heap, ${rss} of RSS for an idle connection`);
  }
}

async function waves() {
  const server = new Child('soak-server.mjs', 'nest');
  const { port } = await server.answer();
  const start = await server.ask('measure');
  const levels = [];
  while (levels.length < MIN_WAVES || Date.now() < deadline)
    levels.push(await wave(server, port, start, levels.length));
  const { length } = levels;
  let grown = grownBetween(levels[0], levels.at(-1));
  if (grown.length > 0) {
    // What an allocator keeps comes to an end. A leak goes on: as many waves again add as much.
    console.log(grown.join('\n'));
    while (levels.length < 2 * length) levels.push(await wave(server, port, start, levels.length));
    grown = grownBetween(levels[length - 1], levels.at(-1));
  }
  server.end();
  return [...grown, ...leftBetween(start, levels.at(-1))];
}

async function wave(server, port, start, index) {
  const client = new Child('soak-client.mjs');
  await client.ask({
    command: 'open',
    port,
    path: '/echo',
    count: connections,
    localAddress: nextAddress(),
  });
  await client.ask({ command: 'talk' });
  await client.ask({ command: 'close' });
  client.end();
  const level = await settled(server, start);
  console.log(`Wave ${index + 1}: heap ${mb(level.heap)}, RSS ${mb(level.rss)}`);
  return level;
}

const mb = (bytes) => `${(bytes / MEGABYTE).toFixed(1)} MB`;

const grownBetween = (first, last) =>
  ['heap', 'rss']
    .filter((key) => last[key] > first[key] * (1 + TOLERANCE))
    .map((key) => `${key} grew from ${mb(first[key])} to ${mb(last[key])}`);

/** What holds the process or listens in it, and did not before. */
function leftBetween(start, end) {
  const kinds = new Set([...Object.keys(start.held), ...Object.keys(end.held)]);
  return [...kinds].flatMap((kind) => {
    const [before = 0, after = 0] = [start.held[kind], end.held[kind]];
    return after > before ? [`${kind}: ${before} before, ${after} afterwards`] : [];
  });
}

if (values.idle) await showIdle();

console.log(`Waves of ${connections} connections`);
const faults = await waves();
for (const fault of faults) console.log(`LEFT BEHIND: ${fault}`);
console.log(faults.length === 0 ? 'Nothing is left behind.' : 'The soak has failed.');
process.exitCode = faults.length === 0 ? 0 : 1;
