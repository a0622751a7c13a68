// Opens connections and checks that the server answers as it must, before anything is counted.
import { RawConnection } from './raw-connection.mjs';
import { encodeFrame, encodeFrames } from './wire.mjs';

/** Handshakes at once. */
const LANES = 64;
/** Connections from one address, so that no server runs out of the client's ports. */
const PER_ADDRESS = 5_000;

export const addressFor = (index) => `127.0.0.${2 + Math.floor(index / PER_ADDRESS)}`;

/** @param wire See subjects.mjs. */
export const openConnections = ({ port, path, wire, count }, onReplies) =>
  openAll(
    Array.from({ length: count }, () => ({ port, path })),
    wire,
    onReplies,
  );

/** One connection to each of the targets. */
export async function openAll(targets, wire, onReplies) {
  const connections = [];
  await inLanes(targets.length, async (index) => {
    const { port, path } = targets[index];
    const localAddress = addressFor(index);
    const connection = new RawConnection({ port, localAddress }, (replies) =>
      onReplies(index, replies),
    );
    await connection.shakeHands(path, wire);
    if (wire.hello) await expectHello(connection, wire.hello);
    connections[index] = connection;
  });
  return connections;
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
export async function verifyEcho(connections, { message, reply, ping }) {
  for (const connection of connections) {
    const frames = encodeFrames(message, 2);
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
