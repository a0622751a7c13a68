import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Express ignores a trailing slash; Fastify treats the path as another one. Fastify has already chosen the route when
 * middleware runs, so only a redirect helps. Its location is relative, because a proxy may have removed the beginning of
 * the path.
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
