import { parse, type Token } from 'path-to-regexp';
import { SchematicsException } from '../devkit.js';

/** Characters that need no escape in a URL's path (RFC 3986 section 3.3). */
const PLAIN = /^[\w\-.~!$&'()+,;=:@%/]*$/;

/**
 * The path as a client may write it: with a value for each parameter, without optional parts.
 *
 * @throws SchematicsException if the application would not start, or no client could write such a path.
 */
export function clientPath(route: string): string {
  const path = `/${tokensOf(route).map(textOf).join('')}`;
  if (!PLAIN.test(path) || /\/\/|\/\.{1,2}(\/|$)/.test(path)) {
    throw new SchematicsException(
      `${JSON.stringify(route)} is not a path that a client can request.`,
    );
  }
  return path;
}

function tokensOf(route: string): Token[] {
  try {
    return parse(route).tokens;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SchematicsException(`${JSON.stringify(route)} is not a valid route path. ${reason}`);
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
