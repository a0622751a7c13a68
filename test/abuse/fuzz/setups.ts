/** How the fuzzed server is set up. */
export interface Setup {
  readonly platform: 'express' | 'fastify';
  readonly refusal: 'http' | 'close';
  readonly server: 'http' | 'https' | 'http2' | 'http2 over TLS';
}

/** Whether its clients speak TLS. */
export function isSecure({ server }: Setup): boolean {
  return server === 'https' || server === 'http2 over TLS';
}

export interface Target {
  readonly port: number;
  readonly isSecure: boolean;
}

export function targetOf(setup: Setup, port: number): Target {
  return { port, isSecure: isSecure(setup) };
}

export function nameOf({ platform, refusal, server }: Setup): string {
  return `${platform}, ${server}, refusal by ${refusal}`;
}
