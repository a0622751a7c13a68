// What a client sees of an application on another runtime. RUNTIME is its command, as JSON.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const application = join(dirname(fileURLToPath(import.meta.url)), 'application.mjs');
const [command, ...args] = JSON.parse(process.env.RUNTIME);
const timeout = 60_000;

/** Resolves with what follows the word, once the application has printed it. */
function printed(child, output, word) {
  return new Promise((resolve, reject) => {
    const look = () => {
      const [, rest] = new RegExp(`^${word}(.*)$`, 'm').exec(output.text) ?? [];
      if (rest !== undefined) resolve(rest.trim());
    };
    child.stdout.on('data', look);
    child.once('exit', () => reject(new Error(`it has ended:\n${output.text}`)));
    look();
  });
}

for (const platform of ['express', 'fastify'])
  void describe(`${process.env.RUNTIME_NAME} on ${platform}`, { timeout }, () => {
    const output = { text: '' };
    let child;
    let url;

    before(async () => {
      child = spawn(command, [...args, application, platform], { cwd: dirname(application) });
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk) => (output.text += chunk));
      url = `127.0.0.1:${await printed(child, output, 'port')}`;
    });
    after(() => child.kill('SIGKILL'));

    async function opened(path) {
      const socket = new WebSocket(`ws://${url}/${path}`);
      const messages = [];
      socket.addEventListener('message', ({ data }) => messages.push(data));
      await once(socket, 'open');
      return { socket, messages, closed: once(socket, 'close') };
    }
    const closeOf = async ({ closed }) => {
      const [code, reason] = await closed;
      return [code, String(reason)];
    };

    void test('messages are answered, small and large, until the client closes', async () => {
      const client = await opened('echo');
      const large = 'x'.repeat(300_000);
      for (const message of ['hi', large]) {
        client.socket.send(message);
        await once(client.socket, 'message');
      }
      assert.deepEqual(client.messages, ['Echo: hi', `Echo: ${large}`]);
      client.socket.close(1000, 'bye');
      assert.deepEqual(await closeOf(client), [1000, 'bye']);
    });

    void test('a stream is sent, and a handler closes', async () => {
      const stream = await opened('stream');
      stream.socket.send('3');
      while (stream.messages.length < 3) await once(stream.socket, 'message');
      assert.deepEqual(stream.messages, ['1', '2', '3']);
      stream.socket.terminate();
      const closing = await opened('close');
      closing.socket.send('x');
      assert.deepEqual(await closeOf(closing), [4001, 'enough']);
    });

    for (const [path, status] of [
      ['closed', 403],
      ['unknown', 404],
    ])
      void test(`/${path} is refused with ${status}`, async () => {
        const [, response] = await once(
          new WebSocket(`ws://${url}/${path}`).on('error', () => undefined),
          'unexpected-response',
        );
        assert.equal(response.statusCode, status);
      });

    void test('HTTP goes on beside it', async () => {
      assert.equal(await (await fetch(`http://${url}/echo`)).text(), 'http');
    });

    void test('app.close() ends the clients and the process', async () => {
      const client = await opened('echo');
      child.stdin.write('\n');
      assert.deepEqual(await closeOf(client), [1001, 'Server is shutting down']);
      await printed(child, output, 'closed');
      assert.doesNotMatch(output.text, /error|unhandled|warn/i);
    });
  });
