import {
  Body,
  Controller,
  Injectable,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp, type AppSetup } from '../../support/apps/app-factory.js';
import { moduleThat, type Middleware } from '../../support/apps/middleware.js';
import { platforms } from '../../support/apps/platforms.js';
import { acceptFor, SAMPLE_KEY } from '../../support/raw/raw-upgrade.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

/** What Express' response and Fastify's reply have in common. */
interface Answer {
  header(name: string, value: string | string[]): unknown;
  status(code: number): unknown;
}

let allowed = true;

/** Sets headers as HTTP guards do. */
@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const answer = context.switchToHttp().getResponse<Answer>();
    answer.header('X-Guard', 'was here');
    answer.header('Set-Cookie', ['guard=1; Path=/; HttpOnly', 'token=a=b; Secure']);
    return allowed;
  }
}

/** Tries to make the answer something else than the 101 that it is. */
@Injectable()
class MeddlingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const answer = context.switchToHttp().getResponse<Answer>();
    answer.status(418);
    answer.header('Content-Length', '5');
    answer.header('Content-Type', 'text/html');
    answer.header('Connection', 'keep-alive');
    answer.header('Upgrade', 'h2c');
    answer.header('Sec-WebSocket-Accept', 'forged');
    answer.header('Sec-WebSocket-Protocol', 'forged');
    answer.header('Sec-WebSocket-Extensions', 'forged');
    return true;
  }
}

@Controller('house')
class HouseController {
  @WebSocket('door')
  @UseGuards(HeaderGuard)
  enter(@Body() message: string): string {
    return message;
  }

  @WebSocket('hatch')
  @UseGuards(MeddlingGuard)
  climb(@Body() message: string): string {
    return message;
  }
}

const middleware: Middleware = (_request, response, next) => {
  response.setHeader('X-Middleware', 'was here');
  response.setHeader('Vary', ['Origin', 'Cookie']);
  response.appendHeader('Set-Cookie', 'first=1');
  response.appendHeader('Set-Cookie', 'second=2; Expires=Wed, 09 Jun 2100 10:18:14 GMT');
  next();
};

const controllers = [HouseController];

const places: readonly { place: string; setup: AppSetup }[] = [
  { place: 'app.use()', setup: { controllers, configure: (app) => void app.use(middleware) } },
  {
    place: 'a module',
    setup: {
      controllers,
      imports: [moduleThat((consumer) => void consumer.apply(middleware).forRoutes('{*path}'))],
    },
  },
];

describe.each(platforms)('the answer to a handshake on $name', (platform) => {
  beforeEach(() => {
    allowed = true;
  });
  afterEach(closeAllApps);

  it.each(places)('has the headers that middleware of $place set', async ({ setup }) => {
    const app = await startApp(platform, setup);
    const client = await app.raw();
    client.upgrade('/house/hatch');
    const { statusLine, headers } = await client.response();
    expect(statusLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(headers['x-middleware']).toEqual(['was here']);
    expect(headers['vary']?.join(', ')).toBe('Origin, Cookie');
    expect(headers['set-cookie']).toEqual([
      'first=1',
      'second=2; Expires=Wed, 09 Jun 2100 10:18:14 GMT',
    ]);
  });

  it('has the headers and every cookie that a guard set', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.connect('/house/door');
    expect(client.upgradeHeaders).toMatchObject({
      'x-guard': 'was here',
      'set-cookie': ['guard=1; Path=/; HttpOnly', 'token=a=b; Secure'],
    });
    client.send('hello');
    expect(await client.text()).toBe('hello');
  });

  it('has them when the handshake is refused as well', async () => {
    allowed = false;
    const app = await startApp(platform, { controllers });
    const { status, headers } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(403);
    expect(headers['x-guard']).toEqual(['was here']);
    expect(headers['set-cookie']).toEqual(['guard=1; Path=/; HttpOnly', 'token=a=b; Secure']);
  });

  it('is a 101 of its own making whatever the guards set', async () => {
    const app = await startApp(platform, { controllers });
    const client = await app.raw();
    client.upgrade('/house/hatch');
    const { statusLine, headers, body } = await client.response();
    expect(statusLine).toBe('HTTP/1.1 101 Switching Protocols');
    expect(headers).toMatchObject({
      connection: ['Upgrade'],
      upgrade: ['websocket'],
      'sec-websocket-accept': [acceptFor(SAMPLE_KEY)],
    });
    for (const name of [
      'content-length',
      'content-type',
      'transfer-encoding',
      'sec-websocket-protocol',
      'sec-websocket-extensions',
    ]) {
      expect(headers).not.toHaveProperty(name);
    }
    expect(body).toBe('');
  });

  it('keeps the headers of handshakes that go on at the same time apart', async () => {
    const counting = { next: 0 };
    const numbering: Middleware = (_request, response, next) => {
      counting.next += 1;
      response.setHeader('X-Number', `number ${counting.next}`);
      setImmediate(next);
    };
    const app = await startApp(platform, {
      controllers,
      configure: (nest) => void nest.use(numbering),
    });
    const clients = await Promise.all(Array.from({ length: 20 }, () => app.connect('/house/door')));
    const numbers = clients.map(({ upgradeHeaders }) => upgradeHeaders['x-number']);
    expect(new Set(numbers).size).toBe(20);
    expect(numbers).not.toContain(undefined);
  });

  it('cannot be split by what a guard puts into a header', async () => {
    @Injectable()
    class SplittingGuard implements CanActivate {
      canActivate(context: ExecutionContext): boolean {
        context.switchToHttp().getResponse<Answer>().header('X-Name', 'ada\r\nX-Forged: yes');
        return true;
      }
    }
    @Controller('split')
    class SplitController {
      @WebSocket()
      @UseGuards(SplittingGuard)
      enter(@Body() message: string): string {
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [SplitController] });
    const { status, headers } = await refusedUpgrade(app, '/split');
    expect(status).toBe(500);
    expect(headers).not.toHaveProperty('x-forged');
  });
});
