import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server } from 'node:net';

/** Whether the server speaks HTTP/2. Node does not export the classes of such servers. */
export function isHttp2Server(server: Server): server is Http2Server | Http2SecureServer {
  return 'updateSettings' in server && typeof server.updateSettings === 'function';
}
