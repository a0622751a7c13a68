import {
  Catch,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  UseFilters,
  UseGuards,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocket } from 'nestjs-revali-ws';
import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { refusedUpgrade } from '../../support/raw/refused-upgrade.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const nobody: CanActivate = { canActivate: () => false };

@Catch(ForbiddenException)
class TranslatingFilter implements ExceptionFilter {
  catch(): void {
    throw new ConflictException('Translated');
  }
}

@Controller('house')
@UseGuards(nobody)
@UseFilters(TranslatingFilter)
class HouseController {
  @Get('door')
  @WebSocket('door')
  enter(): void {}
}

@Catch(ConflictException)
class GlobalFilter implements ExceptionFilter {
  constructor(private readonly host: HttpAdapterHost) {}

  catch({ message }: ConflictException, host: ArgumentsHost): void {
    const response: unknown = host.getArgByIndex(1);
    this.host.httpAdapter.reply(response, { global: message }, 418);
  }
}

describe.each(platforms)('what a filter of the handshake throws on $name', (platform) => {
  afterEach(closeAllApps);

  it.each([true, false])('goes where it goes over HTTP (a global filter: %s)', async (isGlobal) => {
    const app = await startApp(platform, {
      controllers: [HouseController],
      configure: (nest) => {
        if (isGlobal) nest.useGlobalFilters(new GlobalFilter(nest.get(HttpAdapterHost)));
      },
    });
    const get = await app.get('/house/door');
    const { status, body } = await refusedUpgrade(app, '/house/door');
    expect(status).toBe(isGlobal ? 418 : 409);
    expect([status, JSON.parse(body)]).toEqual([get.status, JSON.parse(get.body)]);
  });
});
