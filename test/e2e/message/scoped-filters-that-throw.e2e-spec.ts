import {
  Catch,
  ConflictException,
  Controller,
  ForbiddenException,
  Get,
  HttpException,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  type ExceptionFilter,
} from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';

import { startApp } from '../../support/apps/app-factory.js';
import { platforms } from '../../support/apps/platforms.js';
import { closeAllApps } from '../../support/apps/running-app.js';

const met: string[] = [];

@Catch(HttpException)
class ThrowingFilter implements ExceptionFilter {
  catch(exception: Error): never {
    met.push(exception.message);
    throw new ConflictException(`instead of ${exception.message}`);
  }
}

@Injectable({ scope: Scope.REQUEST })
class ForbiddingGuard {
  canActivate(): never {
    throw new ForbiddenException('guard');
  }
}

@Controller()
@UseGuards(ForbiddingGuard)
@UseFilters(ThrowingFilter)
class ScopedController {
  @Get('http')
  @WebSocket('ws')
  answer() {
    return 'answer';
  }
}

describe.each(platforms)('a filter that throws, of a request-scoped route on $name', (platform) => {
  afterEach(closeAllApps);

  it('is asked again with what it has thrown, as over HTTP', async () => {
    const app = await startApp(platform, { controllers: [ScopedController] });
    met.splice(0);
    const { status } = await app.get('/http');
    const overHttp = met.splice(0);
    await expect(app.connect('/ws')).rejects.toMatchObject({ status });
    expect(overHttp).toEqual(['guard', 'instead of guard']);
    expect(met).toEqual(overHttp);
  });
});
