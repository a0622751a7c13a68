import { Body, Controller, Get, Inject, Injectable, Scope } from '@nestjs/common';
import { ContextIdFactory, REQUEST, type ContextId, type HostComponentInfo } from '@nestjs/core';
import { WebSocket, WebSocketConnection, type HandshakeRequest } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { collectGarbage } from '../../support/faults/garbage.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

describe.each(platforms)('connection scope on $name', (platform) => {
  afterEach(closeAllApps);

  it('a request-scoped controller has one instance per connection', async () => {
    let instances = 0;
    @Controller({ path: 'counter', scope: Scope.REQUEST })
    class Counter {
      private readonly instance = (instances += 1);
      private count = 0;

      @WebSocket()
      next(): string {
        return `${this.instance}: ${(this.count += 1)}`;
      }
    }
    const app = await startApp(platform, { controllers: [Counter] });
    const [first, second] = [await app.connect('counter'), await app.connect('counter')];
    const ask = async (client: typeof first): Promise<string> => {
      client.send('next');
      return client.text();
    };
    expect(await ask(first)).toBe('1: 1');
    expect(await ask(second)).toBe('2: 1');
    expect(await ask(first)).toBe('1: 2');
    expect(await ask(first)).toBe('1: 3');
    expect(await ask(second)).toBe('2: 2');
    expect(instances).toBe(2);
  });

  it('a request-scoped provider has one instance per connection, wherever it is injected', async () => {
    let instances = 0;
    @Injectable({ scope: Scope.REQUEST })
    class Cart {
      readonly instance = (instances += 1);
      readonly items: string[] = [];
    }
    @Injectable()
    class Checkout {
      constructor(readonly cart: Cart) {}
    }
    @Controller('shop')
    class Shop {
      constructor(
        private readonly cart: Cart,
        private readonly checkout: Checkout,
      ) {}

      @WebSocket()
      add(@Body() item: string): unknown[] {
        this.cart.items.push(item);
        return [this.cart.instance, this.cart === this.checkout.cart, ...this.cart.items];
      }
    }
    const app = await startApp(platform, { controllers: [Shop], providers: [Cart, Checkout] });
    const [first, second] = [await app.connect('shop'), await app.connect('shop')];
    first.send('apple');
    second.send('bread');
    first.send('cheese');
    expect(await first.json()).toEqual([1, true, 'apple']);
    expect(await first.json()).toEqual([1, true, 'apple', 'cheese']);
    expect(await second.json()).toEqual([2, true, 'bread']);
  });

  it('a singleton stays one', async () => {
    let instances = 0;
    @Controller('one')
    class One {
      private readonly instance = (instances += 1);

      @WebSocket()
      one(): number {
        return this.instance;
      }
    }
    const app = await startApp(platform, { controllers: [One] });
    for (let round = 0; round < 3; round += 1) {
      const client = await app.connect('one');
      client.send('go');
      expect(await client.json()).toBe(1);
    }
  });

  it('REQUEST is the handshake request, as it is for an HTTP route', async () => {
    @Injectable()
    class Visitor {
      constructor(@Inject(REQUEST) readonly request: HandshakeRequest) {}
    }
    @Controller('visit')
    class Visits {
      constructor(private readonly visitor: Visitor) {}

      @Get('http')
      http(): unknown {
        return this.visitor.request.headers['x-name'];
      }
      @WebSocket('ws')
      ws(connection: WebSocketConnection): unknown[] {
        const { request } = this.visitor;
        return [request.headers['x-name'], request.url, request === connection.request];
      }
    }
    const app = await startApp(platform, { controllers: [Visits], providers: [Visitor] });
    const client = await app.connect('visit/ws?a=1', { headers: { 'x-name': 'Ann' } });
    client.send('go');
    expect(await client.json()).toEqual(['Ann', '/visit/ws?a=1', true]);
    expect((await app.get('/visit/http', { headers: { 'x-name': 'Bob' } })).body).toBe('Bob');
  });

  it('connection.data is of one connection', async () => {
    @Controller('data')
    class Data {
      @WebSocket()
      push(
        @Body() item: string,
        { data }: WebSocketConnection<{ items?: string[] }>,
      ): string[] | undefined {
        (data.items ??= []).push(item);
        return data.items;
      }
    }
    const app = await startApp(platform, { controllers: [Data] });
    const [first, second] = [await app.connect('data'), await app.connect('data')];
    first.send('a');
    second.send('b');
    first.send('c');
    expect([await first.json(), await first.json()]).toEqual([['a'], ['a', 'c']]);
    expect(await second.json()).toEqual(['b']);
  });

  it('an instance is released when its connection ends', async () => {
    const instances: WeakRef<object>[] = [];
    @Injectable({ scope: Scope.REQUEST })
    class Heavy {
      readonly ballast = Buffer.alloc(1024);
      constructor() {
        instances.push(new WeakRef(this));
      }
    }
    @Controller('heavy')
    class HeavyController {
      constructor(private readonly heavy: Heavy) {
        instances.push(new WeakRef(this));
      }
      @WebSocket()
      size(): number {
        return this.heavy.ballast.length;
      }
    }
    const app = await startApp(platform, { controllers: [HeavyController], providers: [Heavy] });
    for (let round = 0; round < 5; round += 1) {
      const client = await app.connect('heavy');
      client.send('go');
      expect(await client.json()).toBe(1024);
      await client.close();
    }
    expect(instances).toHaveLength(10);
    await eventually(() => {
      collectGarbage();
      // Those of the newest connection may still be on a stack.
      const held = instances.filter((instance) => instance.deref() !== undefined).length;
      expect(held).toBeLessThanOrEqual(2);
    }, 'the instances to be collected');
  });

  it('durable providers are shared by the connections of their tenant', async () => {
    class TenantStrategy {
      private readonly contexts = new Map<string, ContextId>();

      attach(contextId: ContextId, request: Partial<HandshakeRequest>) {
        const tenant = String(request.headers?.['x-tenant']);
        const ofTenant = this.contexts.get(tenant) ?? ContextIdFactory.create();
        this.contexts.set(tenant, ofTenant);
        return {
          resolve: (info: HostComponentInfo) => (info.isTreeDurable ? ofTenant : contextId),
          payload: { tenant },
        };
      }
    }
    let instances = 0;
    @Injectable({ scope: Scope.REQUEST, durable: true })
    class TenantStore {
      readonly instance = (instances += 1);
      constructor(@Inject(REQUEST) readonly payload: { tenant: string }) {}
    }
    @Controller({ path: 'tenant', scope: Scope.REQUEST, durable: true })
    class Tenants {
      constructor(private readonly store: TenantStore) {}

      @WebSocket()
      show(): unknown[] {
        return [this.store.instance, this.store.payload.tenant];
      }
    }
    const { apply, restore } = replaceStrategy();
    apply(new TenantStrategy());
    try {
      const app = await startApp(platform, { controllers: [Tenants], providers: [TenantStore] });
      const seen: unknown[] = [];
      for (const tenant of ['a', 'b', 'a']) {
        const client = await app.connect('tenant', { headers: { 'x-tenant': tenant } });
        client.send('show');
        seen.push(await client.json());
      }
      expect(seen).toEqual([
        [1, 'a'],
        [2, 'b'],
        [1, 'a'],
      ]);
    } finally {
      restore();
    }
  });
});

type Strategy = Parameters<typeof ContextIdFactory.apply>[0];

/** Nest keeps one strategy for the whole process. */
function replaceStrategy(): { apply: (strategy: Strategy) => void; restore: () => void } {
  const before: unknown = Reflect.get(ContextIdFactory, 'strategy');
  return {
    apply: (strategy) => ContextIdFactory.apply(strategy),
    restore: () => Reflect.set(ContextIdFactory, 'strategy', before),
  };
}
