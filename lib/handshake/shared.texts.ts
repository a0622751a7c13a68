import type { IncomingMessage } from 'node:http';

/** Headers whose values many clients share, and are not secrets. */
const SHARED_VALUES = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'connection',
  'content-type',
  'host',
  'origin',
  'pragma',
  'sec-ch-ua',
  'sec-ch-ua-mobile',
  'sec-ch-ua-platform',
  'sec-fetch-dest',
  'sec-fetch-mode',
  'sec-fetch-site',
  'sec-websocket-extensions',
  'sec-websocket-version',
  'upgrade',
  'user-agent',
  'x-forwarded-proto',
]);

const MAX_TEXTS = 1_000;
const MAX_LENGTH = 256;

/** Upgrades with any other version are refused. */
const HTTP_VERSION = '1.1';

/** No trailers follow an upgrade. */
const NO_TRAILERS: string[] = [];
Object.freeze(NO_TRAILERS);

/**
 * Keeps the strings that requests of open connections share only once: Node creates new ones for each request, and a
 * browser's take about a kilobyte.
 */
export class SharedTexts {
  private readonly texts = new Map<string, string>();
  private readonly fields = new Map<string, string>();

  /** How many strings are kept. */
  get size(): number {
    return this.texts.size + this.fields.size;
  }

  /** Replaces the request's strings with equal ones. Readers see no difference. */
  share(request: IncomingMessage): void {
    if (request.httpVersion === HTTP_VERSION) request.httpVersion = HTTP_VERSION;
    if (request.rawTrailers.length === 0) request.rawTrailers = NO_TRAILERS;
    this.shareHeaders(request);
  }

  private shareHeaders({ rawHeaders, headers }: IncomingMessage): void {
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] ?? '';
      rawHeaders[index] = this.textOf(name);
      const field = this.fieldOf(name);
      if (!SHARED_VALUES.has(field)) continue;
      const shared = this.textOf(rawHeaders[index + 1] ?? '');
      rawHeaders[index + 1] = shared;
      // Skipped if a middleware has changed it, or if it came twice.
      if (headers[field] === shared) headers[field] = shared;
    }
  }

  private textOf(text: string): string {
    return find(this.texts, text, () => text);
  }

  private fieldOf(name: string): string {
    return find(this.fields, name, () => name.toLowerCase());
  }
}

function find(known: Map<string, string>, key: string, make: () => string): string {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  if (key.length > MAX_LENGTH) return made;
  // Clients control the content: a full table starts over.
  if (known.size >= MAX_TEXTS) known.clear();
  known.set(key, made);
  return made;
}
