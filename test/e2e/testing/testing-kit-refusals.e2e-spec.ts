import {
  Body,
  Controller,
  ForbiddenException,
  HttpException,
  Injectable,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocket, type ConnectionOutcome, type WebSocketObserver } from 'nestjs-revali-ws';
import {
  connect,
  DeadlineExceededException,
  HandshakeFailedException,
  HandshakeRefusedException,
} from 'nestjs-revali-ws/testing';
import { eventually } from '../../support/deadline.js';
import { objectWith } from '../../support/matchers.js';
import {
  closeOpenedApps,
  openApp,
  reaches,
  withoutPort,
} from '../../support/apps/testing-kit-app.js';

const teapot = { statusCode: 418, message: ['short', 'stout'], error: "I'm a teapot" };

@Injectable()
class ScriptedGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    const script: string | undefined = headers.script;
    switch (script) {
      case 'no token':
        throw new UnauthorizedException('Token is missing');
      case 'not yours':
        throw new ForbiddenException('Not your room');
      case 'teapot':
        throw new HttpException(teapot, 418);
      case 'never':
        return new Promise(() => undefined);
      case undefined:
        return true;
      default:
        return false;
    }
  }
}

@Controller()
@UseGuards(ScriptedGuard)
class GuardedController {
  @WebSocket('rooms')
  echo(@Body() message: string): string {
    return message;
  }

  @WebSocket('strict', { protocols: { supported: ['v1'], required: true } })
  strict(): void {}
}

describe.each(reaches)('a refused handshake on $label', (reach) => {
  const start = (forRoot = {}) => openApp(reach, { controllers: [GuardedController], forRoot });
  const refusal = async (...args: Parameters<typeof connect>) => {
    const refused: unknown = await connect(...args).catch((error: unknown) => error);
    if (refused instanceof HandshakeRefusedException) return refused;
    throw new Error(`not refused, but ${String(refused)}`);
  };
  afterEach(closeOpenedApps);

  it.each([
    ['no token', 401, { statusCode: 401, message: 'Token is missing', error: 'Unauthorized' }],
    ['not yours', 403, { statusCode: 403, message: 'Not your room', error: 'Forbidden' }],
    ['false', 403, { statusCode: 403, message: 'Forbidden resource', error: 'Forbidden' }],
    ['teapot', 418, teapot],
  ])('by a guard (%s) has status %i and the parsed body', async (script, status, body) => {
    const refused = await refusal(await start(), '/rooms', { headers: { script } });
    expect(refused.status).toBe(status);
    expect(refused.body).toEqual(body);
    expect(refused.headers['content-type']).toMatch(/^application\/json/);
  });

  it('names path, status and body', async () => {
    const connecting = connect(await start(), '/rooms', { headers: { script: 'no token' } });
    await expect(connecting).rejects.toThrow(
      "/rooms: the handshake was refused with 401 Unauthorized: { message: 'Token is missing', " +
        "error: 'Unauthorized', statusCode: 401 }",
    );
  });

  it('of an unknown path is a 404', async () => {
    const refused = await refusal(await start(), '/nowhere');
    expect(refused).toMatchObject({ status: 404, body: { message: 'Cannot GET /nowhere' } });
  });

  it('that no subprotocol suits is a 400', async () => {
    const refused = await refusal(await start(), '/strict', { protocols: 'v9' });
    expect(refused.status).toBe(400);
    expect(refused.message).toContain('None of the offered subprotocols is supported');
  });

  it('of a strange origin is a 403', async () => {
    const headers = { origin: 'https://elsewhere.example' };
    const refused = await refusal(await start(), '/rooms', { headers });
    expect(refused).toMatchObject({ status: 403, body: { message: 'Origin is not allowed' } });
  });

  it('for lack of room is a 503 with its headers', async () => {
    const app = await start({ maxConnections: 1 });
    await connect(app, '/rooms');
    const refused = await refusal(app, '/rooms');
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('5');
  });

  it('that is no JSON keeps its text for a body', async () => {
    const app = await openApp(reach, {
      controllers: [GuardedController],
      configure: (created) => {
        created.use((_request: unknown, response: PlainResponse) => {
          response.statusCode = 429;
          response.end('{"slow": "down"}');
        });
      },
    });
    const refused = await refusal(app, '/rooms');
    expect(refused).toMatchObject({ status: 429, body: '{"slow": "down"}' });
  });

  it('leaves the application able to take the next one', async () => {
    const app = await start();
    await refusal(app, '/rooms', { headers: { script: 'not yours' } });
    const socket = await connect(app, '/rooms');
    socket.send('hi');
    expect(await socket.next()).toBe('hi');
  });

  it('is a deadline of its own where no answer comes, and the server learns that the client left', async () => {
    const outcomes: ConnectionOutcome[] = [];
    const observer: WebSocketObserver = { onClose: (_context, end) => void outcomes.push(end) };
    const app = await start({ observers: [observer] });
    const connecting = connect(app, '/rooms', { headers: { script: 'never' }, timeout: 50 });
    await expect(connecting).rejects.toThrow(DeadlineExceededException);
    await expect(connecting).rejects.toThrow(
      '/rooms: waited 50 ms for the answer to the handshake. Arrived instead: nothing.',
    );
    await eventually(() => expect(outcomes).toHaveLength(1), 'the observer to be told');
    expect(outcomes).toMatchObject([{ kind: 'refused', initiator: 'client' }]);
  });

  it('is a failure where the connection is cut', async () => {
    const app = await openApp(reach, {
      controllers: [GuardedController],
      configure: (created) => {
        created.use((request: { socket: { destroy(): void } }) => request.socket.destroy());
      },
    });
    const failed: unknown = await connect(app, '/rooms').catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(HandshakeFailedException);
    expect(failed).toMatchObject({
      message: '/rooms: the handshake failed: socket hang up',
      cause: objectWith({ code: 'ECONNRESET' }),
    });
  });

  it('is a failure where the server chooses none of the offered subprotocols', async () => {
    await expect(connect(await start(), '/rooms', { protocols: 'v1' })).rejects.toThrow(
      '/rooms: the handshake failed: Server sent no subprotocol',
    );
  });
});

describe.each(withoutPort)('connect() on $label', (reach) => {
  it('says what to do where the application is not initialised', async () => {
    const app = await openApp(reach, { controllers: [GuardedController], isInitialised: false });
    await expect(connect(app, '/rooms')).rejects.toThrow(
      'connect() was called before app.init(). Await app.init() first.',
    );
  });

  it('says what it needs where there is no HTTP server', async () => {
    await expect(connect({ getHttpServer: () => undefined }, '/rooms')).rejects.toThrow(
      'connect() needs an application with an HTTP/1.1 server.',
    );
  });

  it('is refused with 404 by an application without WebSocket routes', async () => {
    const app = await openApp(reach, {});
    await expect(connect(app, '/rooms')).rejects.toMatchObject({ status: 404 });
    await closeOpenedApps();
  });
});

interface PlainResponse {
  statusCode: number;
  end(text: string): void;
}
