import { HttpException, UnauthorizedException } from '@nestjs/common';
import { GuardsTimeout } from '../../../lib/connection/guard.rounds.js';
import { CloseWebSocketException } from '../../../lib/errors/revali-ws.exceptions.js';
import { guardRefusalOf } from '../../../lib/handshake/guard.refusal.js';

const internal = { code: 4500, reason: 'Internal server error' };

describe('a refusal of guards on an open connection', () => {
  it.each<[what: string, error: unknown, code: number, reason: string]>([
    ['a status', new UnauthorizedException(), 4401, 'Unauthorized'],
    ['a text', new HttpException('Token revoked', 401), 4401, 'Token revoked'],
    ['texts', new HttpException({ message: ['a', 'b'] }, 422), 4422, 'a, b'],
    ['no text', new HttpException({}, 403), 4403, 'Forbidden'],
    ['no known status', new HttpException({}, 499), 4499, 'Refused'],
    ['no answer', new GuardsTimeout(), 4408, 'The guards took too long'],
    ['a close', new CloseWebSocketException(3000, 'By hand'), 3000, 'By hand'],
    ['http-errors', Object.assign(new Error('Gone'), { statusCode: 410 }), 4410, 'Gone'],
    ['unavailable', new HttpException('Later', 503), 4503, 'Later'],
  ])('is a close frame: %s', (_what, error, code, reason) => {
    expect(guardRefusalOf(error)).toEqual({ frame: { code, reason }, isFault: false });
  });

  it('has a reason that fits its frame', () => {
    const { frame } = guardRefusalOf(new UnauthorizedException('ü'.repeat(500)));
    expect(frame).toEqual({ code: 4401, reason: 'ü'.repeat(61) });
  });

  it.each<[what: string, error: unknown]>([
    ['an error', new Error('secret')],
    ['nothing', undefined],
    ['a text', 'secret'],
    ['a status beyond all codes', new HttpException('secret', 1_000)],
    ['no whole status', new HttpException('secret', 401.5)],
    ['no status', new HttpException('secret', Number.NaN)],
    ['a status that is a text', Object.assign(new Error('secret'), { statusCode: '401' })],
    [
      'what cannot be read',
      Object.defineProperty(new Error('secret'), 'statusCode', {
        get: () => {
          throw new Error('secret');
        },
      }),
    ],
    ['a revoked Proxy', revoked()],
  ])('tells nothing of a fault: %s', (_what, error) => {
    expect(guardRefusalOf(error)).toEqual({ frame: internal, isFault: true });
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
