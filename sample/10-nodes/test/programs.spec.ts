import { findPrograms } from '../src/cluster/programs.js';

describe('the programs of the sample with three nodes', () => {
  it('are found on the PATH, and where daemons are', () => {
    expect([...findPrograms('/usr/bin').keys()]).toEqual(['haproxy', 'redis-server']);
  });

  it('are named where they are missing, with how to install them', () => {
    expect(() => findPrograms('')).toThrow(
      'This sample needs haproxy and redis-server, which the PATH does not have. Install them:\n' +
        '  Debian, Ubuntu: apt-get install haproxy redis-server\n' +
        '  macOS: brew install haproxy redis',
    );
  });
});
