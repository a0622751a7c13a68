import { createServer } from 'node:http';
import crossws from 'crossws/adapters/node';
import { serve } from './control.js';
import { listen } from './listening.js';

const sockets = crossws({
  hooks: {
    message: (peer, message) => {
      peer.send(JSON.stringify(message.json()));
    },
  },
});
const http = createServer();
http.on('upgrade', (request, socket, head) => {
  void sockets.handleUpgrade(request, socket, head);
});

serve(() => listen(http));
