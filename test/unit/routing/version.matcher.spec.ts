import { VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { ServedPath } from '../../../lib/nest/route.paths.js';
import { VersionMatcher } from '../../../lib/routing/version.matcher.js';
import { fakeRoute } from './fake.route.js';

const versions = {
  one: '1',
  two: ['2', '2.1'],
  neutral: VERSION_NEUTRAL,
  mixed: [VERSION_NEUTRAL, '7'],
  plain: undefined,
} as const satisfies Record<string, ServedPath['version'] | readonly (string | symbol)[]>;

const entries = Object.entries(versions).map(([name, version]) => {
  const served: ServedPath = {
    path: '/a',
    version: Array.isArray(version) ? [...version] : version,
  };
  return { route: fakeRoute(name, [served]), served };
});

const byHeader: VersioningOptions = { type: VersioningType.HEADER, header: 'X-Version' };
const byMediaType: VersioningOptions = { type: VersioningType.MEDIA_TYPE, key: 'v=' };
const asked = (answer: string | string[]): VersioningOptions => ({
  type: VersioningType.CUSTOM,
  extractor: () => answer,
});

function requestWith(headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}

/** The names of the routes that take the request. */
function takers(
  versioning: VersioningOptions | undefined,
  headers: Record<string, string> = {},
): string[] {
  const matcher = new VersionMatcher(new ExpressAdapter(), entries, versioning);
  const request = requestWith(headers);
  return entries
    .filter(({ served }) => matcher.takes(served, request))
    .map(({ route }) => route.methodName);
}

describe('VersionMatcher', () => {
  it('takes every request where versions are not in use', () => {
    expect(takers(undefined, { 'x-version': '1' })).toEqual(Object.keys(versions));
  });

  it('takes the version that the header asks for', () => {
    expect(takers(byHeader, { 'x-version': '1' })).toEqual(['one', 'neutral', 'plain']);
    expect(takers(byHeader, { 'x-version': '2.1' })).toEqual(['two', 'neutral', 'plain']);
    expect(takers(byHeader, { 'x-version': '3' })).toEqual(['neutral', 'plain']);
  });

  it('takes neutral in a list for no version, and not for an empty one', () => {
    expect(takers(byHeader)).toEqual(['neutral', 'mixed', 'plain']);
    expect(takers(byMediaType, { accept: 'application/json' })).toContain('mixed');
    expect(takers(byMediaType, { accept: 'application/json;v=' })).toEqual(['neutral', 'plain']);
    expect(takers(asked(''))).toEqual(['neutral', 'plain']);
    expect(takers(asked([]))).toEqual(['neutral', 'plain']);
  });

  it.each([
    ['application/json;v=2', 'two'],
    ['application/json;v=1', 'one'],
  ])('takes the version out of Accept: %s', (accept, name) => {
    expect(takers(byMediaType, { accept })).toEqual([name, 'neutral', 'plain']);
  });

  it('takes each version that the extractor gives', () => {
    expect(takers(asked(['9', '2', '1']))).toEqual(['one', 'two', 'neutral', 'plain']);
  });

  it('gives the extractor the request of the platform, and throws what it throws', () => {
    const seen: unknown[] = [];
    const extractor = (given: unknown): string => (seen.push(given), '1');
    const request = { url: '/a' };
    const [entry] = entries;
    const served = entry?.served ?? { path: '/a', version: '1' };
    const options = { type: VersioningType.CUSTOM, extractor } as const;
    new VersionMatcher(new ExpressAdapter(), entries, options).takes(served, request);
    expect(seen).toEqual([request]);
    const failing: VersioningOptions = {
      type: VersioningType.CUSTOM,
      extractor: () => {
        throw new Error('no version');
      },
    };
    const matcher = new VersionMatcher(new ExpressAdapter(), entries, failing);
    expect(() => matcher.takes(served, request)).toThrow('no version');
  });
});
