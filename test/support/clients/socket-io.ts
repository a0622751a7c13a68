import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';

import { within } from '../deadline.js';
import { trackClient } from './open-clients.js';
import type { RunningApp } from '../apps/running-app.js';

/** A socket.io client, connected. It does not come back by itself. */
export async function connectSocketIo(
  app: RunningApp,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Promise<Socket> {
  const socket = io(app.http('/'), { reconnection: false, forceNew: true, ...options });
  const untrack = trackClient({
    abandon: async () => {
      socket.disconnect();
    },
  });
  socket.once('disconnect', untrack);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', reject);
  });
  await within(connected, 'a socket.io connection');
  return socket;
}

/** What the client is told when it is over. */
export function disconnected(socket: Socket): Promise<string> {
  const reason = new Promise<string>((resolve) => {
    socket.once('disconnect', (why) => resolve(why));
  });
  return within(reason, 'the end of the socket.io connection');
}
