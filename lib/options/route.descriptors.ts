import { isCallProtocol } from './call.protocol.js';
import { isToken } from './http.token.js';
import type { MessageFormat } from './message.format.js';
import type { OptionDescriptor } from './option.descriptor.js';
import type { OptionReader } from './option.reader.js';
import type { SubprotocolChooser, SubprotocolOptions } from './revali-ws.options.js';

/** Subprotocol negotiation. */
export interface ResolvedSubprotocols {
  /** Picks one of the client's. */
  readonly choose: SubprotocolChooser;
  /** Whether a client that offers none of them is refused with 400. */
  readonly required: boolean;
  /** The list to pick from. Absent if a function picks. */
  readonly supported?: readonly string[];
}

const FORMATS = ['auto', 'raw', 'text', 'json', 'binary'] as const;

export const format: OptionDescriptor<MessageFormat> = {
  unit: 'name or codec',
  default: 'auto',
  read(reader, option, value) {
    if (typeof value !== 'object' || value === null)
      return reader.oneOf(option, value, FORMATS, 'auto');
    for (const name of ['decode', 'encode'] as const)
      reader.syncFunc(`${option}.${name}`, value[name]);
    return value;
  },
};

export const protocols: OptionDescriptor<SubprotocolOptions, ResolvedSubprotocols | undefined> = {
  unit: 'a list, a function, or `{ supported, required }`',
  default: undefined,
  read(reader, option, value) {
    if (!isRequirement(value)) return { ...choiceOf(reader, option, value), required: false };
    reader.knownKeys(value, ['supported', 'required'], `${option}.`);
    return {
      ...choiceOf(reader, option, value.supported),
      required: reader.boolean(`${option}.required`, value.required, false),
    };
  },
};

function isRequirement(
  value: SubprotocolOptions,
): value is Exclude<SubprotocolOptions, readonly string[] | SubprotocolChooser> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function choiceOf(
  reader: OptionReader,
  option: string,
  supported: readonly string[] | SubprotocolChooser,
): Omit<ResolvedSubprotocols, 'required'> {
  if (typeof supported === 'function') return { choose: supported };
  if (!Array.isArray(supported))
    return reader.refuse(option, supported, 'Use a list of names or a function.');
  const names: string[] = [];
  for (const name of supported) {
    // The name is written into a header.
    if (typeof name !== 'string' || !isToken(name))
      return reader.refuse(option, name, 'Use names made of letters, digits and -._~+!#$&.');
    if (isCallProtocol(name))
      reader.refuse(option, name, 'Leave it out: clients may ask for it on every route.');
    names.push(name);
  }
  return { choose: (offered) => offered.find((name) => names.includes(name)), supported: names };
}
