import cookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import {
  Body,
  Controller,
  Get,
  Injectable,
  Post,
  Req,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { AuthGuard, PassportModule, PassportSerializer, PassportStrategy } from '@nestjs/passport';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import session from 'express-session';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import passport from 'passport';
import { Strategy } from 'passport-local';
import { ask, closeApps, connect, cookiesOf, platforms, start } from './app.js';

const SECRET = 'of this test alone, and long enough for it';

interface User {
  readonly name: string;
}

@Injectable()
class LocalStrategy extends PassportStrategy(Strategy) {
  validate(name: string, password: string): User | null {
    return password === 'correct' ? { name } : null;
  }
}

@Injectable()
class UserSerializer extends PassportSerializer {
  serializeUser(user: User, done: (error: unknown, id: string) => void): void {
    done(null, user.name);
  }

  deserializeUser(id: string, done: (error: unknown, user: User) => void): void {
    done(null, { name: id });
  }
}

@Injectable()
class LoginGuard extends AuthGuard('local') {
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    await super.canActivate(context);
    await super.logIn(context.switchToHttp().getRequest());
    return true;
  }
}

@Injectable()
class MemberGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<{ isAuthenticated(): boolean }>().isAuthenticated();
  }
}

@Controller()
class ChatController {
  @Post('login')
  @UseGuards(LoginGuard)
  login(): void {}

  @Get('me')
  @UseGuards(MemberGuard)
  me(@Req() { user }: { user: User }): User {
    return user;
  }

  @WebSocket('chat')
  @UseGuards(MemberGuard)
  chat(
    @Body() message: string,
    @Req() { user }: { user: User },
    connection: WebSocketConnection,
  ): string {
    const { user: same } = connection.request as unknown as { user: User };
    return `${user.name}, ${same.name}: ${message}`;
  }
}

const sessions = {
  express: (app: INestApplication): void => {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false }));
    app.use(passport.initialize());
    app.use(passport.session());
  },
  fastify: async (app: INestApplication): Promise<void> => {
    const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
    await fastify.register(cookie);
    await fastify.register(fastifySession, {
      secret: SECRET,
      saveUninitialized: false,
      cookie: { secure: false },
    });
    const restore = passport.session();
    fastify.addHook('preValidation', (request, reply, done) => {
      restore(request as never, reply as never, done as never);
    });
  },
};

for (const platform of platforms) {
  describe(`@nestjs/passport with sessions on ${platform}`, () => {
    afterEach(closeApps);

    const startWithSessions = () =>
      start({
        platform,
        imports: [PassportModule.register({ session: true })],
        providers: [LocalStrategy, UserSerializer],
        controllers: [ChatController],
        configure: sessions[platform],
      });

    const login = async (app: INestApplication, username: string): Promise<string> => {
      const response = await ask(app, '/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ username, password: 'correct' }),
      });
      assert.equal(response.status, 201, await response.text());
      return cookiesOf(response);
    };

    it('lets members in, and nobody else, as over HTTP', async () => {
      const app = await startWithSessions();
      const headers = { cookie: await login(app, 'ada') };
      assert.deepEqual(await (await ask(app, '/me', { headers })).json(), { name: 'ada' });
      assert.equal((await ask(app, '/me')).status, 403);
      const socket = await connect(app, '/chat', { headers });
      await assert.rejects(connect(app, '/chat'), { status: 403 });
      await assert.rejects(connect(app, '/chat', { headers: { cookie: 'connect.sid=s%3Ax.y' } }), {
        status: 403,
      });
      socket.send('hi');
      assert.equal(await socket.text(), 'ada, ada: hi');
      await socket.close();
    });

    it('tells members apart', async () => {
      const app = await startWithSessions();
      const names = ['ada', 'bob'];
      const sockets = await Promise.all(
        names.map(async (name) =>
          connect(app, '/chat', { headers: { cookie: await login(app, name) } }),
        ),
      );
      for (const times of ['once', 'again']) {
        for (const socket of sockets) socket.send(times);
        const heard = await Promise.all(sockets.map((socket) => socket.text()));
        assert.deepEqual(heard, [`ada, ada: ${times}`, `bob, bob: ${times}`]);
      }
      await Promise.all(sockets.map((socket) => socket.close()));
    });
  });
}
