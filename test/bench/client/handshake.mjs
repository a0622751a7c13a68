import { createConnection } from 'node:net';

const readBuffer = Buffer.alloc(64 * 1024);
const ACCEPTED = 'HTTP/1.1 101 ';

/**
 * Shakes hands once, and resets the connection: that leaves no port waiting.
 *
 * @param onAnswer Told what refused the handshake; `undefined` where it was accepted.
 * @returns The socket.
 */
export function shakeHands({ port, localAddress, request }, onAnswer) {
  const socket = createConnection({
    port,
    host: '127.0.0.1',
    localAddress,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length, buffer) => {
        const start = buffer.latin1Slice(0, Math.min(length, ACCEPTED.length));
        onAnswer(start === ACCEPTED ? undefined : start);
        socket.resetAndDestroy();
        return false;
      },
    },
  });
  socket.on('error', (error) => onAnswer(error.message));
  socket.write(request);
  return socket;
}
