/** Whether it is a token of RFC 9110 section 5.6.2, as names of subprotocols are (RFC 6455 section 4.1). */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}
