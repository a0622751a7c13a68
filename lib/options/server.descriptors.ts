import type { PerMessageDeflateOptions } from 'ws';
import type { OptionDescriptor } from './option.descriptor.js';
import type { RevaliWsModuleOptions } from './revali-ws.options.js';

export const perMessageDeflate: OptionDescriptor<boolean | PerMessageDeflateOptions> = {
  unit: 'boolean or options of `ws`',
  default: false,
  // JavaScript may give null.
  read: (_reader, _name, value) => value ?? false,
};

export const observers: OptionDescriptor<NonNullable<RevaliWsModuleOptions['observers']>> = {
  unit: 'list of classes or instances',
  default: [],
  read(reader, name, value) {
    const list = value ?? [];
    if (!Array.isArray(list)) reader.refuse(name, list, 'Use a list of classes or instances.');
    return list;
  },
};
