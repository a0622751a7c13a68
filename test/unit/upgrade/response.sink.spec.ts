import { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { ResponseSink } from '../../../lib/upgrade/response.sink.js';

describe('the stand-in for a socket', () => {
  it('keeps what is written up to its limit, and nothing of what is longer', () => {
    const sink = new ResponseSink(new PassThrough(), 10);
    sink.write('12345');
    sink.write('67890');
    expect(sink.bytes?.toString()).toBe('1234567890');
    sink.write('1');
    expect(sink.bytes).toBeUndefined();
    expect(sink.headerLines()).toBeUndefined();
  });

  it('shows the properties of the real socket, and passes calls on to it', () => {
    const real = new Socket();
    const calls: unknown[] = [];
    Object.assign(real, {
      encrypted: true,
      setTimeout: (ms: number) => calls.push(['setTimeout', ms]) && real,
      address: () => ({ port: 1 }),
    });
    const sink = new ResponseSink(real);
    expect(Reflect.get(sink, 'encrypted')).toBe(true);
    expect(Reflect.get(sink, 'remoteAddress')).toBeUndefined();
    expect(call(sink, 'setTimeout', 5)).toBe(sink);
    expect(call(sink, 'address')).toEqual({ port: 1 });
    expect(calls).toEqual([['setTimeout', 5]]);
  });

  it('is chained like a socket where the real stream has no such method', () => {
    const sink = new ResponseSink(new PassThrough());
    expect(call(sink, 'setNoDelay', true)).toBe(sink);
  });
});

function call(sink: ResponseSink, name: string, ...args: unknown[]): unknown {
  const method: unknown = Reflect.get(sink, name);
  if (typeof method !== 'function') throw new Error(`no ${name}()`);
  const result: unknown = Reflect.apply(method, sink, args);
  return result;
}
