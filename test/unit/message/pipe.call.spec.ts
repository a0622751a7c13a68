import {
  BadRequestException,
  StandardSchemaValidationPipe,
  type ArgumentMetadata,
} from '@nestjs/common';
import { z } from 'zod';

import { applyPipe } from '../../../lib/message/pipe.call.js';

const Order = z.object({ item: z.string(), count: z.number().default(1) });
const metadata: ArgumentMetadata = { type: 'body', schema: Order };
const order = { item: 'tea' };

describe('the pipe for schemas', () => {
  it('answers at once if the schema does', () => {
    expect(applyPipe(new StandardSchemaValidationPipe(), order, metadata)).toEqual({
      item: 'tea',
      count: 1,
    });
  });

  it('refuses as Nest does', async () => {
    const pipe = new StandardSchemaValidationPipe();
    const expected = await pipe.transform({ item: 1 }, metadata).catch((error: unknown) => error);
    let error: unknown;
    try {
      applyPipe(pipe, { item: 1 }, metadata);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(BadRequestException);
    expect(error).toEqual(expected);
  });

  it('waits for a schema that is asynchronous', async () => {
    const schema = z.object({ item: z.string().refine((item) => Promise.resolve(item === 'tea')) });
    const pipe = new StandardSchemaValidationPipe();
    await expect(applyPipe(pipe, order, { type: 'body', schema })).resolves.toEqual(order);
    await expect(
      applyPipe(pipe, { item: 'coffee' }, { type: 'body', schema }),
    ).rejects.toBeInstanceOf(BadRequestException);
  });

  it('waits for everything that can be awaited', async () => {
    const refused = { issues: [{ message: 'no' }] };
    const then = (settle: (result: object) => void): void => settle(refused);
    const callable = (): undefined => undefined;
    Reflect.set(callable, 'then', then);
    const results = [
      callable,
      new Proxy(
        {},
        {
          has: () => false,
          get: (_target, key): unknown => (key === 'then' ? then : undefined),
        },
      ),
    ];
    for (const result of results) {
      const schema = {
        '~standard': { version: 1 as const, vendor: 'test', validate: () => result },
      };
      const odd: ArgumentMetadata = { type: 'body' };
      Object.assign(odd, { schema });
      const pipe = new StandardSchemaValidationPipe({ transform: false });
      await expect(pipe.transform(order, odd)).rejects.toBeInstanceOf(BadRequestException);
      await expect(applyPipe(pipe, order, odd)).rejects.toBeInstanceOf(BadRequestException);
    }
  });

  it('keeps to its options', () => {
    const plain = new StandardSchemaValidationPipe({ transform: false });
    expect(applyPipe(plain, order, metadata)).toBe(order);
    const custom: ArgumentMetadata = { type: 'custom', schema: Order };
    expect(applyPipe(new StandardSchemaValidationPipe(), 'anything', custom)).toBe('anything');
    const strict = new StandardSchemaValidationPipe({ validateCustomDecorators: true });
    expect(() => applyPipe(strict, 'anything', custom)).toThrow(BadRequestException);
    const own = new StandardSchemaValidationPipe({ exceptionFactory: () => new RangeError('own') });
    expect(() => applyPipe(own, {}, metadata)).toThrow(RangeError);
    expect(applyPipe(own, 'without a schema', { type: 'body' })).toBe('without a schema');
  });

  it('strips __proto__, as over HTTP', () => {
    const schema = z.looseObject({ item: z.string() });
    const value = JSON.parse('{"item":"tea","__proto__":{"isAdmin":true}}') as object;
    applyPipe(new StandardSchemaValidationPipe(), value, { type: 'body', schema });
    expect(Object.keys(value)).toEqual(['item']);
  });

  it('does what a class of the application overrides', async () => {
    const called: string[] = [];
    class Whole extends StandardSchemaValidationPipe {
      override transform<T>(value: T): Promise<T> {
        called.push('transform');
        return Promise.resolve(value);
      }
    }
    await expect(applyPipe(new Whole(), order, metadata)).resolves.toBe(order);
    class Part extends StandardSchemaValidationPipe {
      protected override toValidate(): boolean {
        called.push('toValidate');
        return false;
      }
    }
    expect(applyPipe(new Part(), order, metadata)).toBe(order);
    expect(called).toEqual(['transform', 'toValidate']);
  });

  it('is called as ever where somebody has replaced transform()', async () => {
    const pipe = new StandardSchemaValidationPipe();
    Object.assign(pipe, { transform: () => Promise.resolve('replaced') });
    await expect(applyPipe(pipe, order, metadata)).resolves.toBe('replaced');
  });

  it('leaves other pipes alone', () => {
    expect(applyPipe({ transform: (value) => [value] }, 1, metadata)).toEqual([1]);
  });
});
