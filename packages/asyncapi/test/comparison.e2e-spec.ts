import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareRoutes, type ChangeLevel, type JsonSchema } from 'nestjs-revali-ws-asyncapi';
import { documentOf, type RoutePlan } from './route.plan.js';

type Levels = readonly ChangeLevel[];

async function levels(
  before: RoutePlan,
  after: RoutePlan,
  schemas?: [object, object],
): Promise<string[]> {
  const [old = {}, now = {}] = schemas ?? [];
  const changes = await compareRoutes(
    documentOf(after, Object.fromEntries(Object.entries(now))),
    documentOf(before, Object.fromEntries(Object.entries(old))),
  );
  return changes.map(({ level }) => level);
}

const object = (properties: Record<string, unknown>, more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  ...more,
});
const of = (schema: unknown): JsonSchema => object({ text: schema });
const string = { type: 'string' };
const number = { type: 'number' };
const integer = { type: 'integer' };
const boolean = { type: 'boolean' };
const none = { type: 'null' };
const kind = (name: string, more: Record<string, unknown> = {}): JsonSchema =>
  object({ kind: { const: name }, ...more }, { required: ['kind'] });
const closed = { additionalProperties: false };

/** A change of a schema, and what it is to clients that send such messages, and to those that get them. */
const SCHEMAS: [what: string, before: JsonSchema, after: JsonSchema, sent: Levels, got: Levels][] =
  [
    [
      'a new optional property',
      object({ a: string }),
      object({ a: string, b: string }),
      ['added'],
      ['added'],
    ],
    [
      'a new required property',
      object({ a: string }),
      object({ a: string, b: string }, { required: ['b'] }),
      ['breaking'],
      ['added'],
    ],
    [
      'a property becomes required',
      of(string),
      { ...of(string), required: ['text'] },
      ['breaking'],
      ['added'],
    ],
    [
      'a property becomes optional',
      { ...of(string), required: ['text'] },
      of(string),
      ['added'],
      ['breaking'],
    ],
    [
      'an optional property is gone',
      object({ a: string, b: string }),
      object({ a: string }),
      ['risky'],
      ['risky'],
    ],
    [
      'a property is required of which nothing else is said any more',
      object({ a: string }),
      object({}, { required: ['a'] }),
      ['breaking', 'added'],
      ['added', 'breaking'],
    ],
    [
      'nothing is said any more of a property that is required',
      object({ a: string }, { required: ['a'] }),
      object({}, { required: ['a'] }),
      ['added'],
      ['breaking'],
    ],
    [
      'what is required without a schema may be left out',
      object({}, { required: ['a'] }),
      object({}),
      ['added'],
      ['breaking'],
    ],
    [
      'a property becomes one of the others, which are of another type',
      object({ a: string }, { additionalProperties: number }),
      object({}, { additionalProperties: number }),
      ['breaking', 'risky', 'added'],
      ['risky', 'breaking', 'added'],
    ],
    [
      'a required property is gone',
      object({ a: string }, { required: ['a'] }),
      object({}),
      ['risky'],
      ['breaking'],
    ],
    [
      'a property is gone and refused',
      object({ a: string, b: string }),
      object({ a: string }, closed),
      ['breaking', 'breaking'],
      ['risky', 'added'],
    ],
    [
      'other properties are refused',
      object({ a: string }),
      object({ a: string }, closed),
      ['breaking'],
      ['added'],
    ],
    [
      'other properties may come',
      object({ a: string }, closed),
      object({ a: string }),
      ['added'],
      ['risky'],
    ],
    [
      'a property is new where none was allowed',
      object({ a: string }, closed),
      object({ a: string, b: string }, closed),
      ['added'],
      ['risky'],
    ],
    [
      'other properties are numbers',
      object({}),
      object({}, { additionalProperties: number }),
      ['breaking'],
      ['added'],
    ],
    [
      'other properties may be texts, too',
      object({}, { additionalProperties: number }),
      object({}, { additionalProperties: { type: ['number', 'string'] } }),
      ['added'],
      ['breaking'],
    ],
    ['another type', of(string), of(number), ['breaking', 'added'], ['breaking', 'added']],
    ['a whole number becomes any number', of(integer), of(number), ['added'], ['breaking']],
    ['a number becomes a whole number', of(number), of(integer), ['breaking'], ['added']],
    ['null may come', of(string), of({ type: ['string', 'null'] }), ['added'], ['breaking']],
    ['null may no longer come', of({ anyOf: [string, none] }), of(string), ['breaking'], ['added']],
    [
      'null is written in another way',
      of({ anyOf: [string, none] }),
      of({ type: ['string', 'null'] }),
      [],
      [],
    ],
    ['a type is said', of({}), of(string), ['breaking'], ['added']],
    ['a type is no longer said', of(string), of({}), ['added'], ['breaking']],
    [
      'an enum has a value more',
      of({ enum: ['a'] }),
      of({ enum: ['a', 'b'] }),
      ['added'],
      ['risky'],
    ],
    [
      'an enum has a value less',
      of({ enum: ['a', 'b'] }),
      of({ enum: ['a'] }),
      ['breaking'],
      ['added'],
    ],
    ['an enum is said', of(string), of({ type: 'string', enum: ['a'] }), ['breaking'], ['added']],
    [
      'an enum is no longer said',
      of({ type: 'string', enum: ['a'] }),
      of(string),
      ['added'],
      ['risky'],
    ],
    [
      'another constant',
      of({ const: 'a' }),
      of({ const: 'b' }),
      ['breaking', 'added'],
      ['risky', 'added'],
    ],
    [
      'a constant is written as an enum',
      of({ const: 'a' }),
      of({ type: 'string', enum: ['a'] }),
      [],
      [],
    ],
    [
      'a lower upper bound',
      of({ ...number, maximum: 9 }),
      of({ ...number, maximum: 8 }),
      ['breaking'],
      ['added'],
    ],
    [
      'a higher upper bound',
      of({ ...number, maximum: 8 }),
      of({ ...number, maximum: 9 }),
      ['added'],
      ['risky'],
    ],
    ['a new lower bound', of(number), of({ ...number, minimum: 1 }), ['breaking'], ['added']],
    ['no lower bound', of({ ...number, exclusiveMinimum: 1 }), of(number), ['added'], ['risky']],
    [
      'shorter texts',
      of({ ...string, maxLength: 9 }),
      of({ ...string, maxLength: 8 }),
      ['breaking'],
      ['added'],
    ],
    ['longer texts', of({ ...string, minLength: 1 }), of(string), ['added'], ['risky']],
    ['a pattern is new', of(string), of({ ...string, pattern: '^a' }), ['breaking'], ['added']],
    [
      'another pattern',
      of({ ...string, pattern: '^a' }),
      of({ ...string, pattern: '^b' }),
      ['breaking', 'added'],
      ['risky', 'added'],
    ],
    ['a format is new', of(string), of({ ...string, format: 'email' }), ['breaking'], ['added']],
    ['a format is gone', of({ ...string, format: 'email' }), of(string), ['added'], ['risky']],
    [
      'fewer multiples',
      of({ ...integer, multipleOf: 2 }),
      of({ ...integer, multipleOf: 4 }),
      ['breaking'],
      ['added'],
    ],
    [
      'more multiples',
      of({ ...integer, multipleOf: 4 }),
      of({ ...integer, multipleOf: 2 }),
      ['added'],
      ['risky'],
    ],
    [
      'items of another type',
      of({ type: 'array', items: string }),
      of({ type: 'array', items: number }),
      ['breaking', 'added'],
      ['breaking', 'added'],
    ],
    [
      'items have a property more',
      of({ type: 'array', items: object({ a: string }) }),
      of({ type: 'array', items: object({ a: string, b: string }) }),
      ['added'],
      ['added'],
    ],
    [
      'fewer items',
      of({ type: 'array', maxItems: 3 }),
      of({ type: 'array', maxItems: 2 }),
      ['breaking'],
      ['added'],
    ],
    [
      'each item once',
      of({ type: 'array', items: string }),
      of({ type: 'array', items: string, uniqueItems: true }),
      ['breaking'],
      ['added'],
    ],
    [
      'a pair becomes a triple',
      of({ type: 'array', items: [string, string], additionalItems: false }),
      of({ type: 'array', items: [string, string, string], additionalItems: false }),
      ['added'],
      ['breaking'],
    ],
    [
      'a list becomes one item',
      of({ type: 'array', items: string }),
      of(string),
      ['breaking', 'added'],
      ['breaking', 'added'],
    ],
    [
      'a union has a kind more',
      { oneOf: [kind('a'), kind('b')] },
      { oneOf: [kind('a'), kind('b'), kind('c')] },
      ['added'],
      ['risky'],
    ],
    [
      'a union has a kind less',
      { oneOf: [kind('a'), kind('b')] },
      { oneOf: [kind('a')] },
      ['breaking'],
      ['added'],
    ],
    [
      'a kind of a union has a property more',
      { oneOf: [kind('a'), kind('b')] },
      { anyOf: [kind('b'), kind('a', { x: string })] },
      ['added'],
      ['added'],
    ],
    [
      'a union in another order',
      { anyOf: [kind('a'), kind('b')] },
      { anyOf: [kind('b'), kind('a')] },
      [],
      [],
    ],
    ['a union that is anything as well', of({ anyOf: [string, {}] }), of({}), [], []],
    [
      'parts that are put together',
      { allOf: [object({ a: string }), object({ b: number })] },
      object({ a: string, b: number }),
      [],
      [],
    ],
    [
      'a part says more',
      { allOf: [object({ a: string }), object({ b: number })] },
      { allOf: [object({ a: string }, { required: ['a'] }), object({ b: number })] },
      ['breaking'],
      ['added'],
    ],
    [
      'what cannot be compared',
      of({ ...string, not: { const: 'a' } }),
      of({ ...string, not: { const: 'b' } }),
      ['risky'],
      ['risky'],
    ],
    ['a flag becomes a constant', of(boolean), of({ const: true }), ['breaking'], ['added']],
    [
      'nothing is allowed any more',
      object({ a: string }),
      object({ a: false }),
      ['breaking'],
      ['added'],
    ],
    [
      'words alone',
      of({ ...string, description: 'a', title: 'b', examples: ['c'], default: 'd' }),
      of(string),
      [],
      [],
    ],
  ];

describe('Changes of a schema', () => {
  it.each(SCHEMAS)('%s: what clients send', async (_, before, after, sent) => {
    expect(await levels({ receives: before }, { receives: after })).toEqual(sent);
  });

  it.each(SCHEMAS)('%s: what clients get', async (_, before, after, _sent, got) => {
    expect((await levels({ sends: before }, { sends: after })).toSorted()).toEqual(got.toSorted());
  });

  it('are followed through references that lead back', async () => {
    const tree = (value: JsonSchema): object => ({
      Tree: object({
        value,
        children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
      }),
    });
    const plan = { receives: { $ref: '#/components/schemas/Tree' } };
    expect(await levels(plan, plan, [tree(string), tree(string)])).toEqual([]);
    expect(await levels(plan, plan, [tree(string), tree(number)])).toEqual(['breaking', 'added']);
  });

  it('are followed through parts that grow from themselves', async () => {
    const grown = (value: JsonSchema): object => ({
      A: {
        allOf: [
          object({ next: { $ref: '#/components/schemas/A' }, value }),
          object({ next: { $ref: '#/components/schemas/B' } }),
        ],
      },
      B: {
        anyOf: [
          { $ref: '#/components/schemas/B' },
          object({ next: { $ref: '#/components/schemas/A' } }),
        ],
      },
    });
    const plan = { sends: { $ref: '#/components/schemas/A' } };
    expect(await levels(plan, plan, [grown(string), grown(string)])).toEqual([]);
    expect(await levels(plan, plan, [grown(string), grown({ type: ['string', 'null'] })])).toEqual([
      'breaking',
    ]);
  });

  it('are told of unions that are too large to be taken apart', async () => {
    const many = (last: string): JsonSchema => ({
      allOf: Array.from({ length: 5 }, (_, part) => ({
        anyOf: Array.from({ length: 5 }, (__, index) =>
          object({ [`p${part}`]: { const: `${index}${last}` } }),
        ),
      })),
    });
    expect(await levels({ receives: many('a') }, { receives: many('a') })).toEqual([]);
    expect(await levels({ receives: many('a') }, { receives: many('b') })).toEqual(['risky']);
  });
});

const message = (payload: unknown, more: object = {}): object => ({ payload, ...more });
const typed = (...names: string[]): RoutePlan => ({
  receives: Object.fromEntries(
    names.map((name) => [name, message(kind(name), { 'x-revali': { type: name } })]),
  ),
});
const sends = (...names: string[]): RoutePlan => ({
  sends: Object.fromEntries(names.map((name) => [name, message(kind(name))])),
});
const unknown = message({}, { 'x-revali': { schema: 'unknown' } });
const said = (values: Record<string, unknown>): RoutePlan => ({ said: values });

const ROUTES: [what: string, before: RoutePlan, after: RoutePlan, expected: Levels][] = [
  ['the same', {}, {}, []],
  ['another path', {}, { address: '/talk/{room}' }, ['breaking', 'added']],
  ['a parameter less', {}, { address: '/chat' }, ['breaking', 'added']],
  ['a parameter of another name', {}, { address: '/chat/{name}' }, ['risky']],
  [
    'a parameter of fewer values',
    { parameters: { room: { enum: ['a', 'b'] } } },
    { parameters: { room: { enum: ['a'] } } },
    ['breaking'],
  ],
  [
    'a parameter of more values',
    { parameters: { room: { enum: ['a'] } } },
    { parameters: { room: { enum: ['a', 'b'] } } },
    ['added'],
  ],
  ['a parameter of some values', {}, { parameters: { room: { enum: ['a'] } } }, ['breaking']],
  ['both ways to receiving', {}, said({ mode: 'receiveOnly' }), ['breaking']],
  ['both ways to sending', {}, said({ mode: 'sendOnly' }), ['breaking']],
  ['sending to both ways', said({ mode: 'sendOnly' }), {}, ['added']],
  ['sending to receiving', said({ mode: 'sendOnly' }), said({ mode: 'receiveOnly' }), ['breaking']],
  ['a version is gone', said({ versions: ['1', '2'] }), said({ versions: ['2'] }), ['breaking']],
  ['a version is new', said({ versions: ['1'] }), said({ versions: ['1', '2'] }), ['added']],
  ['a version becomes any', said({ versions: ['1'] }), {}, []],
  ['versions where there were none', {}, said({ versions: ['1'] }), ['breaking']],
  ['another host', said({ hosts: ['a.test'] }), said({ hosts: ['b.test'] }), ['breaking', 'added']],
  ['a host becomes any', said({ hosts: ['a.test'] }), {}, []],
  ['a query parameter is new', {}, { query: object({ name: string }) }, ['added']],
  [
    'a query parameter is new and required',
    {},
    { query: object({ name: string }, { required: ['name'] }) },
    ['breaking'],
  ],
  ['a query parameter is gone', { query: object({ name: string }) }, {}, ['risky']],
  [
    'a query parameter of another type',
    { query: object({ page: string }) },
    { query: object({ page: integer }) },
    ['breaking', 'added'],
  ],
  [
    'a header is required',
    { headers: object({ 'X-Key': string }) },
    { headers: object({ 'x-key': string }, { required: ['x-key'] }) },
    ['breaking'],
  ],
  [
    'a header in other letters',
    { headers: object({ 'X-Key': string }, { required: ['X-Key'] }) },
    { headers: object({ 'x-key': string }, { required: ['x-key'] }) },
    [],
  ],
  ['a type of messages is gone', typed('say', 'typing'), typed('say'), ['breaking']],
  ['a type of messages is new', typed('say'), typed('say', 'typing'), ['added']],
  [
    'a type of messages is named otherwise',
    typed('say', 'typing'),
    typed('say', 'writing'),
    ['breaking', 'added'],
  ],
  ['a kind of answers is new', sends('said'), sends('said', 'left'), ['risky']],
  ['a kind of answers is gone', sends('said', 'left'), sends('said'), ['risky']],
  [
    'a class of another name',
    { receives: { Say: message(of(string)), Typing: message(kind('t')) } },
    { receives: { Speak: message(of(string)), Typing: message(kind('t')) } },
    [],
  ],
  [
    'another media type',
    {
      receives: {
        Say: message({ ...string, format: 'binary' }, { contentType: 'application/octet-stream' }),
      },
    },
    { receives: { Say: message(string, { contentType: 'text/plain' }) } },
    ['breaking'],
  ],
  ['what was unknown is known', { sends: { Said: unknown } }, sends('Said'), ['added']],
  [
    'what was unknown is two kinds',
    { sends: { x_sent: unknown } },
    sends('Said', 'Left'),
    ['added', 'added'],
  ],
  ['what was known is unknown', sends('Said'), { sends: { Said: unknown } }, ['breaking']],
  ['a close code is new', {}, said({ closes: { 4409: 'Taken' } }), ['risky']],
  ['a close code is gone', said({ closes: { 4409: 'Taken' } }), {}, ['added']],
  [
    'a close code has another text',
    said({ closes: { 4409: 'Taken' } }),
    said({ closes: { 4409: 'In use' } }),
    [],
  ],
  [
    'a subprotocol is gone',
    said({ protocols: ['a', 'b'] }),
    said({ protocols: ['b'] }),
    ['breaking'],
  ],
  ['a subprotocol is new', said({ protocols: ['a'] }), said({ protocols: ['a', 'b'] }), ['added']],
  [
    'a subprotocol is required',
    said({ protocols: ['a'] }),
    said({ protocols: ['a'], protocolRequired: true }),
    ['breaking'],
  ],
  ['calls are gone', said({ calls: 'revali.v1' }), {}, ['breaking']],
  ['smaller messages', said({ maxPayload: 2_000 }), said({ maxPayload: 1_000 }), ['breaking']],
  ['larger messages', said({ maxPayload: 1_000 }), said({ maxPayload: 2_000 }), ['added']],
  [
    'fewer messages',
    said({ messageRate: { limit: 9, per: 1_000 } }),
    said({ messageRate: { limit: 8, per: 1_000 } }),
    ['risky'],
  ],
  ['an end of the connection', {}, said({ maxLifetime: 60_000 }), ['risky']],
  [
    'another property for the type',
    said({ messageType: 'type' }),
    said({ messageType: 'event' }),
    ['breaking'],
  ],
  ['another property for the body', said({ messageBody: 'data' }), {}, ['breaking']],
  ['credentials are asked for', {}, { security: ['bearer'] }, ['risky']],
  [
    'other credentials are asked for',
    { security: ['bearer'] },
    { security: ['cookie'] },
    ['breaking', 'added'],
  ],
  [
    'another parameter is the wildcard',
    { address: '/{a}/{b}', ...said({ wildcards: ['b'] }) },
    { address: '/{a}/{b}', ...said({ wildcards: ['a'] }) },
    ['breaking', 'added'],
  ],
  ['a refusal is new', {}, said({ refusals: { 401: 'Sign in' } }), ['risky']],
  ['a refusal is gone', said({ refusals: { 401: 'Sign in' } }), {}, ['added']],
  [
    'errors are told in another way',
    said({ errors: 'reply' }),
    said({ errors: 'close' }),
    ['risky'],
  ],
  ['beats are gone', said({ beat: 1_000 }), {}, ['breaking']],
  ['beats come less often', said({ beat: 1_000 }), said({ beat: 2_000 }), ['breaking']],
  ['beats come more often', said({ beat: 2_000 }), said({ beat: 1_000 }), ['added']],
  ['beats are new', {}, said({ beat: 1_000 }), ['risky']],
  ['rooms are gone', said({ rooms: [{ kind: 'chat' }] }), {}, ['risky']],
  ['it is deprecated', {}, said({ deprecated: true }), ['added']],
  ['pings come at other times', said({ ping: 30_000 }), said({ ping: 20_000 }), []],
];

it('Changes that lie too deep are not silent', async () => {
  const deep = (leaf: unknown): JsonSchema => {
    let schema = of(leaf);
    for (let depth = 0; depth < 70; depth += 1) schema = of(schema);
    return schema;
  };
  const sent = { receives: deep(string), sends: deep(string) };
  expect(await levels(sent, { ...sent, receives: deep(number) })).toEqual(['risky']);
  expect(await levels(sent, sent)).toEqual([]);
});

describe('Changes behind a reference', () => {
  const reference = { $ref: '#/components/schemas/E' };
  const compared = (before: object, after: object): Promise<string[]> => {
    const plan = { receives: reference, sends: reference };
    return levels(plan, plan, [before, after]);
  };

  it('show in a union that is too large to compare', async () => {
    const members = Array.from({ length: 66 }, (_, index) => kind(`k${index}`));
    const before = { E: { oneOf: members } };
    expect(await compared(before, { E: { oneOf: members.slice(1) } })).toContain('risky');
    expect(await compared(before, before)).toEqual([]);
  });

  it('show in a union that leads back to itself', async () => {
    const union = (own: object): object => ({ E: { anyOf: [own, reference] } });
    expect(await compared(union(string), union(number))).toContain('breaking');
    const mutual = (own: object): object => ({
      E: { anyOf: [own, { $ref: '#/components/schemas/F' }] },
      F: { anyOf: [reference, number] },
    });
    expect(await compared(mutual(string), mutual(boolean))).toContain('breaking');
    expect(await compared(mutual(string), mutual(string))).toEqual([]);
  });
});

describe('Changes of a route', () => {
  it.each(ROUTES)('%s', async (_, before, after, expected) => {
    expect(await levels(before, after)).toEqual(expected);
  });

  it('name the route, the direction and what has changed', async () => {
    const before = { ...said({ versions: ['2'] }), receives: of(string) };
    const after = { ...said({ versions: ['2'] }), receives: of({ ...string, maxLength: 5 }) };
    expect(await compareRoutes(documentOf(after), documentOf(before))).toEqual([
      {
        level: 'breaking',
        route: '/chat/:room (version 2)',
        direction: 'in',
        text: 'Say.text: maxLength none → 5',
      },
    ]);
  });

  it('are none where a file has what it should not', async () => {
    const odd: unknown = JSON.parse(
      '{"asyncapi":"3.0.0","channels":{"a":null,"b":{"address":7,"x-revali":[]},"__proto__":{"address":"/x"}},"operations":7,"components":{"schemas":[]}}',
    );
    const folder = await mkdtemp(join(tmpdir(), 'contract-'));
    try {
      await writeFile(`${folder}/odd.json`, JSON.stringify(odd));
      const changes = await compareRoutes(documentOf(), `${folder}/odd.json`);
      expect(changes.map(({ route, level }) => [route, level])).toEqual([
        ['/b', 'breaking'],
        ['/x', 'breaking'],
        ['/chat/:room', 'added'],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
