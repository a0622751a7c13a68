import { defineEntity, p, type EntityManager } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/core';
import { MikroOrmModule } from '@mikro-orm/nestjs';
import { NodeSqliteDialect, SqliteDriver } from '@mikro-orm/sql';
import { Controller, Post, UseInterceptors, type INestApplication } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { ask, closeApps, connect, platforms, start } from './app.js';
import { OrmContextPerMessage } from './recipes/orm-context.js';

const Book = defineEntity({
  name: 'Book',
  properties: { id: p.integer().primary(), copies: p.integer() },
});

@Controller('books')
class BookController {
  constructor(private readonly orm: MikroORM) {}

  @Post('sell')
  async sell(): Promise<void> {
    const book = await this.em.findOneOrFail(Book, { id: 1 });
    book.copies -= 1;
    await this.em.flush();
  }

  @WebSocket('kept')
  async kept(): Promise<number> {
    return this.copies();
  }

  @WebSocket('fresh')
  @UseInterceptors(OrmContextPerMessage)
  async fresh(): Promise<number> {
    return this.copies();
  }

  @WebSocket('stream')
  @UseInterceptors(OrmContextPerMessage)
  async *stream(): AsyncGenerator<number> {
    yield await this.copies();
    yield await this.copies();
  }

  private async copies(): Promise<number> {
    return (await this.em.findOneOrFail(Book, { id: 1 })).copies;
  }

  private get em(): EntityManager {
    return this.orm.em;
  }
}

for (const platform of platforms) {
  describe(`@mikro-orm/nestjs on ${platform}`, () => {
    afterEach(closeApps);

    const startShop = async (): Promise<INestApplication> => {
      const app = await start({
        platform,
        imports: [
          MikroOrmModule.forRoot({
            entities: [Book],
            driver: SqliteDriver,
            dbName: ':memory:',
            driverOptions: new NodeSqliteDialect(':memory:'),
          }),
        ],
        controllers: [BookController],
      });
      const orm = app.get(MikroORM);
      await orm.schema.create();
      const em = orm.em.fork();
      em.create(Book, { id: 1, copies: 5 });
      await em.flush();
      return app;
    };

    it('has a context for each connection, which knows what it has read', async () => {
      const app = await startShop();
      const socket = await connect(app, '/books/kept');
      socket.send('');
      assert.equal(await socket.json(), 5);
      assert.equal((await ask(app, '/books/sell', { method: 'POST' })).status, 201);
      socket.send('');
      assert.equal(await socket.json(), 5);
      await socket.close();
    });

    for (const path of ['fresh', 'stream']) {
      it(`has one for each message with the recipe's interceptor (${path})`, async () => {
        const app = await startShop();
        const socket = await connect(app, `/books/${path}`);
        const read = async (): Promise<unknown> => {
          socket.send('');
          const first = await socket.json();
          if (path === 'stream') assert.equal(await socket.json(), first);
          return first;
        };
        assert.equal(await read(), 5);
        assert.equal((await ask(app, '/books/sell', { method: 'POST' })).status, 201);
        assert.equal(await read(), 4);
        await socket.close();
      });
    }
  });
}
