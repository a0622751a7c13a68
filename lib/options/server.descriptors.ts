import type { PerMessageDeflateOptions } from 'ws';
import type { OptionDescriptor } from './option.descriptor.js';
import type { RevaliWsModuleOptions } from './revali-ws.options.js';

/** A setting for compression. */
type Compression = boolean | 'shared' | PerMessageDeflateOptions;

/** Neither side keeps a window between messages, so a message for many clients is compressed once. */
const SHARED: PerMessageDeflateOptions = {
  serverNoContextTakeover: true,
  clientNoContextTakeover: true,
  threshold: 1_024,
  concurrencyLimit: 10,
};

export const perMessageDeflate: OptionDescriptor<Compression, boolean | PerMessageDeflateOptions> =
  {
    unit: "boolean, `'shared'` or options of `ws`",
    default: false,
    read(reader, name, value) {
      if (typeof value === 'string' && value !== 'shared')
        reader.refuse(name, value, "Use true, false, 'shared' or the options of `ws`.");
      // JavaScript callers may pass null.
      return value === 'shared' ? { ...SHARED } : (value ?? false);
    },
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
