/** The path of a request target that has only one reading; `undefined` for any other. */
export function readPath(target: string | undefined): string | undefined {
  // Clients never send a fragment, and a parser that does not stop at it reads another path.
  if (target === undefined || target.includes('#')) return undefined;
  const end = target.indexOf('?');
  const path = end === -1 ? target : target.slice(0, end);
  return isUnambiguous(path) ? path : undefined;
}

/**
 * Middleware, guards, and routers of different packages read spellings such as `/%61dmin`, `//admin`, `/x/../admin` or
 * `/a%2Fb` differently, and a guard that reads one path while the router serves another guards nothing. Upgrade
 * requests do not need such spellings, so they are answered with 400.
 */
function isUnambiguous(path: string): boolean {
  if (!path.startsWith('/') || path.includes('//')) return false;
  // Visible ASCII without the characters that RFC 3986 excludes from paths; some parsers read a backslash as a slash.
  if (/[^\x21-\x7e]|["<>\\^`{|}]/.test(path)) return false;
  const segments = path.split('/');
  return segments.every(
    (segment) => segment !== '.' && segment !== '..' && hasPlainEscapes(segment),
  );
}

/** Escapes are for characters that need them: no letters, digits, dots, slashes, or controls in disguise. */
function hasPlainEscapes(segment: string): boolean {
  if (!segment.includes('%')) return true;
  const escapes = segment.match(/%[0-9a-f]{2}/gi) ?? [];
  if (escapes.length !== segment.split('%').length - 1) return false;
  try {
    // A case-insensitive router reads these two as "k" and "i".
    if (/[\u212a\u0130]/.test(decodeURIComponent(segment))) return false;
  } catch {
    return false;
  }
  return escapes.every((escape) => !isDisguise(Number.parseInt(escape.slice(1), 16)));
}

function isDisguise(code: number): boolean {
  const character = String.fromCodePoint(code);
  return code < 0x20 || code === 0x7f || /[A-Za-z0-9\-._~/\\%]/.test(character);
}

const ABSOLUTE = /^(https?|wss?):\/\/([^/?#@]*)([/?][^]*)?$/i;

/**
 * Path and query of a target that also names the server (RFC 9112 section 3.2.2), as in requests to a proxy;
 * `undefined` for any other, and if it names another server than `Host`.
 */
export function originForm(
  target: string | undefined,
  host: string | undefined,
): string | undefined {
  // Nearly every target is a path.
  if (target === undefined || target.startsWith('/')) return undefined;
  const [, scheme = '', authority = '', rest = ''] = ABSOLUTE.exec(target) ?? [];
  if (authority === '' || host === undefined) return undefined;
  if (plainAuthority(authority, scheme) !== plainAuthority(host, scheme)) return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Names are case-insensitive, and the scheme's default port may be omitted. */
function plainAuthority(authority: string, scheme: string): string {
  const isSecure = /s$/i.test(scheme);
  return authority.toLowerCase().replace(isSecure ? /:443$/ : /:80$/, '');
}
