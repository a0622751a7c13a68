import { UnusableBrokerException } from '../../errors/broker.exceptions.js';
import type { RedisConnection } from './redis.connection.js';
import { BROKER, isAnswer, unavailable } from './redis.errors.js';

/** Needed for `XTRIM MINID`, and for ranges that exclude their bound. */
const OLDEST = [6, 2] as const;

/**
 * Checks whether the broker can use the server.
 *
 * @param subscriptions Another connection to it: if it led to another server, published messages would not arrive.
 * @param server The name in errors.
 * @throws UnusableBrokerException
 * @throws BrokerUnavailableException if the connections lead to two servers, as can happen during a failover
 */
export async function checkServer(
  connection: RedisConnection,
  subscriptions: RedisConnection,
  server: string,
): Promise<void> {
  const [facts, others] = await Promise.all([readFacts(connection), readFacts(subscriptions)]);
  const other = others.get('run_id');
  if (other !== undefined && facts.has('run_id') && facts.get('run_id') !== other)
    throw unavailable(
      `${server} is two servers: one gets publications, and the other subscriptions. Make the address lead to one master at a time`,
      'refused',
    );
  if (facts.get('cluster_enabled') === '1')
    throw new UnusableBrokerException(
      BROKER,
      `${server} is a node of a Redis Cluster`,
      "Use independent servers instead: new RedisBroker({ servers: ['redis://one:6379', 'redis://two:6379'] }).",
    );
  const role = facts.get('role');
  if (role === 'slave' || role === 'replica')
    throw new UnusableBrokerException(
      BROKER,
      `${server} is a replica of ${facts.get('master_host')}:${facts.get('master_port')}`,
      'Name the master, or create clients that ask Sentinel for it with the option "client".',
    );
  const version = facts.get('redis_version') ?? '';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (version !== '' && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])))
    throw new UnusableBrokerException(
      BROKER,
      `${server} is Redis ${version}`,
      'Use Redis 6.2 or newer.',
    );
}

/** Empty if the server does not tell this user. */
async function readFacts(connection: RedisConnection): Promise<ReadonlyMap<string, string>> {
  try {
    const answer = await connection.call('info');
    const lines = Buffer.isBuffer(answer) ? answer.toString().split('\r\n') : [];
    return new Map(
      lines.map((line) => {
        const [name = '', ...value] = line.split(':');
        return [name, value.join(':')];
      }),
    );
  } catch (error) {
    if (isAnswer(error) && error.message.startsWith('NOPERM')) return new Map();
    throw error;
  }
}
