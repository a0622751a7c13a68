import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { DocumentReader } from '../explorer/document/document.reader.js';
import type { Route } from '../explorer/document/document.types.js';
import { exampleOf } from '../explorer/document/example.maker.js';
import { Schemas } from '../explorer/document/schema.js';
import { SchemaChecker } from '../explorer/document/schema.checker.js';
import { linesOf, typeText } from '../explorer/document/schema.printer.js';
import { fieldsOf } from '../explorer/values.js';
import { pathOf, serverOf, type Target } from '../explorer/wire/address.js';
import { ofBase64, ofHex, toBase64, toHex } from '../explorer/wire/bytes.js';
import { isClosable, meaningOf } from '../explorer/wire/close.codes.js';
import { FrameLog, MOST_FRAMES } from '../explorer/wire/frame.log.js';
import { SNIPPETS } from '../explorer/wire/snippets.js';

const FORBIDDEN =
  /\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write\b|srcdoc/g;
const GOLDEN = 'packages/asyncapi/test/golden';

function readerOf(file: string): DocumentReader {
  const document: unknown = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'));
  return new DocumentReader(fieldsOf(document));
}

function routeOf(path: string, file = '02-chat.json'): Route {
  const found = readerOf(file)
    .routes()
    .find((route) => route.path === path);
  if (!found) throw new Error(`${file} has no ${path}`);
  return found;
}

function targetOf(more: Partial<Target> = {}): Target {
  return {
    route: routeOf('/chat/:room'),
    server: 'wss://example.com',
    relay: undefined,
    parameters: { room: 'blue' },
    query: [],
    headers: [],
    protocols: [],
    ...more,
  };
}

function snippet(name: string, target: Target): string {
  const found = SNIPPETS.find(([each]) => each === name);
  if (!found) throw new Error(`There is no ${name}`);
  return found[1](target);
}

describe('Close codes of the page', () => {
  const rows = [
    ...readFileSync('docs/close-codes.md', 'utf8').matchAll(/^\| (1\d{3}) +\| `([^`]+)`/gm),
  ].map(([, code, reason = '']): [number, string] => [Number(code), reason]);

  it('explain each reason that the documentation names', () => {
    expect(rows.length).toBeGreaterThan(10);
    const unexplained = rows.filter(
      ([code, reason]) => meaningOf(code, reason) === meaningOf(code, 'something else'),
    );
    expect(unexplained).toEqual([]);
  });

  it('are in the words of the document where it has some', () => {
    expect(meaningOf(4409, 'Taken', new Map([[4409, 'The name is taken']]))).toBe(
      'The name is taken',
    );
    expect(meaningOf(4401, '')).toContain('401');
    expect(meaningOf(1006, '')).toContain('without a close frame');
  });

  it('are those that a page may send', () => {
    const sent = [1000, 1001, 1006, 1011, 2999, 3000, 4999, 5000, Number.NaN];
    expect(sent.filter((code) => isClosable(code, false))).toEqual([1000, 3000, 4999]);
    expect(sent.filter((code) => isClosable(code, true))).toEqual([1000, 1001, 1011, 3000, 4999]);
  });
});

describe('Examples of the page', () => {
  it.each(readdirSync(GOLDEN).filter((name) => name.endsWith('.json')))(
    'are what the schemas of %s take',
    (file) => {
      const reader = readerOf(file);
      const checker = new SchemaChecker(reader.document);
      const messages = reader.routes().flatMap(({ received }) => received);
      for (const { key, schema } of messages)
        expect([key, checker.check(key, exampleOf(reader.schemas, schema))]).toEqual([key, []]);
    },
  );

  it.each([
    [{ type: 'string', minLength: 6 }, 'textxx'],
    [{ type: 'string', maxLength: 2 }, 'te'],
    [{ type: 'string', format: 'uuid' }, expect.stringMatching(/^[\da-f-]{36}$/)],
    [{ type: 'integer', exclusiveMinimum: 4, multipleOf: 3 }, 6],
    [{ type: 'number', maximum: -2 }, -2],
    [{ type: ['null', 'boolean'] }, true],
    [{ enum: ['b', 'a'] }, 'b'],
    [{ type: 'array', items: { const: 1 }, minItems: 2 }, [1, 1]],
    [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, 1],
    [{ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: {} } }] }, { a: 1, b: {} }],
    [{ example: { said: true }, type: 'string' }, { said: true }],
    [true, {}],
    [undefined, {}],
  ])('of %j', (schema, expected) => {
    expect(exampleOf(new Schemas({}), schema)).toEqual(expected);
  });

  it('of classes that all require each other come to an end', () => {
    const names = Array.from({ length: 20 }, (_, index) => `K${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: `#/${name}` }]));
    const each = { type: 'object', required: names, properties };
    const schemas = new Schemas(Object.fromEntries(names.map((name) => [name, each])));
    const text = JSON.stringify(exampleOf(schemas, { $ref: '#/K0' }));
    expect(text.length).toBeLessThan(100_000);
    const tuple = { type: 'array', items: [{ $ref: '#/tuple' }] };
    expect(exampleOf(new Schemas({ tuple }), tuple)).toEqual([[[[[[[]]]]]]]);
  });

  it('of what holds itself come to an end', () => {
    const tree = { $ref: '#/tree' };
    const schemas = new Schemas({
      tree: {
        type: 'object',
        required: ['left'],
        properties: { left: tree, list: { type: 'array', items: tree } },
        allOf: [tree],
      },
      loop: { $ref: '#/loop' },
    });
    expect(JSON.stringify(exampleOf(schemas, tree)).length).toBeLessThan(10_000);
    expect(linesOf(schemas, tree).length).toBeLessThanOrEqual(200);
    expect(exampleOf(schemas, { $ref: '#/loop' })).toEqual({});
    expect(typeText(schemas, tree)).toBe('tree');
  });
});

describe('Checks of the page', () => {
  it('name what is wrong by its place', () => {
    const checker = new SchemaChecker(readerOf('02-chat.json').document);
    const faults = checker.check('ChatController_say', { type: 'say', text: '' });
    expect(faults?.map(({ where }) => where)).toEqual(['text']);
  });

  it.each([{ pattern: '(' }, { $ref: '#/nowhere' }, { $id: 'http://[' }, 'no schema'])(
    'say nothing of %j, which is no schema',
    (payload) => {
      const checker = new SchemaChecker({ components: { messages: { one: { payload } } } });
      expect(checker.check('one', 'text') ?? []).toEqual([]);
    },
  );
});

describe('Addresses of the page', () => {
  it('are those of the application, whatever a proxy has put before them', () => {
    const at = (pathname: string, path: string, protocol = 'http:'): string =>
      serverOf({ protocol, host: 'example.com:8080', pathname }, path);
    expect(at('/async-api', '/async-api')).toBe('ws://example.com:8080');
    expect(at('/async-api/', '/async-api')).toBe('ws://example.com:8080');
    expect(at('/a/b/async-api', '/async-api', 'https:')).toBe('wss://example.com:8080/a/b');
    expect(at('/docs/', '/async-api/')).toBe('ws://example.com:8080');
  });

  it('escape what is filled in', () => {
    const target = targetOf({
      route: { ...routeOf('/chat/:room'), address: '/chat/{room}/{rest}', wildcards: ['rest'] },
      parameters: { room: 'a/b?#\ud800', rest: 'x/y z' },
      query: [
        ['q', 'a&b'],
        ['q', '='],
      ],
    });
    expect(pathOf(target)).toBe('/chat/a%2Fb%3F%23%EF%BF%BD/x/y%20z?q=a%26b&q=%3D');
  });
});

describe('Snippets of the page', () => {
  const nasty = `'; echo hurt; "$(echo hurt)" \\ \`hurt\` \n`;
  const target = targetOf({
    parameters: { room: nasty },
    query: [['name', nasty]],
    headers: [['X-One', "it's $HOME"]],
    protocols: ["a'b"],
  });

  it.each(['websocat', 'wscat'])('are one command for a shell: %s', (name) => {
    const text = snippet(name, target).replace(name, String.raw`printf '%s\n'`);
    const words = execFileSync('sh', ['-c', text], { encoding: 'utf8' }).trim().split('\n');
    expect(words).toContain(`wss://example.com${pathOf(target)}`);
    expect(words).toContain("X-One: it's $HOME");
    expect(words).not.toContain('hurt');
  });

  it('are JavaScript', () => {
    expect(() => new Script(snippet('JavaScript', target))).not.toThrow();
    expect(snippet('JavaScript', targetOf({ protocols: ['v1'] }))).toContain(
      "new WebSocket('wss://example.com/chat/blue', ['v1'])",
    );
  });

  it('call the client as it is called', () => {
    const text = snippet('client', targetOf({ query: [['name', "O'Hara"]] }));
    expect(text).toContain("createClient<Routes>({ url: 'https://example.com' })");
    expect(text).toContain(
      String.raw`connect('/chat/:room', { params: { room: 'blue' }, query: { name: 'O\'Hara' } })`,
    );
  });
});

describe('Bytes of the page', () => {
  it('are read from hex and base64, and written', () => {
    const bytes = Uint8Array.from([0, 1, 254, 255]);
    expect(ofHex('00 01\nFEff')).toEqual(bytes);
    expect(ofHex('0x00 0x01 0xfe 0xff')).toEqual(bytes);
    expect(ofBase64(' AAH-_w ')).toEqual(bytes);
    expect(ofBase64(toBase64(bytes))).toEqual(bytes);
    expect(ofHex(toHex(bytes))).toEqual(bytes);
    expect([ofHex('0'), ofHex('xy'), ofBase64('é')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('The log of a connection', () => {
  it('keeps the newest, and tells nobody who has let go', () => {
    const log = new FrameLog();
    let told = 0;
    const release = log.onChange(() => (told += 1));
    for (let at = 0; at < MOST_FRAMES + 5; at += 1)
      log.add({ direction: 'in', kind: 'text', payload: String(at) });
    expect(log.frames).toHaveLength(MOST_FRAMES);
    expect(log.frames[0]?.payload).toBe('5');
    release();
    log.clear();
    expect([told, log.frames]).toEqual([MOST_FRAMES + 5, []]);
  });
});

describe('The bundle of the page', () => {
  it('evaluates nothing, and reads nothing as markup', async () => {
    const { files } = await import('../lib/explorer/explorer.files.js');
    const found = files.flatMap(({ text }) =>
      [...text.matchAll(FORBIDDEN)].map(([forbidden]) => forbidden),
    );
    expect(files).toHaveLength(3);
    expect(found).toEqual([]);
  });
});
