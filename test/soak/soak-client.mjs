// The clients of the soak, in a process of their own.
import { once } from 'node:events';
import { WebSocket } from 'ws';

/** Handshakes at once. */
const LANES = 100;
const MESSAGES = 3;
const payload = 'x'.repeat(200);

let sockets = [];

process.on('message', ({ command, ...rest }) => {
  commands[command](rest).then(
    () => process.send({ done: command }),
    (error) => process.send({ failed: `${command}: ${error.message}` }),
  );
});
process.on('disconnect', () => process.exit());

const commands = {
  async open({ port, path, count, localAddress }) {
    await inLanes(count, async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { localAddress });
      socket.on('error', () => undefined);
      await once(socket, 'open');
      sockets.push(socket);
    });
  },

  async talk() {
    await inLanes(sockets.length, async (index) => {
      const socket = sockets[index];
      for (const message of [...Array(MESSAGES).fill(payload), 'clean-up']) {
        socket.send(message);
        const [answer] = await once(socket, 'message');
        if (answer.toString() !== message) throw new Error(`${answer} instead of ${message}`);
      }
    });
  },

  /** A third by a close frame, a third by the server, a third without a word. */
  async close() {
    await inLanes(sockets.length, async (index) => {
      const socket = sockets[index];
      const closed = once(socket, 'close');
      if (index % 3 === 0) socket.close();
      else if (index % 3 === 1) socket.send('close');
      else socket.terminate();
      await closed;
    });
    sockets = [];
  },
};

async function inLanes(count, run) {
  let next = 0;
  const lane = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}
