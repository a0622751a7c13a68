import { pathToRegexp } from 'path-to-regexp';
import type { RouteHost } from '../nest/route.paths.js';
import { BareRecord } from '../values/bare.record.js';

interface CompiledHost {
  readonly regexp: RegExp;
  readonly names: readonly string[];
}

/** Finds the host parameters of a request, as Nest does over HTTP for `@Controller({ host })`. */
export class HostMatcher {
  private readonly compiled = new Map<RouteHost, CompiledHost>();

  /** @returns The parameters, or `undefined` if none of the hosts matches. No hosts: every host. */
  match(hosts: readonly RouteHost[], hostname: string): Record<string, string> | undefined {
    if (hosts.length === 0) return new BareRecord<string>();
    for (const host of hosts) {
      const { regexp, names } = this.compile(host);
      // A RegExp with the flag y matches only there: a GET is matched from the start as well.
      regexp.lastIndex = 0;
      const found = regexp.exec(hostname);
      if (found) return paramsOf(found, names);
    }
    return undefined;
  }

  private compile(host: RouteHost): CompiledHost {
    const known = this.compiled.get(host);
    if (known) return known;
    const compiled =
      typeof host === 'string' ? compileText(host) : { regexp: copyOf(host), names: [] };
    this.compiled.set(host, compiled);
    return compiled;
  }
}

function compileText(host: string): CompiledHost {
  const { regexp, keys } = pathToRegexp(host);
  return { regexp, names: keys.map(({ name }) => name) };
}

/**
 * With the flag g or y, the application's own RegExp remembers where its last match ended, and others use it as well.
 */
function copyOf({ source, flags }: RegExp): RegExp {
  return new RegExp(source, flags.replace('g', ''));
}

/** Parameters of a string by their keys, those of a RegExp by group name. */
function paramsOf(found: RegExpExecArray, names: readonly string[]): Record<string, string> {
  const params = Object.assign(new BareRecord<string>(), found.groups);
  names.forEach((name, index) => {
    const value = found[index + 1];
    if (value !== undefined) params[name] = value;
  });
  return params;
}
