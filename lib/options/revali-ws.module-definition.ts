import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { RevaliWsModuleOptions } from './revali-ws.options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<RevaliWsModuleOptions>({
    moduleName: 'RevaliWs',
  })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();

/** Identifies the module across the CommonJS and ESM builds of this package. */
export const MODULE_MARK = Symbol.for('nestjs-revali-ws:module');
