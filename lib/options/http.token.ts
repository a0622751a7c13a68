/** Whether the text is a token (RFC 9110 section 5.6.2). Subprotocol names must be tokens (RFC 6455 section 4.1). */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}
