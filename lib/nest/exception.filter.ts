import type { ArgumentsHost } from '@nestjs/common';

/** An exception filter and the types that it catches; none means all. */
export interface MessageFilter {
  readonly func: (exception: unknown, host: ArgumentsHost) => unknown;
  readonly exceptionMetatypes: readonly (abstract new (...args: never[]) => unknown)[];
}

/** Shared by the handshake and the message phase. */
export function catches({ exceptionMetatypes }: MessageFilter, error: unknown): boolean {
  return (
    exceptionMetatypes.length === 0 || exceptionMetatypes.some((type) => error instanceof type)
  );
}
