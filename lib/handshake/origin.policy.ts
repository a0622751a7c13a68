import type { IncomingMessage } from 'node:http';
import type { OriginPolicy } from '../revali-ws.options.js';

/** The server as its clients address it; behind a trusted proxy, as the proxy says. */
export interface ServerIdentity {
  readonly protocol: string;
  readonly host: string | undefined;
}

/**
 * Whether a web page of the request's origin may connect. A client without `Origin` is no browser and passes.
 *
 * @param identify Asked only where the policy is the server's own origin: platforms read several headers for it.
 */
export function isOriginAllowed(
  policy: OriginPolicy,
  request: IncomingMessage,
  identify: () => ServerIdentity,
): boolean | Promise<boolean> {
  const { origin } = request.headers;
  if (policy === '*' || origin === undefined) return true;
  if (typeof policy === 'function') return policy(origin, request);
  const normalized = normalizeOrigin(origin);
  if (normalized === undefined) return false;
  if (policy === 'same-origin') return normalized === sameOrigin(identify());
  return policy.some((allowed) =>
    typeof allowed === 'string'
      ? normalizeOrigin(allowed) === normalized
      : matchesWhole(allowed, normalized),
  );
}

function sameOrigin({ protocol, host }: ServerIdentity): string | undefined {
  if (host === undefined) return undefined;
  // Some proxies forward the scheme of the upgrade, `wss`, where a page's origin has `https`.
  return normalizeOrigin(`${protocol.replace(/^ws/i, 'http')}://${host}`);
}

/** Lower case, without the default port; `undefined` for what is no origin. */
function normalizeOrigin(origin: string): string | undefined {
  if (origin === 'null') return origin;
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]+$/i.test(origin) || !URL.canParse(origin))
    return undefined;
  const url = new URL(origin);
  return url.origin === 'null' ? origin.toLowerCase() : url.origin;
}

/** A list entry stands for whole origins: `/example\.com/` does not allow `https://example.com.evil.io`. */
function matchesWhole(pattern: RegExp, origin: string): boolean {
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replaceAll(/[gy]/g, ''));
  return whole.test(origin);
}
