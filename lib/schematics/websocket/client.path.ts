import { parse, type Token } from 'path-to-regexp';
import { SchematicsException } from '../devkit.js';

/** What a URL's path holds as it is (RFC 3986 section 3.3). */
const PLAIN = /^[\w\-.~!$&'()+,;=:@%/]*$/;

/**
 * The path as a client may write it: a value for each parameter, without what is optional.
 *
 * @throws SchematicsException where the application would not start, or no client could write such a path.
 */
export function clientPath(route: string): string {
  const path = `/${tokensOf(route).map(textOf).join('')}`;
  if (!PLAIN.test(path) || /\/\/|\/\.{1,2}(\/|$)/.test(path)) {
    throw new SchematicsException(`${JSON.stringify(route)} is no path that a client can ask for.`);
  }
  return path;
}

function tokensOf(route: string): Token[] {
  try {
    return parse(route).tokens;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SchematicsException(`${JSON.stringify(route)} is no path of a route. ${reason}`);
  }
}

function textOf(token: Token): string {
  switch (token.type) {
    case 'text':
      return token.value;
    case 'param':
      return '1';
    case 'wildcard':
      return token.name;
    case 'group':
      return '';
  }
}
