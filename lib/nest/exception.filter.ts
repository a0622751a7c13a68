import type { ArgumentsHost } from '@nestjs/common';

/** An exception filter and the types that it catches; none: all. */
export interface MessageFilter {
  readonly func: (exception: unknown, host: ArgumentsHost) => unknown;
  readonly exceptionMetatypes: readonly (abstract new (...args: never[]) => unknown)[];
}

/** The same question at the handshake and for a message. */
export function catches({ exceptionMetatypes }: MessageFilter, error: unknown): boolean {
  return (
    exceptionMetatypes.length === 0 || exceptionMetatypes.some((type) => error instanceof type)
  );
}
