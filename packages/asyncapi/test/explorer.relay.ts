import { Body, Controller } from '@nestjs/common';
import { ApiExcludeEndpoint } from '@nestjs/swagger';
import { WebSocket, WebSocketConnection } from 'nestjs-revali-ws';

interface FromPage {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocols?: readonly string[];
  readonly send?: { readonly text?: string; readonly base64?: string };
  readonly close?: { readonly code: number; readonly reason: string };
}

/** What the page's server knows a relay by. */
const RELAY = Symbol.for('nestjs-revali-ws-asyncapi:relay');

/** Speaks to the page as the relay does, and echoes in place of a route. */
@Controller('async-api')
export class RelayController {
  static readonly [RELAY] = true;
  /** What pages have asked for. */
  static readonly seen: FromPage[] = [];

  @WebSocket('relay')
  @ApiExcludeEndpoint()
  *relay(@Body() message: object, connection: WebSocketConnection): Generator<object> {
    const from: FromPage = message;
    RelayController.seen.push(from);
    if (from.send?.text === 'too large') connection.close(1009);
    if (from.path === '/members/only')
      yield {
        event: 'refused',
        status: 401,
        headers: { 'content-type': 'application/json' },
        body: '{"message":"A ticket is needed"}',
      };
    else if (from.path !== undefined) {
      yield { event: 'open', status: 101, headers: { 'x-seen': 'yes' }, protocol: '' };
      yield { event: 'ping', base64: 'aGk=' };
      yield { event: 'pong', base64: '' };
    }
    if (from.send?.text !== undefined) yield { event: 'message', text: from.send.text };
    if (from.send?.base64 !== undefined) yield { event: 'message', base64: from.send.base64 };
    if (from.close) yield { event: 'close', ...from.close };
  }
}
