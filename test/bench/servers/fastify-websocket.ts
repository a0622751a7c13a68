import websocket from '@fastify/websocket';
import { fastify } from 'fastify';
import type { RawData } from 'ws';
import { serve } from './control.js';

serve(async () => {
  const app = fastify();
  await app.register(websocket);
  app.get('/', { websocket: true }, (socket) => {
    socket.on('message', (data: RawData) =>
      socket.send(JSON.stringify(JSON.parse((data as Buffer).toString()))),
    );
  });
  const address = await app.listen({ port: 0, host: '127.0.0.1' });
  return Number(new URL(address).port);
});
