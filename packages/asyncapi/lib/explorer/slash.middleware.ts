import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Express takes a slash at the end of a path for nothing, Fastify for another path. Fastify has looked for the route
 * already when middleware runs, so that only another request can help. Its place is relative: a proxy may have taken
 * something off the front of the path.
 */
export function withoutSlash(
  request: IncomingMessage & { readonly originalUrl?: string },
  response: ServerResponse,
  next: () => void,
): void {
  const [path = '', ...query] = (request.originalUrl ?? request.url ?? '').split('?');
  const isExpress = 'app' in request;
  if (isExpress || !path.endsWith('/') || path === '/') return next();
  const last = path.slice(0, -1).split('/').at(-1) ?? '';
  response.writeHead(307, { Location: [`../${last}`, ...query].join('?') });
  response.end();
}
