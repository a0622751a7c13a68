// The process that loads a server. It does what the bench commands, one command after the other.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClosedLoop } from './closed-loop.mjs';
import { FanOutLoop } from './fan-out-loop.mjs';
import { HandshakeLoop } from './handshake-loop.mjs';
import { openAll, openConnections, verifyEcho, verifyFanOut } from './open.mjs';
import { CAPACITY, OpenLoop } from './open-loop.mjs';
import { Listeners } from './listeners.mjs';
import { storm } from './storm.mjs';
import { Visits } from './visits.mjs';
import { leaveRooms, resumeRooms } from './resume-storm.mjs';
import { encodeFrame, encodeFrames } from './wire.mjs';

/** Enough to see that the server is right; idle connections shall stay idle. */
const VERIFIED = 64;
/** In milliseconds. */
const POLL = 5;

let connections = [];
let loop;
let pings = 0;

const onReplies = (index, count) => loop?.onReplies(index, count);

const commands = {
  /** @param answers Whether they answer pings, and are not checked. */
  async open({ target, count, answers = false }) {
    if (answers) {
      const answer = (connection) => connection.startAnswering(() => (pings += 1));
      connections.push(...(await openConnections({ ...target, count }, onReplies, answer)));
      return;
    }
    const opened = await openConnections({ ...target, count }, onReplies);
    if (target.wire.reply) await verifyEcho(opened.slice(0, VERIFIED), target.wire);
    if (target.wire.told) await verifyFanOut(opened, target.wire);
    for (const connection of opened) connection.startCounting();
    connections.push(...opened);
  },

  /** @param active How many of the connections speak; the others stay idle. */
  echo: ({ wire, window, active = connections.length }) =>
    start(new ClosedLoop(connections.slice(0, active), encodeFrames(wire, 2 * window), window)),

  /** One connection to each target: what they are told is counted. */
  async listen({ targets, wire }) {
    start(new Listeners());
    const opened = await openAll(targets, wire, onReplies);
    for (const connection of opened) connection.startCounting();
    connections.push(...opened);
  },

  told: ({ count }) => loop.told(count),

  /** What those are told who are open already is counted. */
  listenOn: () => start(new Listeners()),

  /** @returns How long it took until all were told, in ms. */
  async tellOnce({ trigger }) {
    start(new Listeners());
    const began = performance.now();
    connections[0].write(encodeFrame(trigger));
    return { ms: (await loop.told(connections.length)) - began };
  },

  leaveRooms,
  resumeRooms,

  /** @param active How many of the connections speak. */
  pace: ({ wire, rate, sleeps, active = connections.length }) =>
    start(
      new OpenLoop(connections.slice(0, active), encodeFrames(wire, 2 * CAPACITY), {
        rate,
        sleeps,
      }),
    ),

  /** One broadcast after another, at a pace. */
  tellEvery({ trigger, ms }) {
    const frame = encodeFrame(trigger);
    setInterval(() => connections[0].write(frame), ms);
  },

  /** The last of them sends so many messages at once, over and over; the others go on. */
  flood({ message, count, ms }) {
    const frames = Buffer.concat(Array(count).fill(encodeFrame(message)));
    const flooding = connections.at(-1);
    flooding.write(frames);
    setInterval(() => flooding.write(frames), ms);
  },

  /** All at once, each until it is let in. */
  async storm({ target, count }) {
    const came = await storm(target, count);
    connections.push(...came.connections);
    return { allMs: came.allMs, p99Ms: came.p99Ms, refused: came.refused };
  },

  fanOut: ({ trigger }) => start(new FanOutLoop(connections, encodeFrame(trigger))),

  shakeHands: ({ target, lanes }) => start(new HandshakeLoop({ ...target, lanes })),

  /** Handshakes at a pace. */
  visit: ({ target, rate }) => start(new Visits({ ...target, rate })),

  /** Resolves when so many handshakes have been answered. */
  async visited({ count }) {
    while (loop.replies < count && !loop.refused) await sleep(POLL);
    return loop.replies;
  },

  usage() {
    if (loop?.refused) throw new Error(`refused: ${loop.refused}`);
    const { user, system } = process.cpuUsage();
    const replies = loop?.replies ?? 0;
    return { cpuMs: (user + system) / 1000, atMs: performance.now(), replies, pings };
  },

  resetTimes: () => loop.reset(),
  quantiles: ({ wanted }) => loop.quantiles(...wanted),

  /** Ends a closed loop, once what is under way has come in. */
  async hush() {
    loop.stop();
    while (loop.inFlight > 0) await sleep(POLL);
    loop = undefined;
  },

  close() {
    loop?.stop();
    loop = undefined;
    for (const connection of connections) connection.destroy();
    connections = [];
  },
};

function start(next) {
  loop = next;
  loop.start();
}

process.on('disconnect', () => process.exit());
process.on('message', ({ command, ...rest }) => {
  Promise.resolve()
    .then(() => commands[command](rest))
    .then(
      (value) => process.send({ value }),
      (error) => process.send({ failed: `${command}: ${error.message}` }),
    );
});
