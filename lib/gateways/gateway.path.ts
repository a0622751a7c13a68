/** Serves every path of a server on a separate port. */
export const EVERY_PATH = '';

/**
 * The path of a gateway as clients write it. As with Nest's `WsAdapter`, a gateway without a path serves `/` on the
 * application's server, and everything on a separate port.
 */
export function gatewayPath(path: string | undefined, isOwnPort: boolean, prefix: string): string {
  if (isOwnPort) return path ? normalize(path) : EVERY_PATH;
  return normalize(`${prefix}/${path ?? ''}`);
}

function normalize(path: string): string {
  return `/${path}`.replaceAll(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '');
}
