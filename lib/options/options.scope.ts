import { Inject, Injectable, Scope, type OnModuleInit } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { InvalidOptionsFactoryException } from '../errors/revali-ws.exceptions.js';
import { MODULE_OPTIONS_TOKEN } from './revali-ws.module-definition.js';

/**
 * Refuses request-scoped options: Nest would make every class that injects them request-scoped, too, and so never start
 * them. This class injects none of them.
 */
@Injectable()
export class OptionsScope implements OnModuleInit {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  /** @throws InvalidOptionsFactoryException */
  onModuleInit(): void {
    if (this.moduleRef.introspect(MODULE_OPTIONS_TOKEN).scope !== Scope.REQUEST) return;
    throw new InvalidOptionsFactoryException(
      'the options factory, or something that it injects, is request-scoped, so no WebSocket route would be served. ' +
        'Options are created once: leave out REQUEST, Scope.REQUEST and providers that have them.',
    );
  }
}
