import { Controller } from '@nestjs/common';
import { WebSocket } from 'nestjs-revali-ws';
import { AsyncApiModule, type AsyncApiModuleOptions } from 'nestjs-revali-ws-asyncapi';
import { map, type Observable } from 'rxjs';
import request from 'supertest';
import { startApp, type Setup, type Started } from './support.js';

@Controller('echo')
class EchoController {
  @WebSocket()
  echo(): void {}
}

/** An interceptor that wraps whatever controllers return. */
export class Wrapping {
  intercept(_context: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(map((data) => ({ data })));
  }
}

export interface ServedModule extends Started {
  readonly http: ReturnType<typeof request>;
  readonly url: string;
}

/** An application of one route, with the module, that listens. */
export async function serveModule(
  options: AsyncApiModuleOptions,
  setup: Setup,
): Promise<ServedModule> {
  const started = await startApp({
    controllers: [EchoController],
    ...setup,
    imports: [AsyncApiModule.forRoot(options)],
  });
  await started.app.listen(0, '127.0.0.1');
  const url = await started.app.getUrl();
  return { ...started, http: request(url), url };
}
