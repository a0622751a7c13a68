import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';
import { printRoutes } from '../lib/types/route.types.printer.js';
import { documentOf, type RoutePlan } from './route.plan.js';

/** What a strict compiler says of the text. */
function faultsOf(text: string): string[] {
  const host = ts.createCompilerHost({});
  const { getSourceFile: read } = host;
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2023,
    types: [],
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  };
  host.getSourceFile = (name, ...rest) =>
    name === 'routes.ts'
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023)
      : read.call(host, name, ...rest);
  const program = ts.createProgram(['routes.ts'], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** How what stands at the top of the file begins. */
function statementsOf(text: string): string[] {
  const source = ts.createSourceFile('routes.ts', text, ts.ScriptTarget.ES2023);
  return source.statements.map((statement) =>
    statement.getText(source).split(' ').slice(0, 3).join(' '),
  );
}

const SAMPLES = [
  '02-chat',
  '03-auth',
  '05-upload',
  '06-fastify',
  '07-gateway-migration',
  '09-presence',
];

async function styled(text: string): Promise<string> {
  return format(text, {
    ...(await resolveConfig('packages/asyncapi/test/types.spec.ts')),
    parser: 'typescript',
  });
}

describe('The types of a document', () => {
  it.each(SAMPLES)('are what they were, and compile: %s', async (name) => {
    const document: unknown = JSON.parse(
      readFileSync(`packages/asyncapi/test/golden/${name}.json`, 'utf8'),
    );
    const text = await styled(printRoutes(document, 'npx revali-ws client'));
    const file = `packages/asyncapi/test/golden/${name}.routes.ts`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
    expect(faultsOf(text)).toEqual([]);
  });

  it('tell params, query, close codes and messages', () => {
    const text = printRoutes(
      documentOf(
        {
          address: '/chat/{room}',
          parameters: { room: { enum: ['a', 'b'] } },
          query: { type: 'object', properties: { name: { type: 'string', description: 'Who' } } },
          receives: { $ref: '#/components/schemas/Say' },
          sends: { type: 'string', enum: ['yes', 'no'] },
          said: { closes: { 4409: 'Taken' }, beat: 30_000, format: 'json' },
        },
        {
          Say: {
            type: 'object',
            properties: { text: { type: 'string' }, next: { $ref: '#/components/schemas/Say' } },
            required: ['text'],
          },
        },
      ),
      'npx revali-ws client',
    );
    expect(faultsOf(text)).toEqual([]);
    for (const line of [
      "params: { room: 'a' | 'b' };",
      '/** Who */',
      'name?: string;',
      'receives: Say;',
      "sends: 'yes' | 'no';",
      'closes: 4409;',
      "'/chat/:room': { format: 'json', silence: 75000 },",
      'next?: Say;',
    ])
      expect(text).toContain(line);
  });

  it('stay in their comments, texts and names, whatever a document says', () => {
    const evil = '*/ } export const forged = 1; /* \' " ` ${x} \\ \u2028 \n // ';
    const plan: RoutePlan = {
      address: `/${evil}/{room}`,
      receives: {
        type: 'object',
        description: evil,
        properties: { [evil]: { enum: [evil, { [evil]: evil }] }, constructor: { const: evil } },
        required: [evil, `${evil}2`],
      },
      sends: {
        anyOf: [{ $ref: `#/components/schemas/${evil}` }, { $ref: '#/components/schemas/a/b' }],
      },
      query: { type: 'object', properties: { [evil]: { tsType: evil, type: 'string' } } },
      said: {
        path: evil,
        mode: evil,
        format: evil,
        messageBody: evil,
        closes: { [evil]: evil },
        parameters: { room: evil },
      },
    };
    const schemas = {
      [evil]: { type: 'object', title: evil, description: evil },
      'a/b': { anyOf: [{ $ref: '#/components/schemas/a/b' }, { type: 'string' }] },
      Routes: { type: 'string' },
    };
    const text = printRoutes(documentOf(plan, schemas), evil);
    expect(faultsOf(text)).toEqual([]);
    const statements = statementsOf(text);
    expect(statements.slice(0, 2)).toEqual(['export interface Routes', 'export const routes']);
    for (const statement of statements.slice(2))
      expect(statement).toMatch(/^export (interface|type) [A-Z]\w*$/);
  });
});
