import { RouteMetadataAccessor } from '../../../lib/discovery/route-metadata.accessor.js';
import { UseObservers } from '../../../lib/decorators/use-observers.decorator.js';
import { WebSocket } from '../../../lib/decorators/web-socket.decorator.js';
import { WebSocketMode } from '../../../lib/options/revali-ws.options.js';

class FirstObserver {}
class SecondObserver {}

@UseObservers(FirstObserver)
class Routes {
  @WebSocket()
  bare(): void {}

  @WebSocket('a')
  one(): void {}

  @WebSocket(['a', 'b'], { concurrency: 2 })
  several(): void {}

  @WebSocket({ concurrency: 3 })
  optionsOnly(): void {}

  @WebSocket.mode(WebSocketMode.sendOnly, { errors: 'reply' })
  mode(): void {}

  @WebSocket.ping('p', { ping: '5s', concurrency: 4 })
  ping(): void {}

  @WebSocket('outer')
  @WebSocket('inner')
  twice(): void {}

  @UseObservers(FirstObserver)
  @UseObservers(SecondObserver)
  observed(): void {}

  none(): void {}
}

const { prototype } = Routes;

describe('the metadata of routes', () => {
  it.each([
    ['@WebSocket()', prototype.bare, [{ paths: [''], options: {} }]],
    ["@WebSocket('a')", prototype.one, [{ paths: ['a'], options: {} }]],
    ['a list and options', prototype.several, [{ paths: ['a', 'b'], options: { concurrency: 2 } }]],
    ['options alone', prototype.optionsOnly, [{ paths: [''], options: { concurrency: 3 } }]],
    [
      '@WebSocket.mode()',
      prototype.mode,
      [{ paths: [''], options: { mode: 'sendOnly', errors: 'reply' } }],
    ],
    [
      '@WebSocket.ping()',
      prototype.ping,
      [{ paths: ['p'], options: { ping: '5s', concurrency: 4 } }],
    ],
    ['no decorator', prototype.none, []],
    ['what is no function', undefined, []],
  ])('is read as it was written: %s', (_form, method, routes) => {
    expect(RouteMetadataAccessor.routesOf(method)).toEqual(routes);
  });

  it('keeps all decorators of one method, in the order in which they are read', () => {
    const paths = RouteMetadataAccessor.routesOf(prototype.twice).map((route) => route.paths[0]);
    expect(paths).toEqual(['outer', 'inner']);
  });

  it('keeps observers of classes and of methods, in the order in which they are read', () => {
    expect(RouteMetadataAccessor.observersOf(Routes)).toEqual([FirstObserver]);
    expect(RouteMetadataAccessor.observersOf(prototype.observed)).toEqual([
      FirstObserver,
      SecondObserver,
    ]);
    expect(RouteMetadataAccessor.observersOf(prototype.none)).toEqual([]);
  });
});
