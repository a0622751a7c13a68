import { HttpException } from '@nestjs/common';

/**
 * The headers of a 426. HTTP/2 has no upgrades, and no headers that are about the connection (RFC 9113 section 8.2.2).
 *
 * @param request Node's own.
 */
export function upgradeHeadersFor(request: object): readonly (readonly [string, string])[] {
  const major: unknown = Reflect.get(request, 'httpVersionMajor');
  if (typeof major === 'number' && major > 1) return [];
  return [
    ['Upgrade', 'websocket'],
    // Once it is named, Node no longer adds a close that the client, or HTTP/1.0, asks for.
    ['Connection', 'close, Upgrade'],
  ];
}

export function upgradeRequired(): HttpException {
  return new HttpException({ statusCode: 426, message: 'Upgrade Required' }, 426);
}
