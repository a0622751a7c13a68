import {
  Body,
  Controller,
  Injectable,
  Scope,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { TestingModuleBuilder } from '@nestjs/testing';
import { WebSocket } from 'nestjs-revali-ws';
import { connect } from 'nestjs-revali-ws/testing';
import { map, type Observable } from 'rxjs';
import { closeOpenedApps, openApp, withoutPort } from '../../support/apps/testing-kit-app.js';

@Injectable()
class NobodyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable({ scope: Scope.REQUEST })
class ScopedNobodyGuard extends NobodyGuard {}

@Injectable()
class Dictionary {
  translate(text: string): string {
    return `real ${text}`;
  }
}

@Injectable()
class ShoutInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler<string>): Observable<string> {
    return next.handle().pipe(map((text) => `${text}!`));
  }
}

@Injectable()
class UpperPipe implements PipeTransform<string, string> {
  transform(text: string): string {
    return text.toUpperCase();
  }
}

@Injectable()
class SorryFilter implements ExceptionFilter<Error> {
  catch(error: Error): string {
    return `sorry, ${error.message}`;
  }
}

@Controller()
@UseInterceptors(ShoutInterceptor)
@UsePipes(UpperPipe)
@UseFilters(SorryFilter)
class TalkController {
  constructor(private readonly dictionary: Dictionary) {}

  @WebSocket('talk')
  talk(@Body() text: string): string {
    if (text === '') throw new Error('say something');
    return this.dictionary.translate(text);
  }
}

@Controller()
class OpenController {
  @WebSocket('door')
  enter(): string {
    return 'in';
  }
}

@Controller()
@UseGuards(NobodyGuard)
class ClosedController extends OpenController {}

@Controller()
@UseGuards(ScopedNobodyGuard)
class ScopedClosedController extends OpenController {}

@Controller()
class ClosedMethodController {
  @WebSocket('door')
  @UseGuards(NobodyGuard)
  enter(): string {
    return 'in';
  }
}

@Controller()
class ClosedForMessagesController {
  @WebSocket('door', { guards: 'message' })
  @UseGuards(NobodyGuard)
  enter(): string {
    return 'in';
  }
}

type Override = (builder: TestingModuleBuilder) => TestingModuleBuilder;

const letIn = { canActivate: () => true };
const globalGuard = [NobodyGuard, { provide: APP_GUARD, useExisting: NobodyGuard }];

const doors: [
  where: string,
  controller: Type<unknown>,
  providers: (typeof globalGuard)[number][],
  Override,
][] = [
  ['the controller', ClosedController, [], (b) => b.overrideGuard(NobodyGuard).useValue(letIn)],
  ['the method', ClosedMethodController, [], (b) => b.overrideGuard(NobodyGuard).useValue(letIn)],
  [
    'each message',
    ClosedForMessagesController,
    [],
    (b) => b.overrideGuard(NobodyGuard).useValue(letIn),
  ],
  [
    'each request',
    ScopedClosedController,
    [],
    (b) => b.overrideGuard(ScopedNobodyGuard).useValue(letIn),
  ],
  [
    'the application',
    OpenController,
    globalGuard,
    (b) => b.overrideProvider(NobodyGuard).useValue(letIn),
  ],
];

describe.each(withoutPort)('overrides of the testing module on $label', (reach) => {
  const talk = async (text: string, overrides?: Override): Promise<unknown> => {
    const app = await openApp(reach, {
      controllers: [TalkController],
      providers: [Dictionary],
      overrides,
    });
    const socket = await connect(app, '/talk');
    socket.send(text);
    return socket.next();
  };
  afterEach(closeOpenedApps);

  describe.each(doors)('of a guard for %s', (_where, controller, providers, overrides) => {
    it('let in whom it refuses', async () => {
      const app = await openApp(reach, { controllers: [controller], providers, overrides });
      const socket = await connect(app, '/door');
      socket.send('knock');
      expect(await socket.next()).toBe('in');
    });

    it('are what makes the difference', async () => {
      const app = await openApp(reach, { controllers: [controller], providers });
      await expect(connect(app, '/door')).rejects.toMatchObject({ status: 403 });
    });
  });

  it('replace nothing by themselves', async () => {
    expect(await talk('hi')).toBe('real HI!');
    expect(await talk('')).toBe('sorry, say something');
  });

  it('replace providers', async () => {
    const fake = { translate: (text: string) => `fake ${text}` };
    expect(await talk('hi', (b) => b.overrideProvider(Dictionary).useValue(fake))).toBe('fake HI!');
  });

  it('replace interceptors', async () => {
    const fake = { intercept: (_context: unknown, next: CallHandler) => next.handle() };
    const overrides: Override = (b) => b.overrideInterceptor(ShoutInterceptor).useValue(fake);
    expect(await talk('hi', overrides)).toBe('real HI');
  });

  it('replace pipes', async () => {
    const fake = { transform: (text: string) => `<${text}>` };
    expect(await talk('hi', (b) => b.overridePipe(UpperPipe).useValue(fake))).toBe('real <hi>!');
  });

  it('replace exception filters', async () => {
    const fake = { catch: () => 'never mind' };
    expect(await talk('', (b) => b.overrideFilter(SorryFilter).useValue(fake))).toBe('never mind');
  });
});
