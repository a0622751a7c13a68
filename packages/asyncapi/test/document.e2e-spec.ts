import {
  Body,
  Controller,
  DefaultValuePipe,
  Headers,
  Param,
  ParseIntPipe,
  Query,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExcludeController,
  ApiExcludeEndpoint,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiQuery,
  ApiResponse,
  ApiSecurity,
  ApiTags,
} from '@nestjs/swagger';
import { IsString } from 'class-validator';
import {
  Closes,
  JoinRoom,
  OnConnect,
  OnMessage,
  Receives,
  Rooms,
  Sends,
  WebSocket,
  WebSocketController,
  WebSocketRooms,
} from 'nestjs-revali-ws';
import { createAsyncApiDocument } from 'nestjs-revali-ws-asyncapi';
import { faultsOf } from './asyncapi.parser.js';
import { closeAllApps, documentOf, startApp } from './support.js';

class Say {
  @IsString()
  text!: string;
}
class Said extends Say {}
class Welcome {
  @IsString()
  name!: string;
}
class Page {
  @IsString()
  cursor!: string;
}

@WebSocketRooms('chat')
@Sends(Said)
class ChatRooms extends Rooms<Said> {}

const ref = (key: string): object => ({ $ref: `#/components/messages/${key}` });

@WebSocketController('chat/:room', {
  errors: 'reply',
  protocols: ['chat'],
  messageRate: { limit: 5, per: '1s' },
  beat: '20s',
})
@JoinRoom(ChatRooms, ':room')
@Closes({ 4409: 'The name is taken' })
@ApiTags('Chat')
@ApiBearerAuth()
class ChatController {
  @OnConnect()
  welcome(): Welcome {
    return new Welcome();
  }

  @OnMessage('say')
  @ApiOperation({ summary: 'Says it to all' })
  say(@Body() _say: Say, @Query('name') _name: string): void {}

  @OnMessage('ask')
  ask(@Body('question') _question: string): Said {
    return new Said();
  }

  @OnMessage()
  other(@Body() _body: unknown): void {}
}

@WebSocketController('events', { by: 'event', body: 'data' })
class EventController {
  @OnMessage('say')
  say(@Body() _say: Say): void {}

  @OnMessage('ping')
  ping(): void {}
}

@Controller('plain')
class PlainController {
  @WebSocket(['text/:id{/:part}', 'also'])
  text(@Body() text: string): string {
    return text;
  }

  @WebSocket('bytes/*rest', { mode: 'receiveOnly' })
  bytes(@Body() _bytes: Buffer): void {}

  @WebSocket('parts')
  @ApiResponse({ status: 201, type: [Said] })
  parts(
    @Body('user.name') _name: string,
    @Body('user.age') _age: number,
    @Body('on') _on: Date,
  ): unknown {
    return [];
  }

  @WebSocket('feed', { mode: 'sendOnly' })
  @Sends({ type: Said, summary: 'What was said', examples: [{ text: 'hi' }], deprecated: true })
  feed(
    @Query('since', new DefaultValuePipe(0), ParseIntPipe) _since: number,
    @Query('name') _name: string,
    @Query() _page: Page,
    @Headers('x-token') _token: string,
  ): void {}

  @WebSocket('packed', {
    format: { contentType: 'application/msgpack', decode: String, encode: String },
  })
  packed(@Body() _say: Say): void {}

  @WebSocket('unknown')
  unknown(): void {}

  @WebSocket('excluded')
  @ApiExcludeEndpoint()
  excluded(): void {}
}

@ApiExcludeController()
@Controller('gone')
class ExcludedController {
  @WebSocket()
  gone(): void {}
}

@Controller('said')
class SaidController {
  @WebSocket(':room')
  @ApiOperation({
    operationId: 'talk',
    summary: 'Talk',
    description: 'At length',
    deprecated: true,
  })
  @ApiParam({ name: 'room', description: 'Which room', enum: ['a', 'b'] })
  @ApiQuery({ name: 'limit', type: Number, required: false, description: 'At most', example: 5 })
  @ApiHeader({ name: 'x-tenant', required: true })
  @ApiSecurity('unheard')
  @ApiExtension('x-owner', { team: 'chat' })
  @Receives(String, Buffer)
  talk(@Param('room') _room: string): void {}
}

describe('The document', () => {
  afterEach(closeAllApps);

  it('has each type of a @WebSocketController as a message of its own', async () => {
    const document = await documentOf({ controllers: [ChatController], providers: [ChatRooms] });
    expect(await faultsOf(document)).toEqual([]);
    expect(document.channels).toMatchObject({
      ChatController: {
        address: '/chat/{room}',
        messages: {
          ChatController_say: ref('ChatController_say'),
          ChatController_ask: ref('ChatController_ask'),
          ChatController_other: ref('ChatController_other'),
          Welcome: ref('Welcome'),
          Said: ref('Said'),
          WebSocketError: ref('WebSocketError'),
        },
        parameters: { room: {} },
        tags: [{ name: 'Chat' }],
        bindings: {
          ws: {
            method: 'GET',
            query: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
            bindingVersion: '0.1.0',
          },
        },
        'x-revali': {
          mode: 'twoWay',
          calls: 'revali.v1',
          closes: { 4409: 'The name is taken' },
          messageRate: { limit: 5, per: 1000 },
          beat: 20_000,
          protocols: ['chat'],
          rooms: [{ kind: 'chat', names: ':room' }],
        },
      },
    });
    expect(document.operations['ChatController_receive']).toMatchObject({
      security: [{ $ref: '#/components/securitySchemes/bearer' }],
      'x-revali': { answers: { ChatController_ask: ['Said'] } },
    });
    const { messages } = document.components;
    expect(messages?.['ChatController_say']).toMatchObject({
      name: 'say',
      summary: 'Says it to all',
      payload: {
        allOf: [
          { required: ['type'], properties: { type: { const: 'say' } } },
          { $ref: '#/components/schemas/Say' },
        ],
      },
    });
    expect(messages?.['ChatController_ask']?.payload).toMatchObject({
      allOf: [{}, { type: 'object', properties: { question: { type: 'string' } } }],
    });
  });

  it('writes the protocol of gateways as it is on the wire', async () => {
    const document = await documentOf(EventController);
    expect(await faultsOf(document)).toEqual([]);
    expect(document.components.messages?.['EventController_say']?.payload).toEqual({
      type: 'object',
      required: ['event', 'data'],
      properties: {
        data: { $ref: '#/components/schemas/Say' },
        event: { type: 'string', const: 'say' },
      },
    });
  });

  it('has routes of all forms, and no excluded one', async () => {
    const document = await documentOf({ controllers: [PlainController, ExcludedController] });
    expect(await faultsOf(document)).toEqual([]);
    const channels = Object.entries(document.channels);
    expect(channels.map(([id, { address }]) => `${id} ${address}`)).toEqual([
      'PlainController_text /plain/text/{id}',
      'PlainController_text_2 /plain/text/{id}/{part}',
      'PlainController_text_3 /plain/also',
      'PlainController_bytes /plain/bytes/{rest}',
      'PlainController_parts /plain/parts',
      'PlainController_feed /plain/feed',
      'PlainController_packed /plain/packed',
      'PlainController_unknown /plain/unknown',
    ]);
    expect(document.channels['PlainController_bytes']?.['x-revali']).toMatchObject({
      wildcards: ['rest'],
    });
    const types = Object.entries(document.components.messages ?? {});
    expect(Object.fromEntries(types.map(([key, { contentType }]) => [key, contentType]))).toEqual({
      Text: 'text/plain',
      Bytes: 'application/octet-stream',
      PlainController_parts_received: 'application/json',
      SaidList: 'application/json',
      Said: 'application/json',
      Say: 'application/msgpack',
      PlainController_packed_sent: 'application/msgpack',
      PlainController_unknown_received: 'application/json',
      PlainController_unknown_sent: 'application/json',
    });
    expect(Object.keys(document.operations)).not.toContain('PlainController_bytes_send');
    expect(Object.keys(document.operations)).not.toContain('PlainController_feed_receive');
  });

  it('has what a handshake may say, and parts of a body', async () => {
    const document = await documentOf(PlainController);
    expect(document.channels['PlainController_feed']?.bindings.ws).toEqual({
      method: 'GET',
      query: {
        type: 'object',
        properties: { since: { type: 'number' }, name: { type: 'string' } },
        required: ['name'],
        allOf: [{ $ref: '#/components/schemas/Page' }],
      },
      headers: {
        type: 'object',
        properties: { 'x-token': { type: 'string' } },
        required: ['x-token'],
      },
      bindingVersion: '0.1.0',
    });
    const { messages } = document.components;
    expect(messages?.['PlainController_parts_received']?.payload).toEqual({
      type: 'object',
      properties: {
        user: {
          type: 'object',
          properties: { name: { type: 'string' }, age: { type: 'number' } },
        },
        on: { type: 'string', format: 'date-time' },
      },
    });
    expect(messages?.['SaidList']?.payload).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/Said' },
    });
    expect(messages?.['Said']).toMatchObject({
      summary: 'What was said',
      examples: [{ payload: { text: 'hi' } }],
      'x-revali': { deprecated: true },
    });
  });

  it("honours swagger's decorators", async () => {
    const document = await documentOf(SaidController);
    expect(await faultsOf(document)).toEqual([]);
    expect(document.channels['talk']).toMatchObject({
      address: '/said/{room}',
      summary: 'Talk',
      description: 'At length',
      parameters: { room: { description: 'Which room', enum: ['a', 'b'] } },
      bindings: {
        ws: {
          query: {
            properties: { limit: { type: 'number', description: 'At most', examples: [5] } },
          },
          headers: { properties: { 'x-tenant': { type: 'string' } }, required: ['x-tenant'] },
        },
      },
      'x-owner': { team: 'chat' },
      'x-revali': { deprecated: true },
    });
    expect(document.channels['talk']?.bindings.ws.query).not.toHaveProperty('required');
    expect(document.lines).toEqual([
      'The security scheme unheard is not known. Describe it in the option "security".',
    ]);
  });

  it.each([
    [
      VersioningType.HEADER as const,
      { header: 'x-version' },
      { properties: { 'x-version': { type: 'string', enum: ['1', '2'] } } },
    ],
    [
      VersioningType.MEDIA_TYPE as const,
      { key: 'v=' },
      { properties: { Accept: { examples: ['application/json;v=1', 'application/json;v=2'] } } },
    ],
  ])('has the global prefix, hosts, and versions of type %s', async (type, how, headers) => {
    @Controller({ path: 'v', host: [':tenant.example.com', /^a\.example$/] })
    class VersionedController {
      @Version(['1', '2'])
      @WebSocket()
      strict(): void {}

      @Version(['1', VERSION_NEUTRAL])
      @WebSocket('neutral')
      neutral(): void {}
    }
    const document = await documentOf({
      controllers: [VersionedController],
      configure: (app) => {
        app.setGlobalPrefix('api');
        app.enableVersioning(
          type === VersioningType.HEADER
            ? { type, header: how.header ?? '' }
            : { type, key: how.key ?? '' },
        );
      },
    });
    expect(await faultsOf(document)).toEqual([]);
    const { VersionedController_strict: strict, VersionedController_neutral: neutral } =
      document.channels;
    expect(strict?.address).toBe('/api/v');
    expect(strict?.bindings.ws.headers).toMatchObject(headers);
    expect(strict?.bindings.ws.headers).toHaveProperty('required');
    expect(neutral?.bindings.ws.headers).not.toHaveProperty('required');
    expect(neutral?.['x-revali']).toMatchObject({
      versions: ['1', 'neutral'],
      hosts: [':tenant.example.com', String.raw`/^a\.example$/`],
    });
  });

  it('has versions in the path where they are', async () => {
    @Controller({ path: 'v', version: ['1', '2'] })
    class UriController {
      @WebSocket()
      at(): void {}
    }
    const document = await documentOf({
      controllers: [UriController],
      configure: (app) => app.enableVersioning({ type: VersioningType.URI }),
    });
    expect(Object.values(document.channels).map(({ address }) => address)).toEqual([
      '/v1/v',
      '/v2/v',
    ]);
  });

  it('is what the options say', async () => {
    const { app } = await startApp({ controllers: [SaidController] });
    const document = await createAsyncApiDocument(app, {
      version: '3.1.0',
      info: { title: 'Mine', version: '7', license: { name: 'MIT' } },
      servers: { production: { host: 'example.com', protocol: 'wss' } },
      security: { unheard: { type: 'userPassword' } },
      document: (made) => ({ ...made, defaultContentType: 'text/plain' }),
    });
    expect(await faultsOf(document)).toEqual([]);
    expect(document).toMatchObject({
      asyncapi: '3.1.0',
      info: { title: 'Mine' },
      servers: { production: { host: 'example.com' } },
      defaultContentType: 'text/plain',
      components: { securitySchemes: { unheard: { type: 'userPassword' } } },
    });
    const { info } = await createAsyncApiDocument(app);
    expect(info.title).toBe('nestjs-revali-ws');
  });
});
