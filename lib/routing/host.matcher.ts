import { pathToRegexp } from 'path-to-regexp';
import type { RouteHost } from '../nest/route.paths.js';

interface CompiledHost {
  readonly regexp: RegExp;
  readonly names: readonly string[];
}

/** Host parameters of a request, as Nest's HTTP side finds them for `@Controller({ host })`. */
export class HostMatcher {
  private readonly compiled = new Map<RouteHost, CompiledHost>();

  /** @returns The parameters, or `undefined` where none of the hosts matches. No hosts: every host. */
  match(hosts: readonly RouteHost[], hostname: string): Record<string, string> | undefined {
    if (hosts.length === 0) return {};
    for (const host of hosts) {
      const { regexp, names } = this.compile(host);
      const found = regexp.exec(hostname);
      if (found) return { ...found.groups, ...namedGroups(names, found) };
    }
    return undefined;
  }

  private compile(host: RouteHost): CompiledHost {
    const known = this.compiled.get(host);
    if (known) return known;
    const compiled =
      typeof host === 'string' ? compileText(host) : { regexp: withoutState(host), names: [] };
    this.compiled.set(host, compiled);
    return compiled;
  }
}

function compileText(host: string): CompiledHost {
  const { regexp, keys } = pathToRegexp(host);
  return { regexp, names: keys.map(({ name }) => name) };
}

/** A RegExp with the flag g or y remembers where its last match ended. */
function withoutState({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replaceAll(/[gy]/g, ''));
}

function namedGroups(names: readonly string[], found: RegExpExecArray): Record<string, string> {
  const params: Record<string, string> = {};
  names.forEach((name, index) => {
    const value = found[index + 1];
    if (value !== undefined) params[name] = value;
  });
  return params;
}
