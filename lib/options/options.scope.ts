import { Inject, Injectable, Scope, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InvalidOptionsFactoryException } from '../errors/revali-ws.exceptions.js';
import { MODULE_OPTIONS_TOKEN } from './revali-ws.module-definition.js';

/**
 * Refuses options of one request: Nest would make all that injects them for a request, too, and so never start it. This
 * class injects none of them.
 */
@Injectable()
export class OptionsScope implements OnModuleInit {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  /** @throws InvalidOptionsFactoryException */
  onModuleInit(): void {
    if (this.moduleRef.introspect(MODULE_OPTIONS_TOKEN).scope !== Scope.REQUEST) return;
    throw new InvalidOptionsFactoryException(
      'the factory of the options, or something that it injects, is request-scoped, so that no WebSocket route would be served. ' +
        'Options are made once: leave out REQUEST, Scope.REQUEST and providers that have them.',
    );
  }
}
