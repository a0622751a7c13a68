import { EVERY_PATH, gatewayPath } from '../../../lib/gateways/gateway.path.js';

describe('gatewayPath()', () => {
  it.each([
    [undefined, '', '/'],
    ['', '', '/'],
    ['/', '', '/'],
    ['chat', '', '/chat'],
    ['/chat/', '', '/chat'],
    ['//chat//room', '', '/chat/room'],
    ['chat', 'api', '/api/chat'],
    ['/chat', '/api/', '/api/chat'],
    [undefined, 'api', '/api'],
  ])("of %p on the application's server, with the prefix %p, is %p", (path, prefix, expected) => {
    expect(gatewayPath(path, false, prefix)).toBe(expected);
  });

  it.each([
    [undefined, EVERY_PATH],
    ['', EVERY_PATH],
    ['/', '/'],
    ['chat/', '/chat'],
  ])('of %p on a port of its own is %p, without a prefix', (path, expected) => {
    expect(gatewayPath(path, true, 'api')).toBe(expected);
  });
});
