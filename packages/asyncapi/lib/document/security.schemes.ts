import type { AsyncApiReference, AsyncApiSecurityScheme } from './document.types.js';
import { keyOf } from '../schema/names.js';

/** The schemes of swagger's decorators, unless the application defines its own. */
const WELL_KNOWN: Readonly<Record<string, AsyncApiSecurityScheme>> = {
  bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  basic: { type: 'http', scheme: 'basic' },
  cookie: { type: 'httpApiKey', in: 'cookie', name: 'connect.sid' },
  api_key: { type: 'httpApiKey', in: 'header', name: 'api_key' },
};

/** The schemes that routes name. */
export class SecuritySchemes {
  private readonly used = new Map<string, AsyncApiSecurityScheme>();

  constructor(
    given: Readonly<Record<string, AsyncApiSecurityScheme>> = {},
    private readonly warn: (text: string) => void,
  ) {
    for (const [name, scheme] of Object.entries(given)) this.used.set(keyOf(name), scheme);
  }

  refer(name: string): AsyncApiReference[] {
    const key = keyOf(name);
    const known =
      this.used.get(key) ?? (Object.hasOwn(WELL_KNOWN, name) ? WELL_KNOWN[name] : undefined);
    if (!known) {
      this.warn(`The security scheme ${name} is not known. Describe it in the option "security".`);
      return [];
    }
    this.used.set(key, known);
    return [{ $ref: `#/components/securitySchemes/${key}` }];
  }

  all(): Record<string, AsyncApiSecurityScheme> {
    return Object.fromEntries(this.used);
  }
}
