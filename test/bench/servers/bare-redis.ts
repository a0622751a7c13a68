// What a message over Redis takes with nothing around it.  bare-redis.js --redis 6379
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { measureLatency, STORY, type Timed } from './broadcasts.js';
import { serve } from './control.js';

const { values } = parseArgs({ options: { redis: { type: 'string' }, nodes: { type: 'string' } } });

const port = Number(values.redis);
const [publisher, subscriber] = [new Redis(port, '127.0.0.1'), new Redis(port, '127.0.0.1')];

serve(
  async () => {
    await subscriber.subscribe('clock');
    return [];
  },
  {
    latency: ({ count, rate }: { count: number; rate: number }) =>
      measureLatency(
        { count, rate },
        (message) => void publisher.publish('clock', JSON.stringify({ ...STORY, ...message })),
        (listener) =>
          subscriber.on('message', (_channel: string, text: string) =>
            listener(JSON.parse(text) as Timed),
          ),
      ),
  },
);
