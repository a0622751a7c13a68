import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import express from 'express';

import { ExpressShape } from '../../../lib/platforms/express.shape.js';

/** Through all of Express that an upgrade meets, to a middleware at the end. */
function passThrough(shape: ExpressShape): {
  added: (string | symbol)[];
  request: IncomingMessage;
} {
  const request = new IncomingMessage(new Socket());
  request.url = '/path';
  request.method = 'GET';
  const response = shape.createResponse(request);
  const before = new Set([...Reflect.ownKeys(request), ...Reflect.ownKeys(response)]);
  const app = express();
  app.use(express.json(), express.urlencoded());
  let after: (string | symbol)[] = [];
  app.all('/*path', () => (after = [...Reflect.ownKeys(request), ...Reflect.ownKeys(response)]));
  app(request, response);
  return { added: after.filter((key) => !before.has(key)), request };
}

describe('the shape of requests for Express', () => {
  it('has everything that Express adds, once it has seen one request', () => {
    const shape = new ExpressShape();
    const first = passThrough(shape);
    expect(first.added.filter((key) => typeof key === 'string')).toEqual([]);
    shape.learn(first.request);
    expect(passThrough(shape).added).toEqual([]);
  });
});
