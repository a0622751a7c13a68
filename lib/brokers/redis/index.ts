export { RedisBroker } from './redis.broker.js';
export type { RedisArgument, RedisClient } from './redis.client.js';
export type { RedisBrokerOptions } from './redis.options.js';
