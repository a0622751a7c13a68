import { isRegExp } from 'node:util/types';

/** Browsers send it for pages without an origin of their own: sandboxed frames, local files, redirects. */
export const NO_ORIGIN = 'null';

/** A scheme, then host and port if the scheme has them. Custom schemes (`app://`, `file://`) may have neither. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@\\]*$/i;

/** The form that programs and devices send instead: without a scheme, or with a trailing slash. */
const NEARLY_ORIGIN = /^(?:[a-z][a-z0-9+.-]*:(?:\/\/)?)?[^\s/?#@\\]*\/?$/i;

/**
 * The canonical spelling of an origin: lower case, no default port, hosts as browsers send them (punycode, short IPv6).
 *
 * @returns `undefined` if the text is not an origin, `null` included.
 */
export function canonicalOrigin(text: string): string | undefined {
  if (!ORIGIN.test(text) || !URL.canParse(text)) return undefined;
  const { origin } = new URL(text);
  // The scheme is one that URL does not know.
  return origin === 'null' ? text.toLowerCase() : origin;
}

/** Whether RegExps are tested: never against `null` or a value with a path, a user or several origins. */
export function isForPatterns(origin: string): boolean {
  return origin !== '' && origin.toLowerCase() !== NO_ORIGIN && NEARLY_ORIGIN.test(origin);
}

/** A list entry matches whole origins: `/example\.com/` does not allow `https://example.com.evil.io`. */
export function wholePattern({ source, flags }: RegExp): RegExp {
  // With g or y it would remember its last match, and with m it would match single lines.
  return new RegExp(`^(?:${source})$`, flags.replaceAll(/[gmy]/g, ''));
}

/** @returns How to write a list entry that could never match; `undefined` if the entry is fine. */
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
