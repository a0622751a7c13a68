import {
  Body,
  Controller,
  Get,
  HttpException,
  Injectable,
  UnauthorizedException,
  UseGuards,
  type CanActivate,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { nestBody, refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const handled: string[] = [];
let refuse = (): unknown => new UnauthorizedException('No key');

@Injectable()
class RefusingGuard implements CanActivate {
  canActivate(): boolean {
    throw refuse();
  }
}

function handle(message: string): string {
  handled.push(message);
  return message;
}

@Controller('house')
@UseGuards(RefusingGuard)
class HouseController {
  @WebSocket('door')
  enter(@Body() message: string): string {
    return handle(message);
  }
}

@Controller('house')
@UseGuards(RefusingGuard)
class SiblingController {
  @Get('window')
  look(): string {
    return 'a window';
  }
}

describe.each(platforms)('refusals on the wire on $name', (platform) => {
  beforeEach(() => {
    handled.splice(0);
    refuse = () => new UnauthorizedException('No key');
  });
  afterEach(closeAllApps);

  it('are one HTTP response of Nest, and then the end of the connection', async () => {
    const app = await startApp(platform, { controllers: [HouseController] });
    const { statusLine, headers, body, rest } = await refusedUpgrade(app, '/house/door');
    expect(statusLine).toBe('HTTP/1.1 401 Unauthorized');
    expect(headers['content-type']).toEqual(['application/json; charset=utf-8']);
    expect(headers['content-length']).toEqual([String(body.length)]);
    expect(headers['connection']).toEqual(['close']);
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers).not.toHaveProperty('upgrade');
    expect(JSON.parse(body)).toEqual(nestBody(401, 'No key'));
    expect(rest).toHaveLength(0);
  });

  it('are what a GET that the same guard refuses is answered', async () => {
    const app = await startApp(platform, {
      controllers: [HouseController, SiblingController],
    });
    const { status, headers, body } = await app.get('/house/window');
    const refused = await refusedUpgrade(app, '/house/door');
    expect(refused).toMatchObject({ status, body });
    const names = Object.keys(headers).filter((name) => name !== 'keep-alive');
    expect(Object.keys(refused.headers).toSorted()).toEqual(names.toSorted());
  });

  it('count the bytes of their body, not its letters', async () => {
    refuse = () => new UnauthorizedException('Kein Schlüssel 🔑');
    const app = await startApp(platform, { controllers: [HouseController] });
    const { body } = await refusedUpgrade(app, '/house/door');
    expect(JSON.parse(body)).toEqual(nestBody(401, 'Kein Schlüssel 🔑'));
  });

  it('arrive whole when they are large', async () => {
    const seats = Array.from({ length: 50_000 }, (_, seat) => `seat ${seat}`);
    refuse = () => new HttpException({ seats }, 409);
    const app = await startApp(platform, { controllers: [HouseController] });
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(409);
    expect(JSON.parse(body)).toEqual({ seats });
  });

  it('are there for a client that has sent its own end already', async () => {
    const app = await startApp(platform, { controllers: [HouseController] });
    const client = await app.raw({ allowHalfOpen: true });
    client.upgrade('/house/door');
    client.end();
    expect((await client.response()).status).toBe(401);
    expect(await client.ended).toEqual({ kind: 'end' });
  });
});
