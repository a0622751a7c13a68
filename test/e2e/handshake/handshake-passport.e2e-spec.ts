import { Body, Controller, ForbiddenException, Injectable, Req, UseGuards } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import jwt from 'jsonwebtoken';
import { WebSocket } from 'nestjs-revali-ws';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const SECRET = 'the secret of these tests';

interface User {
  name: string;
  roles: string[];
}

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromExtractors([
        ExtractJwt.fromAuthHeaderAsBearerToken(),
        ExtractJwt.fromUrlQueryParameter('token'),
      ]),
      secretOrKey: SECRET,
    });
  }

  async validate(payload: { sub: string }): Promise<User | false> {
    await Promise.resolve();
    return payload.sub === 'nobody' ? false : { name: payload.sub, roles: ['guest'] };
  }
}

const JwtGuard = AuthGuard('jwt');
let handled = 0;

@Controller('house')
class OpenController {
  @WebSocket('door')
  enter(@Body() message: string, @Req() request: { user: User }): unknown {
    handled += 1;
    return { message, user: request.user };
  }
}

@Controller('house')
@UseGuards(JwtGuard)
class GuardedController extends OpenController {}

const setups: readonly { scope: string; setup: AppSetup }[] = [
  {
    scope: 'on the controller',
    setup: {
      imports: [PassportModule],
      providers: [JwtStrategy],
      controllers: [GuardedController],
    },
  },
  {
    scope: 'as APP_GUARD',
    setup: {
      imports: [PassportModule],
      providers: [JwtStrategy, { provide: APP_GUARD, useClass: JwtGuard }],
      controllers: [OpenController],
    },
  },
];

const tokenFor = (sub: string, secret = SECRET, expiresIn = 60) =>
  jwt.sign({ sub }, secret, { expiresIn });

const refusedTokens = [
  { which: 'an expired token', token: tokenFor('ada', SECRET, -60) },
  { which: 'a token of another secret', token: tokenFor('ada', 'another secret') },
  {
    which: 'a token without signature',
    token: jwt.sign({ sub: 'ada' }, '', { algorithm: 'none' }),
  },
  { which: 'a token of an unknown user', token: tokenFor('nobody') },
  { which: 'what is no token', token: 'golden key' },
];

describe.each(platforms)('passport-jwt at the handshake on $name', (platform) => {
  beforeEach(() => {
    handled = 0;
  });
  afterEach(closeAllApps);

  describe.each(setups)('$scope', ({ setup }) => {
    it('lets in who has a token, and gives the handler the user', async () => {
      const app = await startApp(platform, setup);
      const authorization = `Bearer ${tokenFor('ada')}`;
      const client = await app.connect('/house/door', { headers: { authorization } });
      client.send('hello');
      const user = { name: 'ada', roles: ['guest'] };
      expect(await client.json()).toEqual({ message: 'hello', user });
    });

    it('lets in a browser, which can only put its token into the query', async () => {
      const app = await startApp(platform, setup);
      const clients = await Promise.all(
        ['ada', 'bob'].map((name) => app.connect(`/house/door?token=${tokenFor(name)}`)),
      );
      const users = clients.map(async (client) => {
        client.send('hello');
        return client.json();
      });
      expect(await Promise.all(users)).toMatchObject([
        { user: { name: 'ada' } },
        { user: { name: 'bob' } },
      ]);
    });

    it('keeps out who has none', async () => {
      const app = await startApp(platform, setup);
      const { status, body } = await refusedUpgrade(app, '/house/door');
      expect(status).toBe(401);
      expect(JSON.parse(body)).toEqual({ message: 'Unauthorized', statusCode: 401 });
      expect(handled).toBe(0);
    });

    it.each(refusedTokens)('keeps out who has $which', async ({ token }) => {
      const app = await startApp(platform, setup);
      const headers = [['Authorization', `Bearer ${token}`]] as const;
      expect(await refusedUpgrade(app, '/house/door', { headers })).toMatchObject({ status: 401 });
      expect(handled).toBe(0);
    });
  });

  it('answers with what the guard makes of a refusal', async () => {
    @Injectable()
    class StrictGuard extends JwtGuard {
      override handleRequest<TUser>(_error: unknown, user: TUser): TUser {
        if (!user) throw new ForbiddenException('Members only');
        return user;
      }
    }
    @Controller('house')
    @UseGuards(StrictGuard)
    class StrictController extends OpenController {}
    const app = await startApp(platform, {
      imports: [PassportModule],
      providers: [JwtStrategy],
      controllers: [StrictController],
    });
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual(nestBody(403, 'Members only'));
  });
});
