import type { ArgumentsHost, ExecutionContext, Type } from '@nestjs/common';
import type { HandshakeRequest, WebSocketConnection } from '../handles/connection.handles.js';
import { ExecutionContextHost } from '../nest/internals.js';

/** The class and method that handle a message. */
export interface HandlerIdentity {
  readonly controller: Type<unknown>;
  readonly method: (...args: unknown[]) => unknown;
  /** The type of the messages that it handles. Default: none. */
  readonly pattern?: string;
}

/** The client, as the context sees it. */
export interface ContextClient {
  readonly request: HandshakeRequest;
  /** The client itself, on request. */
  lend(): WebSocketConnection<object>;
}

type HttpHost = ReturnType<ArgumentsHost['switchToHttp']>;
type RpcHost = ReturnType<ArgumentsHost['switchToRpc']>;
type WsHost = ReturnType<ArgumentsHost['switchToWs']>;

/**
 * The context of the message phase: its type is `'ws'`, its client is the connection, its data is the body. The request
 * is that of the handshake, so that decorators and guards written for HTTP find their user; there is no response any
 * more.
 */
export class MessageContext implements ExecutionContext {
  constructor(
    private readonly route: HandlerIdentity,
    private readonly client: ContextClient,
    /** Decodes only on request; throws if the payload cannot be decoded. */
    private readonly readBody: () => unknown,
  ) {}

  getType<TContext extends string = 'ws'>(): TContext;
  getType(): string {
    return 'ws';
  }

  getClass<T = unknown>(): Type<T>;
  getClass(): Type<unknown> {
    return this.route.controller;
  }

  getHandler(): (...args: unknown[]) => unknown {
    return this.route.method;
  }

  getArgs<T extends unknown[] = unknown[]>(): T;
  getArgs(): unknown[] {
    return [this.client.lend(), this.readBody()];
  }

  getArgByIndex<T = unknown>(index: number): T;
  getArgByIndex(index: number): unknown {
    if (index === 0) return this.client.lend();
    return index === 1 ? this.readBody() : undefined;
  }

  switchToHttp(): HttpHost {
    return new ExecutionContextHost([this.client.request]).switchToHttp();
  }

  switchToRpc(): RpcHost {
    return { getData: () => this.getArgByIndex(1), getContext: () => this.getArgByIndex(0) };
  }

  switchToWs(): WsHost {
    return {
      getClient: () => this.getArgByIndex(0),
      getData: () => this.getArgByIndex(1),
      getPattern: () => this.route.pattern ?? '',
    };
  }
}

/**
 * The host of an exception filter in the message phase. Only `switchToWs()` returns the body: a filter that expects an
 * HTTP response as the second argument must fail here instead of treating a client's payload as one.
 */
export class MessageFilterHost extends MessageContext {
  override getArgs<T extends unknown[] = unknown[]>(): T;
  override getArgs(): unknown[] {
    return super.getArgs().slice(0, 1);
  }

  override getArgByIndex<T = unknown>(index: number): T;
  override getArgByIndex(index: number): unknown {
    return index === 0 ? super.getArgByIndex(0) : undefined;
  }

  override switchToWs(): WsHost {
    return { ...super.switchToWs(), getData: () => super.getArgByIndex(1) };
  }
}
