// Opens connections and checks that the server answers as it must, before anything is counted.
import { Http2Session } from './http2-session.mjs';
import { connectBlock } from './http2-stream.mjs';
import { RawConnection } from './raw-connection.mjs';
import { encodeFrame, encodeFrames } from './wire.mjs';

/** Handshakes at once. */
const LANES = 64;
/** Connections from one address: the more ports it has in use, the longer Linux looks for another. */
const PER_ADDRESS = 1_000;
/** Addresses of this process alone: ports stay in use for a minute after it has ended. */
const NETWORK = `127.${1 + (process.pid % 200)}.${Math.floor(process.pid / 200) % 250}`;

export const addressFor = (index) => `${NETWORK}.${2 + Math.floor(index / PER_ADDRESS)}`;

/** @param wire See subjects.mjs. */
export const openConnections = ({ port, path, wire, count }, onReplies, onOpened) =>
  openAll(
    Array.from({ length: count }, () => ({ port, path })),
    wire,
    onReplies,
    onOpened,
  );

/** One connection to each of the targets. @param onOpened Called with each. */
export async function openAll(targets, wire, onReplies, onOpened = () => undefined) {
  const connections = [];
  const open = opener(wire);
  await inLanes(targets.length, async (index) => {
    const target = { ...targets[index], localAddress: addressFor(index) };
    const connection = await open(target, (replies) => onReplies(index, replies));
    if (wire.hello) await expectHello(connection, wire.hello);
    onOpened(connection);
    connections[index] = connection;
  });
  return connections;
}

/** How a connection is opened. @param wire Over HTTP/2, as many as `http2` share a session. */
function opener(wire) {
  if (wire.http2 === undefined) return (target, onReplies) => openRaw(target, wire, onReplies);
  let session;
  let opened = 0;
  return (target, onReplies) => {
    if (opened % wire.http2 === 0) session = new Http2Session(target);
    opened += 1;
    return openInside(session, target, wire, onReplies);
  };
}

async function openRaw({ path, ...address }, wire, onReplies) {
  const connection = new RawConnection(address, onReplies);
  await connection.shakeHands(path, wire);
  return connection;
}

async function openInside(session, { path, port }, wire, onReplies) {
  const stream = await session.open(connectBlock(path, port, wire), onReplies);
  await stream.accepted;
  return stream;
}

async function expectHello(connection, { opening, send, answer }) {
  expectStart(await connection.next(), opening);
  if (send === undefined) return;
  connection.write(encodeFrame(send));
  expectStart(await connection.next(), answer);
}

function expectStart(text, start) {
  if (!text.startsWith(start)) throw new Error(`${text} instead of ${start}`);
}

/** More than one, so that batches and order are seen too. */
export async function verifyEcho(connections, wire) {
  const { reply, ping } = wire;
  for (const connection of connections) {
    const frames = encodeFrames(wire, 2);
    connection.write(Buffer.concat([frames[0], frames.at(-1)]));
    for (let count = 0; count < 2; count += 1) {
      let text = await connection.next();
      while (text === ping) text = await connection.next();
      expectText(text, reply.replace('###', `${count}`.padStart(3, '0')));
    }
  }
}

/** One message, and everybody is told. */
export async function verifyFanOut(connections, { message, told }) {
  connections[0].write(encodeFrame(message));
  for (const connection of connections) expectText(await connection.next(), told);
}

function expectText(text, expected) {
  if (text !== expected) throw new Error(`${text} instead of ${expected}`);
}

async function inLanes(count, run) {
  let next = 0;
  const lane = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, count) }, lane));
}
