import type { ConfigurableModuleAsyncOptions, Type } from '@nestjs/common';
import { InvalidOptionsFactoryException } from '../errors/revali-ws.exceptions.js';
import type { RevaliWsModuleOptions } from './revali-ws.options.js';

/** A class that creates the module's options, for `forRootAsync({ useClass })` and `forRootAsync({ useExisting })`. */
export interface RevaliWsOptionsFactory {
  /** Called once, at startup. */
  createRevaliWsOptions(): RevaliWsModuleOptions | Promise<RevaliWsModuleOptions>;
}

/** A class that creates the module's options, using the default method name of `ConfigurableModuleBuilder`. */
export interface DefaultRevaliWsOptionsFactory {
  /** Called once, at startup. */
  create(): RevaliWsModuleOptions | Promise<RevaliWsModuleOptions>;
}

/** Either kind of options factory. */
export type RevaliWsOptionsProvider = RevaliWsOptionsFactory | DefaultRevaliWsOptionsFactory;

/** Options of `RevaliWsModule.forRootAsync()`: one of `useFactory`, `useClass`, and `useExisting`. */
export interface RevaliWsModuleAsyncOptions extends Pick<
  ConfigurableModuleAsyncOptions<RevaliWsModuleOptions>,
  'imports' | 'inject' | 'provideInjectionTokensFrom' | 'useFactory'
> {
  /** A class with the method `createRevaliWsOptions()`. The module creates its own instance. */
  readonly useClass?: Type<RevaliWsOptionsProvider>;
  /** The token of such a provider in one of the `imports`. */
  readonly useExisting?: Type<RevaliWsOptionsProvider>;
}

/** @throws InvalidOptionsFactoryException if the object has neither method. */
export function optionsOf(
  factory: RevaliWsOptionsProvider,
): RevaliWsModuleOptions | Promise<RevaliWsModuleOptions> {
  if ('createRevaliWsOptions' in factory) return factory.createRevaliWsOptions();
  if ('create' in factory) return factory.create();
  const other: object = factory;
  throw new InvalidOptionsFactoryException(
    `${other.constructor.name} has no method createRevaliWsOptions(). Implement the interface RevaliWsOptionsFactory.`,
  );
}
