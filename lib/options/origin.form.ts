import { isRegExp } from 'node:util/types';

/** What browsers send for pages without an origin of their own: sandboxed frames, local files, redirects. */
export const NO_ORIGIN = 'null';

/** A scheme and, where the scheme has such, host and port. Custom schemes (`app://`, `file://`) may have none. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]*$/i;

/** What programs and devices send in its place: no scheme, or a slash at the end. */
const NEARLY_ORIGIN = /^(?:[a-z][a-z0-9+.-]*:(?:\/\/)?)?[^\s/?#@\\]*\/?$/i;

/**
 * The one spelling of an origin: lower case, no default port, hosts as browsers send them (punycode, short IPv6).
 *
 * @returns `undefined` for what is no origin, `null` included.
 */
export function canonicalOrigin(text: string): string | undefined {
  if (!ORIGIN.test(text) || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  // Of a scheme that URLs know nothing about.
  return origin === 'null' ? text.toLowerCase() : origin;
}

/** Whether RegExps are asked: never about `null`, nor about what has a path, a user or several origins. */
export function isForPatterns(origin: string): boolean {
  return origin !== '' && origin.toLowerCase() !== NO_ORIGIN && NEARLY_ORIGIN.test(origin);
}

/** A list entry stands for whole origins: `/example\.com/` does not allow `https://example.com.evil.io`. */
export function wholePattern({ source, flags }: RegExp): RegExp {
  // With g or y it would remember its last match, and with m it would look at lines.
  return new RegExp(`^(?:${source})$`, flags.replaceAll(/[gmy]/g, ''));
}

/** @returns How to write an entry of a list that could never match; `undefined` where it can. */
export function cureOfEntry(entry: unknown): string | undefined {
  if (isRegExp(entry)) {
    const namesNull = /null/i.test(entry.source) && wholePattern(entry).test(NO_ORIGIN);
    return namesNull ? "A RegExp never allows the origin null: list 'null' itself." : undefined;
  }
  const isListable =
    entry === NO_ORIGIN ||
    (typeof entry === 'string' && !entry.includes('*') && canonicalOrigin(entry) !== undefined);
  return isListable
    ? undefined
    : "Write an origin as a browser sends it: 'https://app.example.com', 'app://localhost', no path; or a RegExp.";
}
