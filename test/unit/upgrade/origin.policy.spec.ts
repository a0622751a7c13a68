import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { OriginRule, type ServerIdentity } from '../../../lib/upgrade/origin.policy.js';
import type { OriginPolicy } from '../../../lib/options/revali-ws.options.js';

const server: ServerIdentity = { protocol: 'https', host: 'app.example.com' };

function requestFrom(origin: string | undefined): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  if (origin !== undefined) request.headers.origin = origin;
  return request;
}

function isAllowed(
  policy: OriginPolicy,
  origin: string | undefined,
  identity = server,
): boolean | Promise<boolean> {
  return new OriginRule(policy).allows(requestFrom(origin), () => identity);
}

describe('any origin policy', () => {
  it.each<[string, OriginPolicy]>([
    ['same-origin', 'same-origin'],
    ['*', '*'],
    ['an empty list', []],
    ['a function', () => false],
  ])('lets a client without an Origin in: %s', (_name, policy) => {
    expect(isAllowed(policy, undefined)).toBe(true);
  });
});

describe("the origin policy 'same-origin'", () => {
  it.each(['https://app.example.com', 'https://app.example.com:443', 'HTTPS://APP.example.com'])(
    'lets %s in',
    (origin) => {
      expect(isAllowed('same-origin', origin)).toBe(true);
    },
  );

  it.each([
    'http://app.example.com',
    'https://example.com',
    'https://evil.app.example.com',
    'https://app.example.com.evil.io',
    'https://app.example.com:8443',
    'https://app.example.com/',
    'https://app.example.com@evil.io',
    'https://evil.io#app.example.com',
    'app.example.com',
    'null',
    '',
    ' ',
  ])('refuses %j', (origin) => {
    expect(isAllowed('same-origin', origin)).toBe(false);
  });

  it('compares the port', () => {
    const local = { protocol: 'http', host: 'localhost:3000' };
    expect(isAllowed('same-origin', 'http://localhost:3000', local)).toBe(true);
    expect(isAllowed('same-origin', 'http://localhost:5173', local)).toBe(false);
    expect(isAllowed('same-origin', 'http://localhost', local)).toBe(false);
  });

  it('refuses every origin where the server has no name', () => {
    const nameless = { protocol: 'http', host: undefined };
    expect(isAllowed('same-origin', 'http://undefined', nameless)).toBe(false);
    expect(isAllowed('same-origin', 'null', nameless)).toBe(false);
  });
});

describe("the origin policy '*'", () => {
  it.each(['https://anywhere.io', 'null', 'nonsense'])('lets %s in', (origin) => {
    expect(isAllowed('*', origin)).toBe(true);
  });
});

describe('a list of origins', () => {
  const list = [
    'https://a.example',
    'http://b.example:8080',
    'app://-',
    /https:\/\/\w+\.c\.example/,
  ];

  it.each([
    'https://a.example',
    'https://A.example:443',
    'http://b.example:8080',
    'app://-',
    'https://one.c.example',
  ])('lets %s in', (origin) => {
    expect(isAllowed(list, origin)).toBe(true);
  });

  it.each([
    'http://a.example',
    'https://a.example.evil.io',
    'https://b.example',
    'https://one.two.c.example',
    'https://one.c.example.evil.io',
    'https://evil.io/https://one.c.example',
    'https://app.example.com',
    'null',
  ])('refuses %s', (origin) => {
    expect(isAllowed(list, origin)).toBe(false);
  });

  it("lets a sandboxed page in only where 'null' is named", () => {
    expect(isAllowed(['null'], 'null')).toBe(true);
    expect(isAllowed([], 'null')).toBe(false);
  });

  it.each([/a\.example|b\.example/, /^https:\/\/a\.example$/g, /https:\/\/a\.example/y])(
    'takes %s for whole origins, and again and again',
    (pattern) => {
      for (let times = 0; times < 3; times += 1) {
        expect(isAllowed([pattern], 'https://a.example.evil.io')).toBe(false);
      }
      const isWhole = !pattern.source.includes('|');
      for (let times = 0; times < 3; times += 1) {
        expect(isAllowed([pattern], 'https://a.example')).toBe(isWhole);
      }
    },
  );
});

describe('a function for origins', () => {
  it('is given the origin and the request, and decides', async () => {
    const calls: unknown[] = [];
    const request = requestFrom('https://a.example');
    const policy: OriginPolicy = async (origin, given) => {
      calls.push(origin, given);
      return origin === 'https://a.example';
    };
    expect(await new OriginRule(policy).allows(request, () => server)).toBe(true);
    expect(calls).toEqual(['https://a.example', request]);
    expect(await isAllowed(policy, 'https://b.example')).toBe(false);
  });
});
