import { Server as HttpServer } from 'node:http';
import type { Http2SecureServer, Http2Server } from 'node:http2';
import type { Server } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** Its name in TLS. */
const HTTP_1 = 'http/1.1';

/** Whether the server speaks HTTP/2. Node does not export the classes of such servers. */
export function isHttp2Server(server: Server): server is Http2Server | Http2SecureServer {
  return 'updateSettings' in server && typeof server.updateSettings === 'function';
}

/** HTTP/2 servers over TLS list the protocols they offer; if they decide later, HTTP/1 is possible. */
export function speaksHttp1(server: Server): server is HttpServer | TlsServer {
  if (!(server instanceof TlsServer)) return server instanceof HttpServer;
  const offered: unknown = Reflect.get(server, 'ALPNProtocols');
  return !Buffer.isBuffer(offered) || offered.includes(HTTP_1);
}
