import { HttpException } from '@nestjs/common';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import { refusalFrame, refusalMessage } from '../close/refusal.frame.js';
import { GuardsTimeout } from '../connection/guard.rounds.js';
import { isCloseWebSocketException } from '../errors/revali-ws.exceptions.js';

/** The effect of a refusal on an open connection. */
export interface GuardRefusal {
  readonly frame: CloseFrame;
  /** The application's own error: the client sees nothing of it. */
  readonly isFault: boolean;
}

const INTERNAL: GuardRefusal = {
  frame: refusalFrame(500, 'Internal server error'),
  isFault: true,
};

/** Works like a refused handshake with `refusal: 'close'`, but without exception filters, which answer over HTTP. */
export function guardRefusalOf(error: unknown): GuardRefusal {
  try {
    const frame = knownFrame(error);
    return frame ? { frame, isFault: false } : INTERNAL;
  } catch {
    // Anything can be thrown, and reading it may run code of the application.
    return INTERNAL;
  }
}

function knownFrame(error: unknown): CloseFrame | undefined {
  if (error instanceof GuardsTimeout) return refusalFrame(408, 'The guards took too long');
  if (isCloseWebSocketException(error)) return closeFrame(error.code, error.reason);
  if (error instanceof HttpException) {
    const content: unknown = error.getResponse();
    const body = typeof content === 'string' ? { message: content } : content;
    return frameOf(error.getStatus(), body);
  }
  // Nest treats the errors of `http-errors` the same way.
  return isHttpError(error) ? frameOf(error.statusCode, error) : undefined;
}

function frameOf(status: unknown, body: unknown): CloseFrame | undefined {
  if (typeof status !== 'number' || !Number.isInteger(status)) return undefined;
  return status >= 100 && status < 1_000
    ? refusalFrame(status, refusalMessage(body, status))
    : undefined;
}

function isHttpError(error: unknown): error is Error & { readonly statusCode: unknown } {
  return error instanceof Error && 'statusCode' in error;
}
