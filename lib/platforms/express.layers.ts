import type { HttpServer } from '@nestjs/common';
import { UnsupportedNestVersionException } from '../errors/revali-ws.exceptions.js';

/** Where Nest is asked to register the last middleware. It never becomes a layer, so no client can reach it. */
export const EXIT_PATH = 'nestjs-revali-ws/exit';

/** How many exits a handshake can pass without reaching HTTP routes: one, and one for each extra `next()`. */
const EXITS = 4;
const PLACE =
  'the place behind the last middleware and before the first route in the layers of Express';

interface LayeredApplication<Middleware> {
  use(middleware: Middleware): unknown;
  readonly router: object;
}

/**
 * Watches Nest register its middleware, and adds the exit of upgrades as a separate layer where Nest would add the last
 * one. Nest itself would limit it to a prefix.
 */
export class ExpressLayers<Middleware> {
  private readonly middleware = new Set<object>();
  private start: number | undefined;

  constructor(
    private readonly express: LayeredApplication<Middleware>,
    private readonly exit: Middleware,
  ) {}

  /** Call it before `app.init()`. */
  watch(adapter: HttpServer): void {
    const create = adapter.createMiddlewareFactory.bind(adapter);
    adapter.createMiddlewareFactory = async (method) => {
      const lay = await create(method);
      this.start ??= this.layers().length;
      return (path, callback) => {
        if (path.includes(EXIT_PATH)) return this.layExit();
        const before = this.layers().length;
        lay(path, callback);
        for (const layer of this.layers().slice(before)) this.middleware.add(layer);
      };
    };
  }

  /** Express continues from its position: middleware that calls `next()` again sends the request to the next layer. */
  private layExit(): void {
    for (let times = 0; times < EXITS; times += 1) this.express.use(this.exit);
  }

  /**
   * Position is security: if the exit came before some middleware, upgrades would skip it; if it came after a route,
   * that route would get them.
   *
   * @throws UnsupportedNestVersionException
   */
  assertPlaced(): void {
    const layers = this.layers();
    const place = layers.findIndex((layer) => Reflect.get(layer, 'handle') === this.exit);
    const isBehindAll = [...this.middleware].every((layer) => {
      const index = layers.indexOf(layer);
      return index !== -1 && index < place;
    });
    const isBeforeRoutes = layers
      .slice(this.start, place)
      .every((layer) => this.middleware.has(layer) || !Reflect.get(layer, 'route'));
    if (place === -1 || this.start === undefined || !isBehindAll || !isBeforeRoutes)
      throw new UnsupportedNestVersionException(PLACE);
  }

  private layers(): readonly object[] {
    const stack: unknown = Reflect.get(this.express.router, 'stack');
    if (!isListOfObjects(stack)) throw new UnsupportedNestVersionException(PLACE);
    return stack;
  }
}

function isListOfObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null);
}
