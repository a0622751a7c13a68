import { HttpException } from '@nestjs/common';
import { CloseCode } from '../close/close.code.js';
import { closeFrame, type CloseFrame } from '../close/close.frame.js';
import {
  InvalidPayloadException,
  isCloseWebSocketException,
} from '../errors/revali-ws.exceptions.js';
import {
  BrokerUnavailableException,
  ROOMS_UNAVAILABLE,
  RoomAuthorizationTimeoutException,
} from '../errors/room.exceptions.js';
import type { ErrorPolicy } from '../options/revali-ws.options.js';

/** What the client sees of an error that no exception filter handled. */
export interface ErrorAnswer {
  readonly close?: CloseFrame;
  readonly reply?: { readonly error: unknown };
  /** The application's own error: logged with its stack, and hidden from the client. */
  readonly isFault: boolean;
}

/** All that a client sees of an internal error. */
export const INTERNAL = { statusCode: 500, message: 'Internal server error' };

/** The same in every environment. Nothing of an internal error or of a payload reaches the client. */
export function answerOf(error: unknown, policy: ErrorPolicy): ErrorAnswer {
  if (isCloseWebSocketException(error)) {
    return { close: closeFrame(error.code, error.reason), isFault: false };
  }
  const known = describe(error);
  const { code, reason, reply } = known ?? {
    code: CloseCode.InternalError,
    reason: INTERNAL.message,
    reply: INTERNAL,
  };
  const isFault = known === undefined;
  return policy === 'reply'
    ? { reply: { error: reply }, isFault }
    : { close: closeFrame(code, reason), isFault };
}

interface KnownError {
  readonly code: number;
  readonly reason: string;
  readonly reply: unknown;
}

function describe(error: unknown): KnownError | undefined {
  if (
    error instanceof BrokerUnavailableException ||
    error instanceof RoomAuthorizationTimeoutException
  )
    return { code: CloseCode.TryAgainLater, reason: ROOMS_UNAVAILABLE, reply: replyOf(error, 503) };
  if (error instanceof InvalidPayloadException || isHttpException(error)) {
    const status = error.getStatus();
    if (status < 400 || status > 499) return undefined;
    const code =
      status === 400 || status === 422 ? CloseCode.InvalidPayload : CloseCode.PolicyViolation;
    return { code, reason: error.message, reply: replyOf(error, status) };
  }
  if (!isWsException(error)) return undefined;
  const content = error.getError();
  return {
    code: CloseCode.PolicyViolation,
    reason: error.message,
    reply: isReply(content) ? content : { statusCode: 400, message: error.message },
  };
}

function replyOf(error: HttpException, status: number): unknown {
  const response = error.getResponse();
  return isReply(response) ? response : { statusCode: status, message: error.message };
}

/** A string becomes the message; an empty answer tells the client nothing. */
function isReply(content: unknown): content is object {
  return typeof content === 'object' && content !== null;
}

function isHttpException(error: unknown): error is HttpException {
  return error instanceof HttpException;
}

interface WsExceptionLike {
  readonly message: string;
  getError(): unknown;
}

/** By shape: `@nestjs/websockets` may not be loaded, or be loaded twice. */
function isWsException(error: unknown): error is WsExceptionLike {
  return error instanceof Error && 'getError' in error && typeof error.getError === 'function';
}
