import { isOfReplica } from '../../../lib/brokers/redis/redis.errors.js';

function answer(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

describe('an answer of Redis', () => {
  it.each([
    "READONLY You can't write against a read only replica.",
    "READONLY You can't write against a read only replica. script: 1f2e, on @user_script:12.",
    "ERR Error running script (call to f_1f2e): @user_script:12: -READONLY You can't write against a read only replica.",
    'MASTERDOWN Link with MASTER is down',
    'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
  ])('is one of a replica: %s', (message) => {
    expect(isOfReplica(answer(message))).toBe(true);
    expect(isOfReplica(new Error(message))).toBe(false);
  });

  it.each([
    'NOREPLICAS Not enough good replicas to write.',
    "OOM command not allowed when used memory > 'maxmemory'.",
    'ERR unknown command READONLY2',
  ])('is one of a master: %s', (message) => {
    expect(isOfReplica(answer(message))).toBe(false);
  });
});
