import { HostMatcher } from '../../../lib/routing/host.matcher.js';

describe('HostMatcher', () => {
  const hosts = new HostMatcher();

  it('takes every host where none is named', () => {
    expect(hosts.match([], 'anything')).toEqual({});
  });

  it('takes a host by its name', () => {
    expect(hosts.match(['a.example.com'], 'a.example.com')).toEqual({});
    expect(hosts.match(['a.example.com'], 'A.Example.com')).toEqual({});
    expect(hosts.match(['a.example.com'], 'aXexample.com')).toBeUndefined();
    expect(hosts.match(['a.example.com'], 'a.example.com.evil.io')).toBeUndefined();
    expect(hosts.match(['a.example.com'], 'evil.a.example.com')).toBeUndefined();
    expect(hosts.match(['a.example.com'], '')).toBeUndefined();
  });

  it('gives the parameters of a host', () => {
    expect(hosts.match([':tenant.example.com'], 'acme.example.com')).toEqual({ tenant: 'acme' });
    expect(hosts.match([':area.:tenant.io'], 'eu.acme.io')).toEqual({ area: 'eu', tenant: 'acme' });
  });

  it('takes the first of several that matches', () => {
    expect(hosts.match(['x.com', ':any.com'], 'y.com')).toEqual({ any: 'y' });
    expect(hosts.match(['x.com', ':any.com'], 'y.org')).toBeUndefined();
  });

  it('takes a RegExp with the groups that it names', () => {
    const pattern = /^(?<tenant>\w+)\.example\.com$/;
    expect(hosts.match([pattern], 'acme.example.com')).toEqual({ tenant: 'acme' });
    expect(hosts.match([pattern], 'acme.example.org')).toBeUndefined();
  });

  it.each(['g', 'y', 'gy'])('remembers nothing between requests for a RegExp with /%s', (flags) => {
    const pattern = new RegExp('^acme$', flags);
    for (let times = 0; times < 3; times += 1) expect(hosts.match([pattern], 'acme')).toEqual({});
  });

  it.each(['y', 'gy'])('matches a RegExp with /%s at the start alone, every time', (flags) => {
    const pattern = new RegExp('(?<tenant>acme)', flags);
    pattern.lastIndex = 3;
    for (let times = 0; times < 3; times += 1) {
      expect(hosts.match([pattern], 'acme.com')).toEqual({ tenant: 'acme' });
      expect(hosts.match([pattern], 'evil-acme.com')).toBeUndefined();
    }
    expect(pattern.lastIndex).toBe(3);
  });
});
