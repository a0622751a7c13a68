import {
  Injectable,
  Scope,
  UseGuards,
  UsePipes,
  type CanActivate,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import {
  Ack,
  ConnectedSocket,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WebSocketServer,
  WsException,
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  type OnGatewayInit,
} from '@nestjs/websockets';
import type { IncomingMessage } from 'node:http';
import { of } from 'rxjs';
import type { Server, WebSocket } from 'ws';

export interface Reply {
  event: string;
  data: unknown;
}

/** What the hooks of gateways were given, in the order of the calls. */
export type Calls = [hook: string, ...args: unknown[]][];

/** A gateway that answers `push` with `pop`, under a name of its own. */
export function gatewayAt(
  port: number | undefined,
  path: string | undefined,
  name = 'pop',
  options: object = {},
): Type<unknown> {
  @WebSocketGateway(port ?? 0, path === undefined ? options : { path, ...options })
  class PushGateway {
    @SubscribeMessage('push')
    onPush(@MessageBody() data: unknown): Reply {
      return { event: name, data };
    }

    @SubscribeMessage(`only ${name}`)
    onOwn(@MessageBody() data: unknown): Reply {
      return { event: `only ${name}`, data };
    }
  }
  return PushGateway;
}

class Refuse implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class Twice implements PipeTransform {
  transform(value: unknown): unknown {
    return typeof value === 'number' ? value * 2 : value;
  }
}

/** One handler for each kind of result. */
@WebSocketGateway({ path: '/results' })
export class ResultsGateway {
  @SubscribeMessage('value')
  value(): Reply {
    return { event: 'value', data: 1 };
  }

  @SubscribeMessage('promise')
  promise(): Promise<Reply> {
    return Promise.resolve({ event: 'promise', data: 1 });
  }

  @SubscribeMessage('observable')
  observable(): unknown {
    return of({ event: 'observable', data: 1 }, { event: 'observable', data: 2 });
  }

  @SubscribeMessage('promise of observable')
  promiseOfObservable(): unknown {
    return Promise.resolve(of({ event: 'both', data: 1 }, { event: 'both', data: 2 }));
  }

  @SubscribeMessage('generator')
  async *generator(): AsyncGenerator<Reply> {
    yield { event: 'generator', data: 1 };
    await Promise.resolve();
    yield { event: 'generator', data: 2 };
  }

  @SubscribeMessage('nothing')
  nothing(): void {}

  @SubscribeMessage('null')
  null(): null {
    return null;
  }

  @SubscribeMessage('text')
  text(): string {
    return 'text';
  }

  @SubscribeMessage('bytes')
  bytes(): Buffer {
    return Buffer.from([1, 2, 255]);
  }

  @SubscribeMessage('typed array')
  typedArray(): Uint16Array {
    return new Uint16Array([258]);
  }

  @SubscribeMessage('acknowledged')
  acknowledged(@Ack() ack: unknown): Reply {
    return { event: 'acknowledged', data: typeof ack };
  }

  @SubscribeMessage('late')
  async late(): Promise<Reply> {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return { event: 'late', data: null };
  }
}

@WebSocketGateway({ path: '/errors' })
export class ErrorsGateway {
  @SubscribeMessage('ws exception')
  wsException(): never {
    throw new WsException('no such room');
  }

  @SubscribeMessage('object')
  object(): never {
    throw new WsException({ code: 7 });
  }

  @SubscribeMessage('error')
  error(): never {
    throw new Error('secret');
  }

  @SubscribeMessage('rejection')
  async rejection(): Promise<never> {
    await Promise.resolve();
    throw new WsException('later');
  }

  @UseGuards(Refuse)
  @SubscribeMessage('guarded')
  guarded(): Reply {
    return { event: 'guarded', data: null };
  }

  @UsePipes(Twice)
  @SubscribeMessage('piped')
  piped(@MessageBody() data: unknown): Reply {
    return { event: 'piped', data };
  }
}

/** Remembers its hooks, and broadcasts. */
export function hooksGateway(calls: Calls, path = '/hooks'): Type<unknown> {
  @WebSocketGateway({ path })
  class HooksGateway implements OnGatewayInit, OnGatewayConnection, OnGatewayDisconnect {
    @WebSocketServer()
    server: Server | undefined;

    afterInit(server: Server): void {
      calls.push(['afterInit', server === this.server && typeof server.on === 'function']);
    }

    handleConnection(client: WebSocket, request: IncomingMessage): void {
      calls.push(['handleConnection', client.readyState, request.url]);
    }

    handleDisconnect(client: WebSocket, ...rest: unknown[]): void {
      calls.push(['handleDisconnect', client.readyState, ...rest]);
    }

    @SubscribeMessage('note')
    note(@ConnectedSocket() client: WebSocket, @MessageBody() data: unknown): Reply {
      calls.push(['note', data]);
      return { event: 'noted', data: client.readyState };
    }

    @SubscribeMessage('shout')
    shout(@MessageBody() data: string): void {
      this.server?.clients.forEach((client) => client.send(data));
    }
  }
  return HooksGateway;
}

/** One instance for each client. */
@Injectable({ scope: Scope.REQUEST })
@WebSocketGateway({ path: '/scoped' })
export class ScopedGateway {
  private count = 0;

  @SubscribeMessage('count')
  countUp(): Reply {
    this.count += 1;
    return { event: 'count', data: this.count };
  }
}
