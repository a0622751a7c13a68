import type { IncomingMessage } from 'node:http';
import { isRegExp } from 'node:util/types';
import type { OriginPolicy } from '../revali-ws.options.js';
import { canonicalOrigin, isForPatterns, NO_ORIGIN, wholePattern } from '../options/origin.form.js';

/** The server as its clients address it; behind a trusted proxy, as the proxy says. */
export interface ServerIdentity {
  readonly protocol: string;
  readonly host: string | undefined;
}

interface OriginList {
  /** In their canonical spelling. */
  readonly exact: ReadonlySet<string>;
  readonly patterns: readonly RegExp[];
}

/** Whether a web page of the request's origin may connect. A client without `Origin` is no browser and passes. */
export class OriginRule {
  private readonly list: OriginList | undefined;

  constructor(private readonly policy: OriginPolicy) {
    if (typeof policy === 'object') this.list = readList(policy);
  }

  /** @param identify Asked only where the policy is the server's own origin: platforms read several headers for it. */
  allows(request: IncomingMessage, identify: () => ServerIdentity): boolean | Promise<boolean> {
    const { policy, list } = this;
    const { origin } = request.headers;
    if (policy === '*' || origin === undefined) return true;
    if (typeof policy === 'function') return policy(origin, request);
    return list ? isListed(list, origin) : isSameOrigin(origin, identify());
  }

  /** What lets a refused origin in. */
  adviceOn(origin: string): string {
    if (typeof this.policy === 'function')
      return 'The function in the option "origins" decided so.';
    return origin === NO_ORIGIN || canonicalOrigin(origin) !== undefined
      ? 'Add it to the option "origins" to allow it.'
      : 'It is no origin that can be listed: only a function in the option "origins" can allow it.';
  }
}

function readList(entries: readonly (string | RegExp)[]): OriginList {
  const exact = entries.filter((entry) => typeof entry === 'string');
  return {
    exact: new Set(exact.map((entry) => canonicalOrigin(entry) ?? entry)),
    patterns: entries.filter((entry) => isRegExp(entry)).map(wholePattern),
  };
}

/** RegExps are asked about the header as it was sent, and about its canonical spelling. */
function isListed({ exact, patterns }: OriginList, origin: string): boolean {
  const canonical = canonicalOrigin(origin);
  if (exact.has(canonical ?? origin)) return true;
  if (!isForPatterns(origin)) return false;
  return patterns.some(
    (pattern) => pattern.test(origin) || (canonical !== undefined && pattern.test(canonical)),
  );
}

/** Never true of `null` and of custom schemes: a server is reached by HTTP. */
function isSameOrigin(origin: string, { protocol, host }: ServerIdentity): boolean {
  const canonical = canonicalOrigin(origin);
  if (canonical === undefined || host === undefined) return false;
  // Some proxies forward the scheme of the upgrade, `wss`, where a page's origin has `https`.
  const scheme = protocol.replace(/^ws/i, 'http');
  return /^https?$/i.test(scheme) && canonical === canonicalOrigin(`${scheme}://${host}`);
}
