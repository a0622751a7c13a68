import {
  BadRequestException,
  Body,
  Controller,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  AsyncWebSocketSender,
  CloseWebSocket,
  WebSocket,
  WebSocketConnection,
} from 'nestjs-revali-ws';
import type { Observable } from 'rxjs';

import { startApp } from '../../support/apps/app-factory.js';
import { eventually } from '../../support/deadline.js';
import { gate } from '../../support/gate.js';
import { platforms } from '../../support/apps/platforms.js';
import { Opcode, decodeClose, encodeFrame } from '../../support/raw/raw-frame.js';
import { closeAllApps } from '../../support/apps/running-app.js';

class Greeting {
  @IsString()
  readonly name: string = '';
}

describe.each(platforms)('on connect, on $name', (platform) => {
  afterEach(closeAllApps);

  it('the handler runs once before any message, with an undefined body', async () => {
    @Controller()
    class Chat {
      @WebSocket('text', { triggerOnConnect: true })
      text(@Body() message: string | null): string {
        return `${typeof message} ${message}`;
      }
      @WebSocket('optional', { triggerOnConnect: true })
      optional(@Body() message?: string): string {
        return `${typeof message} ${message}`;
      }
      @WebSocket('field', { triggerOnConnect: true })
      field(@Body('name') name?: string): string {
        return `${typeof name} ${name}`;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (const path of ['text', 'optional', 'field']) {
      const client = await app.connect(path);
      expect(await client.text()).toBe('undefined undefined');
      await client.expectNothing(20);
      client.send(path === 'field' ? '{"name":"Ann"}' : 'Ann');
      expect(await client.text()).toBe('string Ann');
    }
  });

  it('the handler does not run unless told so', async () => {
    let calls = 0;
    @Controller()
    class Chat {
      @WebSocket('chat')
      @WebSocket('off', { triggerOnConnect: false })
      text(): void {
        calls += 1;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    for (const path of ['chat', 'off']) {
      const client = await app.connect(path);
      await client.expectNothing();
    }
    expect(calls).toBe(0);
  });

  it('messages that come meanwhile are handled afterwards, in order, none lost', async () => {
    const { open, opened } = gate();
    const seen: string[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true, concurrency: 4 })
      async take(@Body() message: string | undefined, closer: CloseWebSocket): Promise<void> {
        if (message === undefined) await opened;
        seen.push(message ?? 'connected');
        if (message === '199') closer.close();
      }
    }
    const app = await startApp(platform, {
      controllers: [Chat],
      forRoot: { maxQueuedMessages: 4 },
    });
    const client = await app.raw();
    const messages = Array.from({ length: 200 }, (_item, index) => String(index));
    const frames = messages.map((payload) => encodeFrame({ opcode: Opcode.text, payload }));
    // The first hundred come with the handshake itself.
    client.upgrade('/chat', { extraBytes: Buffer.concat(frames.slice(0, 100)) });
    expect((await client.response()).status).toBe(101);
    client.write(Buffer.concat(frames.slice(100)));
    await client.expectNothing();
    expect(seen).toEqual([]);
    open();
    const close = await client.nextFrame();
    expect(close.opcode).toBe(Opcode.close);
    expect(seen).toEqual(['connected', ...messages]);
  });

  it('a value, and every item of a stream, is sent before the first message is handled', async () => {
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      async *take(@Body() message?: string): AsyncGenerator<string> {
        for (let item = 1; item <= 3; item += 1) {
          await new Promise(setImmediate);
          yield `${message ?? 'open'} ${item}`;
        }
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('message');
    const expected = ['open 1', 'open 2', 'open 3', 'message 1', 'message 2', 'message 3'];
    for (const text of expected) expect(await client.text()).toBe(text);
  });

  it('pipes do not run, since there is no body; interceptors do', async () => {
    const bodies: unknown[] = [];
    const piped: unknown[] = [];
    const pipe: PipeTransform = {
      transform: (value: unknown): unknown => {
        piped.push(value);
        return value;
      },
    };
    const interceptor: NestInterceptor = {
      intercept: (context: ExecutionContext, next: CallHandler): Observable<unknown> => {
        bodies.push(context.switchToWs().getData());
        return next.handle();
      },
    };
    @Controller()
    class Chat {
      @UsePipes(pipe, new ValidationPipe())
      @UseInterceptors(interceptor)
      @WebSocket('chat', { triggerOnConnect: true })
      take(@Body() greeting?: Greeting): string {
        return greeting?.name ?? 'nobody';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    expect(await client.text()).toBe('nobody');
    client.sendJson({ name: 'Ann' });
    expect(await client.text()).toBe('Ann');
    client.sendJson({ name: 1 });
    expect(await client.closed).toMatchObject({ code: 1007 });
    expect(piped).toEqual([{ name: 'Ann' }, { name: 1 }]);
    expect(bodies).toEqual([undefined, ...piped]);
  });

  it('a throw is an error of the message phase', async () => {
    let messages = 0;
    @Controller()
    class Chat {
      @WebSocket('fault', { triggerOnConnect: true })
      fault(@Body() message?: string): void {
        if (message !== undefined) messages += 1;
        throw new Error('secret');
      }
      @WebSocket('refusal', { triggerOnConnect: true })
      async refusal(): Promise<void> {
        await new Promise(setImmediate);
        throw new BadRequestException('Not today');
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const fault = await app.connect('fault');
    fault.send('never handled');
    expect(await fault.closed).toMatchObject({ code: 1011, reason: 'Internal server error' });
    const refusal = await app.connect('refusal');
    expect(await refusal.closed).toMatchObject({ code: 1007, reason: 'Not today' });
    expect(messages).toBe(0);
  });

  it("a throw is replied to with errors: 'reply', and the connection goes on", async () => {
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true, errors: 'reply' })
      take(@Body() message?: string): string {
        if (message === undefined) throw new Error('secret');
        return message;
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    expect(await client.json()).toEqual({
      error: { statusCode: 500, message: 'Internal server error' },
    });
    client.send('still here');
    expect(await client.text()).toBe('still here');
  });

  it('close() means that no message is handled', async () => {
    const { open, opened } = gate();
    const seen: unknown[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      async take(@Body() message: string | undefined, closer: CloseWebSocket): Promise<string> {
        seen.push(message);
        closer.close(4003, 'Full');
        await opened;
        return 'Sorry';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.raw();
    const early = encodeFrame({ opcode: Opcode.text, payload: 'early' });
    client.upgrade('/chat', { extraBytes: early });
    await client.response();
    client.write(early);
    await client.expectNothing();
    open();
    expect((await client.nextFrame()).payload.toString()).toBe('Sorry');
    const close = await client.nextFrame();
    expect(decodeClose(close.payload)).toEqual({ code: 4003, reason: 'Full' });
    expect(seen).toEqual([undefined]);
  });

  it('a client that leaves meanwhile aborts the signal, and its messages are not handled', async () => {
    const { open, opened } = gate();
    const seen: unknown[] = [];
    const sent: unknown[] = [];
    @Controller()
    class Chat {
      @WebSocket('chat', { triggerOnConnect: true })
      async take(
        @Body() message: string | undefined,
        connection: WebSocketConnection,
        sender: AsyncWebSocketSender<string>,
      ): Promise<string> {
        seen.push(message);
        connection.signal.addEventListener('abort', () => seen.push('aborted'));
        await opened;
        sent.push(await sender.send('too late'));
        return 'too late';
      }
    }
    const app = await startApp(platform, { controllers: [Chat] });
    const client = await app.connect('chat');
    client.send('never handled');
    client.terminate();
    await eventually(() => expect(seen).toContain('aborted'), 'the abort');
    open();
    await eventually(() => expect(sent).toEqual([undefined]), 'the end of the handler');
    expect(seen).toEqual([undefined, 'aborted']);
    expect(app.logs.messages('error')).toEqual([]);
  });
});
