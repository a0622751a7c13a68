import { VERSION_NEUTRAL, VersioningType, type VersioningOptions } from '@nestjs/common';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { pickByVersion } from '../../../lib/routing/version.matcher.js';
import { fakeCandidate } from './fake.route.js';

const one = fakeCandidate('one', '1');
const two = fakeCandidate('two', ['2', '2.1']);
const neutral = fakeCandidate('neutral', VERSION_NEUTRAL);
const mixed = fakeCandidate('mixed', [VERSION_NEUTRAL, '7']);
const plain = fakeCandidate('plain', undefined);

const byHeader: VersioningOptions = { type: VersioningType.HEADER, header: 'X-Version' };
const byMediaType: VersioningOptions = { type: VersioningType.MEDIA_TYPE, key: 'v=' };

function requestWith(headers: Record<string, string>): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}

function pick(
  candidates: Parameters<typeof pickByVersion>[0],
  versioning: VersioningOptions | undefined,
  headers: Record<string, string> = {},
): string | undefined {
  const request = requestWith(headers);
  return pickByVersion(candidates, versioning, request, request)?.route.methodName;
}

describe('pickByVersion', () => {
  it('takes the first where versions are not in use, or are part of the path', () => {
    expect(pick([two, one], undefined, { 'x-version': '1' })).toBe('two');
    expect(pick([two, one], { type: VersioningType.URI })).toBe('two');
    expect(pick([], undefined)).toBeUndefined();
  });

  it('takes the version that the header asks for', () => {
    expect(pick([one, two], byHeader, { 'x-version': '1' })).toBe('one');
    expect(pick([one, two], byHeader, { 'x-version': '2.1' })).toBe('two');
    expect(pick([one, two], byHeader, { 'x-version': '3' })).toBeUndefined();
    expect(pick([one, two], byHeader)).toBeUndefined();
  });

  it.each([
    ['application/json;v=2', 'two'],
    ['application/json; charset=utf-8; v=1', 'one'],
    ['text/html, application/json;v=2', 'two'],
    ['application/json', undefined],
    ['application/json;v=', undefined],
  ])('takes the version out of Accept: %s', (accept, name) => {
    expect(pick([one, two], byMediaType, { accept })).toBe(name);
  });

  it('takes the first version of the extractor that there is', () => {
    const asked = (...versions: string[]): VersioningOptions => ({
      type: VersioningType.CUSTOM,
      extractor: () => versions,
    });
    expect(pick([one, two], asked('9', '2', '1'))).toBe('two');
    expect(pick([one, two], asked('1', '2'))).toBe('one');
    expect(pick([one, two, neutral], asked('9'))).toBe('neutral');
    expect(pick([one, two], asked())).toBeUndefined();
  });

  it('gives the extractor the request of the platform', () => {
    const seen: unknown[] = [];
    const request = { url: '/a' };
    pickByVersion(
      [one],
      { type: VersioningType.CUSTOM, extractor: (given) => (seen.push(given), '1') },
      request,
      requestWith({}),
    );
    expect(seen).toEqual([request]);
  });

  it('takes a neutral route for any version, but an exact one before it', () => {
    for (const candidate of [neutral, plain]) {
      const name = candidate.route.methodName;
      expect(pick([candidate, one], byHeader, { 'x-version': '1' })).toBe('one');
      expect(pick([candidate, one], byHeader, { 'x-version': '9' })).toBe(name);
      expect(pick([candidate, one], byHeader)).toBe(name);
    }
  });

  it('takes neutral in a list for no version at all', () => {
    expect(pick([mixed], byHeader)).toBe('mixed');
    expect(pick([mixed], byHeader, { 'x-version': '7' })).toBe('mixed');
    expect(pick([mixed], byHeader, { 'x-version': '9' })).toBeUndefined();
  });
});
