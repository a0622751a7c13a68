import {
  Body,
  Controller,
  Headers,
  Query,
  VERSION_NEUTRAL,
  VersioningType,
  type ControllerOptions,
} from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiHeader,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { type as ark } from 'arktype';
import { IsEmail, IsIn, IsOptional, Length, Matches, ValidateNested } from 'class-validator';
import * as fc from 'fast-check';
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
import { z } from 'zod';
import type { Setup } from './support.js';

class Inner {
  @ApiProperty({ type: () => [Inner], nullable: true })
  children!: Inner[] | null;
}
class Known {
  @ApiProperty({ enum: ['a', 'b'], enumName: 'Letters', required: false })
  letter?: string;

  @ApiProperty({ type: Inner, nullable: true, description: 'Inside' })
  inner!: Inner | null;
}
class Checked {
  @Length(1, 5)
  @Matches(/^\w+$/i)
  text!: string;

  @IsIn([1, 'b', null])
  @IsOptional()
  one?: unknown;

  @ValidateNested()
  known!: Known;

  @IsEmail({}, { each: true })
  all!: string[];
}
class Empty {}

@WebSocketRooms('random')
@Sends(Known)
class RandomRooms extends Rooms {}

const CLASSES = [Inner, Known, Checked, Empty];
const SCHEMAS: object[] = [
  z.object({ type: z.literal('zod'), list: z.array(z.string().nullable()) }),
  z.union([z.string(), z.number().int()]),
  z.object({ when: z.date() }),
  ark({ name: 'string', 'age?': 'number > 0' }),
];
const NAMES = ['Chat', 'Ünïcode', 'constructor', '__proto__', 'toString', '$', 'a b', 'Known', '1'];
const METHODS = ['run', 'ü', 'a-b', 'hasOwnProperty', '__defineGetter__', '$', 'x.y', '1'];
const SEGMENTS = [
  'plain',
  ':id',
  ':"a b"',
  'files/*rest',
  'opt{/:part}',
  'a{/:b{/:c}}',
  'ünï/ö',
  String.raw`\{curly\}`,
  'a~b/c%20d',
  '',
];
const KEYWORDS = [
  ...'type $ref properties items required enum const default examples pattern minimum'.split(' '),
  ...'allOf anyOf not additionalProperties definitions $defs $id $schema nullable'.split(' '),
  ...'exclusiveMinimum format title description x-mine discriminator dependencies'.split(' '),
];

/** Words of JSON Schema with whatever behind them. */
const { schema } = fc.letrec<{ schema: object; value: unknown }>((tie) => ({
  schema: fc.dictionary(fc.constantFrom(...KEYWORDS), tie('value'), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>('string', 'object', 'array', '#', '#/definitions/a', 'https://x.y/z'),
    fc.constantFrom<unknown>(true, false, null, 0, -1, 1.5, '(', '^a$', 'date-time'),
    fc.array(tie('value'), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom('a', '__proto__', '$ref', 'x', ''), tie('schema'), {
      maxKeys: 2,
    }),
    tie('schema'),
  ),
}));

const text = fc.string({ unit: 'binary', maxLength: 12 });
const message = fc.oneof(
  fc.constantFrom<object>(...CLASSES, ...SCHEMAS, String, Buffer, Number),
  // What says neither default nor example is never contradicted by itself.
  schema.map(withoutSamples),
  fc.record(
    { type: fc.constantFrom(...CLASSES), name: text, summary: text, description: text },
    { requiredKeys: ['type'] },
  ),
);
const messages = fc.array(message, { maxLength: 3 });
const anyParameter = fc.record({
  take: fc.constantFrom('body', 'query', 'headers'),
  name: fc.constantFrom(undefined, 'text', 'user.name', '__proto__', 'a b'),
  type: fc.constantFrom<unknown>(
    String,
    Number,
    Boolean,
    Object,
    Array,
    Buffer,
    Date,
    undefined,
    ...CLASSES,
  ),
});

const anyMethod = fc.record({
  name: fc.constantFrom(...METHODS),
  path: fc.constantFrom(...SEGMENTS),
  types: fc.array(fc.constantFrom('say', 'ask', '__proto__', 'ü ß', ''), {
    minLength: 1,
    maxLength: 2,
  }),
  mode: fc.constantFrom('twoWay' as const, 'receiveOnly' as const, 'sendOnly' as const),
  format: fc.constantFrom(
    'auto' as const,
    'raw' as const,
    'text' as const,
    'json' as const,
    'binary' as const,
  ),
  errors: fc.constantFrom('close' as const, 'reply' as const),
  parameters: fc.array(anyParameter, { maxLength: 3 }),
  returns: fc.constantFrom<unknown>(undefined, Promise, Object, String, Number, ...CLASSES),
  receives: messages,
  sends: messages,
  summary: text,
  tag: text,
  extra: fc.jsonValue(),
  isJoined: fc.boolean(),
});

const anyController = fc.record({
  name: fc.constantFrom(...NAMES),
  path: fc.constantFrom(...SEGMENTS),
  isTyped: fc.boolean(),
  by: fc.constantFrom('type', 'event', '__proto__'),
  body: fc.constantFrom(undefined, 'data', '__proto__'),
  host: fc.constantFrom(undefined, ':tenant.example.com', /^x{1,2}$/),
  version: fc.constantFrom(undefined, '1', ['1', '2'], 'neutral'),
  closes: fc.constantFrom<Record<number, string>>({}, { 4400: 'Bad' }),
  isSecure: fc.boolean(),
  methods: fc.uniqueArray(anyMethod, { selector: ({ name }) => name, minLength: 1, maxLength: 3 }),
});

/** Whole applications, of whatever their decorators can say. */
export const application = fc.record({
  prefix: fc.constantFrom('', 'api', 'v/:tenant'),
  versioning: fc.constantFrom(
    undefined,
    VersioningType.URI,
    VersioningType.HEADER,
    VersioningType.MEDIA_TYPE,
  ),
  controllers: fc.array(anyController, { minLength: 1, maxLength: 3 }),
});

type Application = typeof application extends fc.Arbitrary<infer T> ? T : never;
type ControllerPlan = Application['controllers'][number];
type MethodPlan = ControllerPlan['methods'][number];

export function setupOf({ prefix, versioning, controllers }: Application): Setup {
  return {
    controllers: controllers.map(controllerOf),
    providers: [RandomRooms],
    configure: (app) => {
      if (prefix !== '') app.setGlobalPrefix(prefix);
      if (versioning === VersioningType.URI) app.enableVersioning({ type: versioning });
      if (versioning === VersioningType.HEADER)
        app.enableVersioning({ type: versioning, header: 'x-version' });
      if (versioning === VersioningType.MEDIA_TYPE)
        app.enableVersioning({ type: versioning, key: 'v=' });
    },
  };
}

function controllerOf(plan: ControllerPlan, index: number): new () => object {
  const target = class {};
  Object.defineProperty(target, 'name', { value: plan.name });
  // No two of them serve one path.
  const place: ControllerOptions = {
    path: `c${index}/${plan.path}`,
    host: plan.host,
    version: plan.version === 'neutral' ? VERSION_NEUTRAL : plan.version,
  };
  const { isTyped, by, body } = plan;
  const [first] = plan.methods;
  const format = first?.format === 'json' ? 'json' : 'auto';
  if (isTyped) WebSocketController(place, { by, body, format, errors: first?.errors })(target);
  else Controller(place)(target);
  Closes(plan.closes)(target);
  if (plan.isSecure) ApiBearerAuth()(target);
  const taken = new Set<string>();
  for (const [at, method] of plan.methods.entries())
    addMethod(
      target,
      method,
      isTyped ? messageDecorators(method, taken, at) : routeDecorators(method, at),
    );
  return target;
}

function messageDecorators(plan: MethodPlan, taken: Set<string>, index: number): MethodDecorator[] {
  const types = [...new Set(plan.types)].filter((type) => !taken.has(type));
  for (const type of types) taken.add(type);
  if (types.length > 0) return [OnMessage(types)];
  return index === 1 ? [OnConnect()] : [];
}

function routeDecorators(plan: MethodPlan, index: number): MethodDecorator[] {
  const { mode, format, errors } = plan;
  return [
    WebSocket(`m${index}/${plan.path}`, { mode, format, errors }),
    ...(plan.isJoined ? [JoinRoom(RandomRooms, () => 'one')] : []),
    ApiParam({ name: 'id', description: plan.summary, enum: ['a', 'b'] }),
  ];
}

function addMethod(
  target: new () => object,
  plan: MethodPlan,
  decorators: MethodDecorator[],
): void {
  const { prototype }: { readonly prototype: object } = target;
  const { name, parameters } = plan;
  Object.defineProperty(prototype, name, {
    value: () => undefined,
    configurable: true,
    writable: true,
  });
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
  if (!descriptor) throw new Error('no method');
  const all: MethodDecorator[] = [
    ...decorators,
    Receives(...plan.receives),
    Sends(...plan.sends),
    ApiOperation({ summary: plan.summary, description: plan.tag }),
    ApiTags(plan.tag),
    ApiExtension('x-extra', plan.extra),
    ApiQuery({ name: 'said', type: Number, required: false, description: plan.summary }),
    ApiHeader({ name: 'x-said', enum: ['a'] }),
    ApiResponse({ status: 200, type: Known, isArray: true }),
  ];
  for (const decorator of all) decorator(prototype, name, descriptor);
  const takers = { body: Body, query: Query, headers: Headers };
  for (const [index, parameter] of parameters.entries()) {
    const take = takers[parameter.take];
    const decorator = parameter.name === undefined ? take() : take(parameter.name);
    decorator(prototype, name, index);
  }
  const types = parameters.map(({ type }) => type);
  Reflect.defineMetadata('design:paramtypes', types, prototype, name);
  Reflect.defineMetadata('design:returntype', plan.returns, prototype, name);
}

function withoutSamples(value: object): object {
  const json = JSON.stringify(value, (key, item: unknown) =>
    key === 'default' || key === 'examples' ? undefined : item,
  );
  const read: unknown = JSON.parse(json);
  return typeof read === 'object' && read !== null ? read : {};
}
