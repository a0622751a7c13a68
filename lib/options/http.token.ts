/** A token of RFC 9110 section 5.6.2, which names of subprotocols are (RFC 6455 section 4.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}
