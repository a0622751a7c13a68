import { ForbiddenException, type Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { isRegExp } from 'node:util/types';
import { ThrottledLog } from '../log/throttled.log.js';
import { canonicalOrigin, isForPatterns, NO_ORIGIN, wholePattern } from '../options/origin.form.js';
import type { OriginPolicy } from '../options/revali-ws.options.js';

/** Text from a client is quoted, and cut. */
const MAX_QUOTED = 120;

/** The server as its clients address it; behind a trusted proxy, as the proxy reports it. */
export interface ServerIdentity {
  readonly protocol: string;
  readonly host: string | undefined;
}

interface OriginList {
  /** In canonical spelling. */
  readonly exact: ReadonlySet<string>;
  readonly patterns: readonly RegExp[];
}

/**
 * Decides whether a web page of the request's origin may connect. A client without `Origin` is not a browser and
 * passes.
 */
export class OriginRule {
  private readonly list: OriginList | undefined;

  constructor(private readonly policy: OriginPolicy) {
    if (typeof policy === 'object') this.list = readList(policy);
  }

  /** @param identify Called only if the policy is the server's own origin: platforms read several headers for it. */
  allows(request: IncomingMessage, identify: () => ServerIdentity): boolean | Promise<boolean> {
    const { policy, list } = this;
    const { origin } = request.headers;
    if (policy === '*' || origin === undefined) return true;
    if (typeof policy === 'function') return policy(origin, request);
    return list ? isListed(list, origin) : isSameOrigin(origin, identify());
  }

  /** How to allow a refused origin. */
  adviceOn(origin: string): string {
    if (typeof this.policy === 'function')
      return 'The function in the option "origins" refused it.';
    return origin === NO_ORIGIN || canonicalOrigin(origin) !== undefined
      ? 'Add it to the option "origins" to allow it.'
      : 'It is not an origin that can be listed: only a function in the option "origins" can allow it.';
  }
}

/** The origins of one route, or of all gateways, and the log of refused ones. */
export class OriginCheck {
  /** @param where Owner of the rule, for the log. */
  constructor(
    private readonly rule: OriginRule,
    private readonly where: string,
    private readonly log: RefusedOrigins,
  ) {}

  /**
   * @returns Why the page may not connect.
   * @throws What a policy of the application throws; its promise rejects with that.
   */
  refusalOf(
    request: IncomingMessage,
    identify: () => ServerIdentity,
  ): ForbiddenException | undefined | Promise<ForbiddenException | undefined> {
    const allowed = this.rule.allows(request, identify);
    return typeof allowed === 'boolean'
      ? this.judge(allowed, request)
      : Promise.resolve(allowed).then((settled) => this.judge(settled, request));
  }

  private judge(isAllowed: boolean, { headers }: IncomingMessage): ForbiddenException | undefined {
    if (isAllowed) return undefined;
    this.log.add(headers.origin, this.where, this.rule);
    return new ForbiddenException('Origin is not allowed');
  }
}

/** Logs refused origins: if the application's own page is refused, the page itself gets no reason. */
export class RefusedOrigins {
  private readonly lines: ThrottledLog;

  constructor(logger: Logger) {
    this.lines = new ThrottledLog((line) => logger.warn(line));
  }

  add(origin: string | undefined, where: string, rule: OriginRule): void {
    this.lines.add(() => {
      const sent = origin ?? '';
      return `${where} refused the origin ${quote(sent)}. ${rule.adviceOn(sent)}`;
    });
  }
}

function readList(entries: readonly (string | RegExp)[]): OriginList {
  const exact = entries.filter((entry) => typeof entry === 'string');
  return {
    exact: new Set(exact.map((entry) => canonicalOrigin(entry) ?? entry)),
    patterns: entries.filter((entry) => isRegExp(entry)).map(wholePattern),
  };
}

/** RegExps are tested against the header as sent, and against its canonical spelling. */
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
  // Some proxies forward the scheme of the upgrade, `wss`, although a page's origin has `https`.
  const scheme = protocol.replace(/^ws/i, 'http');
  return /^https?$/i.test(scheme) && canonical === canonicalOrigin(`${scheme}://${host}`);
}

/** In visible ASCII: `JSON.stringify()` keeps control characters above U+007F, which terminals interpret. */
function quote(text: string): string {
  const quoted = JSON.stringify(text.slice(0, MAX_QUOTED)).replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return text.length > MAX_QUOTED ? `${quoted}... (${text.length} characters)` : quoted;
}
